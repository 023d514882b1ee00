"""on_plateau: the learning rate drops whenever the monitored figure has stopped getting better.

    schedule: on_plateau
    schedule: {on_plateau: 5}
    schedule: {on_plateau: {patience: 5, drop: 0.5, min_delta: 0.001, cooldown: 2, lowest: 0.01}}
    schedule: {warmup: {steps: 500, then: on_plateau}}

factor <- max(l, d factor) after p evaluations in a row that did not beat the best so far by more than δ, not
counting those of a cooldown;  p = patience, d = drop, δ = min_delta, l = lowest

The figure is the one that `train.monitor` names, by which the best epoch is chosen, too; whether higher or lower
is better follows from its metric. It is looked at after each evaluation; those during a warmup do not count.
(As Keras has it, ReduceLROnPlateau; PyTorch's scheduler of that name waits for one evaluation more)
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from nnspec.extend import Field, NonNegativeFloat, PositiveInt, Probability, Schedule


class OnPlateau(Schedule):
    """Large steps as long as they help; needs no plan for how long that is."""

    primary: ClassVar[str | None] = "patience"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "max(l, d factor) after p evaluations without a better one"}

    patience: Annotated[PositiveInt, Field(description="p, evaluations without a better one before a drop")] = 10
    drop: Annotated[float, Field(gt=0, lt=1, description="d, what a drop multiplies the rate by")] = 0.1
    min_delta: Annotated[
        NonNegativeFloat, Field(description="δ, by how much a figure must be better to count, in its own units")
    ] = 1e-4
    cooldown: Annotated[int, Field(ge=0, description="evaluations after a drop that count for nothing")] = 0
    lowest: Annotated[Probability, Field(description="l, the share of the learning rate it never falls below")] = (
        0.0
    )

    def factor(self, step: int, steps: int) -> float:
        return 1.0

    def react(self, state: Mapping[str, Any], figure: float) -> tuple[Mapping[str, Any], float]:
        best, factor = state.get("best"), state.get("factor", 1.0)
        resting = state.get("resting", 0)
        better = best is None or figure < best - self.min_delta
        waited = 0 if better or resting else state["waited"] + 1
        if waited >= self.patience:
            factor, waited, resting = max(self.lowest, self.drop * factor), 0, self.cooldown
        else:
            resting = max(0, resting - 1)
        changed = {"best": figure if better else best, "waited": waited, "resting": resting, "factor": factor}
        return changed, factor
