"""check_transform: what it learns, and what it makes of a batch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnspec.contracts.transform import Transform
from nnspec.testing.contract import SINGLE, Frozen, require, require_same, require_type
from nnspec.testing.material import context, generator, layouts, numbers, stored
from nnspec.testing.parts import check_part, rebuilt
from nnspec.types import Array, Shape

SAMPLES = 30


def check_transform(transform: Transform, shape: Shape = (3,), *, x: Array | None = None) -> None:
    """Checks a transform.

    It yields the shape it states, for any batch size and in the network's type (integers may keep theirs); what it
    learns can be kept in a checkpoint and does not depend on how the training inputs are cut into batches; inputs
    and what it learned stay as they were; a result depends on nothing but the batch and the generator, and outside
    training, where nothing is drawn, each sample's on nothing but the sample; float32 comes close to float64.

    Args:
        transform: The transform.
        shape: Shape of one sample.
        x: Training inputs (*shape, N) in place of made ones, at least 8 of them; of any type.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(transform)
    x = numbers((*shape, SAMPLES)) if x is None else x
    output = transform.shape(shape)
    with Frozen(transform, inputs=x).kept():
        fitted = transform.fit(iter([x]))
    _check_fitted(transform, x, fitted)
    for training in (False, True):
        for dtype in (np.float64, np.float32):
            for batch in (1, 2, 7):
                y = _applied(transform, x[..., :batch], fitted, dtype, training=training)
                rule, expected = "the result has the stated shape", (*output, batch)
                require(y.shape == expected, transform, rule, f"{y.shape}, expected {expected}.")
                if x.dtype.kind == "f" or y.dtype != x.dtype:
                    require_type(y, dtype, transform, "the result")
        _check_repeatability(transform, x, fitted, training=training)
    _check_calm(transform, x, fitted)
    _check_checkpoint(transform, x, fitted)
    exact, single = _applied(transform, x, fitted), _applied(transform, x, fitted, np.float32)
    require_same(single, exact, transform, "float32 comes close to float64", "", SINGLE)
    for sample in range(x.shape[-1]):
        one = slice(sample, sample + 1)
        rule = "a sample's result does not depend on the rest of its batch"
        hint = "Likely mistake: an operation over the last axis, which is the batch; learn it in `fit`."
        alone = _applied(transform, x[..., one], fitted)
        require_same(alone, exact[..., one], transform, rule, hint, 1e-9)


def _applied(
    transform: Transform, x: Array, fitted: Mapping[str, Array], dtype: Any = np.float64, *, training: bool = False
) -> Array:
    frozen = Frozen(transform, inputs=x[...], **{f"fitted.{name}": array for name, array in fitted.items()})
    with frozen.kept():
        return transform.apply(x, fitted, context(dtype, training=training)).copy()


def _check_calm(transform: Transform, x: Array, fitted: Mapping[str, Array]) -> None:
    ctx = context()
    transform.apply(x, fitted, ctx)
    drawn = ctx.random.bit_generator.state != generator().bit_generator.state
    rule = "outside training nothing is drawn at random"
    hint = "Likely mistake: `ctx.training` is not asked; evaluation would move the numbers that training draws."
    require(not drawn, transform, rule, hint)


def _check_checkpoint(transform: Transform, x: Array, fitted: Mapping[str, Array]) -> None:
    resumed = _applied(rebuilt(transform), x, stored(fitted))
    rule = "options and what is learned are all that a checkpoint needs"
    hint = "Likely mistake: something kept on the transform; return it from `fit`."
    require_same(resumed, _applied(transform, x, fitted), transform, rule, hint, 0.0)


def _check_fitted(transform: Transform, x: Array, fitted: Mapping[str, Array]) -> None:
    for name, array in fitted.items():
        kept = isinstance(array, np.ndarray) and array.dtype.kind in "biuf"
        rule = "what is learned is arrays of numbers, by name"
        require(kept, transform, rule, f"`{name}` is {type(array).__name__}")
    for cuts in ([1], [3, 7], list(range(1, x.shape[-1]))):
        again = transform.fit(iter(np.split(x, cuts, axis=-1)))
        rule = "what is learned does not depend on how the data is cut into batches"
        require(again.keys() == fitted.keys(), transform, rule, f"{list(again)}, before {list(fitted)}")
        for name, array in fitted.items():
            hint = "Likely mistake: means of batches are averaged although the last batch is smaller."
            require_same(again[name], array, transform, rule, hint, 1e-9)


def _check_repeatability(transform: Transform, x: Array, fitted: Mapping[str, Array], *, training: bool) -> None:
    ctx = context(training=training)
    first = transform.apply(x, fitted, ctx).copy()
    transform.apply(np.ascontiguousarray(x[..., ::-1]), fitted, ctx)
    ctx.random = generator()
    hint = (
        "Likely mistake: a buffer whose old content is read, state kept on the transform, or numbers drawn from "
        "elsewhere than `ctx.random`."
    )
    rule = "a result does not depend on the batches before it"
    require_same(transform.apply(x, fitted, ctx), first, transform, rule, hint)
    for order, laid in layouts(x):
        rule = f"{order} inputs give the same result"
        again = transform.apply(laid, fitted, context(training=training))
        require_same(again, first, transform, rule, "")
