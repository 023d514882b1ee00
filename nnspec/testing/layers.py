"""check_layer: shapes, gradients, memory and repeatability of a layer."""

from nnspec.contracts.layer import Layer
from nnspec.errors import ShapeError
from nnspec.testing import layer_batches, layer_repeats, layer_results
from nnspec.testing.bench import Bench
from nnspec.testing.contract import ContractError, require
from nnspec.testing.declarations import declared
from nnspec.testing.material import inputs
from nnspec.testing.parts import check_part
from nnspec.testing.shapes import shapes_for
from nnspec.types import Array, Shape

DRAWN = (5, 1, 3, 2, 4)
"""Samples in a batch at each of the shapes that are drawn."""


def check_layer(layer: Layer, shape: Shape | None = None, *, x: Array | None = None, batch: int = 5) -> None:
    """Checks a layer in training and outside it: on inputs of this shape, or of five that are drawn.

    What it declares is sound, and its initializers fill its parameters with finite numbers. The gradients by the
    input and by every parameter agree with central differences, also where inputs are equal; outputs have the
    declared shape for any batch size, lie in the layer's `range` and have the context's type; inputs stay as they
    were; a result depends on nothing but inputs and generator, whatever came before, whatever was bound for
    another batch and however the input lies in memory; float32 comes close to float64, and inputs of ±10,000 yield
    no NaN in it; outside training a sample's output does not depend on the rest of its batch, and in training a
    batch in shards yields what it yields as a whole. State is updated, in place, in training and in the forward
    pass alone; parameters and state are all that a checkpoint needs; what `spell` shows comes to the numbers it is
    shown for. A layer whose inputs are `codes` hands back 0 as their gradient. See also `check_part`.

    Args:
        layer: The layer, without what its ``activation:`` appends.
        shape: Shape of one input sample; by default several that the layer takes, each with another batch size.
        x: Inputs (*shape, N) in place of made ones, for layers that need others; float64.
        batch: N, where `shape` is given and `x` is not.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(layer)
    if shape is not None:
        _check_at(layer, shape, inputs(layer, shape, batch) if x is None else x)
        return
    drawn = shapes_for(layer, len(DRAWN))
    for place, batch_drawn in enumerate(DRAWN):
        _check_at(layer, drawn[place % len(drawn)], inputs(layer, drawn[place % len(drawn)], batch_drawn))


def _check_at(layer: Layer, shape: Shape, x: Array) -> None:
    declaration = declared(layer, shape)
    calm, trained = (Bench(layer, declaration, training=training) for training in (False, True))
    for bench in (calm, trained):
        layer_results.check_shapes(bench, shape)
        layer_results.check_gradients(bench, x)
        layer_repeats.check_repeatability(bench, x)
        layer_repeats.check_binding(bench, x)
        layer_repeats.check_linearity(bench, x)
        layer_repeats.check_memory_orders(bench, x)
        layer_repeats.check_state(bench, x)
        layer_repeats.check_checkpoint(bench, x)
        layer_results.check_single_precision(bench, x)
        layer_results.check_unneeded_input_gradient(bench, x)
    layer_results.check_ties(calm, x)
    layer_results.check_refusal_of_codes(calm, x)
    layer_batches.check_samples_apart(calm, x)
    layer_batches.check_large_batch(calm, x)
    layer_results.check_large_inputs(calm, x)
    # Last: any mistake shows here, but what is said of it elsewhere says more.
    layer_batches.check_shards(trained, x)
    layer_results.check_spelling(trained, x)


def check_refusal(layer: Layer, shape: Shape) -> None:
    """Checks that a layer refuses a shape with a `ShapeError` that says what to do.

    Raises:
        ContractError: It takes the shape, or gives no hint.
    """
    contract = "a shape that does not fit is refused with a hint"
    try:
        declaration = layer.declare(shape)
    except ShapeError as error:
        require(
            error.hint, layer, contract, f"the ShapeError `{error}` has no hint: say what to insert or change."
        )
        return
    raise ContractError(layer, contract, f"{shape} was taken; declared output: {declaration.output}.")
