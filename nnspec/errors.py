"""Every exception that nnspec raises on purpose, as one tree.

NnspecError
├── UsageError               the command line or a call asks for something that cannot be (exit 2)
│   └── RunFolderError       a run folder exists already, or cannot be written
├── SpecError                a spec has problems; carries all of them, with positions (exit 2)
├── ShapeError               a layer cannot take the shape it is given; carries the way out (exit 2)
│   ├── StackError           the same, with the place in the stack
│   └── TieError             a parameter cannot share another's numbers
├── TargetsError             a cost or a metric does not fit what there is to answer (exit 2)
├── PartError                a part cannot be had (exit 2)
│   ├── UnknownPartError     nothing of that name is installed
│   ├── AmbiguousPartError   two distributions claim the name
│   ├── BrokenPartError      the distribution that has it fails to load it
│   │   └── OtherContractError   it is written for another contract version
│   └── FaultyPartError      a plugin's part fails, or does not do what it says
├── StorageError             a file of a run cannot be written: a full disk, or one that may only be read (exit 1)
├── DataError                a data set is missing, damaged or does not fit (exit 1)
│   └── DownloadError        no mirror delivered the file
└── TrainingError            training cannot go on (exit 1)
    └── DivergenceError      the cost left the finite numbers

PartWarning                  a warning: a part failed, or is another than it was, and work goes on
RunWarning                   a warning: a run goes on otherwise than it was left, such as from an older checkpoint
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

GOOD, FAILED, USAGE, EXPECTATION, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143

CONTROLS = dict.fromkeys(
    (*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)), "\ufffd"
)
"""What a terminal would obey, break a line at, or turn the direction of reading at, instead of showing it."""
HALVES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
"""Halves of characters, which names of files that are no text have, and which cannot be written."""
_VISIBLE = {code: sign for code, sign in (CONTROLS | HALVES).items() if chr(code) not in "\n\t"}


def visible(text: str) -> str:
    """A text for a terminal: names from strangers may hold what moves its cursor, or hides what stands there."""
    return text.translate(_VISIBLE)


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it is to end work in the way of Ctrl-C: what was begun is cleared away."""


class NnspecError(Exception):
    """The root: catching it catches everything nnspec raises on purpose."""

    exit_code = FAILED

    def __str__(self) -> str:
        return visible(super().__str__())


class UsageError(NnspecError):
    """A command or call that asks for something that cannot be."""

    exit_code = USAGE


class RunFolderError(UsageError):
    """A run folder that exists already, cannot be written or is not one.

    Attributes:
        folder: The folder in question.
    """

    def __init__(self, message: str, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


class Located(Protocol):
    """What a problem of a spec can do; the class itself lives in ``nnspec.spec.problems``."""

    def __str__(self) -> str:
        """``file:line:col: where: expected, found, what to do`` with the source line."""


class StorageError(NnspecError):
    """A file of a run that cannot be written; what was there before it is intact.

    Attributes:
        path: The file.
    """

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class SpecError(NnspecError):
    """A spec that cannot be run.

    Attributes:
        problems: Every problem found, ordered by position.
    """

    exit_code = USAGE

    def __init__(self, problems: Sequence[Located]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ShapeError(NnspecError):
    """A layer that cannot take the shape it is given.

    Attributes:
        hint: What to change, for example ``insert `flatten` before it``.
    """

    exit_code = USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StackError(ShapeError):
    """A stack of layers that does not fit together.

    Attributes:
        place: Which entry does not fit, as steps of a path: ``("layers", 3)``; for a layer within that one
            ``("layers", 3, ITS_NAME, "shortcut", 0)``.
        stack: What fits so far: a name, an input and an output shape for each layer.
    """

    def __init__(
        self,
        message: str,
        hint: str,
        place: tuple[str | int, ...],
        stack: Sequence[tuple[str, str, str]],
    ) -> None:
        super().__init__(message, hint)
        self.place = place
        self.stack = tuple(stack)


class TargetsError(NnspecError):
    """A cost or a metric that does not fit what there is to answer.

    Attributes:
        hint: What to do instead.
        option: Where in the part's options the mistake is; empty where it is the part as a whole.
    """

    exit_code = USAGE

    def __init__(self, message: str, hint: str = "", option: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.option = tuple(option)


class TieError(ShapeError):
    """A parameter that cannot share another's numbers.

    Attributes:
        parameter: Its full name: ``layers.4.W``.
    """

    def __init__(self, message: str, hint: str, parameter: str) -> None:
        super().__init__(message, hint)
        self.parameter = parameter


class PartError(NnspecError):
    """A part that cannot be had.

    Attributes:
        kind: The kind asked for, for example ``layers``.
        name: The name asked for.
    """

    exit_code = USAGE

    def __init__(self, message: str, kind: str, name: str, hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name
        self.hint = hint


class UnknownPartError(PartError):
    """Nothing of that name is installed; the hint says what comes close."""


class AmbiguousPartError(PartError):
    """Two distributions claim one name; ``distribution.name`` picks one."""


class BrokenPartError(PartError):
    """The distribution that has the part fails to load it."""


class OtherContractError(BrokenPartError):
    """The part is written for another contract version.

    Attributes:
        asked: What it says; a number, if it means well.
    """

    def __init__(self, message: str, kind: str, name: str, hint: str, asked: object) -> None:
        super().__init__(message, kind, name, hint)
        self.asked = asked


class FaultyPartError(PartError):
    """A plugin's part fails at work, or does not do what it says.

    Attributes:
        place: Where the spec names it, as steps of a path; empty where that is not known.
    """

    def __init__(
        self, message: str, kind: str, name: str, hint: str = "", place: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(message, kind, name, hint)
        self.place = place


class DataError(NnspecError):
    """Data that is missing, damaged, or does not fit what it is said to be.

    Attributes:
        path: The file, where one is to blame.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(f"{path}: {message}" if path is not None else message)
        self.path = path


class DownloadError(DataError):
    """No mirror delivered the file with the content it must have."""


class TrainingError(NnspecError):
    """Training that cannot go on."""


class DivergenceError(TrainingError):
    """The cost left the finite numbers.

    Attributes:
        epoch: The epoch in which it happened, counted from 1.
        step: The step within that epoch, counted from 1.
        layer: Path of the first layer whose output is not finite, or else of the one that grew largest.
    """

    def __init__(self, message: str, epoch: int, step: int, layer: str) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.step = step
        self.layer = layer


class RunWarning(UserWarning):
    """A run goes on otherwise than it was left."""


class PartWarning(UserWarning):
    """A part that failed, or is another than it was, where work can go on."""
