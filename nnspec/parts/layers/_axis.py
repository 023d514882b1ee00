"""Windows along one axis of an image, or along the steps of a sequence."""

from dataclasses import dataclass
from functools import cache
from typing import Literal


@dataclass(frozen=True)
class Axis:
    """Windows along one axis of an image.

    Attributes:
        length: Cells along the axis.
        kernel: Cells in a window.
        stride: Cells from a window to the next.
        dilation: Cells from one cell of a window to its next.
        before: Cells of padding before the first.
        after: Cells of padding behind the last.
        windows: How many windows there are.
    """

    length: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    windows: int

    @property
    def padded(self) -> int:
        """Cells along the axis, padding included."""
        return self.before + self.length + self.after

    @property
    def inside(self) -> slice:
        """The image within its padding."""
        return slice(self.before, self.before + self.length)

    @property
    def tiled(self) -> bool:
        """Whether every cell lies in one window and no other."""
        return self.padded == self.windows * self.kernel and self.stride == self.kernel and self.dilation == 1

    @property
    def mirrored(self) -> "Axis | None":
        """The windows by which gradients go back: one for each cell, on the windows that the cell lies in.

        None at strides, and with more padding than a window reaches: there they are no windows.
        """
        reach = extent(self.kernel, self.dilation) - 1
        before, after = reach - self.before, reach - self.after
        if self.stride != 1 or min(before, after) < 0:
            return None
        return Axis(self.windows, self.kernel, 1, self.dilation, before, after, self.length)

    def tap(self, cell: int) -> slice:
        """That cell of every window, in padded coordinates."""
        start = cell * self.dilation
        return slice(start, start + (self.windows - 1) * self.stride + 1, self.stride)


def extent(kernel: int, dilation: int) -> int:
    """Cells from the first of a window to its last."""
    return (kernel - 1) * dilation + 1


@cache
def axis(length: int, kernel: int, stride: int, dilation: int, padding: Literal["same", "valid"] | int) -> Axis:
    """The windows along an axis of this length; none where the kernel does not fit.

    ``same`` pads evenly, with the odd cell at the end, as TensorFlow does and ONNX calls SAME_UPPER.
    """
    reach = extent(kernel, dilation)
    if padding == "same":
        windows = -(-length // stride)
        missing = max((windows - 1) * stride + reach - length, 0)
        before, after = missing // 2, missing - missing // 2
    else:
        before = after = 0 if padding == "valid" else padding
        windows = max((length + before + after - reach) // stride + 1, 0)
    return Axis(length, kernel, stride, dilation, before, after, windows)
