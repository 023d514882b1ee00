"""One training step of a small network, every number with the formula and the arithmetic behind it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnspec.contracts.part import Part
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Views
from nnspec.engine.plan import Node
from nnspec.engine.updates import Updates
from nnspec.errors import UsageError
from nnspec.insight.passes import Passage, backward
from nnspec.types import Array, factor_text, number_text, size

MOST_PARAMETERS = 200
MOST_INPUTS = 50
"""Beyond these nobody checks the numbers any more."""
SYMBOL = re.compile(r"\w\d?(?=[,;]|$)")


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes:
        name: What it is called: ``y[1]``, ``dC/dW[2,1]``.
        arithmetic: What to type into a pocket calculator; empty where there is nothing to compute.
        value: The number.
    """

    name: str
    arithmetic: str
    value: float


@dataclass(frozen=True)
class Section:
    """Numbers that one formula yields.

    Attributes:
        title: What they are.
        formula: The formula; empty where there is none.
        note: What its symbols stand for here.
        rows: The numbers.
    """

    title: str
    formula: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sample:
    """What the step is taken on.

    Attributes:
        title: Which sample it is, in words.
        x: Behind the transforms, (*input, 1).
        t: Its targets, (*output, 1).
        note: What else is to be said of it: its class, or its values before the transforms.
    """

    title: str
    x: Array
    t: Array
    note: str = ""


def refuse_unreadable(nodes: Sequence[Node]) -> None:
    """Stops where a network has more numbers than anybody reads.

    Raises:
        UsageError: It has; the message says how many, and what to do.
    """
    parameters = sum(node.parameter_count for node in nodes)
    inputs = size(nodes[0].input)
    if parameters > MOST_PARAMETERS or inputs > MOST_INPUTS:
        raise UsageError(
            f"this network has {parameters:,} parameter{'s' * (parameters != 1)} and {inputs:,} "
            f"input{'s' * (inputs != 1)}; written out one by one, at most {MOST_PARAMETERS} and {MOST_INPUTS} can "
            "be read. Explain a smaller spec, such as specs/xor.yaml, or make this one smaller for once with "
            "--set, for example --set layers.0.dense=3"
        )


def explain_step(
    network: Network, updates: Updates, sample: Sample, word: Callable[[Part], str]
) -> tuple[Section, ...]:
    """Takes one step on one sample and writes down every number on the way.

    Args:
        network: Changed by the step.
        updates: Bound to the network; no step taken yet.
        sample: The batch of one.
        word: What a spec calls a part.

    Raises:
        UsageError: The network is too large to be read.
    """
    refuse_unreadable(network.nodes)
    return tuple(_Step(network, updates, sample, word).sections())


