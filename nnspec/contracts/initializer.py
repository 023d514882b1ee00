"""Initializer: fills a parameter before training."""

from dataclasses import dataclass
from typing import ClassVar

from nnspec.contracts.part import Part
from nnspec.types import Array, Random


@dataclass(frozen=True)
class Tie:
    """Whose numbers a parameter shares in place of having its own.

    Attributes:
        name: The other parameter's full name: ``layers.0.W``.
        transposed: Whether its first two axes are exchanged.
    """

    name: str
    transposed: bool = False


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

    def tie(self) -> Tie | None:
        """Whose numbers a parameter shares in place of being filled; None where it has its own."""
        return None
