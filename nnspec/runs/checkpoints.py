"""The checkpoints of a run folder: which there are, in what order they are written, and which one to go on from.

``last``, ``previous`` (what was last before), ``best``, and ``epoch-0005`` and the like where more shall stay. The
others are written before the last one. So none of them is ever ahead of what the furthest one knows.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from nnspec.errors import DataError
from nnspec.runs import durable
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.folder import CHECKPOINTS, OWN_CHECKPOINTS, RunFolder

LAST, PREVIOUS, BEST = "last", "previous", "best"
SUFFIX = ".safetensors"


def kept_name(epoch: int, step: int) -> str:
    """The name of a checkpoint that stays: after so many epochs, and steps of the next."""
    return f"epoch-{epoch:04d}" + (f"-step-{step:06d}" if step else "")


def _accept(_checkpoint: Checkpoint) -> None:
    """Whatever is whole will do."""


class Checkpoints:
    """The checkpoints in a folder.

    Attributes:
        folder: Where they lie.
    """

    def __init__(self, run: RunFolder) -> None:
        self.folder = run.path / CHECKPOINTS

    def path(self, name: str) -> Path:
        """Where the checkpoint of this name lies."""
        return self.folder / f"{name}{SUFFIX}"

    def save(self, last: Checkpoint, others: Mapping[str, Checkpoint]) -> None:
        """Writes the last checkpoint, and before it others by name.

        Raises:
            StorageError: One cannot be written; what was there is intact.
        """
        for name, checkpoint in others.items():
            durable.write(self.path(name), checkpoint.to_bytes())
        durable.rotate(self.path(LAST), self.path(PREVIOUS), last.to_bytes())

    def prune(self, kept: Collection[str]) -> None:
        """Removes checkpoints that stay no longer, and what was left of interrupted writes."""
        wanted = {self.path(name).name for name in (LAST, PREVIOUS, BEST, *kept)}
        own = [path for path in self.folder.iterdir() if OWN_CHECKPOINTS.fullmatch(path.name)]
        durable.remove(path for path in own if path.name not in wanted)

    def furthest(self, notice: Callable[[str], None], check: Callable[[Checkpoint], None] = _accept) -> Checkpoint:
        """The checkpoint from which the least has to be done again.

        Args:
            notice: Told of each that is damaged, and which is used instead.
            check: Raises a `DataError` for one that is whole, and still none to go on from.

        Raises:
            DataError: None of them can be used.
        """
        damages: list[str] = []

        def usable(name: str) -> Checkpoint | None:
            return self._usable(name, check, damages)

        found = [usable(LAST) or usable(PREVIOUS), usable(BEST)]
        intact = [checkpoint for checkpoint in found if checkpoint is not None]
        if not intact:
            kept = sorted((path.stem for path in self.folder.glob(f"epoch-*{SUFFIX}")), reverse=True)
            intact = [checkpoint for checkpoint in map(usable, kept) if checkpoint is not None][:1]
        if not intact:
            reasons = "\n".join(damages) or f"{self.folder} holds none"
            raise DataError(f"there is no checkpoint to go on from:\n{reasons}\nTrain anew with --force")
        chosen = max(intact, key=lambda checkpoint: checkpoint.position)
        for damage in damages:
            notice(f"{damage}; going on from an intact one, of {place_text(*chosen.position)}")
        return chosen

    def _usable(self, name: str, check: Callable[[Checkpoint], None], damages: list[str]) -> Checkpoint | None:
        path = self.path(name)
        if not path.exists():
            return None
        try:
            check(checkpoint := Checkpoint.load(path))
        except DataError as error:
            damages.append(str(error))
            return None
        return checkpoint


def place_text(epoch: int, step: int) -> str:
    """A place in training, in words: ``epoch 3``, ``epoch 3 and 1 step``."""
    return f"epoch {epoch}" + (f" and {step} step{'s' * (step > 1)}" if step else "")
