"""Shapes that layers refuse, each with what to do about it."""

from nnspec.errors import ShapeError
from nnspec.types import Shape, shape_text, size


def require_row(word: str, shape: Shape) -> int:
    """How many numbers a sample has; refuses every shape of more than one axis.

    Args:
        word: The layer's name in a spec.
        shape: Shape of one sample.

    Raises:
        ShapeError: The shape has not one axis.
    """
    if len(shape) != 1:
        raise ShapeError(
            f"{word} takes one row of numbers a sample, not {shape_text(shape)}",
            f"insert `flatten` before it: it makes {size(shape)} numbers of them",
        )
    return shape[0]


def require_sequence(word: str, shape: Shape) -> tuple[int, int]:
    """Steps and features of a sequence; refuses every other shape.

    Args:
        word: The layer's name in a spec.
        shape: Shape of one sample.

    Raises:
        ShapeError: The shape has not two axes.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) < 2:
        hint = f"insert `reshape: [{size(shape)}, 1]` before it, or `embedding` where the numbers are codes"
    else:
        rows = shape[1:] if shape[0] == 1 else shape
        hint = f"insert `reshape: [{rows[0]}, {size(rows[1:])}]` before it: the first axis becomes the steps"
    raise ShapeError(f"{word} takes sequences, steps x features, not {shape_text(shape)}", hint)


def require_image(word: str, shape: Shape) -> tuple[int, int, int]:
    """Channels, height and width of an image; refuses every other shape.

    Args:
        word: The layer's name in a spec.
        shape: Shape of one sample.

    Raises:
        ShapeError: The shape has not three axes.
    """
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    if len(shape) == 2:
        image = f"insert `reshape: {[1, *shape]}` before it for images of one channel"
        hint = f"use `conv1d` for sequences, or {image}" if word.startswith("conv") else image
    else:
        hint = (
            "write `input: [channels, height, width]` if the samples are images, or insert `reshape: [channels, "
            f"height, width]` of {size(shape)} numbers before it"
        )
    raise ShapeError(f"{word} takes images, channels x height x width, not {shape_text(shape)}", hint)
