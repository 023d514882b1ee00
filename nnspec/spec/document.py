"""What a spec says, section by section."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Loader
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.part import PartOf, by_name
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.reporter import Reporter
from nnspec.contracts.schedule import Schedule
from nnspec.contracts.targets import Held
from nnspec.contracts.transform import Transform
from nnspec.spec.checkpointing import Checkpointing
from nnspec.spec.early_stopping import EarlyStopping
from nnspec.spec.engine import Engine
from nnspec.spec.problems import shown
from nnspec.spec.section import Bounds, Section
from nnspec.spec.train import Train
from nnspec.spec.transferring import Transfer
from nnspec.spec.updating import Average, Clip, Swa
from nnspec.spec.versions import FORMAT
from nnspec.types import Shape

EXTENDS = "extends"
"""The section that names another spec; it is gone before a document is made."""

MAX_AXES = 8
"""Axes of a sample; NumPy has room for 64, batch and layers' own included."""

MAX_ENTRIES = 2_000
"""Entries of a list of parts: more than any stack that was ever trained, few enough to be checked at once."""


def _input_shape(value: object) -> Shape:
    lengths = value if isinstance(value, list | tuple) else [value]
    wrong = [length for length in lengths if type(length) is not int or length <= 0]
    if wrong or not lengths:
        found = f"{shown(wrong[0])} in it" if wrong and lengths is value else shown(value)
        raise PydanticCustomError(
            "input_shape",
            "expected a whole number above 0, or a list of such, found {found}",
            {
                "found": found,
                "hint": "for example 784, or [1, 28, 28] for channels, height, width; without the batch",
            },
        )
    if len(lengths) > MAX_AXES:
        raise PydanticCustomError(
            "input_shape",
            "expected at most {most} lengths, found {found}",
            {"most": MAX_AXES, "found": len(lengths)},
        )
    return tuple(lengths)


def _few(value: object) -> object:
    # Asked before the entries are looked at, and all their mistakes gathered.
    if isinstance(value, list | tuple) and len(value) > MAX_ENTRIES:
        raise PydanticCustomError("too_many", "expected at most {most} entries", {"most": MAX_ENTRIES})
    return value


Few = BeforeValidator(_few)


def _format(value: object) -> int:
    if type(value) is not int or value < 1:
        raise PydanticCustomError(
            "format",
            "expected 1, the version of the spec language, found {found}",
            {"found": shown(value), "hint": f"write `nnspec: {FORMAT}`"},
        )
    if value > FORMAT:
        raise PydanticCustomError(
            "format",
            "this spec is written for version {found} of the spec language; this nnspec reads version {known}",
            {"found": value, "known": FORMAT, "hint": "pip install --upgrade nnspec"},
        )
    return value


PART_SECTIONS = ("dataset", "cost", "regularizer", "optimizer", "schedule")
"""Sections that hold one part each."""


class Document(Section):
    """A whole spec."""

    nnspec: Annotated[int, BeforeValidator(_format), Field(description="version of the spec language: 1")]
    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
            max_length=100,
            description="name of the folder its runs go to",
        ),
    ]
    description: Annotated[str, Field(description="a sentence for the report")] = ""
    seed: Annotated[int, Field(ge=0, description="decides everything that is drawn by chance")] = 1
    dataset: Annotated[PartOf[Loader], Field(description="where samples come from")]
    transforms: Annotated[
        tuple[PartOf[Transform], ...],
        Few,
        Field(strict=False, description="what is done to inputs before the first layer"),
    ] = by_name(("scale",))  # type: ignore[arg-type]
    input: Annotated[
        Any,
        BeforeValidator(_input_shape),
        PlainSerializer(lambda shape: shape[0] if len(shape) == 1 else list(shape)),
        Field(description="shape of one sample: 784, or [1, 28, 28]"),
    ]
    layers: Annotated[
        tuple[PartOf[Layer], ...],
        Few,
        Field(strict=False, min_length=1, description="the stack, first layer first"),
    ]
    transfer: Annotated[
        Transfer | None, Field(description="parameters that another run has learned, to begin with")
    ] = None
    targets: Annotated[
        Held,
        Field(
            description="what outputs are held against: what the data has, as it is `given` or `standardized` to "
            "mean 0 and deviation 1 (metrics, predictions and pages keep its units), or the `inputs`, as an "
            "autoencoder has it"
        ),
    ] = "given"
    cost: Annotated[PartOf[Cost], Field(description="what training minimizes")]
    regularizer: Annotated[PartOf[Regularizer] | None, Field(description="a penalty on weights")] = None
    optimizer: Annotated[PartOf[Optimizer], Field(description="how a step follows from a gradient")]
    schedule: Annotated[PartOf[Schedule] | None, Field(description="how the learning rate changes")] = None
    train: Annotated[Train, Field(description="how long to train")] = Train()
    metrics: Annotated[
        tuple[PartOf[Metric], ...], Few, Field(strict=False, description="what to measure beside the cost")
    ] = by_name(("accuracy",))  # type: ignore[arg-type]
    reporters: Annotated[
        tuple[PartOf[Reporter], ...], Few, Field(strict=False, description="what tells of the run, in its folder")
    ] = by_name(("html", "markdown"))  # type: ignore[arg-type]
    precision: Annotated[Literal["float32", "float64"], Field(description="type of all numbers")] = "float32"
    engine: Annotated[Engine, Field(description="how training uses the machine")] = Engine()
    plugins: Annotated[
        dict[str, str],
        Field(default={}, description="distributions that it needs, with versions: `nnspec-signal: '>=0.1,<1'`"),
    ]
    expect: Annotated[
        dict[str, Bounds],
        Field(default={}, description="bounds on results, such as `test.accuracy: {min: 0.95}`"),
    ]


SECTIONS: dict[tuple[str | int, ...], type[Section]] = {
    ("engine",): Engine,
    ("train",): Train,
    ("transfer",): Transfer,
    ("train", "average"): Average,
    ("train", "average", "swa"): Swa,
    ("train", "clip"): Clip,
    ("train", "checkpoint"): Checkpointing,
    ("train", "early_stopping"): EarlyStopping,
}
"""Sections that stand in the document, by where they do."""


def names(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The names that the section at a path may hold; none where that is for a part to say."""
    if not path:
        return (*Document.model_fields, EXTENDS)
    section: type[Section] | None = SECTIONS.get(path)
    if path[:1] == ("expect",) and len(path) == 2:
        section = Bounds
    return tuple(section.model_fields) if section else ()


def home(name: str) -> str | None:
    """The section to which a name belongs that stands elsewhere by mistake: ``train`` for ``epochs``."""
    for path, section in SECTIONS.items():
        if len(path) == 1 and name in section.model_fields:
            return str(path[0])
    if name in Optimizer.model_fields:
        return "optimizer"
    return "regularizer" if name == "weight_decay" else None
