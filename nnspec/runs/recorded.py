"""What run.json must hold for a run to be used: a folder may come from anybody, and be damaged in any way."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from nnspec.types import size

CHECKPOINT = r"^(last|previous|best|epoch-\d+(-step-\d+)?)$"
"""Names of checkpoints: one becomes part of a path."""
FILE = r"^(spec\.yaml|metrics\.jsonl|evidence\.npz|checkpoints/[a-z0-9-]+\.safetensors)$"
"""Files that a run lists: nothing outside its folder."""
MOST_NUMBERS = 100_000_000
"""A sample of more numbers is none."""


def _fits_memory(shape: list[int]) -> list[int]:
    if size(shape) > MOST_NUMBERS:
        raise ValueError("no sample holds so many numbers")
    return shape


class _Recorded(BaseModel):
    """Other versions may record more."""

    model_config = ConfigDict(strict=True, extra="allow", defer_build=True)


class _Data(_Recorded):
    loader: str
    samples: dict[str, NonNegativeInt]
    shape: Annotated[list[PositiveInt], AfterValidator(_fits_memory)]
    dtype: str
    classes: Annotated[list[str], Field(min_length=2)] | None
    outcomes: list[str] = []
    features: list[str]
    sha256: str


class _Best(_Recorded):
    epoch: NonNegativeInt
    monitor: str
    value: float | None
    metrics: dict[str, dict[str, Any]]


class _Facts(_Recorded):
    name: str
    started: str
    spec_file: str | None
    spec_folder: str
    seed: int
    fingerprint: str
    status: Literal["running", "finished", "failed", "interrupted"]
    reason: str | None
    signal: str | None = None
    epochs: NonNegativeInt
    step: NonNegativeInt = 0
    files: dict[Annotated[str, Field(pattern=FILE)], str] = {}
    checkpoint: Annotated[str, Field(pattern=CHECKPOINT)]
    seconds: float
    training_seconds: float
    metrics: dict[str, dict[str, Any]]
    best: _Best | None
    resumed: list[dict[str, Any]] = []
    warnings: list[str]
    dataset: _Data
    versions: dict[str, str]
    plugins: dict[str, str] = {}
    machine: dict[str, Any]


class _Fold(_Recorded):
    folder: Annotated[str, Field(pattern=r"^fold-[1-9]\d*$")]
    status: str
    metrics: dict[str, dict[str, Any]]


class _Folds(_Recorded):
    """Of a cross-validation, in whose folder lie the runs of its folds."""

    name: str
    started: str
    status: Literal["running", "finished", "failed", "interrupted"]
    reason: str | None
    signal: str | None
    epochs: NonNegativeInt
    seconds: float
    metrics: dict[str, dict[str, float]]
    spread: dict[str, dict[str, float]]
    folds: list[_Fold]
    best: None
    warnings: list[str]


def check_facts(facts: object) -> dict[str, Any]:
    """The content of a run.json, of a run or of a cross-validation, as it is.

    Raises:
        ValueError: Something that is used lacks, or is of another kind; the message says what.
    """
    if not isinstance(facts, dict):
        raise ValueError("it does not hold the facts of a run")  # noqa: TRY004 -- of a file's content, not of a call
    try:
        (_Folds if "folds" in facts else _Facts).model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None
    return facts
