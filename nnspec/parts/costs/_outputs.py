"""Whether a sample's terms are summed over its outputs or averaged."""

from typing import Annotated, Literal

from nnspec.extend import Array, Field

OverOutputs = Annotated[
    Literal["sum", "mean"], Field(description="whether a sample's terms are summed or averaged")
]


def share(y: Array, over_outputs: Literal["sum", "mean"]) -> float:
    """What one term counts: 1/N, or 1/N for each of the outputs that are averaged."""
    return 1 / float(y.size if over_outputs == "mean" else y.shape[-1])


def behind(over_outputs: Literal["sum", "mean"], y: Array) -> str:
    """What arithmetic for one sample ends in: `` / 3`` where its 3 outputs are averaged."""
    return f" / {y.size}" if over_outputs == "mean" else ""
