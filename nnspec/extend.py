"""The one import of a plugin author: contracts, field types, errors and helpers.

from nnspec.extend import Declaration, Layer, PositiveInt, ShapeError
"""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, Strict

from nnspec.contracts.activation import Activation, Family
from nnspec.contracts.content import LIMIT, Content
from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.cost import Cost
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Declaration, Layer, Parameter, State
from nnspec.contracts.loader import (
    Dataset,
    Loader,
    Outline,
    RemoteFile,
    Share,
    Source,
    SourceFile,
    Split,
    SplitName,
)
from nnspec.contracts.metric import Metric, Value
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.contracts.part import API, Part, PartOf, by_name, decided_by
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.schedule import Schedule
from nnspec.contracts.transform import Transform
from nnspec.errors import DataError, ShapeError, UsageError
from nnspec.types import Array, DType, Random, Shape, factor_text, number_text, shape_text, size

Probability = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""
ShapeOption = Annotated[tuple[PositiveInt, ...], Strict(strict=False)]
"""A shape written as a list in a spec: ``[1, 28, 28]``."""

__all__ = [
    "API",
    "LIMIT",
    "Activation",
    "Array",
    "Content",
    "Context",
    "Cost",
    "DType",
    "DataError",
    "Dataset",
    "Declaration",
    "Family",
    "Field",
    "Initializer",
    "Layer",
    "Loader",
    "Metric",
    "NonNegativeFloat",
    "Optimizer",
    "Outline",
    "Parameter",
    "Parameters",
    "Part",
    "PartOf",
    "Piece",
    "PositiveFloat",
    "PositiveInt",
    "Probability",
    "Random",
    "Regularizer",
    "RemoteFile",
    "Schedule",
    "Shape",
    "ShapeError",
    "ShapeOption",
    "Share",
    "Source",
    "SourceFile",
    "Split",
    "SplitName",
    "State",
    "Transform",
    "UsageError",
    "Value",
    "by_name",
    "decided_by",
    "factor_text",
    "number_text",
    "shape_text",
    "size",
]
