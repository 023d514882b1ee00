"""The JSON Schema of specs: an independent checker accepts every good spec and refuses what it can know is bad."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nnspec.cli.main import main
from nnspec.registry import Catalogue, Entry, default_resolver
from nnspec.registry.kinds import KINDS, OUTSIDE
from nnspec.spec.about import about
from nnspec.spec.document import Document
from nnspec.spec.schema import schema

from .snippets import BASE, ENTRIES, Sections, name, pasted

jsonschema = pytest.importorskip("jsonschema", reason="needs check-jsonschema, of the extra `test`")

SPECS = Path(__file__).parents[2] / "specs"

GOOD = """\
nnspec: 1
dataset: mnist
input: 784
layers: [{dense: 10}, softmax]
cost: cross_entropy
optimizer: {sgd: 1}
"""
BROKEN = {
    "an unknown section": GOOD + "trian: {epochs: 3}\n",
    "a missing section": GOOD.replace("input: 784\n", ""),
    "an unknown layer": GOOD.replace("dense", "dens"),
    "an unknown option": GOOD.replace("dense: 10", "dense: {units: 10, unit: 3}"),
    "a missing option": GOOD.replace("dense: 10", "dense: {bias: true}"),
    "a missing option in a section": GOOD.replace("mnist", "{csv: {test: 0.1}}"),
    "a number out of bounds": GOOD.replace("dense: 10", "dense: 0"),
    "text for a number": GOOD.replace("dense: 10", "dense: ten"),
    "two names in one entry": GOOD.replace("{dense: 10}", "{dense: 10, relu: }"),
    "a bare name that does not suffice": GOOD.replace("{sgd: 1}", "sgd"),
    "an unknown layer within a layer": GOOD.replace("{dense: 10}", "{residual: [{parallel: [[dens], []]}]}"),
    "an unknown option within a layer": GOOD.replace("{dense: 10}", "{residual: {layers: [{dense: {unit: 3}}]}}"),
    "an input without numbers": GOOD.replace("784", "[]"),
    "an input of nine axes": GOOD.replace("784", "[1, 1, 1, 1, 1, 1, 1, 1, 1]"),
    "a result of no split": GOOD + "expect: {accuracy: {min: 0.9}}\n",
    "another version": GOOD.replace("nnspec: 1", "nnspec: 2"),
}

# Values of every shape that options have, good ones for some option and bad ones for most.
POOL: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, 3, 10, -1, 0.0, 0.1, 0.5, 0.9, 1.5, -0.5, 1e-3,
    "", "x", "mean", "sum", "add", "same", "valid", "normal", "uniform", "rgb", "each", "all", "after", "macro",
    "length", "tanh", "relu", "he", "cosine", "one", "range", "regression", ";", "latin-1",
    [], [1], [1, 2], [2, 1], [0, 1], [2, 0, 1], [1, 2, 3, 4], [0.5], [0, 500], [0.25, 0.75],
    [[1, 2], [3, 4]], ["a"], ["a", "b"], ["tanh"], [{"dense": 3}, "relu"], [["tanh"], []],
    {}, {"constant": 1}, {"cosine": 0.1}, {"normal": {"std": 2.0}}, {"nnspec.he": "normal"}, "nnspec.relu",
)  # fmt: skip


@cache
def validator() -> Any:
    checker = jsonschema.Draft7Validator
    written = schema(Catalogue())
    checker.check_schema(written)
    return checker(written)


def errors(spec: Mapping[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(spec)]


def holds(spec: Mapping[str, Any]) -> bool:
    """Whether everything in a spec is right in itself."""
    try:
        Document.model_validate(spec, context={"resolver": default_resolver()})
    except ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def schema_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "nnspec.schema.json"
    assert main(["schema", "-o", str(path)]) == 0
    return path


def check(schema_file: Path, *specs: Path) -> dict[str, Any]:
    """What check-jsonschema says of some files."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "-o",
        "json",
        "--schemafile",
        str(schema_file),
        *map(str, specs),
    ]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return found


