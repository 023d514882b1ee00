"""What run.json and checkpoints must hold to be used: they may come from anybody, and be damaged in any way."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from nnspec.types import size

CHECKPOINT = r"^(last|previous|best|epoch-\d+(-step-\d+)?)$"
"""Names of checkpoints: one becomes part of a path."""
FILE = r"^(spec\.yaml|metrics\.jsonl|evidence\.npz|checkpoints/[a-z0-9-]+\.safetensors)$"
"""Files that a run lists: nothing outside its folder."""
KEPT = r"^epoch-\d+(-step-\d+)?$"
"""Names of checkpoints that stay because of what they are."""
MOST_NUMBERS = 100_000_000
"""A sample of more numbers is none."""
Count = Annotated[int, Field(ge=0, le=2**53)]
"""Counts of what takes time: no training comes further, and all of it fits into floating point."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


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
    value: float
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


class _Words(_Recorded):
    state: Annotated[int, Field(ge=0, lt=2**128)]
    inc: Annotated[int, Field(ge=0, lt=2**128)]


class _Generator(_Recorded):
    """As NumPy has it."""

    bit_generator: Literal["PCG64"]
    state: _Words
    has_uint32: Annotated[int, Field(ge=0, le=1)]
    uinteger: Annotated[int, Field(ge=0, lt=2**32)]


class _Position(_Recorded, extra="forbid"):
    epoch: Count
    step: Count
    cost: Finite
    shuffling: _Generator | None


class _Reaction(_Recorded):
    state: dict[str, Any]
    factor: Annotated[Finite, Field(ge=0)]


class _Accumulated(_Recorded):
    batches: Count
    samples: Count


class _Updates(_Recorded):
    """What a spec does not ask for is not there."""

    step: Count
    schedule: _Reaction | None = None
    accumulated: _Accumulated | None = None
    averaged: Count | None = None


class _Trainer(_Recorded):
    position: _Position
    updates: _Updates


class _Judged(_Best):
    step: NonNegativeInt


class _Judgement(_Recorded):
    best: _Judged | None
    kept: list[Annotated[tuple[Annotated[str, Field(pattern=KEPT)], float], Field(strict=False)]]
    reference: float | None
    waited: Count


class _State(_Recorded):
    epoch: Count
    step: Count
    trainer: _Trainer
    generators: dict[str, _Generator]
    judgement: _Judgement
    metrics: dict[str, dict[str, Any]]
    lines: Count

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        position = self.trainer.position
        if (self.epoch, self.step) != (position.epoch, position.step):
            raise ValueError(f"says epoch {self.epoch}, step {self.step}, and of the trainer another place")
        return self


def check_facts(facts: object) -> dict[str, Any]:
    """The content of a run.json, of a run or of a cross-validation, as it is.

    Raises:
        ValueError: Something that is used lacks, or is of another kind; the message says what.
    """
    if not isinstance(facts, dict):
        raise ValueError("it does not hold the facts of a run")  # noqa: TRY004 -- of a file's content, not of a call
    _check(_Folds if "folds" in facts else _Facts, facts)
    return facts


def check_state(state: dict[str, Any]) -> None:
    """Looks through what a checkpoint holds beside tensors.

    Raises:
        ValueError: Something that is used lacks, or is of another kind; the message says what.
    """
    _check(_State, state)
    # It goes into run.json, in UTF-8, which has no halves of characters.
    json.dumps(state, ensure_ascii=False).encode()


def _check(model: type[_Recorded], content: dict[str, Any]) -> None:
    try:
        model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from None
