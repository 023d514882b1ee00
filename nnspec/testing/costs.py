"""check_cost: value, gradient and, where a cost belongs to an activation, both in terms of the logits."""

from collections.abc import Callable, Iterator

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.engine.context import LayerContext
from nnspec.registry import default_resolver
from nnspec.testing.contract import SINGLE, ContractError, Frozen, require, require_same, require_type
from nnspec.testing.gradients import check_gradient
from nnspec.testing.material import between, context, layouts, numbers
from nnspec.testing.parts import check_part
from nnspec.testing.spelling import check_spelling
from nnspec.types import Array, Shape

LARGE = 1e4
FAR = 100
"""What usual logits are multiplied by, so that float32 has no number for the probabilities and float64 has."""
BATCHES = (1, 2, 7)
SCALES = (1.0, 0.3)


def check_cost(cost: Cost, shape: Shape = (4,), *, activation: Activation | None = None, batch: int = 5) -> None:
    """Checks a cost on outputs of this shape.

    Its value is a mean over the batch and its gradient agrees with central differences; asked for together they
    are the same; inputs stay as they were; a result depends on inputs alone; float32 comes close to float64;
    outputs at the bounds of its `domain` give finite numbers. A cost with a `family` does the same from logits,
    yields what it yields from outputs, and is finite for logits of ±10,000.

    Args:
        cost: The cost.
        shape: Shape of one output sample.
        activation: The activation of the same family; sought among the installed ones by default.
        batch: Samples in the batch.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(cost)
    bench = _Bench(cost)
    for targets in _targets(cost, (*shape, batch)):
        y = between(*cost.domain, (*shape, batch))
        bench.check(cost.value, cost.gradient, y, targets)
        _check_bound(cost, "bind", (y, targets), cost.value, cost.gradient)
        _check_bounds(cost, targets)
        _check_spelling(cost, y, targets)
    _check_batches(cost, shape)
    if cost.family is not None:
        _check_logits(cost, activation or _activation(cost), (*shape, batch))


Value = Callable[[Array, Array, LayerContext], float]
Gradient = Callable[[Array, Array, LayerContext], Array]


class _Bench:
    """Checks that are the same for outputs and for logits."""

    def __init__(self, cost: Cost, by: str = "y") -> None:
        self.cost = cost
        self.by = by

    def check(self, value: Value, gradient: Gradient, at: Array, t: Array) -> None:
        cost, ctx = self.cost, context()
        with Frozen(cost, outputs=at, targets=t).kept():
            number = value(at, t, ctx)
            found = gradient(at, t, ctx).copy()
        rule = "the value is a Python float"
        require(isinstance(number, float) and not isinstance(number, np.generic), cost, rule, f"{type(number)}")
        require_type(found, np.float64, cost, "the gradient")
        check_gradient(cost, self.by, lambda y: np.array(value(y, t, ctx)), at, found, batch=at.shape[-1])
        self._check_mean(value, at, t)
        self._check_repeatability(value, gradient, at, t)
        self._check_single(value, gradient, at, t)

    def _check_mean(self, value: Value, at: Array, t: Array) -> None:
        batch = at.shape[-1]
        whole = value(at, t, context())
        ones = [value(at[..., i : i + 1].copy(), t[..., i : i + 1].copy(), context()) for i in range(batch)]
        hint = f"Likely mistake: the factor 1/N (N = {batch}); the sum of the samples is {sum(ones):.6g}."
        rule = f"the value is the mean over the batch (by {self.by})"
        require_same(np.array(whole), np.array(np.mean(ones)), self.cost, rule, hint, 1e-9)

    def _check_repeatability(self, value: Value, gradient: Gradient, at: Array, t: Array) -> None:
        cost, ctx = self.cost, context()
        first, gradient_first = value(at, t, ctx), gradient(at, t, ctx).copy()
        flipped = np.ascontiguousarray(at[..., ::-1]), np.ascontiguousarray(t[..., ::-1]) * 0.5
        value(*flipped, ctx)
        gradient(*flipped, ctx)
        hint = "Likely mistake: a buffer whose old content is read."
        rule = "a result does not depend on the steps before it"
        require_same(np.array(value(at, t, ctx)), np.array(first), cost, rule, hint)
        require_same(gradient(at, t, ctx), gradient_first, cost, rule, hint)
        hint = "Likely mistake: a reshape or view that takes C order for granted."
        laid_out = zip(layouts(at), layouts(t), strict=True)
        mixed = [(f"{order} outputs with C-ordered targets", laid, t) for order, laid in layouts(at)]
        for order, at_laid, t_laid in [(order, a, b) for (order, a), (_, b) in laid_out] + mixed:
            rule = f"{order} give the same result"
            require_same(np.array(value(at_laid, t_laid, ctx)), np.array(first), cost, rule, hint)
            require_same(gradient(at_laid, t_laid, context()), gradient_first, cost, rule, hint)

    def _check_single(self, value: Value, gradient: Gradient, at: Array, t: Array) -> None:
        cost = self.cost
        at32, t32 = at.astype(np.float32), t.astype(np.float32)
        hint = "Likely mistake: a difference of large numbers, or a constant meant for float64."
        rule = "float32 comes close to float64"
        got, wanted = np.array(value(at32, t32, context(np.float32))), np.array(value(at, t, context()))
        require_same(got, wanted, cost, rule, hint, SINGLE)
        gradient32 = gradient(at32, t32, context(np.float32))
        require_type(gradient32, np.float32, cost, "the gradient")
        require_same(gradient32, gradient(at, t, context()), cost, rule, hint, SINGLE)


def _check_bound(
    cost: Cost, method: str, batch: tuple[Array, ...], value: Callable[..., float], gradient: Callable[..., Array]
) -> None:
    """What a training step asks for, after one on other numbers."""
    others = [np.flip(array) for array in batch]
    judge = getattr(cost, method)(*others, context())
    judge(*others, 0.5)
    rule = f"what `{method}` returns yields what `{value.__name__}` and `{gradient.__name__}` yield"
    hint = "Likely mistake: a buffer that two of the three write to, or a factor that one of them leaves out."
    single = [array.astype(np.float32) for array in batch]
    _, found = getattr(cost, method)(*single, context(np.float32))(*single, 1.0)
    require_type(found, np.float32, cost, f"the gradient that `{method}` leads to")
    for scale in SCALES:
        number, found = judge(*batch, scale)
        require_same(np.array(number), np.array(value(*batch, context())), cost, rule, hint)
        scaled = f"{hint} The gradient is multiplied by the scale, here {scale}."
        require_same(found, gradient(*batch, context()) * scale, cost, rule, scaled)


def _check_batches(cost: Cost, shape: Shape) -> None:
    ctx = context()
    for batch in BATCHES:
        y, t = between(*cost.domain, (*shape, batch)), next(_targets(cost, (*shape, batch)))
        gradient = cost.gradient(y, t, ctx)
        require(gradient.shape == y.shape, cost, "the gradient has the outputs' shape", f"{gradient.shape}")
        require(np.isfinite(cost.value(y, t, ctx)), cost, "the value is finite", f"batch of {batch}")


def _check_bounds(cost: Cost, t: Array) -> None:
    """Outputs that are exactly 0 or 1, as saturated activations yield them."""
    for bound in cost.domain:
        if not np.isfinite(bound):
            continue
        y = np.full(t.shape, bound, np.float32)
        single = t.astype(np.float32)
        with np.errstate(all="ignore"):
            value = cost.value(y, single, context(np.float32))
            gradient = cost.gradient(y, single, context(np.float32))
        detail = f"outputs of exactly {bound:g}: value {value}, gradient {gradient.ravel()[:3]}."
        finite = bool(np.isfinite(value) and np.isfinite(gradient).all())
        require(finite, cost, "outputs at the bounds of the domain give finite numbers", detail)


def _check_spelling(cost: Cost, y: Array, t: Array) -> None:
    """Of one sample, since that is what is explained."""
    ctx, one, wanted = context(), y[..., :1].copy(), t[..., :1].copy()
    quantities = {"C": np.array(cost.value(one, wanted, ctx)), "y": cost.gradient(one, wanted, ctx)[..., 0].copy()}
    check_spelling(cost, cost.spell, quantities, {"y": one[..., 0], "t": wanted[..., 0]})


def _check_logits(cost: Cost, activation: Activation, shape: Shape) -> None:
    def outputs(z: Array) -> Array:
        y = np.empty_like(z)
        activation.apply(z, y, context(z.dtype))
        return y

    def value(z: Array, t: Array, ctx: LayerContext) -> float:
        return cost.logit_value(z, outputs(z), t, ctx)

    def gradient(z: Array, t: Array, ctx: LayerContext) -> Array:
        return cost.logit_gradient(z, outputs(z), t, ctx)

    for t in _targets(cost, shape):
        z = numbers(shape, 3)
        _Bench(cost, "z").check(value, gradient, z, t)
        _check_bound(cost, "bind_logits", (z, outputs(z), t), cost.logit_value, cost.logit_gradient)
        # Far below 0 alone: far above it a probability cannot be told from 1.
        for logits in (z, -FAR * np.abs(z)):
            plain, fused = cost.value(outputs(logits), t, context()), value(logits, t, context())
            rule = "the value from logits is the value from outputs"
            detail = f"with {type(activation).__name__}, logits from {logits.min():.3g} to {logits.max():.3g}"
            require_same(np.array(fused), np.array(plain), cost, rule, detail, 1e-9)
        one, wanted = z[..., :1].copy(), t[..., :1].copy()
        slope = gradient(one, wanted, context())[..., 0].copy()
        values = {"z": one[..., 0], "y": outputs(one)[..., 0], "t": wanted[..., 0]}
        check_spelling(cost, cost.spell, {"z": slope}, values)
        for large in (np.full(shape, LARGE), np.full(shape, -LARGE), np.where(z > 0, LARGE, -LARGE)):
            single, target = large.astype(np.float32), t.astype(np.float32)
            with np.errstate(all="ignore"):
                number, found = (
                    value(single, target, context(np.float32)),
                    gradient(single, target, context(np.float32)),
                )
            detail = f"logits of ±{LARGE:g}: value {number}, gradient {found.ravel()[:3]}."
            finite = bool(np.isfinite(number) and np.isfinite(found).all())
            require(finite, cost, "any logits give finite numbers", detail)


def _targets(cost: Cost, shape: Shape) -> Iterator[Array]:
    """Targets of the kinds that the cost meets: labels, and numbers in between."""
    random = np.random.default_rng(5)
    if cost.family == "categorical":
        labels = random.integers(shape[0], size=shape[1:])
        yield np.moveaxis(np.eye(shape[0])[labels], -1, 0).copy()
        soft = random.uniform(0.1, 1, shape)
        yield soft / soft.sum(axis=0, keepdims=True)
    elif cost.family == "bernoulli":
        yield random.integers(2, size=shape).astype(np.float64)
        yield random.uniform(0.1, 0.9, shape)
    else:
        yield between(*cost.domain, shape, 9)


def _activation(cost: Cost) -> Activation:
    catalogue = default_resolver().catalogue
    for entry in catalogue.entries("activations"):
        kind = entry.load()
        if issubclass(kind, Activation) and kind.family == cost.family:
            return kind()
    raise ContractError(cost, "a family has an activation", f"no installed activation is of `{cost.family}`.")
