"""One step explained: every printed number follows from the printed numbers before it."""

import math
import re
from collections.abc import Iterable

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.part import Part
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import UsageError
from nnspec.insight.steps import Row, Sample, Section, explain_step
from nnspec.insight.worksheet import to_markdown, to_text
from nnspec.parts.activations.identity import Identity
from nnspec.parts.activations.leaky_relu import LeakyRelu
from nnspec.parts.activations.relu import Relu
from nnspec.parts.activations.sigmoid import Sigmoid
from nnspec.parts.activations.softmax import Softmax
from nnspec.parts.activations.tanh import Tanh
from nnspec.parts.costs.binary_cross_entropy import BinaryCrossEntropy
from nnspec.parts.costs.cross_entropy import CrossEntropy
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.initializers.tied import Tied
from nnspec.parts.layers.dense import Dense
from nnspec.parts.layers.dropout import Dropout
from nnspec.parts.layers.flatten import Flatten
from nnspec.parts.layers.residual import Residual
from nnspec.parts.optimizers.momentum import Momentum
from nnspec.parts.optimizers.sgd import Sgd
from nnspec.parts.regularizers.l1 import L1
from nnspec.parts.regularizers.l2 import L2
from nnspec.testing.spelling import calculate


def word(part: Part) -> str:
    return type(part).__name__.lower()


def classic() -> Network:
    """The 2-2-2 network that many courses work through by hand, with its weights."""
    network = Network(
        plan([Dense(units=2), Sigmoid(), Dense(units=2), Sigmoid()], (2,)), Quadratic(), Seeds(1), np.float64
    )
    hidden, output = network.parameters(0), network.parameters(2)
    hidden.W[...], hidden.b[...] = [[0.15, 0.20], [0.25, 0.30]], 0.35
    output.W[...], output.b[...] = [[0.40, 0.45], [0.50, 0.55]], 0.60
    return network


def explain(network: Network, optimizer: Optimizer, regularizer: Regularizer | None = None) -> tuple[Section, ...]:
    inputs = network.nodes[0].input
    x = np.linspace(-0.4, 0.9, math.prod(inputs)).reshape(*inputs, 1)
    t = np.zeros((*network.nodes[-1].output, 1))
    t[0] = 1
    return explain_step(network, Updates(network, optimizer, regularizer), Sample("Sample", x, t), word)


def classic_step() -> tuple[Section, ...]:
    network = classic()
    sample = Sample("Sample", np.array([[0.05], [0.10]]), np.array([[0.01], [0.99]]))
    return explain_step(network, Updates(network, Sgd(learning_rate=0.5), None), sample, word)


def rows(sections: Iterable[Section], title: str) -> dict[str, float]:
    """The numbers of the section whose title contains this."""
    (found,) = (section for section in sections if title in section.title)
    return {row.name: row.value for row in found.rows}


def test_the_classic_example_comes_out_as_published() -> None:
    """Inputs 0.05 and 0.10, targets 0.01 and 0.99, rate 0.5: the figures of the well-known worked example."""
    sections = classic_step()
    assert rows(sections, "Cost, quadratic")["C"] == pytest.approx(0.298371109, abs=5e-10)
    assert rows(sections, "Layer 4, sigmoid (layers.3): output") == pytest.approx(
        {"y[1]": 0.75136507, "y[2]": 0.772928465}, abs=5e-9
    )
    delta = rows(sections, "Layer 4, sigmoid (layers.3): delta")
    assert delta == pytest.approx({"dC/dx[1]": 0.138498562, "dC/dx[2]": -0.038098236}, abs=5e-9)
    output = rows(sections, "Layer 3, dense (layers.2): new W")
    assert [output[f"W[{i},{j}]"] for i in (1, 2) for j in (1, 2)] == pytest.approx(
        [0.35891648, 0.408666186, 0.511301270, 0.561370121], abs=5e-9
    )
    hidden = rows(sections, "Layer 1, dense (layers.0): new W")
    assert [hidden[f"W[{i},{j}]"] for i in (1, 2) for j in (1, 2)] == pytest.approx(
        [0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9
    )


def test_the_order_is_that_of_the_computation() -> None:
    """Forward, cost, backward, update, and a look at what came of it."""
    titles = [section.title for section in classic_step()]
    marks = [
        "Sample",
        "Layer 1",
        "Layer 4",
        "Targets",
        "Cost",
        "Back from the cost",
        "new W",
        "Cost after the step",
    ]
    places = [next(index for index, title in enumerate(titles) if mark in title) for mark in marks]
    assert places == sorted(places)


NETWORKS: dict[str, tuple[list[Layer], Cost]] = {
    "sigmoids, squares": ([Dense(units=3), Sigmoid(), Dense(units=2), Sigmoid()], Quadratic()),
    "mean squared error": ([Dense(units=2), Tanh(), Dense(units=3), Identity()], Quadratic(over_outputs="mean")),
    "fused softmax": ([Dense(units=3, bias=False), LeakyRelu(), Dense(units=3), Softmax()], CrossEntropy()),
    "fused sigmoids": ([Dense(units=3), Relu(), Dense(units=2), Sigmoid()], BinaryCrossEntropy()),
    "squares behind softmax": ([Dense(units=3), Tanh(), Dense(units=3), Softmax()], Quadratic(factor=1.0)),
    "cross-entropy behind sigmoids": ([Dense(units=2), Sigmoid()], CrossEntropy()),
    "dropout": ([Dense(units=6), Tanh(), Dropout(rate=0.5), Dense(units=2), Softmax()], CrossEntropy()),
    "an activation first": ([Sigmoid(), Dense(units=2), Softmax()], BinaryCrossEntropy()),
}
OPTIMIZERS: list[tuple[Optimizer, Regularizer | None]] = [
    (Sgd(learning_rate=0.5), None),
    (Sgd(learning_rate=0.5), L1(strength=0.01)),
    (Momentum(learning_rate=0.1), L2(strength=0.2)),
    (Momentum(learning_rate=0.1, nesterov=True), None),
]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("optimizer", "regularizer"), OPTIMIZERS)
def test_a_pocket_calculator_agrees_with_every_number(
    name: str, optimizer: Optimizer, regularizer: Regularizer | None
) -> None:
    """What the arithmetic comes to is the number beside it, within what six printed digits allow."""
    layers, cost = NETWORKS[name]
    network = Network(plan(layers, (2,)), cost, Seeds(3), np.float64)
    network.initialize()
    checked = 0
    for section in explain(network, optimizer, regularizer):
        for row in section.rows:
            if row.arithmetic:
                assert calculate(row.arithmetic) == pytest.approx(row.value, rel=2e-5, abs=2e-6), (section, row)
                checked += 1
            else:
                assert _is_given(section, row)
    assert checked > 20