def test_check_jsonschema_accepts_the_schema_and_every_shipped_spec(schema_file: Path) -> None:
    assert check(schema_file, *sorted(SPECS.glob("*.yaml")))["status"] == "ok"
    command = [sys.executable, "-m", "check_jsonschema", "--check-metaschema", str(schema_file)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_check_jsonschema_refuses_each_broken_spec(schema_file: Path, tmp_path: Path) -> None:
    for number, text in enumerate([GOOD, *BROKEN.values()]):
        (tmp_path / f"{number}.yaml").write_text(text)
    found = check(schema_file, *sorted(tmp_path.glob("*.yaml")))
    refused = {Path(error["filename"]).stem for error in found["errors"]}
    assert refused == {str(number) for number in range(1, len(BROKEN) + 1)}


def test_a_spec_that_extends_another_may_leave_to_it_what_it_requires() -> None:
    assert errors({"extends": "base.yaml", "dataset": {"csv": {"test": 0.1}}, "schedule": None}) == []
    assert errors({"extends": "base.yaml", "dataset": {"csv": {"tset": 0.1}}}) != []


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_what_a_part_accepts_the_schema_accepts(entry: Entry) -> None:
    """Each option in turn is given each value of a pool; where the part takes it, the schema must, too."""
    taken: dict[str, list[Any]] = {}
    for option, value, options in variations(entry):
        spec = placed(entry, options)
        if holds(spec):
            assert errors(spec) == [], f"{option}: {value}"
            taken.setdefault(option, []).append(value)
    for known in about(entry).options:
        assert taken[known.name], "no value of the pool is good for it"


def variations(entry: Entry) -> Iterator[tuple[str, Any, Any]]:
    """What may stand behind a part's name: what it shows of itself, and that with one option changed."""
    primary = about(entry).primary
    for shown in shown_options(entry):
        yield "", None, shown
        given = shown if isinstance(shown, dict) else {primary: shown}
        given = {} if shown is None else given
        names = [option.name for option in about(entry).options]
        yield from ((option, value, {**given, option: value}) for option in names for value in POOL)
    if primary is not None:
        yield from ((primary, value, value) for value in POOL)


def shown_options(entry: Entry) -> Iterator[Any]:
    """What stands behind a part's name in the lines that it shows."""

    def found(value: Any) -> Iterator[Any]:
        if value == entry.name:
            yield None
        for key, item in (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        ):
            if key == entry.name:
                yield item
            yield from found(item)

    for sections in pasted(entry):
        yield from found(sections)


def placed(entry: Entry, options: Any) -> Sections:
    """A spec that has a part where its kind belongs."""
    part = {entry.name: options}
    activation = {"dense": {"units": 1, "activation": part}}
    places: dict[str, Sections] = {
        "layers": {"layers": [part]},
        "activations": {"layers": [part, activation]},
        "initializers": {"layers": [{"dense": {"units": 1, "weights": part}}]},
        "loaders": {"dataset": part},
        "costs": {"cost": part},
        "optimizers": {"optimizer": part},
        "schedules": {"schedule": part},
        "regularizers": {"regularizer": part},
        "metrics": {"metrics": [part]},
        "transforms": {"transforms": [part]},
        "reporters": {"reporters": [part]},
    }
    assert places.keys() == KINDS.keys() - set(OUTSIDE)
    return {**BASE, "input": 1, "layers": ["relu"], **places[entry.kind]}


parts = st.sampled_from(ENTRIES).flatmap(
    lambda entry: st.sampled_from([entry.name, *({entry.name: shown} for shown in shown_options(entry))])
)
values = st.recursive(
    st.sampled_from(POOL) | parts | st.integers(-5, 5) | st.floats(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
snippets = st.sampled_from([sections for entry in ENTRIES for sections in pasted(entry)])
extras = st.fixed_dictionaries(
    {},
    optional={
        "input": values | st.lists(st.integers(0, 3), max_size=9),
        "seed": values,
        "description": values,
        "transforms": st.lists(parts, max_size=2) | values,
        "metrics": st.lists(parts, max_size=2) | values,
        "schedule": parts | values,
        "regularizer": parts | values,
        "precision": st.sampled_from(["float32", "float64", "float16"]),
        "train": st.dictionaries(
            st.sampled_from(["epochs", "batch_size", "shuffle", "samples_per_epoch", "monitor", "keep"]), values
        ),
        "expect": st.dictionaries(
            st.sampled_from(["test.accuracy", "train.cost"]),
            st.dictionaries(st.sampled_from(["min", "max"]), values),
        ),
    },
)


@settings(max_examples=300, deadline=None)
@given(st.lists(snippets, min_size=1, max_size=3), extras)
def test_what_a_document_accepts_the_schema_accepts(shown: list[Sections], extra: Sections) -> None:
    spec = {**BASE, "input": 4, "layers": ["relu"]}
    for sections in shown:
        spec |= sections
    for section, value in extra.items():
        # One wrong section spoils the whole: keep those that are right.
        spec |= {section: value} if holds({**spec, section: value}) else {}
    assume(holds(spec))
    assert errors(spec) == []