class _Step:
    def __init__(self, network: Network, updates: Updates, sample: Sample, word: Callable[[Part], str]) -> None:
        self.network = network
        self.updates = updates
        self.sample = sample
        self.word = word

    def sections(self) -> Iterator[Section]:
        """The step from the first number to the last."""
        network, sample = self.network, self.sample
        network.forward(sample.x, training=True)
        yield Section(sample.title, "", sample.note, _rows("x", sample.x[..., 0]))
        for index in range(len(network.nodes)):
            yield from self._forward(index)
        yield Section("Targets", "", "what the outputs should have been", _rows("t", sample.t[..., 0]))
        yield self._cost("Cost")
        yield from self._penalty()
        yield from self._backward()
        yield from self._update()
        network.forward(sample.x)
        last = len(network.nodes) - 1
        note = f"the outputs of {self._name(last)} once more, after the step"
        yield Section("The same sample, seen with the new weights", "", note, _rows("y", self._outputs))
        yield self._cost("Cost after the step")

    @property
    def _outputs(self) -> Array:
        y: Array = self.network.lane.contexts[-1].y[..., 0]
        return y

    def _name(self, index: int) -> str:
        return f"layer {index + 1}"

    def _title(self, index: int) -> str:
        node = self.network.nodes[index]
        return f"Layer {index + 1}, {self.word(node.layer)} ({node.path})"

    def _forward(self, index: int) -> Iterator[Section]:
        node, ctx = self.network.nodes[index], self.network.lane.contexts[index]
        parameters = self._parameters(index)
        for key, array in parameters.items():
            yield Section(f"{self._title(index)}: {key}", "", "before the step", _rows(key, array))
        yield from self._within(index, node, ctx, self.network.parameters(index))
        source = f"x is y of {self._name(index - 1)}" if index else "x is the sample"
        yield _output(self._title(index), source, node, ctx, parameters)

    def _within(self, index: int, node: Node, ctx: LayerContext, views: Views) -> Iterator[Section]:
        """The outputs of the layers that a layer holds."""
        place, before = "", None
        for inner in node.inner:
            inside, parameters = ctx.inside(inner.key), views.inner(inner.key)
            # Branches start anew from what the layer around them is given.
            source = f"x is y of {place}" if inside.x is before else f"x is that of {node.path}"
            yield from self._within(index, inner, inside, parameters)
            title = f"Within {self._name(index)}, {self.word(inner.layer)} ({inner.path})"
            yield _output(title, source, inner, inside, vars(parameters))
            place, before = inner.path, inside.y

    def _parameters(self, index: int) -> dict[str, Array]:
        views = vars(self.network.parameters(index))
        return {key: views[key] for key in self.network.nodes[index].declaration.parameters}

    def _cost(self, title: str) -> Section:
        cost = self.network.cost
        values = {"y": self._outputs, "t": self.sample.t[..., 0]}
        row = Row("C", cost.spell("C", (), values), self.network.cost_value(self.sample.t))
        note = "; ".join([f"y is y of {self._name(len(self.network.nodes) - 1)}", *_options(cost)])
        return Section(f"{title}, {self.word(cost)}", _formula("C", cost, "C"), note, (row,))

    def _penalty(self) -> Iterator[Section]:
        part = self.updates.regularizer
        if part is not None:
            note = "; ".join(["of all weights, biases not counted", *_options(part)])
            row = Row("R", "", self.updates.penalty())
            yield Section(f"Penalty, {self.word(part)}", _formula("R", part, "R"), note, (row,))

    def _backward(self) -> Iterator[Section]:
        network, last = self.network, len(self.network.nodes) - 1
        start = network.cost_gradient(self.sample.t)
        quantity, symbol = ("z", "dC/dz") if network.fused else ("y", "dC/dy")
        values = {"y": self._outputs, "t": self.sample.t[..., 0], "z": network.lane.contexts[-1].x[..., 0]}
        note = f"y is the output of {self._name(last)}"
        if network.fused:
            output, cost = self.word(network.nodes[last].layer), self.word(network.cost)
            note = f"{output} and {cost} taken together: z is the input of {self._name(last)}, y its output"
        yield Section(
            f"Back from the cost: delta of {self._name(last)}'s {'input' if network.fused else 'output'}",
            _formula(symbol, network.cost, quantity),
            note,
            _rows(symbol, start[..., 0], lambda place: network.cost.spell(quantity, place, values)),
        )
        source = symbol
        for passage in backward(network, start, skip={last} if network.fused else ()):
            yield from self._passage(passage, source)
            source = f"dC/dx of {self._name(passage.index)}"

    def _passage(self, passage: Passage, source: str) -> Iterator[Section]:
        index = passage.index
        node, ctx = self.network.nodes[index], self.network.lane.contexts[index]
        layer, parameters = node.layer, self._parameters(index)
        values = {**parameters, "x": ctx.x[..., 0], "y": ctx.y[..., 0], "dy": passage.dy[..., 0]}
        gradients = vars(self.network.gradients(index))
        note = "; ".join([f"dy is {source}", *_options(layer)])

        def spelled(quantity: str, array: Array) -> tuple[Row, ...]:
            return _rows(f"dC/d{quantity}", array, lambda place: layer.spell(quantity, place, values))

        for key in parameters:
            title = f"{self._title(index)}: gradient by {key}"
            yield Section(title, _formula(f"dC/d{key}", layer, key), note, spelled(key, gradients[key]))
        if passage.dx is not None:
            title = f"{self._title(index)}: delta of its input"
            yield Section(title, _formula("dC/dx", layer, "x"), note, spelled("x", passage.dx[..., 0]))

    def _update(self) -> Iterator[Section]:
        network, optimizer = self.network, self.updates.optimizer
        before, gradient = network.weights.copy(), network.gradient.copy()
        yield from self._all_uses(gradient)
        if self.updates.regularizer is not None:
            yield from self._penalize(self.updates.regularizer, before, gradient)
        self.updates.apply()
        rate = optimizer.learning_rate
        notes = ["g is the gradient", f"η = {rate:g}", *_options(optimizer, but="learning_rate")]
        notes += [f"{name} <- {text}" for name, text in optimizer.formulas.items() if name != "w"]
        notes += [f"the {slot} starts at 0" for slot in optimizer.slots]
        for place in sorted(network.layout.places, key=lambda place: place.node):
            old, slope = place.view(before), place.view(gradient)

            def spelled(at: tuple[int, ...], old: Array = old, slope: Array = slope) -> str:
                return optimizer.spell(float(old[at]), float(slope[at]), rate)

            yield Section(
                f"{self._title(place.node)}: new {place.key}, {self.word(optimizer)}",
                _formula("w", optimizer, "w", sign="<-"),
                "; ".join(notes),
                _rows(place.key, place.view(network.weights), spelled),
            )

    def _all_uses(self, gradient: Array) -> Iterator[Section]:
        """The gradients of parameters that several layers use: each has said its own part before."""
        for place in self.network.layout.places:
            if place.name in self.network.layout.shared:
                yield Section(
                    f"{self._title(place.node)}: gradient by {place.key}, all uses",
                    "",
                    f"the sum over all layers that use {place.name}",
                    _rows("g", place.view(gradient)),
                )

    def _penalize(self, part: Regularizer, weights: Array, gradient: Array) -> Iterator[Section]:
        """Adds the penalty's gradient, as the update is about to do."""
        plain, front = gradient.copy(), slice(0, self.network.layout.decaying)
        part.add_gradient(weights[front], gradient[front], np.empty_like(weights[front]))
        note = "; ".join([_formula("dR/dw", part, "w"), *_options(part)])
        for place in self.network.layout.places:
            if not place.parameter.decays:
                continue
            of_cost, of_penalty = place.view(plain), place.view(gradient - plain)

            def spelled(at: tuple[int, ...], one: Array = of_cost, other: Array = of_penalty) -> str:
                return f"{number_text(one[at])} + {factor_text(other[at])}"

            yield Section(
                f"{self._title(place.node)}: gradient by {place.key} with the penalty's",
                f"g = dC/d{place.key} + dR/d{place.key}",
                note,
                _rows("g", place.view(gradient), spelled),
            )


