"""What people see who write specs in an editor: the real language server for YAML, given the schema."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnspec.registry import Catalogue, Entry
from nnspec.spec.schema import FILE_NAME, modeline, schema_text

from .client import Editor
from .snippets import ENTRIES, pasted, specs

ROOT = Path(__file__).parents[2]
SERVER = "yaml-language-server"
BY_NPM = ROOT / ".ci" / "node" / "node_modules" / ".bin" / SERVER
COMMAND = os.environ.get("NNSPEC_YAML_LANGUAGE_SERVER") or shutil.which(BY_NPM) or shutil.which(SERVER)

pytestmark = pytest.mark.skipif(
    COMMAND is None, reason="needs the language server: npm install --prefix .ci/node yaml-language-server"
)

HEAD = "nnspec: 1\ndataset: mnist\ninput: 784\n"
TAIL = "cost: quadratic\noptimizer: {sgd: 1}\n"


class OneBroken(Catalogue):
    """The installed parts and a plugin that cannot be imported."""

    def entries(self, kind: str) -> list[Entry]:
        broken = [Entry("costs", "crumbled", "ruins", "0.3", "nowhere:Crumbled")] if kind == "costs" else []
        return [*super().entries(kind), *broken]


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    with Editor([str(COMMAND), "--stdio"]) as editor:
        yield editor


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The comment that names the schema."""
    path = tmp_path_factory.mktemp("schema") / FILE_NAME
    path.write_text(schema_text(OneBroken()), "utf-8")
    return modeline(str(path)) + "\n"


def test_layers_and_activations_are_proposed_behind_a_dash(editor: Editor, head: str) -> None:
    found = editor.complete(f"{head}{HEAD}layers:\n  - |\n{TAIL}")
    expected = {entry.name for entry in ENTRIES if entry.kind in ("layers", "activations")}
    assert set(found) == expected
    assert found["relu"].text == "relu"
    assert found["relu"].documentation.startswith("relu: the positive part.")
    # What cannot do without an option waits for it behind its colon.
    assert found["dense"].text == "dense: ${1:0}"
    assert found["dense"].documentation.startswith("dense: every output sees every input.")


def test_options_are_proposed_inside_a_layer_until_they_are_there(editor: Editor, head: str) -> None:
    found = editor.complete(f"{head}{HEAD}layers:\n  - dense:\n      |\n{TAIL}")
    assert list(found) == ["units", "bias", "weights", "biases", "activation"]
    assert found["units"].documentation == "number of outputs"
    assert found["activation"].text == "activation: "
    found = editor.complete(f"{head}{HEAD}layers:\n  - dense:\n      units: 3\n      |\n{TAIL}")
    assert list(found) == ["bias", "weights", "biases", "activation"]


@pytest.mark.parametrize(
    ("place", "kind", "also"),
    [
        (f"{HEAD}layers: [sigmoid]\ncost: |\n", "costs", set()),
        (f"{HEAD}layers: [sigmoid]\nschedule: |\n", "schedules", {"null"}),
        (f"{HEAD}layers:\n  - dense:\n      units: 3\n      weights: |\n", "initializers", set()),
        (f"{HEAD}layers:\n  - dense:\n      units: 3\n      activation: |\n", "activations", {"null"}),
        ("nnspec: 1\ndataset: |\n", "loaders", set()),
        (f"{HEAD}metrics:\n  - |\n{TAIL}", "metrics", set()),
    ],
)
def test_parts_of_the_kind_are_proposed_where_one_belongs(
    editor: Editor, head: str, place: str, kind: str, also: set[str]
) -> None:
    found = {label.removesuffix(": ...") for label in editor.complete(head + place)}
    assert found == {entry.name for entry in ENTRIES if entry.kind == kind} | also


def test_what_is_proposed_for_a_part_that_needs_options_has_their_places(editor: Editor, head: str) -> None:
    found = editor.complete(f"{head}{HEAD}optimizer: |\n")
    assert found["sgd: ..."].text == "{sgd: $1}"
    assert found["sgd: ..."].documentation.startswith("sgd: stochastic gradient descent")
    found = editor.complete(f"{head}nnspec: 1\ndataset: |\n")
    assert found["npy: ..."].text == "{npy: {inputs: $1, targets: $2}}"


