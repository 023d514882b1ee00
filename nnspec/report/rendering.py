"""Templates, and the words that they may use."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from nnspec.report import wording
from nnspec.report.markdown import escaped, fenced, header, row, sparkline

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment(*, html: bool) -> "Environment":
    """Templates in which whatever is printed is escaped, unless it says that it is markup."""
    # Imported here: naming the report's function must not cost the start of every command.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    finalize: Callable[[object], object] | None = None if html else escaped
    environment = Environment(
        loader=PackageLoader("nnspec.report"),
        autoescape=html,  # noqa: S701 -- Markdown is escaped by finalize
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in (
        wording.count,
        wording.percent,
        wording.figure,
        wording.measured,
        wording.metric_name,
        wording.moment,
        wording.duration,
        wording.plural,
        wording.shape,
        fenced,
        header,
        row,
        sparkline,
    ):
        environment.filters[function.__name__] = function
    return environment
