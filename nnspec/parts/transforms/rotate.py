"""rotate: in training, images are turned about their centres.

    transforms: [rotate]                              # up to 15 degrees either way
    transforms: [rotate: 30]
    transforms: [rotate: {among: [0, 90, 180, 270]}]  # views from above, which have no upper side

x (C, H, W, N) -> y (C, H, W, N), in the network's type
y(p) = x(R⁻¹ p), p a place seen from the centre, R a turn against the clock by an angle that is drawn evenly from
-degrees to degrees, or from the list, for each sample and epoch; bilinear interpolation, 0 outside the image.
y = x outside training.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Strict

from nnspec.extend import Array, Context, Field, Shape, Transform
from nnspec.parts.transforms._images import as_stored, require_image
from nnspec.parts.transforms._turning import mapped


class Rotate(Transform):
    """For things that are seldom quite upright."""

    primary: ClassVar[str | None] = "degrees"

    degrees: Annotated[float, Field(ge=0, le=180, description="most degrees an image is turned by")] = 15.0
    among: Annotated[
        Annotated[tuple[float, ...], Strict(strict=False)] | None,
        Field(min_length=1, description="the angles to choose from, in degrees, in place of `degrees`"),
    ] = None

    def shape(self, shape: Shape) -> Shape:
        require_image("rotate", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        samples = x.shape[-1]
        if self.among is None:
            degrees = ctx.random.uniform(-self.degrees, self.degrees, samples)
        else:
            degrees = ctx.random.choice(self.among, samples)
        angle = np.deg2rad(degrees)
        cosine, sine = np.cos(angle), np.sin(angle)
        # Rows count downwards: against the clock on the screen.
        return mapped(x, np.array([[cosine, sine], [-sine, cosine]]), np.zeros((2, samples)), ctx)
