"""The axis of classes that softmax and log_softmax run over."""

from nnspec.extend import Declaration, Shape, ShapeError, shape_text


def declare_classes(name: str, shape: Shape) -> Declaration:
    """The shape itself, if its first axis can be classes.

    Raises:
        ShapeError: There is none, or it has a single entry.
    """
    if not shape:
        raise ShapeError(f"{name} needs an axis of classes to sum over", "put a `dense` layer before it")
    if shape[0] < 2:
        raise ShapeError(
            f"{name} over {shape_text(shape)} always answers the same",
            "use `sigmoid` for one output, or one unit for each class",
        )
    return Declaration(output=shape)
