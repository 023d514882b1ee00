"""What a user names on the command line, read: files by their kind, or bare numbers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from nnspec.errors import UsageError
from nnspec.inputs import arrays, pictures
from nnspec.inputs.fields import Fields, is_number
from nnspec.inputs.look import Look, look_of
from nnspec.inputs.preparation import Method, prepare
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array

KINDS = (*pictures.SUFFIXES, ".npy", ".npz", ".csv", ".tsv")


@dataclass(frozen=True)
class Portion:
    """The samples that one input holds.

    Attributes:
        samples: As a run's `predict` takes them, in the data set's own units.
        source: The file, or the bare numbers as they were typed.
        lines: Lines of the file on which the samples stand, where it has lines.
        single: Whether the input is one sample, rather than a file of any number of them.
    """

    samples: Array
    source: str
    lines: tuple[int, ...] = ()
    single: bool = False

    def name(self, index: int) -> str:
        """What to call a sample."""
        if self.single:
            return self.source
        return f"{self.source}:{self.lines[index]}" if self.lines else f"{self.source}[{index}]"


@dataclass(frozen=True)
class Choices:
    """How inputs are to be read where there is a choice.

    Attributes:
        method: How pictures are brought to size; None to choose.
        invert: Whether dark and light are exchanged; None to choose.
        array: Which array of a .npz file; None for the first.
    """

    method: Method | None = None
    invert: bool | None = None
    array: str | None = None


class Reader:
    """Reads inputs for one run."""

    def __init__(self, run: OpenedRun, choices: Choices, tell: Callable[[str], None]) -> None:
        """Prepares to read.

        Args:
            run: What the samples are for.
            choices: What the user settled.
            tell: Hears what was chosen for the user.
        """
        self.run = run
        self.fields = Fields.of(run)
        self._choices = choices
        self._tell = tell

    def portions(self, inputs: Sequence[str]) -> Iterator[Portion]:
        """The samples of each input; bare numbers are one sample together.

        Raises:
            UsageError: An input is neither a file that is there nor fitting numbers.
            DataError: A file is damaged, or does not fit.
        """
        if not any(map(_names_file, inputs)):
            yield Portion(self._bare(inputs)[np.newaxis], " ".join(inputs), single=True)
            return
        for text in inputs:
            if is_number(text) and not Path(text).exists():
                raise UsageError(f"`{text}` stands among files; give either files or the numbers of one sample")
            yield self._file(Path(text))

    def _bare(self, cells: Sequence[str]) -> Array:
        stranger = next((cell for cell in cells if not is_number(cell)), None)
        if stranger is not None and not self.fields.worded:
            raise UsageError(f"`{stranger}` is neither a file nor a number; {_instead(stranger, self.fields)}")
        return self.fields.row(cells)

    def _file(self, path: Path) -> Portion:
        if not path.is_file():
            problem = "is a folder; name the files in it" if path.is_dir() else "there is no such file"
            raise UsageError(f"{path}: {problem}")
        kind = path.suffix.lower()
        if kind in pictures.SUFFIXES:
            return Portion(self._picture(path)[np.newaxis], str(path), single=True)
        if kind in (".csv", ".tsv"):
            samples, lines = arrays.read_csv(path, self.fields)
            return Portion(samples, str(path), tuple(lines))
        if kind == ".npy":
            return Portion(arrays.read_npy(path), str(path))
        if kind == ".npz":
            return Portion(arrays.read_npz(path, self._choices.array), str(path))
        raise UsageError(f"{path}: what is in it? Files are known by their endings: {', '.join(KINDS)}")

    def _picture(self, path: Path) -> Array:
        look = self._look
        if look is None:
            raise UsageError(
                f"{path}: this run was not trained on pictures; it expects {self.fields.expected}, bare or in "
                "a .csv, .npy or .npz file"
            )
        picture = pictures.read_picture(path, look.picture[0])
        prepared = prepare(picture, look, self._choices.method, invert=self._choices.invert)
        self._tell(f"{path}: {prepared.note}")
        return prepared.sample.reshape(self.run.sample_shape)

    @cached_property
    def _look(self) -> Look | None:
        return look_of(self.run)


def _names_file(text: str) -> bool:
    if is_number(text):
        # A file with a number for a name is named `./3`.
        return False
    return Path(text).exists() or Path(text).suffix.lower() in KINDS or "/" in text


def _instead(text: str, fields: Fields) -> str:
    """How the numbers of a sample are written, where a text is neither one nor a file."""
    numbers = re.findall(r"[^][(){},;\s]+", text)
    if len(numbers) > 1 and all(map(is_number, numbers)):
        return f"the numbers of a sample stand one by one: nnspec predict RUN {' '.join(numbers)}"
    if text == "-":
        return f"standard input is not read: write {fields.expected}, or name a .csv, .npy or .npz file"
    return f"this run expects {fields.expected}"
