"""Windows along one axis of an image, or along the steps of a sequence."""

from dataclasses import dataclass
from functools import cache, cached_property
from math import gcd
from typing import Literal


@dataclass(frozen=True)
class Axis:
    """Windows along one axis of an image.

    Attributes:
        length: Cells along the axis.
        kernel: Cells in a window.
        stride: Cells from a window to the next.
        dilation: Cells from one cell of a window to its next.
        before: Cells of padding before the first; below 0 where windows begin behind it.
        after: Cells of padding behind the last; below 0 where windows end before it.
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
    def covered(self) -> int:
        """Cells from the first of axis and windows to the last of either."""
        return max(self.before, 0) + self.length + max(self.after, 0)

    @property
    def inside(self) -> slice:
        """The image within its padding."""
        return slice(self.before, self.before + self.length)

    @property
    def tiled(self) -> bool:
        """Whether every cell lies in one window and no other."""
        return self.padded == self.windows * self.kernel and self.stride == self.kernel and self.dilation == 1

    @cached_property
    def phases(self) -> tuple["Phase", ...]:
        """The windows in classes that see every `dilation`-th cell alone: there they are not dilated.

        With dilation d, stride s and their common divisor g, window p + (d / g) q begins s / g cells of its class
        behind window p + (d / g) (q - 1).
        """
        step = self.dilation // gcd(self.stride, self.dilation)
        return tuple(self._phase(first, step) for first in range(min(step, self.windows)))

    def _phase(self, first: int, step: int) -> "Phase":
        skipped, cell = divmod(first * self.stride - self.before, self.dilation)
        windows, cells = range(first, self.windows, step), range(cell, self.length, self.dilation)
        stride = self.stride * step // self.dilation
        along = _axis_of(len(cells), self.kernel, stride, 1, -skipped, len(windows))
        return Phase(slice(first, None, step), slice(cell, None, self.dilation), along)

    @cached_property
    def returns(self) -> tuple["Return", ...]:
        """The way back from windows to cells, in classes of cells that the same taps of windows fall on.

        Every `stride`-th cell is of one class. Its cells are themselves windows, over the numbers of the windows
        here: with stride s, dilation d and their common divisor g, each sees every (s / g)-th tap, the last first,
        and the numbers d / g apart.
        """
        return tuple(self._return(cell) for cell in range(min(self.stride, self.length)))

    def _return(self, cell: int) -> "Return":
        divisor, place = gcd(self.stride, self.dilation), cell + self.before
        step, apart = self.stride // divisor, self.dilation // divisor
        first = next((tap for tap in range(step) if (place - tap * self.dilation) % self.stride == 0), self.kernel)
        taps, cells = range(first, self.kernel, step), range(cell, self.length, self.stride)
        last = (place - first * self.dilation) // self.stride
        before = (len(taps) - 1) * apart - last
        along = _axis_of(self.windows, len(taps), 1, apart, before, len(cells))
        return Return(slice(cell, None, self.stride), slice(first, None, step), along)

    def reach(self, windows: int) -> int:
        """Cells from the first of so many neighbouring windows to the last."""
        return (windows - 1) * self.stride + extent(self.kernel, self.dilation)

    def beneath(self, windows: range) -> tuple[range, int]:
        """The cells that neighbouring windows see, and how many of the padding come before them.

        There is no dilation; see `phases`.
        """
        first = windows.start * self.stride - self.before
        last = first + self.reach(len(windows))
        start = min(max(first, 0), last)
        return range(start, max(min(last, self.length), start)), start - first

    def under(self, tap: int, windows: range) -> tuple[slice, slice]:
        """Which of these windows have this tap within the image, counted from their first; on which cells."""
        offset = tap * self.dilation - self.before
        start = min(max(-(offset // self.stride), windows.start), windows.stop)
        stop = max(min(-((offset - self.length) // self.stride), windows.stop), start)
        inside = slice(start - windows.start, stop - windows.start)
        if start == stop:
            return inside, slice(0)
        first, last = start * self.stride + offset, (stop - 1) * self.stride + offset
        return inside, slice(first, last + 1, self.stride)

    def tap(self, cell: int) -> slice:
        """That cell of every window, in padded coordinates."""
        start = cell * self.dilation
        return slice(start, start + (self.windows - 1) * self.stride + 1, self.stride)


@dataclass(frozen=True)
class Phase:
    """A class of windows that are not dilated among the cells they see.

    Attributes:
        windows: Which of the windows.
        cells: Which of the cells.
        axis: These windows over these cells.
    """

    windows: slice
    cells: slice
    axis: Axis


@dataclass(frozen=True)
class Return:
    """A class of cells that numbers of windows come back to by the same taps.

    Attributes:
        cells: Which of the cells.
        taps: Which of the taps; turned round, they are a kernel over the numbers of the windows.
        axis: The windows of that kernel, one a cell; a kernel of length 0 where no window sees the cells.
    """

    cells: slice
    taps: slice
    axis: Axis


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


def _axis_of(length: int, kernel: int, stride: int, dilation: int, before: int, windows: int) -> Axis:
    """An axis by how many windows it has; the padding at its end follows."""
    after = (windows - 1) * stride + extent(kernel, dilation) - before - length
    return Axis(length, kernel, stride, dilation, before, after, windows)
