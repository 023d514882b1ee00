"""The section `train.early_stopping`: when more training has stopped to help."""

from typing import Annotated

from pydantic import Field, PositiveInt

from nnspec.spec.section import Section


class EarlyStopping(Section):
    """Ends training when the monitored figure has not improved for a while."""

    patience: Annotated[
        PositiveInt, Field(description="so many evaluations in a row without an improvement end training")
    ] = 10
    min_delta: Annotated[float, Field(ge=0, description="how large an improvement must be to count")] = 0.0
    restore_best: Annotated[bool, Field(description="the run then stands for its best evaluation")] = True
