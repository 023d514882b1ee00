"""The one import of a plugin author: contracts, field types, errors and helpers.

    from nnspec.extend import Declaration, Layer, PositiveInt, require_row

What stands in ``__all__`` is there in every release whose contract version, `API`, is the same: names may be
added, none is taken away or given another meaning. See docs/plugins.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, Strict

from nnspec.contracts.activation import Activation, Family
from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.cost import Cost, Judge, LogitJudge
from nnspec.contracts.fields import FileName, OneOrTwo
from nnspec.contracts.initializer import Initializer, Tie
from nnspec.contracts.layer import Backward, Declaration, Forward, Inner, Layer, Parameter, State
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
from nnspec.contracts.optimizer import Optimizer, Piece, Update
from nnspec.contracts.part import API, Part, PartOf, by_name, decided_by, part_by_name
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.reporter import EpochRecord, Reporter, Run
from nnspec.contracts.schedule import Schedule
from nnspec.contracts.shapes import require_image, require_row, require_sequence
from nnspec.contracts.stack import Layers, Stack
from nnspec.contracts.targets import Targets
from nnspec.contracts.transform import Transform
from nnspec.errors import DataError, ShapeError, TargetsError, UsageError
from nnspec.files.bounds import LIMIT
from nnspec.types import Array, DType, Random, Shape, factor_text, number_text, shape_text, size

if TYPE_CHECKING:
    from nnspec.contracts.auto_layer import AutoLayer
    from nnspec.contracts.content import Content
    from nnspec.contracts.executor import Executor
    from nnspec.contracts.exporter import Exporter, Model, ModelLayer, ModelTransform
    from nnspec.contracts.rows import Rows, Stretch
    from nnspec.files.arrays import Archive, is_text, npy_header, parse_npy
    from nnspec.files.pictures import open_picture

_LATER = {
    "nnspec.contracts.auto_layer": {"AutoLayer"},
    "nnspec.contracts.content": {"Content"},
    "nnspec.contracts.executor": {"Executor"},
    "nnspec.contracts.exporter": {"Exporter", "Model", "ModelLayer", "ModelTransform"},
    "nnspec.contracts.rows": {"Rows", "Stretch"},
    "nnspec.files.arrays": {"Archive", "is_text", "npy_header", "parse_npy"},
    "nnspec.files.pictures": {"open_picture"},
}
"""What few specs need is imported when a part asks for it; type checkers see it above."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""
ShapeOption = Annotated[tuple[PositiveInt, ...], Strict(strict=False)]
"""A shape written as a list in a spec: ``[1, 28, 28]``."""

__all__ = [
    "API",
    "LIMIT",
    "Activation",
    "Archive",
    "Array",
    "AutoLayer",
    "Backward",
    "Content",
    "Context",
    "Cost",
    "DType",
    "DataError",
    "Dataset",
    "Declaration",
    "EpochRecord",
    "Executor",
    "Exporter",
    "Family",
    "Field",
    "FileName",
    "Forward",
    "Initializer",
    "Inner",
    "Judge",
    "Layer",
    "Layers",
    "Loader",
    "LogitJudge",
    "Metric",
    "Model",
    "ModelLayer",
    "ModelTransform",
    "NonNegativeFloat",
    "OneOrTwo",
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
    "Reporter",
    "Rows",
    "Run",
    "Schedule",
    "Shape",
    "ShapeError",
    "ShapeOption",
    "Share",
    "Source",
    "SourceFile",
    "Split",
    "SplitName",
    "Stack",
    "State",
    "Stretch",
    "Targets",
    "TargetsError",
    "Tie",
    "Transform",
    "Update",
    "UsageError",
    "Value",
    "by_name",
    "decided_by",
    "factor_text",
    "is_text",
    "npy_header",
    "number_text",
    "open_picture",
    "parse_npy",
    "part_by_name",
    "require_image",
    "require_row",
    "require_sequence",
    "shape_text",
    "size",
]


if not TYPE_CHECKING:  # to which every name would be one of these

    def __getattr__(name: str) -> object:
        for home, names in _LATER.items():
            if name in names:
                found = globals()[name] = getattr(import_module(home), name)
                return found
        raise AttributeError(f"module 'nnspec.extend' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
