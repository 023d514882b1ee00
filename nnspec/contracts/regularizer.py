"""Regularizer: a penalty on weights, added to the cost that training minimizes."""

from typing import ClassVar

from nnspec.contracts.part import Part
from nnspec.types import Array


class Regularizer(Part):
    """Acts on the parameters that decay (weights, not biases): one slice of the flat vector."""

    kinds: ClassVar[tuple[str, ...]] = ("regularizers",)

    def penalty(self, weights: Array) -> float:
        """What is added to the cost for these weights, (K,)."""
        raise NotImplementedError

    def add_gradient(self, weights: Array, gradient: Array, scratch: Array) -> None:
        """Adds the penalty's gradient to ``gradient`` in place; all three are (K,)."""
        raise NotImplementedError