def _output(title: str, source: str, node: Node, ctx: LayerContext, parameters: Mapping[str, Array]) -> Section:
    values = {**parameters, "x": ctx.x[..., 0], "y": ctx.y[..., 0], "dy": np.zeros_like(ctx.y[..., 0])}
    return Section(
        f"{title}: output",
        _formula("y", node.layer, "y"),
        "; ".join([source, *_options(node.layer)]),
        _rows("y", ctx.y[..., 0], lambda place: node.layer.spell("y", place, values)),
    )


def _formula(left: str, part: Part, quantity: str, sign: str = "=") -> str:
    formulas: Mapping[str, str] = part.formulas
    return f"{left} {sign} {formulas[quantity]}" if quantity in formulas else ""


def _options(part: Part, but: str = "") -> list[str]:
    """The numbers among a part's options, which its formula needs: ``λ = 0.0001``.

    An option's description opens with the letter that stands for it in the formula, where one does.
    """
    found = []
    for name, value in part:
        if isinstance(value, float) and name != but:
            letter = SYMBOL.match(type(part).model_fields[name].description or "")
            found.append(f"{letter.group() if letter else name} = {value:g}")
    return found


def _rows(name: str, values: Array, spelled: Callable[[tuple[int, ...]], str] | None = None) -> tuple[Row, ...]:
    # Biases are columns of one: their second index says nothing.
    counted = values.ndim - 1 if values.ndim > 1 and values.shape[-1] == 1 else values.ndim
    return tuple(
        Row(
            f"{name}[{','.join(str(index + 1) for index in place[:counted])}]" if counted else name,
            spelled(place) if spelled is not None else "",
            float(values[place]),
        )
        for place in np.ndindex(values.shape)
    )
