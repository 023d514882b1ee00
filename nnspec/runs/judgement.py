"""What the monitored figure says: which evaluation is the best, which are among the best, when to stop."""

from collections.abc import Mapping
from typing import Any

from nnspec.runs.facts import better, look_up
from nnspec.spec.train import Train


class Judgement:
    """Hears of evaluations, one after the other.

    Attributes:
        best: The best so far: ``epoch`` and ``step`` of it, ``monitor``, ``value`` and all its ``metrics``.
        kept: Names and values of the best checkpoints so far, the best in front.
    """

    def __init__(self, train: Train, monitor: str, direction: str | None) -> None:
        """Sets the rules.

        Args:
            train: Patience, and how many checkpoints are kept.
            monitor: The figure that decides: ``validation.accuracy``.
            direction: Whether it is better when ``higher`` or ``lower``.
        """
        self.best: dict[str, Any] | None = None
        self.kept: list[tuple[str, float]] = []
        self._train = train
        self._monitor = monitor
        self._direction = direction
        self._reference: float | None = None
        self._waited = 0

    def hear(self, metrics: Mapping[str, Mapping[str, Any]], epoch: int, step: int, name: str) -> bool:
        """Takes an evaluation into account.

        Args:
            metrics: By split.
            epoch: Epochs done.
            step: Steps done of the next.
            name: What its checkpoint would be called.

        Returns:
            Whether it is the best so far.
        """
        value = look_up(metrics, self._monitor)
        if value is None or value != value:  # noqa: PLR0124 -- NaN, which is no better than anything
            self._waited += 1
            return False
        self._be_patient(value)
        self.kept.append((name, value))
        # The sort is stable: of equals the earlier stays in front.
        self.kept.sort(key=lambda entry: -entry[1] if self._direction == "higher" else entry[1])
        del self.kept[self._train.checkpoint.keep_best :]
        if not better(value, self.best["value"] if self.best is not None else None, self._direction):
            return False
        self.best = {
            "epoch": epoch,
            "step": step,
            "monitor": self._monitor,
            "value": value,
            "metrics": dict(metrics),
        }
        return True

    @property
    def names(self) -> tuple[str, ...]:
        """Checkpoints that stay because they are among the best, where more than one shall."""
        return tuple(name for name, _ in self.kept) if self._train.checkpoint.keep_best > 1 else ()

    @property
    def verdict(self) -> str | None:
        """Why training should end now; None while it should go on."""
        rule = self._train.early_stopping
        if rule is None or self._waited < rule.patience:
            return None
        best = f"; the best was epoch {self.best['epoch']}" if self.best is not None else ""
        return f"stopped early: {self._monitor} did not improve in {self._waited} evaluations{best}"

    def state(self) -> dict[str, Any]:
        """All that is remembered, in plain values."""
        return {
            "best": self.best,
            "kept": [list(entry) for entry in self.kept],
            "reference": self._reference,
            "waited": self._waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.best = state["best"]
        self.kept = [(name, value) for name, value in state["kept"]]
        self._reference = state["reference"]
        self._waited = state["waited"]

    def _be_patient(self, value: float) -> None:
        """Counts evaluations since the last improvement that is large enough to count."""
        delta = self._train.early_stopping.min_delta if self._train.early_stopping is not None else 0.0
        margin = delta if self._direction == "higher" else -delta
        reference = self._reference + margin if self._reference is not None else None
        if better(value, reference, self._direction):
            self._reference, self._waited = value, 0
        else:
            self._waited += 1
