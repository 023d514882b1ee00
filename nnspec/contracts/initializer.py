"""Initializer: fills a parameter before training."""

from typing import ClassVar

from nnspec.contracts.part import Part
from nnspec.types import Array, Random


class Initializer(Part):
    """Draws from the generator it is handed, never from a global one."""

    kinds: ClassVar[tuple[str, ...]] = ("initializers",)

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        """Overwrites ``out``.

        Args:
            out: The parameter, of any shape.
            fan_in: Inputs that one output sums over.
            fan_out: Outputs that one input reaches.
            random: The parameter's own generator.
        """
        raise NotImplementedError
