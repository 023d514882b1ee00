"""What normalization layers have in common: their options, and what is trained behind the division."""

from typing import Annotated

from nnspec.extend import (
    Field,
    Initializer,
    Layer,
    Parameter,
    PartOf,
    PositiveFloat,
    Shape,
    by_name,
)


class Normalization(Layer):
    """Numbers brought to mean 0 and variance 1, then to a trained scale and offset."""

    epsilon: Annotated[PositiveFloat, Field(description="ε, added to the variance: no division by 0")] = 1e-5
    affine: Annotated[bool, Field(description="train a scale γ and an offset β")] = True
    scales: Annotated[PartOf[Initializer], Field(description="fills γ")] = by_name({"constant": 1.0})
    offsets: Annotated[PartOf[Initializer], Field(description="fills β")] = by_name("zeros")

    def _parameters(self, shape: Shape) -> dict[str, Parameter]:
        """γ and β of this shape, which regularizers leave alone."""
        if not self.affine:
            return {}
        return {
            "gamma": Parameter(shape, self.scales, 1, 1, decays=False),
            "beta": Parameter(shape, self.offsets, 1, 1, decays=False),
        }