def _is_given(section: Section, row: Row) -> bool:
    """Whether a number needs no arithmetic: it was given, or a formula over all weights says it."""
    return (
        section.title in ("Sample", "Targets", "The same sample, seen with the new weights")
        or section.note == "before the step"
        or row.name == "R"
    )


def test_layers_within_a_layer_are_spelled_out_before_it() -> None:
    inner = Dense(units=2, activation=Tanh())
    network = Network(plan([Residual(layers=(inner,)), Dense(units=2)], (2,)), Quadratic(), Seeds(3), np.float64)
    network.initialize()
    sections = explain(network, Sgd(learning_rate=0.5))
    titles = [section.title for section in sections]
    within = titles.index("Within layer 1, dense (layers.0.0): output")
    assert titles[within + 1 : within + 3] == [
        "Within layer 1, tanh (layers.0.0.activation): output",
        "Layer 1, residual (layers.0): output",
    ]
    assert sections[within].note == "x is that of layers.0"
    assert sections[within + 1].note == "x is y of layers.0.0"
    for section in sections[within : within + 2]:
        assert [calculate(row.arithmetic) for row in section.rows] == pytest.approx(
            [row.value for row in section.rows], rel=2e-5, abs=2e-6
        )


def test_shared_weights_move_by_the_sum_of_what_their_uses_say() -> None:
    back = Dense(units=2, weights=Tied(to="layers.0.W", transposed=True))
    network = Network(plan([Dense(units=3), back], (2,)), Quadratic(), Seeds(3), np.float64)
    network.initialize()
    sections = explain(network, Sgd(learning_rate=0.5))
    by_title = {section.title: section.rows for section in sections}
    first = by_title["Layer 1, dense (layers.0): gradient by W"]
    second = {row.name: row.value for row in by_title["Layer 2, dense (layers.1): gradient by W"]}
    for row, whole in zip(first, by_title["Layer 1, dense (layers.0): gradient by W, all uses"], strict=True):
        place = row.name.removeprefix("dC/dW[").removesuffix("]").split(",")
        assert whole.value == pytest.approx(row.value + second[f"dC/dW[{place[1]},{place[0]}]"], rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_arithmetic_uses_only_numbers_that_are_printed(name: str) -> None:
    """Every figure in an expression stands as a value in an earlier section, or is a constant of the formula."""
    layers, cost = NETWORKS[name]
    network = Network(plan(layers, (2,)), cost, Seeds(3), np.float64)
    network.initialize()
    printed = {"0", "1", "2", "3", "0.5", "0.01"}
    for section in explain(network, Sgd(learning_rate=0.5)):
        for row in section.rows:
            figures = re.findall(r"\d+(?:\.\d+)?(?:e[-+]\d+)?", row.arithmetic)
            strangers = [figure for figure in figures if figure not in printed]
            assert strangers == [], (section.title, row)
        printed |= {f"{abs(row.value):.6g}" for row in section.rows}


def test_the_penalty_and_its_gradient_follow_from_the_printed_weights() -> None:
    """R = (λ/2) Σ w² over all weights; each weight's gradient grows by λ w, that of a bias does not."""
    sections = explain(classic(), Sgd(learning_rate=0.5), L2(strength=0.2))
    first, second = (
        {row.name: row.value for row in section.rows}
        for section in sections
        if section.title.endswith("): W") and section.note == "before the step"
    )
    weights = [*first.values(), *second.values()]
    assert rows(sections, "Penalty")["R"] == pytest.approx(0.1 * sum(weight**2 for weight in weights))
    (whole,) = (section for section in sections if "layers.2): gradient by W with the penalty" in section.title)
    for row, weight in zip(whole.rows, second.values(), strict=True):
        added = row.arithmetic.split(" + ")[1].strip("()")
        assert float(added) == pytest.approx(0.2 * weight, rel=1e-5)
    assert "λ = 0.2" in whole.note
    assert not [section for section in sections if "gradient by b with the penalty" in section.title]


def test_fusing_is_said_and_shown_as_y_minus_t() -> None:
    """Softmax with cross-entropy: the way back starts at the logits, with output less target."""
    network = Network(plan([Dense(units=3), Softmax()], (2,)), CrossEntropy(), Seeds(3), np.float64)
    network.initialize()
    sections = explain(network, Sgd(learning_rate=0.1))
    (start,) = (section for section in sections if section.title.startswith("Back from"))
    assert start.formula == "dC/dz = y - t"
    assert "softmax and crossentropy taken together" in start.note
    outputs = rows(sections, "softmax (layers.1): output")
    expected = [outputs["y[1]"] - 1, outputs["y[2]"], outputs["y[3]"]]
    assert [row.value for row in start.rows] == pytest.approx(expected)
    assert re.fullmatch(r"0\.\d+ - 1", start.rows[0].arithmetic)


def test_dropped_units_show_a_factor_of_zero() -> None:
    """The mask that the step drew is in the arithmetic, forward and back: 0, or 1 / (1 - rate) = 2."""
    network = Network(
        plan([Dense(units=8), Dropout(rate=0.5), Dense(units=2), Softmax()], (2,)),
        CrossEntropy(),
        Seeds(3),
        np.float64,
    )
    network.initialize()
    sections = explain(network, Sgd(learning_rate=0.1))
    forward, back = (section for section in sections if section.title.startswith("Layer 2, dropout"))
    factors = [row.arithmetic.split("·")[0] for row in forward.rows]
    assert set(factors) == {"0", "2"}
    assert [row.arithmetic.split("·")[0] for row in back.rows] == factors


def test_pictures_keep_their_indices() -> None:
    """Inputs of several axes are numbered along each of them; flatten passes them on."""
    network = Network(plan([Flatten(), Dense(units=2)], (1, 2, 2)), Quadratic(), Seeds(3), np.float64)
    network.initialize()
    sections = explain(network, Sgd(learning_rate=0.1))
    assert [row.name for row in sections[0].rows] == ["x[1,1,1]", "x[1,1,2]", "x[1,2,1]", "x[1,2,2]"]
    flat = rows(sections, "flatten (layers.0): output")
    assert list(flat.values()) == [row.value for row in sections[0].rows]


@pytest.mark.parametrize(
    ("layers", "shape", "counts"),
    [
        ([Dense(units=10)], (20,), "210 parameters and 20 inputs"),
        ([Dense(units=1)], (51,), "52 parameters and 51 inputs"),
    ],
)
def test_what_nobody_can_read_is_refused(layers: list[Layer], shape: tuple[int, ...], counts: str) -> None:
    """The message has the counts, the bounds, and a way out; nothing is computed."""
    network = Network(plan(layers, shape), Quadratic(), Seeds(1), np.float64)
    with pytest.raises(UsageError, match=counts) as caught:
        explain(network, Sgd(learning_rate=0.1))
    assert "at most 200 and 50" in str(caught.value)
    assert "--set" in str(caught.value)


def test_text_and_markdown_say_the_same() -> None:
    """Every number of the one is in the other, under the same headings."""
    sections = classic_step()
    text, markdown = to_text("A step", sections), to_markdown("A step", sections)
    assert "   y[1] = 0.15·0.05 + 0.2·0.1 + 0.35 = 0.3775\n" in text
    assert "| `y[1]` | `0.15·0.05 + 0.2·0.1 + 0.35` | `0.3775` |\n" in markdown
    assert "`y = W x + b`; x is the sample\n" in markdown
    for number, section in enumerate(sections, 1):
        assert f"\n{number}. {section.title}\n" in text
        for row in section.rows:
            assert f"{row.value:.6g}" in text
            assert f"`{row.value:.6g}` |" in markdown
    tables = [line for line in markdown.splitlines() if line.startswith("| `")]
    assert len(tables) == sum(len(section.rows) for section in sections)
