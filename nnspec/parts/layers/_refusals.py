"""Windows and groups that do not fit, each with what to do about it."""

from collections.abc import Mapping

from nnspec.extend import ShapeError, shape_text
from nnspec.parts.layers._axis import Axis, extent


def require_windows(word: str, sides: Mapping[str, Axis], noun: str = "image") -> None:
    """Refuses windows of which none fits, or that stride over all of a side.

    Args:
        word: The layer's name in a spec.
        sides: The windows along each side, by how its length is called: ``high``, ``wide``.
        noun: What the windows move over.

    Raises:
        ShapeError: With what to make smaller.
    """
    along = sides.values()
    if any(side.windows == 0 for side in along):
        reach = [extent(side.kernel, side.dilation) for side in along]
        dilated = " with its dilation" if any(side.dilation > 1 for side in along) else ""
        padded = " with its padding" if any(side.padded > side.length for side in along) else ""
        raise ShapeError(
            f"{word}: a window of {shape_text(reach)}{dilated} is larger than the {noun} of "
            f"{shape_text([side.padded for side in along])}{padded}",
            f"make it smaller, write `padding: same`, or take out a layer before it that shrinks the {noun}",
        )
    for called, side in sides.items():
        if side.stride > side.length:
            raise ShapeError(
                f"{word}: a stride of {side.stride} leaves one window: the {noun} is {side.length} {called}",
                f"use a stride of at most {side.length} there",
            )


def require_groups(word: str, groups: int, channels: int) -> None:
    """Refuses groups that do not divide the channels.

    Raises:
        ShapeError: With the numbers that would.
    """
    if channels % groups:
        fitting = ", ".join(str(number) for number in range(1, channels + 1) if channels % number == 0)
        raise ShapeError(
            f"{word}: {groups} groups do not divide {channels} channels evenly",
            f"as `groups`, one of {fitting} would",
        )
