"""Generated specs: resolved ones read back as they were, mutated ones never end in a traceback."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.errors import SpecError
from nnspec.spec.document import Document
from nnspec.spec.problems import Problem
from nnspec.spec.specification import parse
from nnspec.spec.yaml_core import dump

LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff")
small = st.integers(1, 50)
rates = st.floats(1e-6, 10)
initializers: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["zeros", "glorot", "he", {"lecun": "normal"}, {"uniform": {"low": -1, "high": 1.5}}]),
    rates.map(lambda std: {"normal": std}),
    rates.map(lambda value: {"constant": value}),
)
hidden: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["relu", "sigmoid", "tanh", "identity", "dropout", {"leaky_relu": 0.2}, {"softmax": {}}]),
    st.fixed_dictionaries(
        {"units": st.integers(2, 50), "bias": st.booleans()},
        optional={
            "weights": initializers,
            "biases": initializers,
            "activation": st.sampled_from(["relu", "tanh"]),
        },
    ).map(lambda options: {"dense": options}),
)
SPECS = st.fixed_dictionaries(
    {
        "nnspec": st.just(1),
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
        "dataset": st.sampled_from(["mnist", {"mnist": {"limit": 1000}}, {"mnist": {"validation": 0.25}}]),
        "input": st.just(784),
        "layers": st.lists(hidden, max_size=5).map(lambda layers: [*layers, {"dense": 10}, "softmax"]),
        "cost": st.sampled_from(["cross_entropy", {"quadratic": {"factor": 1.0}}, "binary_cross_entropy"]),
        "optimizer": st.one_of(
            rates.map(lambda rate: {"sgd": rate}),
            st.fixed_dictionaries({"learning_rate": rates}, optional={"nesterov": st.booleans()}).map(
                lambda options: {"momentum": options}
            ),
        ),
    },
    optional={
        "description": st.text(LETTERS),
        "seed": st.integers(0, 2**64 - 1),
        "transforms": st.sampled_from([[], ["scale"], [{"scale": 2}, "standardize"]]),
        "regularizer": rates.map(lambda strength: {"l2": strength}),
        "train": st.fixed_dictionaries(
            {"epochs": small}, optional={"batch_size": small, "shuffle": st.booleans(), "keep": st.just("best")}
        ),
        "metrics": st.sampled_from([[], ["accuracy"], ["accuracy", {"top_k": 3}, "confusion"]]),
        "precision": st.sampled_from(["float32", "float64"]),
        "expect": st.fixed_dictionaries({}, optional={"test.cost": st.just({"max": 3.5})}),
    },
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SPECS)
def test_a_resolved_spec_reads_back_as_the_same_spec(tree: dict[str, Any]) -> None:
    spec = parse(dump(tree))
    again = parse(spec.to_yaml())
    assert again.document == spec.document
    assert again.resolved() == spec.resolved()
    assert again.to_yaml() == spec.to_yaml()


def test_the_resolved_spec_does_not_depend_on_the_order_of_sections() -> None:
    tree = {"nnspec": 1, "name": "a", "dataset": "mnist", "input": 784, "layers": [{"dense": 10}, "softmax"]}
    tree |= {"cost": "quadratic", "optimizer": {"sgd": 1}}
    backwards = dict(reversed(tree.items()))
    assert parse(dump(tree)).to_yaml() == parse(dump(backwards)).to_yaml()


GOOD = """\
nnspec: 1
name: try
dataset: {mnist: {validation: 10000}}
input: [1, 28, 28]
layers:
  - flatten
  - dense: {units: 30, weights: {normal: 1.0}, activation: relu}
  - dropout: 0.2
  - dense: 10
  - softmax
cost: cross_entropy
regularizer: {l2: 1e-4}
optimizer: {momentum: {learning_rate: 0.1, nesterov: true}}
train: {epochs: 3, batch_size: 10, monitor: validation.accuracy}
metrics: [accuracy, {top_k: 3}]
expect:
  test.accuracy: {min: 0.9}
"""
WORDS = (
    "1e999 -1 0 null true &a *a <<: !!int --- ... 99999999999999999999999999 {} [] [[[ "
    "units mnist relu dense 1.5 '30' low: no"
)
LITTER = st.sampled_from(
    [*"[]{}:,-?&*!|>'\"%@`#~ \n\t\r\0\x1b\u2028\ufeffé😀=<.0", *WORDS.split(), "- ", ": ", "? "]
)


def mutated(text: str, draw: Any) -> str:
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["insert", "delete", "replace", "double", "move"])):
            case "insert":
                text = text[:start] + draw(LITTER) + text[start:]
            case "delete":
                text = text[:start] + text[start + draw(st.integers(1, 12)) :]
            case "replace":
                text = text[:start] + draw(LITTER) + text[start + draw(st.integers(1, 6)) :]
            case "double":
                text = text[:start] + text[start : start + 40] + text[start:]
            case _:
                lines = text.split("\n")
                index = draw(st.integers(0, len(lines) - 1))
                text = "\n".join([*lines[:index], *lines[index + 1 :], lines[index]])
    return text


def problems(text: str, *changes: str) -> list[Problem]:
    """What is wrong with a spec; nothing where it is valid. Any other error goes through."""
    try:
        parse(text, "s.yaml", changes)
    except SpecError as error:
        found = [problem for problem in error.problems if isinstance(problem, Problem)]
        return found or pytest.fail("refused without a reason")
    return []


@settings(max_examples=800, deadline=None, derandomize=True)
@given(st.data())
def test_a_damaged_spec_is_valid_or_refused_with_marks_inside_the_text(data: st.DataObject) -> None:
    for problem in problems(mutated(GOOD, data.draw)):
        lines = problem.mark.text.lines
        assert problem.message
        assert str(problem).startswith(f"s.yaml:{problem.mark.line}:{problem.mark.column}: ")
        assert 1 <= problem.mark.line <= max(1, len(lines))
        assert 1 <= problem.mark.column <= len(lines[problem.mark.line - 1] if lines else "") + 1


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data(), good=st.sampled_from(["train.epochs=3", "layers.1.dense={units: 3}", "input=[1, 2]"]))
def test_a_damaged_setting_is_valid_or_refused(data: st.DataObject, good: str) -> None:
    assert all(str(problem) for problem in problems(GOOD, mutated(good, data.draw)))


LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 2000) | st.floats() | st.sampled_from(["relu", "mnist", "sgd"])
)
KEYS = st.sampled_from(["units", "dense", "mnist", "sgd", "normal", "x"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(tree=TREES, section=st.sampled_from(sorted(Document.model_fields)))
def test_anything_at_all_in_a_section_is_valid_or_refused(tree: Any, section: str) -> None:
    text = dump(tree).removesuffix("...\n")
    assert all(str(problem) for problem in problems(GOOD, f"{section}={text}"))


@pytest.mark.parametrize("text", ["a", "3", "[1]", "null", "''"])
def test_a_spec_is_a_mapping(text: str) -> None:
    (problem,) = problems(text)
    assert problem.message == "expected a mapping of names to values"
