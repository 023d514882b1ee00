"""The kit looks at a part as a description first: options, schema, text; and finds the check of its kind."""

from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from pydantic import AfterValidator, ConfigDict

from nnspec.errors import BrokenPartError
from nnspec.extend import Array, Context, Field, Layer, Parameters, Part, Shape, ShapeError, State
from nnspec.extend import Declaration as Declared
from nnspec.parts.activations.relu import Relu
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.layers.conv2d import Conv2d
from nnspec.parts.layers.dense import Dense
from nnspec.parts.layers.embedding import Embedding
from nnspec.parts.loaders.csv import Csv
from nnspec.registry import Entry, default_resolver
from nnspec.registry.kinds import KINDS
from nnspec.testing import ContractError, check_any, check_entry, check_layer, check_part, examples, shapes_for

ENTRIES = [
    entry
    for kind in KINDS
    for entry in default_resolver().catalogue.entries(kind)
    if entry.distribution == "nnspec"
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}.{entry.name}")
def test_every_built_in_part_passes_with_the_options_that_its_text_shows(entry: Entry) -> None:
    assert check_entry(entry) >= 1


class Loose(Relu):
    model_config = ConfigDict(frozen=False)


class Taking(Relu):
    model_config = ConfigDict(extra="allow")


class Silent(Relu):
    slope: float = 0.5


class Doubling(Relu):
    slope: Annotated[float, AfterValidator(lambda value: 2 * value), Field(description="slope")] = 0.5


class Unwritable(Relu):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    weights: Annotated[Any, AfterValidator(np.asarray), Field(description="numbers")] = (1, 2)


class Schemaless(Relu):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    table: Annotated[np.ndarray | None, Field(description="numbers")] = None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Loose, "is frozen and forbids unknown options"),
        (Taking, "is frozen and forbids unknown options"),
        (Silent, "no description: slope"),
        (Doubling, "What is read back is another part"),
        (Unwritable, "Its own options are refused"),
        (Schemaless, "the JSON schema says what each option means"),
    ],
)
def test_a_description_with_a_mistake_is_caught(kind: type[Part], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_part(kind())


def test_a_part_without_a_word_of_text_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wordless(Relu):
        pass

    monkeypatch.setattr(f"{__name__}.__doc__", None)
    with pytest.raises(ContractError, match="Neither its module nor its class has a docstring"):
        check_part(Wordless())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Some layer.", "begin it with the word: `dense: what it does.`"),
        ("dense: some layer.", "spec lines that can be pasted"),
    ],
)
def test_a_registered_part_shows_its_word_and_lines_to_paste(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnspec.parts.layers.dense.__doc__", text)
    with pytest.raises(ContractError, match=said):
        check_part(Dense(units=3))


def entry(name: str) -> Entry:
    return default_resolver().catalogue.find(("layers",), name)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("    layers:\n      - conv2d: 3", "with `dense` in them"),
        ("    layers:\n      - dense: {unit: 3}", "is refused"),
        ("    layers: [", "can be pasted"),
    ],
)
def test_lines_that_do_not_stand_for_the_part_are_caught(
    lines: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnspec.parts.layers.dense.__doc__", f"dense: a layer.\n\n{lines}\n")
    with pytest.raises(ContractError, match=said):
        examples(entry("dense"))


def test_the_options_that_a_text_shows_are_tried_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "dense: a layer.\n\n    layers:\n      - dense: 3\n      - dense: {units: 3}\n      - dense: 4\n\nx"
    monkeypatch.setattr("nnspec.parts.layers.dense.__doc__", text)
    assert examples(entry("dense")) == [Dense(units=3), Dense(units=4)]


class Wrong(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return -super().forward(x, p, ctx)


class WrongCost(Quadratic):
    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return -super().gradient(y, t, ctx)


@pytest.mark.parametrize("part", [Wrong(units=3), WrongCost()])
def test_a_part_of_any_kind_meets_the_check_of_its_kind(part: Part) -> None:
    with pytest.raises(ContractError, match="Likely mistake: the sign"):
        check_any(part)


def test_a_loader_of_files_that_are_not_here_is_checked_as_a_description() -> None:
    check_any(Csv(path="nowhere.csv"))


def test_shapes_are_drawn_among_those_that_a_layer_takes() -> None:
    assert all(len(shape) == 3 for shape in shapes_for(Conv2d(filters=2)))
    assert all(len(shape) == 1 for shape in shapes_for(Embedding(vocabulary=5, units=2)))
    assert len(set(shapes_for(Relu(), 12))) == 12


def test_a_layer_that_takes_nothing_is_caught() -> None:
    class Refusing(Relu):
        def declare(self, shape: Shape) -> Declared:
            raise ShapeError("no", "nothing fits")

    with pytest.raises(ContractError, match="a layer takes some shape"):
        check_layer(Refusing())


class Settling(Layer):
    """Centres by the first batch that it meets, which it keeps on its class."""

    means: ClassVar[dict[tuple[int, Shape], Array]] = {}

    def declare(self, shape: Shape) -> Declared:
        return Declared(shape, state={"count": State((1,))})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        first = self.means.setdefault((id(self), x.shape[:-1]), x[..., :1].astype(np.float64))
        return np.asarray(x - first, ctx.dtype)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return dy


def test_a_layer_that_remembers_outside_its_state_does_not_resume() -> None:
    with pytest.raises(ContractError, match="all that a checkpoint needs"):
        check_layer(Settling(), (3,))


def test_a_broken_part_is_named_by_its_own_error() -> None:
    broken = Entry("layers", "gone", "stranger", "1.0", "nowhere:Gone")
    with pytest.raises(BrokenPartError, match=r"of stranger 1\.0"):
        check_entry(broken)
