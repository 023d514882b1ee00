"""What a layer declares, held to what validation and training hold it to, its initializers included."""

import numpy as np

from nnspec.contracts.declarations import unsound
from nnspec.contracts.guests import said
from nnspec.contracts.layer import Declaration, Layer, Parameter
from nnspec.testing.contract import ContractError, require
from nnspec.types import Shape


def declared(layer: Layer, shape: Shape) -> Declaration:
    """What a layer declares for a shape.

    Raises:
        ContractError: Something is declared that cannot be, or an initializer does not fill its parameter.
    """
    declaration = layer.declare(shape)
    wrong = unsound(declaration)
    require(not wrong, layer, "a layer declares what it makes of a shape", f"For {shape}, declare {wrong}.")
    for name, parameter in declaration.parameters.items():
        if parameter.initializer.tie() is None:
            _check_filling(layer, name, parameter)
    return declaration


def _check_filling(layer: Layer, name: str, parameter: Parameter) -> None:
    rule = "initializers fill a layer's parameters with finite numbers"
    values = np.full(parameter.shape, np.nan)
    try:
        parameter.initializer.fill(values, parameter.fan_in, parameter.fan_out, np.random.default_rng(0))
    except Exception as error:  # it may be anybody's
        raise ContractError(layer, rule, f"`{name}`: {parameter.initializer!r} fails: {said(error)}") from error
    detail = f"`{name}`: {parameter.initializer!r} leaves it at {values.ravel()[:4]}."
    hint = "Likely mistake: `out = ...` where `out[...] = ...` is meant."
    require(np.isfinite(values).all(), layer, rule, f"{detail} {hint}")
