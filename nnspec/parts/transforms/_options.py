"""Options of image transforms that may be written as one number or as two."""

from typing import Annotated

from nnspec.extend import OneOrTwo

Sides = Annotated[tuple[int, int], OneOrTwo(1, "[height, width]")]
"""One number for height and width, or ``[height, width]``."""
Reach = Annotated[tuple[int, int], OneOrTwo(0, "[rows, columns]")]
"""One number for both directions, or ``[rows, columns]``; from 0."""
