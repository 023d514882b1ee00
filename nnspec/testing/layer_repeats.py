"""What a step of a layer depends on: on its inputs, its parameters and its state, and on nothing else."""

import copy

import numpy as np

from nnspec.engine.parameters import Views
from nnspec.testing.bench import Bench, Step
from nnspec.testing.contract import require, require_same
from nnspec.testing.material import layouts, stored
from nnspec.testing.parts import rebuilt
from nnspec.types import Array

ENOUGH = 24
"""Numbers of which some will show in the output, whatever the layer cuts off or drops."""
FACTOR = 1e3
ROUNDS = 3
"""Batches in the same arrays: what a layer keeps of the first may be used from the third on."""


def check_repeatability(bench: Bench, x: Array) -> None:
    """Whatever came before, the same inputs give the same; other inputs give something else."""
    ctx = bench.context()
    first = bench.step(x, ctx)
    other = bench.step(bench.other(x), ctx)
    if x.size >= ENOUGH and bench.layer.codes is None:
        rule = "the output depends on the input"
        hint = "Likely mistake: a buffer that is never written."
        require(not np.array_equal(first.y, other.y), bench.layer, rule, f"Other inputs gave the same. {hint}")
    again = bench.step(x, ctx)
    fresh = bench.step(x, bench.context())
    hint = "Likely mistake: a buffer whose old content is read, or state kept on the layer itself."
    bench.require_same_step(again, first, "a step does not depend on the steps before it", hint)
    bench.require_same_step(fresh, first, "a fresh context gives the same result", hint)


def check_binding(bench: Bench, x: Array) -> None:
    """What is bound for one batch serves those that follow: in other arrays, or with other numbers in the same."""
    ctx, dy = bench.context(), bench.output_gradient(x)
    weights = {name: array / 2 for name, array in bench.parameters.items()}
    gradients = {name: np.full_like(array, np.nan) for name, array in weights.items()}
    p, g = Views(**weights), Views(**gradients)
    # Batches lie side by side in memory that is filled anew; behind the first layer it is always the same array.
    batches = (bench.other(x), x)
    first, _ = places = [(batch.copy(), dy.copy()) for batch in batches]
    bench.begin(first[0], ctx)
    forward = bench.layer.bind_forward(first[0], p, ctx)
    ctx.y = forward(first[0])
    backward = bench.layer.bind_backward(first[1], p, g, ctx)
    backward(first[1])
    for number in reversed(range(ROUNDS)):
        for (place, slope), batch, other in zip(places, batches, batches[::-1], strict=True):
            # The last round is the one that is looked at; those before it are of other numbers.
            place[...] = other if number else batch
            slope[...] = dy / (number + 1)
            for name, array in bench.parameters.items():
                weights[name][...] = array / (number + 1)
                gradients[name].fill(np.nan)
            bench.begin(place, ctx)
            ctx.y = forward(place)
            y, state, dx = ctx.y.copy(), bench.state_of(ctx), backward(slope)
            if not number:
                expected = bench.step(batch, bench.context())
                got = Step(y, np.zeros(0) if dx is None else dx, gradients, state, expected.drew)
                hint = (
                    "Likely mistake: an array of another batch, or what follows from its numbers, is kept; look "
                    "`ctx.x` and `ctx.y` up in each step."
                )
                bench.require_same_step(got, expected, "what is bound for one batch serves the next", hint)
    bench.begin(x, ctx)
    ctx.y = bench.layer.forward(x, p, ctx).copy()
    state, dx = bench.state_of(ctx), bench.layer.backward(dy, p, g, ctx)
    got = Step(ctx.y, np.zeros(0) if dx is None else dx, gradients, state, expected.drew)
    hint = "Likely mistake: two ways of saying it that differ; one of them is enough."
    bench.require_same_step(
        got, expected, "`forward` and `backward` do what `bind_forward` and `bind_backward` do", hint
    )


def check_linearity(bench: Bench, x: Array) -> None:
    """The gradient that comes back may carry a factor, such as the learning rate."""
    expected, dy = bench.step(x, bench.context()), bench.output_gradient(x)
    step = bench.step(x, bench.context(), FACTOR * dy)
    gradients = {name: array / FACTOR for name, array in step.gradients.items()}
    got = Step(step.y, step.dx / FACTOR, gradients, step.state, step.drew)
    hint = "Likely mistake: dy is clipped, or something is added that does not depend on it."
    bench.require_same_step(
        got, expected, f"{FACTOR:g} times the gradient leads to {FACTOR:g} times as much", hint
    )


def check_memory_orders(bench: Bench, x: Array) -> None:
    """However inputs lie in memory, they give the same."""
    expected, dy = bench.step(x, bench.context()), bench.output_gradient(x)
    hint = "Likely mistake: a reshape, a view or `order=` that takes C order for granted."
    for (order, x_laid), (_, dy_laid) in zip(layouts(x), layouts(dy), strict=True):
        step = bench.step(x_laid, bench.context(), dy_laid)
        bench.require_same_step(step, expected, f"{order} inputs give the same result", hint)


def check_state(bench: Bench, x: Array) -> None:
    """State is updated in place, in training and in training alone."""
    ctx = bench.context()
    before = {name: getattr(ctx.state, name) for name in bench.state}
    step = bench.step(x, ctx)
    for name, array in before.items():
        rule, detail = "state is updated in place", f"`ctx.state.{name}` is another array. Write `[...] =`."
        require(getattr(ctx.state, name) is array, bench.layer, rule, detail)
        if not bench.training:
            rule = "state changes in training alone"
            require_same(step.state[name], bench.state[name], bench.layer, rule, f"by `{name}`", 0.0)
    if bench.training:
        _check_updates(bench, x)


def _check_updates(bench: Bench, x: Array) -> None:
    """From where training starts or from later on: some state is set by the first step alone."""
    fresh = copy.copy(bench)
    fresh.state = {name: np.full_like(array, bench.fills[name]) for name, array in bench.state.items()}
    changed = set()
    for one, batch in ((bench, x), (bench, bench.other(x)), (fresh, x)):
        state = one.step(batch, one.context()).state
        changed |= {name for name, array in state.items() if not np.array_equal(array, one.state[name])}
    for name in bench.state:
        rule, hint = "training changes every state", "Likely mistake: an update that was forgotten."
        require(name in changed, bench.layer, rule, f"`{name}` is what it was before the step. {hint}")


def check_checkpoint(bench: Bench, x: Array) -> None:
    """Another instance, which started on other data, goes on from what a checkpoint holds."""
    here, there = copy.copy(bench), copy.copy(bench)
    here.state = dict(bench.step(x, bench.context()).state)
    there.layer = rebuilt(bench.layer)
    there.step(bench.other(x), there.context())
    there.parameters, there.state = stored(bench.parameters), stored(here.state)
    resumed, expected = there.step(x, there.context()), here.step(x, here.context())
    hint = "Likely mistake: something kept on the layer or its class; declare it as state."
    bench.require_same_step(
        resumed, expected, "options, parameters and state are all that a checkpoint needs", hint
    )