def test_sections_are_proposed_at_the_top_and_entries_inside(editor: Editor, head: str) -> None:
    found = editor.complete(f"{head}{HEAD}|\n{TAIL}")
    assert {"layers", "train", "metrics", "extends", "expect"} <= set(found)
    assert not {"dataset", "cost"} & set(found)
    assert list(editor.complete(f"{head}{HEAD}train:\n  |\n"))[:2] == ["epochs", "batch_size"]
    assert set(editor.complete(f"{head}{HEAD}train:\n  keep: |\n")) == {"last", "best"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("layers:\n  - den|se: 3\n", "dense: every output sees every input."),
        ("layers:\n  - den|se: {units: 3}\n", "y = W x + b"),
        ("layers:\n  - sig|moid\n", "sigmoid: the logistic function"),
        ("layers:\n  - dense: {un|its: 3}\n", "number of outputs"),
        ("layers:\n  - dense: {units: 3, weights: h|e}\n", "he: keeps the spread of signals through rectifiers."),
        ("layers:\n  - dropout: {ra|te: 0.5}\n", "probability"),
        ("train: {batch|_size: 3}\n", "samples in a step"),
        ("sch|edule: cosine\n", "cosine: the learning rate falls"),
    ],
)
def test_a_word_under_the_pointer_is_explained_and_no_other(
    editor: Editor, head: str, text: str, shown: str
) -> None:
    found = editor.hover(head + HEAD + text + TAIL)
    assert shown in found
    assert "Allowed Values" not in found


MISTAKES = [
    ("layers:\n  - dens: 3\n", 6, 5, "Property dens is not allowed."),
    ("layers:\n  - relo\n", 6, 5, 'Value must be "'),
    ("layers:\n  - dense: {units: 3, unit: 3}\n", 6, 23, "Property unit is not allowed."),
    ("layers:\n  - dense: {bias: false}\n", 6, 5, 'Missing property "units".'),
    ("layers:\n  - dense: x\n", 6, 12, "Incorrect type. Expected one of integer, object."),
    ("layers:\n  - dense: 0\n", 6, 12, "Value is below the minimum of 1."),
    ("layers:\n  - flatten: 3\n", 6, 14, 'Incorrect type. Expected "null".'),
    ("layers:\n  - dense: 3\n    activation: relu\n", 6, 5, "Object has more properties than limit of 1."),
    ("layers:\n  - dense: {units: 3, weights: hee}\n", 6, 32, 'Value must be "'),
    ("layers: [relu]\ntrian: {epochs: 3}\n", 6, 1, "Property trian is not allowed."),
    ("layers: [relu]\ntrain: {epochs: yes}\n", 6, 17, 'Incorrect type. Expected "integer".'),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), MISTAKES)
def test_a_mistake_is_underlined_where_it_stands(
    editor: Editor, head: str, text: str, line: int, column: int, message: str
) -> None:
    found = editor.complaints(head + HEAD + text + TAIL)
    assert [(each.line, each.column) for each in found if each.message.startswith(message)] == [(line, column)]


def test_a_name_that_is_none_is_answered_with_those_that_are(editor: Editor, head: str) -> None:
    (found,) = editor.complaints(f"{head}{HEAD}layers: [relu]\ncost: crossentropy\noptimizer: adadelta\n")
    for name in ("cross_entropy", "quadratic", "huber"):
        assert f'"{name}"' in found.message


def test_what_is_required_is_asked_for_unless_the_spec_extends_another(editor: Editor, head: str) -> None:
    own = "dataset: {csv: {test: 0.1}}\noptimizer: adam\n"
    missing = ["input", "layers", "cost"]
    found = editor.complaints(f"{head}nnspec: 1\n{own}")
    assert {f'Missing property "{name}".' for name in [*missing, "path"]} <= {each.message for each in found}
    assert not [
        each for each in editor.complaints(f"{head}extends: base.yaml\n{own}") if "Missing" in each.message
    ]


def test_a_plugin_that_cannot_be_loaded_is_named_where_it_is_used_and_not_proposed(
    editor: Editor, head: str
) -> None:
    why = "costs part `crumbled` of ruins 0.3 cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"
    for cost in ("crumbled", "{crumbled: 3}"):
        found = editor.complaints(f"{head}{HEAD}layers: [relu]\ncost: {cost}\noptimizer: {{sgd: 1}}\n")
        assert [each.message for each in found] == [why]
    assert not [label for label in editor.complete(f"{head}{HEAD}cost: |\n") if "crumbled" in label]


def test_nothing_is_underlined_in_the_shipped_specs_whose_own_comments_name_the_schema(editor: Editor) -> None:
    paths = sorted((ROOT / "specs").glob("*.yaml"))
    assert len(paths) > 10
    texts = [path.read_text("utf-8") for path in paths]
    found = editor.all_complaints([path.as_uri() for path in paths], texts)
    assert [path for path, complaints in zip(paths, found, strict=True) if complaints] == []
    # The comments do name a schema: what is wrong is underlined.
    broken = [text.replace("\nlayers:", "\nlayres:") for text in texts]
    for complaints in editor.all_complaints(
        [path.with_stem("broken-" + path.stem).as_uri() for path in paths], broken
    ):
        assert "Property layres is not allowed." in [each.message for each in complaints]


def test_nothing_is_underlined_in_what_parts_show_of_themselves(editor: Editor, head: str) -> None:
    shown = [head + next(iter(specs(sections))) for entry in ENTRIES for sections in pasted(entry)]
    found = editor.all_complaints([editor.file_uri() for _ in shown], shown)
    assert [text for text, complaints in zip(shown, found, strict=True) if complaints] == []
