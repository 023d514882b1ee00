"""The section `train`: how long and in what portions."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from nnspec.spec.checkpointing import Checkpointing
from nnspec.spec.early_stopping import EarlyStopping
from nnspec.spec.intervals import Duration, Steps
from nnspec.spec.section import Section
from nnspec.spec.updating import Average, Clip


class Train(Section):
    """How long and in what portions to train."""

    epochs: Annotated[PositiveInt, Field(description="passes over the training samples")] = 10
    batch_size: Annotated[PositiveInt, Field(description="samples in a step")] = 32
    shuffle: Annotated[bool, Field(description="draw a new order for each epoch")] = True
    samples_per_epoch: Annotated[
        PositiveInt | None, Field(description="samples drawn for an epoch; all of them by default")
    ] = None
    folds: Annotated[
        int | None,
        Field(
            ge=2,
            description="cross-validation: so many networks, each trained without one part of the samples and "
            "judged by it; figures are means over the folds",
        ),
    ] = None
    fold: Annotated[
        PositiveInt | None, Field(description="the one fold to hold out; by default each in turn, from 1")
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
    clip: Annotated[
        Clip | None, Field(description="how gradients are held within bounds, such as `{norm: 1.0}`")
    ] = None
    accumulate: Annotated[
        PositiveInt, Field(description="batches whose gradients make one step, as one large batch would")
    ] = 1
    average: Annotated[
        Average | None,
        Field(description="which average of the weights is evaluated and kept, such as `{ema: 0.999}`"),
    ] = None
    freeze: Annotated[
        tuple[str, ...],
        Field(strict=False, description="patterns of parameters that stay as they are, such as `layers.0.*`"),
    ] = ()
    rates: dict[str, PositiveFloat] = Field(
        default={}, description="factors of the learning rate by pattern, such as `{layers.0.*: 0.1}`"
    )
    validate_every: Annotated[
        Steps | None, Field(description="evaluate in the middle of epochs, too: `500 steps`")
    ] = None
    early_stopping: Annotated[EarlyStopping | None, Field(description="end when training no longer helps")] = None
    time_budget: Annotated[Duration | None, Field(description="end after the step that exceeds it: `10 min`")] = (
        None
    )
    checkpoint: Annotated[Checkpointing, Field(description="how often the run is saved, and what stays")] = (
        Checkpointing()
    )

    @model_validator(mode="after")
    def _one_of_the_folds(self) -> "Train":
        if self.fold is not None and self.fold > (self.folds or 0):
            raise PydanticCustomError(
                "fold",
                "`fold` is {fold}, but there are {folds}",
                {"fold": self.fold, "folds": f"{self.folds} folds" if self.folds else "no `folds`"},
            )
        return self

    @property
    def each_fold(self) -> bool:
        """Whether there is a network to train for each of several folds."""
        return self.folds is not None and self.fold is None

    @property
    def vectors(self) -> int:
        """How many vectors as long as the parameters accumulation and averages keep."""
        return (self.accumulate > 1) + (self.average is not None)

    @property
    def stands_for_best(self) -> bool:
        """Whether the run stands for its best evaluation in the end, rather than for its last."""
        return self.keep == "best" or (self.early_stopping is not None and self.early_stopping.restore_best)
