"""affine: in training, images are turned, scaled, slanted and moved, all in one.

    transforms: [affine: {rotate: 10, scale: 0.1, shear: 10, shift: 2}]

x (C, H, W, N) -> y (C, H, W, N), in the network's type
y(p) = x(A⁻¹ (p - t)),  A = s R S,  p a place seen from the centre: R turns against the clock, S slants columns, s
lies between 1 / (1 + scale) and 1 + scale, t moves. Each is drawn evenly (s in its logarithm) from minus to plus
its option for each sample and epoch; bilinear interpolation, 0 outside the image. y = x outside training.
(P. Simard, D. Steinkraus and J. Platt, Best Practices for Convolutional Neural Networks, 2003)
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from nnspec.extend import Array, Context, Field, NonNegativeFloat, Shape, Transform
from nnspec.parts.transforms._images import as_stored, require_image
from nnspec.parts.transforms._turning import mapped


class Affine(Transform):
    """What handwriting does to a digit as a whole; with a single interpolation, which blurs least."""

    rotate: Annotated[float, Field(ge=0, le=180, description="most degrees turned by")] = 0.0
    scale: Annotated[NonNegativeFloat, Field(description="most growth or shrinking: 0.1 for a tenth")] = 0.0
    shear: Annotated[float, Field(ge=0, lt=90, description="most degrees slanted by")] = 0.0
    shift: Annotated[NonNegativeFloat, Field(description="most pixels moved by, in each direction")] = 0.0

    def shape(self, shape: Shape) -> Shape:
        require_image("affine", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        turn, growth, slant, down, across = ctx.random.uniform(-1, 1, (5, x.shape[-1]))
        angle, slope = np.deg2rad(self.rotate) * turn, np.tan(np.deg2rad(self.shear) * slant)
        size = (1 + self.scale) ** growth
        cosine, sine = np.cos(angle) / size, np.sin(angle) / size
        # S⁻¹ R⁻¹ / s over (row, column): S adds slope times the row to the column.
        inverse = np.array([[cosine, sine], [-sine - slope * cosine, cosine - slope * sine]])
        return mapped(x, inverse, self.shift * np.stack([down, across]), ctx)
