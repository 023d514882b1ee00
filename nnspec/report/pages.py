"""Run folders become pages: report.html for readers, report.md for logs and reviews."""

from pathlib import Path
from typing import Any, Literal

from nnspec.errors import StorageError
from nnspec.report.confusion import Confusion
from nnspec.report.curves import learning_curves
from nnspec.report.evidence import read_evidence
from nnspec.report.exhibits import mistake_table, reconstructions, tiles
from nnspec.report.facts import Run, read_run
from nnspec.report.fits import fits
from nnspec.report.folds import TEMPLATES as FOLDS
from nnspec.report.folds import are_folds, fold_content
from nnspec.report.headline import ending, figure_tables, key_figures, listed_epochs
from nnspec.report.labels import label_records
from nnspec.report.provenance import commands, dependencies
from nnspec.report.rendering import environment
from nnspec.report.scatter import class_colour, plane_chart

Form = Literal["html", "markdown"]
NAMES: dict[Form, str] = {"html": "report.html", "markdown": "report.md"}
"""The file of each form, and the template of a run's."""


def write_report(path: Path) -> None:
    """Writes ``report.html`` and ``report.md`` into a run folder, from what lies in it.

    Args:
        path: The run folder.

    Raises:
        RunFolderError: Its run.json is missing or damaged.
        StorageError: The pages cannot be written.
    """
    for form, text in pages(path, *NAMES).items():
        _write(path / NAMES[form], text)


def pages(path: Path, *forms: Form) -> dict[Form, str]:
    """The report of a run in these forms, or of a cross-validation.

    What is missing or damaged beside run.json is said on the pages. The same folder gives the same pages.

    Args:
        path: The run folder.
        forms: Which.

    Raises:
        RunFolderError: Its run.json is missing or damaged.
    """
    if are_folds(path):
        content, templates = fold_content(path), FOLDS
    else:
        content, templates = _content(read_run(path)), NAMES
    return {form: environment(html=form == "html").get_template(templates[form]).render(content) for form in forms}


def _content(run: Run) -> dict[str, Any]:
    """What the templates show."""
    evidence = read_evidence(run)
    curves = learning_curves(run)
    return {
        "run": run,
        "missing": run.missing + evidence.missing,
        "split": evidence.split,
        "ending": ending(run),
        "key_figures": key_figures(run),
        "figure_tables": figure_tables(run),
        "curves": curves,
        "columns": [(line.split, chart.metric) for chart in curves for line in chart.series],
        "epochs": listed_epochs(run),
        "confusion": Confusion(run, evidence.confusion) if evidence.confusion is not None else None,
        "mistakes": mistake_table(run, evidence.mistakes),
        "tiles": tiles(evidence.weights),
        "plane": plane_chart(run, evidence.plane, evidence.mistakes) if evidence.plane is not None else None,
        "class_colours": [(name, class_colour(number)) for number, name in enumerate(run.data.classes or ())],
        "fits": fits(evidence.predictions, run.data.outcomes) if evidence.predictions is not None else [],
        "labels": label_records(evidence.label_counts, run.data.outcomes)
        if evidence.label_counts is not None
        else [],
        "reconstructions": reconstructions(run, evidence.reconstructions),
        "dependencies": dependencies(run),
        "commands": commands(run),
    }


def _write(target: Path, text: str) -> None:
    """Writes a page so that it is there whole or not at all."""
    temporary = target.with_name(target.name + ".tmp")
    try:
        # Made anew, so that nothing is written through a link of that name.
        temporary.unlink(missing_ok=True)
        with temporary.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StorageError(f"{target}: cannot be written: {error.strerror}", target) from error
