"""What becomes of each case, and the page that says so: ``python -m tests.node_cases.outcomes`` writes it."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx

from . import elementwise, joins, layers, sequences, training
from .cases import HasNoCounterpartError, Runner, cases, is_expanded, node_of
from .reasons import operators, reasons

PAGE = Path(__file__).parents[2] / "docs" / "onnx.md"
RUNNERS: dict[str, Runner] = {
    **elementwise.RUNNERS,
    **joins.RUNNERS,
    **layers.RUNNERS,
    **sequences.RUNNERS,
    **training.RUNNERS,
}


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        operator: Its operator.
        reason: Why nothing here can run it; empty where it ran and agreed.
    """

    operator: str
    reason: str


def run(name: str) -> Outcome:
    """Runs a case.

    Raises:
        AssertionError: It ran, and other numbers came out.
    """
    case = cases()[name]
    node = node_of(case)
    if node.op_type not in RUNNERS:
        return Outcome(node.op_type, reasons()[node.op_type])
    try:
        for given, expected in case.data_sets:
            with np.errstate(all="ignore"):
                RUNNERS[node.op_type](node, given, expected)
    except HasNoCounterpartError as reason:
        return Outcome(node.op_type, str(reason))
    return Outcome(node.op_type, "")


@cache
def outcomes() -> dict[str, Outcome]:
    """The outcome of every case of a single node."""
    return {name: run(name) for name, case in cases().items() if not is_expanded(case)}


def page() -> str:
    """The page, in Markdown."""
    found = outcomes()
    ran = sum(not outcome.reason for outcome in found.values())
    expanded = sum(map(is_expanded, cases().values()))
    with_parts = [operator for operator in operators() if operator in RUNNERS]
    lines = [
        "# The node cases of ONNX",
        "",
        "The ONNX project tests its operators with cases of inputs and outputs that nobody here wrote",
        "(`onnx.backend.test.case.node`). Wherever a part computes what an operator does, its cases run here with",
        "every test of this project. `python -m tests.node_cases.outcomes` writes this page; a test holds it.",
        "",
        f"Of {len(cases())} cases of onnx {onnx.__version__}, {expanded} are others once more, spelled out in",
        f"simpler operators with the same inputs and outputs. Of the {len(found)} that are left, {ran} run and",
        f"agree: those of {len(with_parts)} operators that have a counterpart, as far as it goes.",
        "",
        "## Operators with a counterpart",
        "",
        "| operator | cases | run | cannot, and why |",
        "|---|---|---|---|",
        *map(_row, with_parts),
        "",
        "## Operators without",
        "",
        "| why | operators | cases |",
        "|---|---|---|",
        *_rows_without(),
    ]
    return "\n".join(lines) + "\n"


def _row(operator: str) -> str:
    of_it = [outcome for outcome in outcomes().values() if outcome.operator == operator]
    counts = Counter(outcome.reason for outcome in of_it)
    ran = counts.pop("", 0)
    missed = "; ".join(f"{count}: {reason}" for reason, count in counts.items())
    return f"| {operator} | {len(of_it)} | {ran} | {missed} |"


def _rows_without() -> list[str]:
    rows = []
    by_operator = Counter(outcome.operator for outcome in outcomes().values())
    grouped: dict[str, list[str]] = {}
    for operator in operators():
        if operator not in RUNNERS:
            grouped.setdefault(reasons()[operator], []).append(operator)
    for reason, names in sorted(grouped.items()):
        rows.append(f"| {reason} | {', '.join(names)} | {sum(by_operator[name] for name in names)} |")
    return rows


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
