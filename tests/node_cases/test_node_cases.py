"""Parts yield what the node cases of ONNX expect where an operator has a counterpart; the page tells of all."""

import re

import onnx
import pytest

from .cases import of_operator
from .outcomes import PAGE, RUNNERS, outcomes, page, run
from .reasons import operators, reasons

LEAST = 207
"""Cases that ran when this was written; fewer would mean that some are no longer found."""


@pytest.mark.parametrize("operator", sorted(RUNNERS))
def test_a_part_yields_what_onnx_expects_of_the_operator(operator: str) -> None:
    found = [run(name) for name in of_operator(operator)]
    assert found
    # Its cases pad with other numbers than zeros; test_reference.py has one of zeros.
    assert operator == "Pad" or any(not outcome.reason for outcome in found)


def test_every_operator_has_a_counterpart_or_one_reason_why_not() -> None:
    assert not set(RUNNERS) & set(reasons())
    assert set(operators()) - set(RUNNERS) == set(reasons())


def test_no_case_is_lost() -> None:
    assert sum(not outcome.reason for outcome in outcomes().values()) >= LEAST


def test_the_page_is_what_the_cases_say() -> None:
    text = PAGE.read_text("utf-8")
    (version,) = re.findall(r"onnx (\d+\.\d+\.\d+)", text)
    if version != onnx.__version__:
        pytest.skip(f"the page is of onnx {version}, here is {onnx.__version__}")
    assert text == page(), "write it anew: python -m tests.node_cases.outcomes"
