"""What the layers of this distribution take: sequences, steps x channels."""

from nnspec.extend import Shape, ShapeError, shape_text, size


def signal(word: str, shape: Shape) -> tuple[int, int]:
    """Steps and channels of a signal.

    Raises:
        ShapeError: The shape is no signal's.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    raise ShapeError(
        f"{word} takes signals, steps x channels, not {shape_text(shape)}",
        f"insert `reshape: [{size(shape)}, 1]` before it for a signal of one channel",
    )
