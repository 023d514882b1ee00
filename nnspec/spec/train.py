"""The section `train`: how long and in what portions."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from nnspec.spec.section import Section


class Train(Section):
    """How long and in what portions to train."""

    epochs: Annotated[PositiveInt, Field(description="passes over the training samples")] = 10
    batch_size: Annotated[PositiveInt, Field(description="samples in a step")] = 32
    shuffle: Annotated[bool, Field(description="draw a new order for each epoch")] = True
    samples_per_epoch: Annotated[
        PositiveInt | None, Field(description="samples drawn for an epoch; all of them by default")
    ] = None
    monitor: Annotated[
        str | None,
        Field(
            description="what the best epoch is best at, such as `validation.accuracy`; by default the first "
            "metric of the validation split, or of the test split where nothing is set aside"
        ),
    ] = None
    keep: Annotated[Literal["last", "best"], Field(description="which epoch's network the run stands for")] = (
        "last"
    )
