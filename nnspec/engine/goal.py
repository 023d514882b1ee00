"""What outputs are held against, and in which units: targets on their way to the cost, and outputs back again."""

import numpy as np

from nnspec.contracts.targets import Held
from nnspec.types import Array, Shape, size

# A deviation that is a smaller share of the mean is rounding: targets that never vary stay as they are.
ROUNDING = 1e-6


class Goal:
    """What a network is to answer.

    Attributes:
        held: Against what outputs are held.
        fitted: ``mean`` and ``deviation`` of the training targets, (outputs,) each, where they are standardized.
    """

    def __init__(self, held: Held = "given") -> None:
        self.held = held
        self.fitted: dict[str, Array] = {}

    @property
    def are_inputs(self) -> bool:
        """Whether the network is to give back what it is given."""
        return self.held == "inputs"

    def fit(self, targets: Array) -> None:
        """Learns the units of the training targets, (samples, *shape)."""
        if self.held != "standardized":
            return
        rows = targets.reshape(len(targets), -1).astype(np.float64)
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        constant = deviation <= ROUNDING * np.abs(mean)
        self.fitted = {"mean": mean, "deviation": np.where(constant, 1.0, deviation)}

    def blank(self, outputs: int) -> dict[str, Array]:
        """What `fitted` is to hold for so many outputs, without the numbers."""
        names = ("mean", "deviation") if self.held == "standardized" else ()
        return {name: np.empty(outputs) for name in names}

    def rows(self, targets: Array, output: Shape, dtype: np.dtype[np.floating]) -> Array:
        """Targets as rows to gather: class numbers (samples,), or numbers (samples, outputs).

        Class numbers for a single output become the numbers 0 and 1 themselves.
        """
        if self.are_inputs:
            return np.empty((len(targets), 0), dtype)
        if targets.ndim == 1 and np.issubdtype(targets.dtype, np.integer) and size(output) > 1:
            return targets.astype(np.intp)
        rows = targets.reshape(len(targets), -1)
        if self.fitted:
            rows = (rows - self.fitted["mean"]) / self.fitted["deviation"]
        return rows.astype(dtype)

    def restored(self, y: Array) -> Array:
        """Outputs or targets of a batch, (*output, N), in the units of the data."""
        if not self.fitted:
            return y
        mean, deviation = (self.fitted[name].reshape(*y.shape[:-1], 1) for name in ("mean", "deviation"))
        restored: Array = y * deviation + mean
        return restored
