"""What a layer makes of the same samples, one by one, in shards, and over and over."""

from functools import partial

import numpy as np

from nnspec.engine.crew import Crew
from nnspec.engine.meeting import Meeting, Seat
from nnspec.engine.shards import cut
from nnspec.testing.bench import Bench, Step
from nnspec.testing.contract import require_same
from nnspec.types import Array

MANY = 2**17
"""Numbers of a large batch: more than blocks and shortcuts for small arrays are made for."""


def check_samples_apart(bench: Bench, x: Array) -> None:
    """Outside training, one sample alone gives what it gives among others."""
    together = bench.step(x, bench.context())
    if together.drew:
        return
    dy = bench.output_gradient(x)
    rule = "outside training a sample's result does not depend on the rest of its batch"
    hint = "Likely mistake: an operation over the last axis, which is the batch."
    for sample in range(x.shape[-1]):
        one = slice(sample, sample + 1)
        alone = bench.step(x[..., one].copy(), bench.context(), dy[..., one].copy())
        require_same(alone.y, together.y[..., one], bench.layer, rule, hint, 1e-9)
        require_same(alone.dx, together.dx[..., one], bench.layer, rule, hint, 1e-9)


def check_shards(bench: Bench, x: Array) -> None:
    """What belongs to the batch as a whole, as a mean over it does, is the same for each of its shards."""
    whole, samples = bench.step(x, bench.context()), x.shape[-1]
    if samples < 2 or whole.drew:
        return
    dy, meeting = bench.output_gradient(x), Meeting(2)

    def shard(part: slice, seat: Seat) -> Step:
        ctx = bench.context(share=(part.stop - part.start) / samples, seat=seat)
        return bench.step(x[..., part], ctx, dy[..., part])

    tasks = [partial(shard, *one) for one in zip(cut(samples, 2), meeting.seats, strict=True)]
    first, second = Crew(2).run(tasks, meeting.give_up)
    y, dx = (np.concatenate(pair, axis=-1) for pair in ((first.y, second.y), (first.dx, second.dx)))
    gradients = {name: gradient + second.gradients[name] for name, gradient in first.gradients.items()}
    together = Step(y, dx, gradients, first.state, whole.drew)
    hint = "Likely mistake: a mean over the batch is no `ctx.sum_over_shards` over `x.shape[-1] / ctx.share`."
    bench.require_same_step(together, whole, "a batch in shards yields what it yields as a whole", hint, 1e-9)


def check_large_batch(bench: Bench, x: Array) -> None:
    """The same samples over and over, which large batches may compute in another way."""
    few = bench.step(x, bench.context())
    times = MANY // max(x.size, few.y.size)
    if times < 2 or few.drew:
        return
    dy = bench.output_gradient(x)
    ways = (1,) * (x.ndim - 1), (1,) * (dy.ndim - 1)
    many = bench.step(np.tile(x, (*ways[0], times)), bench.context(), np.tile(dy, (*ways[1], times)))
    rule = "a large batch gives what small ones give"
    hint = "Likely mistake: a block that is left out, or a second way of computing for large arrays."
    require_same(many.y, np.tile(few.y, (*ways[1], times)), bench.layer, rule, hint, 1e-9)
    require_same(many.dx, np.tile(few.dx, (*ways[0], times)), bench.layer, rule, hint, 1e-9)
    for name, gradient in few.gradients.items():
        require_same(many.gradients[name] / times, gradient, bench.layer, rule, f"g.{name}. {hint}", 1e-9)
