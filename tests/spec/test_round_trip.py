"""Generated specs: resolved ones read back as they were, mutated ones never end in a traceback."""

from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from nnspec.errors import SpecError
from nnspec.registry import default_resolver
from nnspec.registry.kinds import KINDS
from nnspec.spec.document import Document
from nnspec.spec.problems import Problem
from nnspec.spec.reader import read
from nnspec.spec.specification import load, parse
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


@pytest.mark.parametrize("text", ["a", "3", "[1]", "null", "''", "---\n", "%YAML 1.1\n---\n", "--- # none\n\n"])
def test_a_spec_is_a_mapping(text: str) -> None:
    (problem,) = problems(text)
    assert problem.mark.line <= len(text.splitlines())
    assert problem.message.startswith("expected a mapping of names to values, found ")


SHIPPED = [
    read(path.read_bytes(), path.name).value
    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
]
NAMES = sorted({entry.name for kind in KINDS for entry in default_resolver().catalogue.entries(kind)})
OTHERS = LEAVES | TREES | st.sampled_from(NAMES)


def changed(draw: st.DrawFn, value: Any) -> Any:
    """The value with one thing in it replaced, doubled or taken out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 9)):
            return {other: item for other, item in value.items() if other != name}
        return {**value, name: changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        if not draw(st.integers(0, 2)):
            return [*value[:at], value[draw(st.integers(0, len(value) - 1))], *value[at:]]
        return [*value[:at], changed(draw, value[at]), *value[at + 1 :]]
    if isinstance(value, int | float) and draw(st.booleans()):
        return draw(st.integers(1, 900) | st.floats(0, 1))
    return draw(OTHERS)


@st.composite
def damaged_trees(draw: st.DrawFn) -> dict[str, Any]:
    """A shipped spec with a thing or two changed."""
    tree = draw(st.sampled_from(SHIPPED))
    for _ in range(draw(st.integers(1, 2))):
        tree = changed(draw, tree)
    return tree if isinstance(tree, dict) else {"layers": tree}


@settings(max_examples=500, deadline=None, derandomize=True)
@given(damaged_trees())
def test_a_changed_spec_is_refused_or_resolves_to_one_that_says_the_same(tree: dict[str, Any]) -> None:
    try:
        spec = parse(dump(tree), "s.yaml")
    except SpecError:
        event("refused")
        return
    event("valid")
    assert parse(spec.to_yaml()).document == spec.document
    assert parse(spec.to_yaml()).to_yaml() == spec.to_yaml()
    assert parse(spec.with_origins()).document == spec.document


@settings(max_examples=150, deadline=None, derandomize=True)
@given(base=st.data(), own=st.data())
def test_problems_of_a_damaged_base_and_of_what_extends_it_stand_in_the_file_that_has_them(
    base: st.DataObject, own: st.DataObject
) -> None:
    texts = {
        "base.yaml": mutated(GOOD, base.draw),
        "own.yaml": mutated("extends: base.yaml\ntrain: {epochs: 5}\nlayers: [flatten, {dense: 10}]\n", own.draw),
    }
    with TemporaryDirectory() as folder, chdir(folder):
        for name, text in texts.items():
            Path(name).write_text(text, "utf-8", newline="")
        try:
            load("own.yaml")
        except SpecError as error:
            for problem in error.problems:
                assert isinstance(problem, Problem)
                lines = texts[problem.mark.text.name].removeprefix("\ufeff").splitlines() or [""]
                assert 1 <= problem.mark.line <= len(lines)
                assert 1 <= problem.mark.column <= len(lines[problem.mark.line - 1]) + 1
