"""The section `train.checkpoint`: how often a run is saved, and which of its checkpoints stay."""

from typing import Annotated

from pydantic import Field, PositiveInt

from nnspec.spec.intervals import Every
from nnspec.spec.section import Section


class Checkpointing(Section):
    """How often a run is saved, and which checkpoints stay beside the last, the one before it, and the best."""

    every: Annotated[
        Every, Field(description="how often: `1 epoch`, `500 steps` or `60 s`; and in any case at the end")
    ] = "10 s"  # type: ignore[assignment]  # validated like what a spec says
    keep_best: Annotated[PositiveInt, Field(description="how many of the best checkpoints stay")] = 1
    keep_every: Annotated[
        PositiveInt | None, Field(description="epochs of which the checkpoint stays: each fifth with 5")
    ] = None
