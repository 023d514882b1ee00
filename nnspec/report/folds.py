"""The pages of a cross-validation: what each fold came to, and how far they lie apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nnspec.errors import RunFolderError
from nnspec.files.documents import read
from nnspec.files.folders import check_inside
from nnspec.report.facts import DAMAGE, FACTS
from nnspec.report.wording import measured, metric_name

TEMPLATES: dict[Literal["html", "markdown"], str] = {"html": "folds.html", "markdown": "folds.md"}


@dataclass(frozen=True)
class Row:
    """A figure over the folds.

    Attributes:
        name: Split and metric: ``validation accuracy``.
        mean: Over the folds.
        spread: The folds' standard deviation.
        values: Of each fold.
    """

    name: str
    mean: str
    spread: str
    values: tuple[str, ...]


def are_folds(path: Path) -> bool:
    """Whether a folder is that of a cross-validation, rather than of one run."""
    try:
        return "folds" in read(path / FACTS)
    except (OSError, ValueError, TypeError):
        # What is wrong with it is for those to say who read all of it.
        return False


def fold_content(path: Path) -> dict[str, Any]:
    """What the pages of a cross-validation show, from its run.json.

    Raises:
        RunFolderError: It is damaged.
    """
    check_inside(path, (FACTS,))
    facts = read(path / FACTS)
    try:
        shown = {name: str(facts[name]) for name in ("name", "description", "status", "started", "fingerprint")}
        folds = [(int(fold["samples"]["validation"]), float(fold["seconds"])) for fold in facts["folds"]]
        return {
            **shown,
            "reason": facts["reason"],
            "warnings": list(facts["warnings"]),
            "seconds": float(facts["seconds"]),
            "folds": folds,
            "fold_names": [f"fold {number}" for number in range(1, len(folds) + 1)],
            "rows": _rows(facts),
        }
    except DAMAGE as error:
        raise RunFolderError(f"{path / FACTS}: damaged, so nothing can be reported: {error!r}", path) from error


def _rows(facts: Mapping[str, Any]) -> list[Row]:
    """The figures, those of the held-out folds first."""
    splits = sorted(facts["metrics"], key=("validation", "test", "train").index)
    return [
        Row(
            metric_name(f"{split}.{name}"),
            measured(name, mean),
            measured(name, facts["spread"][split][name]),
            tuple(measured(name, fold["metrics"][split][name]) for fold in facts["folds"]),
        )
        for split in splits
        for name, mean in facts["metrics"][split].items()
    ]
