"""The plugin author's one import: its names are a promise, kept for as long as the contract version stays."""

import inspect
from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticCustomError

from nnspec import extend
from nnspec.contracts.part import API, Part
from nnspec.errors import SpecError
from nnspec.parts.layers.dense import Dense
from nnspec.registry.kinds import KINDS
from nnspec.spec.specification import parse

SPEC = "{nnspec: 1, dataset: xor, input: 2, layers: [{dense: 1}, sigmoid], cost: quadratic, optimizer: {sgd: 0.1}}"

VERSION = 1
NAMES = """
API LIMIT Activation Archive Array AutoLayer Backward Content Context Cost DType DataError Dataset Declaration
EpochRecord Executor Exporter Family Field FileName Forward Initializer Inner Judge Layer Layers Loader
LogitJudge Metric Model ModelLayer ModelTransform NonNegativeFloat OneOrTwo Optimizer Outline Parameter
Parameters Part PartOf Piece PositiveFloat PositiveInt Probability Random Regularizer RemoteFile Reporter Rows
Run Schedule Shape ShapeError ShapeOption Share Source SourceFile Split SplitName Stack State Stretch Targets
TargetsError Tie Transform Update UsageError Value by_name decided_by factor_text is_text npy_header number_text
open_picture parse_npy part_by_name require_image require_row require_sequence shape_text size
"""


def test_the_public_names_are_those_of_this_contract_version() -> None:
    """A name that is missing here breaks plugins: that takes a new contract version. New names are added here."""
    assert API == VERSION
    assert set(NAMES.split()) - set(extend.__all__) == set(), "taken away"
    assert set(extend.__all__) - set(NAMES.split()) == set(), (
        "new: add them to NAMES, if plugins shall rely on them"
    )


def test_every_public_name_is_there() -> None:
    assert [name for name in extend.__all__ if not hasattr(extend, name)] == []


def test_every_kind_of_part_can_be_extended() -> None:
    values = [getattr(extend, name) for name in dir(extend)]
    offered = [value for value in values if inspect.isclass(value) and issubclass(value, Part)]
    assert set(KINDS.values()) <= set(offered)


def test_shape_helpers_take_apart_what_fits_and_refuse_the_rest_with_a_way_out() -> None:
    assert extend.require_row("spline", (7,)) == 7
    assert extend.require_sequence("spline", (5, 3)) == (5, 3)
    assert extend.require_image("spline", (1, 28, 28)) == (1, 28, 28)
    refused = {
        extend.require_row: (((2, 3), "`flatten`"), ((), "`flatten`")),
        extend.require_sequence: (((6,), "`reshape: [6, 1]`"), ((1, 4, 5), "`reshape: [4, 5]`")),
        extend.require_image: (((6,), "reshape"), ((4, 5), "`reshape: [1, 4, 5]`")),
    }
    for require, cases in refused.items():
        for shape, way_out in cases:
            with pytest.raises(extend.ShapeError, match="spline takes") as caught:
                require("spline", shape)
            assert way_out in caught.value.hint


def test_a_part_is_made_by_name_for_an_option_that_is_a_number() -> None:
    filled = np.empty((3, 1))
    extend.part_by_name(extend.Initializer, {"constant": 0.25}).fill(filled, 1, 1, np.random.default_rng(0))
    assert filled.tolist() == [[0.25]] * 3
    with pytest.raises(PydanticCustomError, match="nothing called `konstant` among the initializers"):
        extend.part_by_name(extend.Initializer, {"konstant": 0.25})


@pytest.mark.parametrize("name", ["a/b.txt", "../x", "", ".hidden", "x" * 101, "a b"])
def test_names_of_written_files_are_refused_in_words(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(SPEC, settings=[f"reporters=[{{html: {{file: '{name}'}}}}]"])
    (problem,) = map(str, caught.value.problems)
    assert "expected the name of a file in the run folder, without folders" in problem
    assert "[NS038]" in problem
    assert "^[A-Z" not in problem


@pytest.mark.parametrize("given", ["he", {"normal": 0.1}, {"normal": {"std": 0.1}}])
def test_an_option_that_holds_a_part_takes_in_python_what_a_spec_would_say_or_the_part(given: Any) -> None:
    expected = extend.part_by_name(extend.Layer, {"dense": {"units": 2, "weights": given}})
    assert Dense(units=2, weights=given) == expected
    assert Dense(units=2, weights=extend.part_by_name(extend.Initializer, given)) == expected
