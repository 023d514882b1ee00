"""Gradients of a whole network where its layers stand: real inputs, real parameters, central differences.

Each layer is taken by itself, with the input that reaches it and a made gradient by its output, so that a mistake
is found in the layer that makes it and in no other; the cost comes last. Where a layer has a kink, as `relu` has
at 0 and `max_pool2d` between equal neighbours, its two sides have slopes of their own: the place is passed over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nnspec.contracts.part import resolver
from nnspec.engine.network import Network
from nnspec.engine.plan import Node
from nnspec.engine.seeds import Seeds
from nnspec.testing.gradients import PLACES, STEP, TOLERANCE, likely, relative_errors
from nnspec.testing.material import numbers
from nnspec.types import Array

INPUT = "x"
"""What the gradient by a layer's input is called."""


@dataclass(frozen=True)
class Finding:
    """What came of one gradient.

    Attributes:
        path: Where the layer stands; ``cost`` for the cost.
        word: Its name in a spec.
        by: What the gradient is taken by: ``x``, or a parameter's name.
        places: Elements that were looked at.
        kinks: How many of them lie where there is no derivative.
        error: The largest relative error of the others.
        worst: The element that has it.
        analytic: What the layer says there.
        numeric: What central differences say there.
        likely: The mistake that would explain it, if one does.
        tolerance: The largest error that passes.
    """

    path: str
    word: str
    by: str
    places: int
    kinks: int
    error: float
    worst: tuple[int, ...]
    analytic: float
    numeric: float
    likely: str
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the gradient is right; one that could be looked at nowhere is not said to be wrong."""
        return self.error <= self.tolerance


class InPlace:
    """A network and a batch, to be looked at layer by layer."""

    def __init__(
        self,
        network: Network,
        seeds: Seeds,
        x: Array,
        t: Array,
        *,
        places: int = PLACES,
        tolerance: float = TOLERANCE,
    ) -> None:
        """Takes the batch through the network once.

        Args:
            network: In float64, made with ``input_gradient``, initialized.
            seeds: Its generators.
            x: Inputs, (*input, N).
            t: Targets, (*output, N).
            places: Most elements of an array that are looked at.
            tolerance: Largest relative error that passes.
        """
        self._network, self._seeds, self._t = network, seeds, t
        self._places, self._tolerance = places, tolerance
        # A pass draws from generators and moves states; every pass here begins with the same.
        network.forward(x, training=True)
        self._lane = network.lane
        self._drawn = seeds.states()
        self._states = [(array, array.copy()) for _, array in network.states.named()]
        self._inputs = [np.array(ctx.x, order="C") for ctx in self._lane.contexts]

    def findings(self) -> Iterator[Finding]:
        """What comes of every gradient, layer by layer, and of the cost's."""
        for index, node in enumerate(self._network.nodes):
            yield from self._layer(index, node)
        yield self._cost()

    def _layer(self, index: int, node: Node) -> Iterator[Finding]:
        network, ctx, x = self._network, self._lane.contexts[index], self._inputs[index]
        dy = numbers((*node.output, x.shape[-1]), index)
        parameters, gradients = network.parameters(index), network.gradients(index)
        ctx.needs_input_gradient = True

        def forward() -> Array:
            self._again()
            ctx.x = x
            ctx.y = node.layer.bind_forward(x, parameters, ctx)(x)
            return ctx.y

        forward()
        network.gradient.fill(np.nan)
        dx = node.layer.bind_backward(dy, parameters, gradients, ctx)(dy)
        filled = network.gradient.copy()
        if dx is not None and node.layer.codes is None:
            yield self._compared(node, INPUT, forward, x, dx.copy(), dy)
        for place in network.layout.places:
            if place.node == index:
                view, analytic = place.view(network.weights), place.view(filled)
                name = place.name.removeprefix(f"{node.path}.")
                yield self._compared(node, name, forward, view, analytic, dy)

    def _cost(self) -> Finding:
        network, last = self._network, self._lane.contexts[-1]
        node = network.nodes[-1]
        parameters = network.parameters(len(network.nodes) - 1)
        z = self._inputs[-1]
        self._again()
        last.x, last.y = z, np.array(node.layer.bind_forward(z, parameters, last)(z))
        moved = z if network.fused else last.y

        def value() -> Array:
            if network.fused:
                self._again()
                last.y = node.layer.bind_forward(z, parameters, last)(z)
            return np.array(self._lane.cost_value(self._t))

        value()
        _, gradient = self._lane.judge(self._t)
        analytic = np.array(gradient)
        by = f"the logits of {node.path}" if network.fused else "y"
        return self._compared(None, by, value, moved, analytic, np.ones(()))

    def _again(self) -> None:
        self._seeds.restore(self._drawn)
        for array, kept in self._states:
            array[...] = kept

    def _compared(
        self, node: Node | None, by: str, function: Callable[[], Array], moved: Array, analytic: Array, dy: Array
    ) -> Finding:
        """A gradient against central differences of a function of the array that is moved in place."""
        chosen = np.arange(moved.size)
        if moved.size > self._places:
            chosen = np.sort(np.random.default_rng(0).choice(moved.size, self._places, replace=False))
        slopes = [_slopes(function, moved, place, dy) for place in chosen.tolist()]
        numeric = np.array([slope for slope, _ in slopes])
        kinks = np.array([kink for _, kink in slopes])
        found = np.asarray(analytic).ravel()[chosen]
        errors = np.where(kinks, 0.0, np.nan_to_num(relative_errors(found, numeric), nan=np.inf))
        worst = int(np.argmax(errors))
        right = errors[worst] <= self._tolerance
        batch = self._t.shape[-1]
        return Finding(
            path=node.path if node is not None else "cost",
            word=node.name if node is not None else resolver(None).word(self._network.cost),
            by=by,
            places=len(chosen),
            kinks=int(np.count_nonzero(kinks)),
            error=float(errors[worst]),
            worst=tuple(int(step) for step in np.unravel_index(chosen[worst], moved.shape)),
            analytic=float(found[worst]),
            numeric=float(numeric[worst]),
            likely="" if right else likely(found, numeric, np.asarray(analytic), chosen, batch).strip(),
            tolerance=self._tolerance,
        )


def _slopes(function: Callable[[], Array], moved: Array, place: int, dy: Array) -> tuple[float, bool]:
    """The slope by one element, and whether there is a kink or a jump instead.

    At a kink the slopes to the left and to the right differ by as much however close one looks; elsewhere the
    difference shrinks with the step. A jump within reach shows as slopes that differ from step to step.
    """
    before = moved.flat[place]
    here = np.array(function())

    def at(offset: float) -> Array:
        moved.flat[place] = before + offset
        try:
            return np.array(function())
        finally:
            moved.flat[place] = before

    def looked(step: float) -> tuple[float, float]:
        right, left = at(step), at(-step)
        # The differences are taken before they are summed: the sum's size would drown them.
        central = (8 * (right - left) - (at(2 * step) - at(-2 * step))) / (12 * step)
        bend = ((right - here) - (here - left)) / step
        return float(np.sum(dy * central)), float(np.sum(dy * bend))

    (coarse, bend), (fine, finer) = looked(STEP), looked(STEP / 4)
    scale = max(abs(coarse), abs(fine), abs(bend), 1e-6)
    jump = abs(coarse - fine) > TOLERANCE * scale
    return fine, jump or abs(finer) > max(0.5 * abs(bend), 1e-3 * scale)
