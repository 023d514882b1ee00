"""Parts that other distributions bring: what goes wrong in them is told as theirs, where the spec names them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from nnspec.contracts.part import Part, resolver
from nnspec.errors import FaultyPartError, NnspecError
from nnspec.types import Array

HOME = "nnspec.parts."
"""Where the parts of nnspec itself live."""

Place = tuple[str | int, ...]
"""Where a spec names a part: ``("layers", 2)``."""


def is_guest(part: Part) -> bool:
    """Whether a part is not one of nnspec itself."""
    return not type(part).__module__.startswith(HOME)


def read_only(array: Array) -> Array:
    """The same numbers, not to be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


@contextmanager
def attributed(part: Part, doing: str, place: Place) -> Iterator[None]:
    """Tells what a guest raises as its own fault; what nnspec's own parts raise is handed on as it is.

    Args:
        part: Whose code runs within.
        doing: The method that is called.
        place: Where the spec names the part.

    Raises:
        FaultyPartError: The guest raised something that is no error of nnspec.
    """
    try:
        yield
    except NnspecError:
        raise
    except (Exception, SystemExit) as error:
        if not is_guest(part):
            raise
        raise fault(part, f"fails in `{doing}`: {said(error)}", place) from error


def fault(part: Part, what: str, place: Place) -> FaultyPartError:
    """The error that tells of a guest, with its distribution and version."""
    words = resolver(None)
    kind, word, origin = part.kinds[0], words.word(part), words.origin(part)
    message = f"{kind} part `{word}` of {origin} {what}"
    hint = f"`nnspec plugins check` tries the parts of plugins; mend or remove {origin}"
    return FaultyPartError(message, kind, word, hint, place)


def culprit(error: BaseException, modules: Sequence[str]) -> str | None:
    """In which of these modules, or at least of their packages, an error came about; the innermost counts."""
    trace, names = error.__traceback__, []
    while trace is not None:
        names.append(str(trace.tb_frame.f_globals.get("__name__", "")))
        trace = trace.tb_next
    for name in reversed(names):
        near = [module for module in modules if module.partition(".")[0] == name.partition(".")[0]]
        if near:
            return name if name in near else near[0]
    return None


def said(error: BaseException) -> str:
    """An error in a line, with the line of code that it comes from."""
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}{': ' if text else ''}{text}{_line(error.__traceback__)}"


def _line(trace: TracebackType | None) -> str:
    # Not at the top: most guests do not fail.
    from traceback import extract_tb

    # Ours, NumPy's and those of the import system say nothing to whoever wrote the part.
    frames = [frame for frame in extract_tb(trace) if not _is_tool(frame.filename)]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _is_tool(filename: str) -> bool:
    parts = filename.replace("\\", "/").split("/")
    return not {"nnspec", "numpy", "importlib"}.isdisjoint(parts) or filename.startswith("<")
