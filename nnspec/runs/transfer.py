"""Transfer: parameters of another run, in place of those that initializers draw."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from nnspec.engine.network import Network
from nnspec.errors import DataError, NnspecError, SpecError
from nnspec.registry.suggestions import closest
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import Checkpoints
from nnspec.runs.folder import RunFolder
from nnspec.spec.problems import Problem, ordered
from nnspec.spec.specification import Spec
from nnspec.spec.transferring import Transfer
from nnspec.types import Array, shape_text

SECTION = ("transfer",)


@dataclass(frozen=True)
class Transferred:
    """What was taken, and from where.

    Attributes:
        run: The run, as the spec names it.
        sha256: Of the checkpoint's file.
        names: Parameters and state of this network that hold what the other one learned.
    """

    run: str
    sha256: str
    names: tuple[str, ...]


def transfer(spec: Spec, folder: Path, network: Network) -> Transferred | None:
    """Fills an initialized network with what the spec wants of another run.

    Args:
        spec: The spec.
        folder: Where relative paths start from.
        network: The network; what is taken is overwritten.

    Returns:
        What was taken; None where the spec asks for nothing.

    Raises:
        SpecError: The run cannot be read, or something wanted is not in it or of another shape there.
    """
    wanted = spec.document.transfer
    if wanted is None:
        return None
    try:
        path = _checkpoint(folder / wanted.run)
        checkpoint, digest = Checkpoint.load(path), sha256(path.read_bytes()).hexdigest()
    except NnspecError as error:
        raise SpecError([spec.problem("NS061", (*SECTION, "run"), str(error))]) from error
    taken = list(_taken(network, wanted))
    misfits = (_misfit(spec, wanted, checkpoint, *each) for each in taken)
    problems = [problem for problem in misfits if problem is not None]
    if problems:
        raise SpecError(ordered(problems))
    for kind, name, array in taken:
        array[...] = checkpoint.tensors[f"{kind}/{wanted.there(name)}"]
    return Transferred(wanted.run, digest, tuple(name for _, name, _ in taken))


def _checkpoint(path: Path) -> Path:
    """The checkpoint that a run stands for, or the one that is named.

    Raises:
        DataError: There is neither.
        RunFolderError: The folder is that of no run.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise DataError("there is no such run; relative paths start at the spec's folder", path)
    folder = RunFolder.open(path)
    facts = folder.facts()
    if "folds" in facts:
        raise DataError("holds a run for each fold; name one of them, such as fold-1", path)
    return Checkpoints(folder).path(facts["checkpoint"])


def _arrays(network: Network) -> Iterator[tuple[str, str, Array]]:
    """All that a network has learned: how checkpoints sort it, its name, and the array."""
    for name, array in network.layout.named(network.weights):
        yield "parameters", name, array
    for name, array in network.states.named():
        yield "state", name, array


def _taken(network: Network, wanted: Transfer) -> Iterator[tuple[str, str, Array]]:
    for kind, name, array in _arrays(network):
        if any(fnmatchcase(name, pattern) for pattern in wanted.parameters):
            yield kind, name, array


def _misfit(
    spec: Spec, wanted: Transfer, checkpoint: Checkpoint, kind: str, name: str, array: Array
) -> Problem | None:
    """What keeps an array from being taken, if anything."""
    there = wanted.there(name)
    found = checkpoint.tensors.get(f"{kind}/{there}")
    if found is None:
        known = [key.partition("/")[2] for key in checkpoint.tensors if key.startswith(f"{kind}/")]
        near = closest(there, known)
        message = f"{wanted.run} has no {there}" + ("" if there == name else f", from which {name} is to be taken")
        hint = f"there is {near}: say so with `rename`" if near else f"there are {', '.join(known[:20])}"
        return spec.problem("NS061", SECTION, message, f"{hint}; or leave it out of `parameters`")
    if found.shape != array.shape:
        message = f"{name} is {shape_text(array.shape)}, but {there} of {wanted.run} is {shape_text(found.shape)}"
        hint = "give the layer the size that it has there, or leave it out of `parameters`"
        return spec.problem("NS061", SECTION, message, hint)
    return None
