"""What a broken contract looks like, and the comparisons that most contracts come down to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nnspec.contracts.part import Part
from nnspec.types import Array

SAME = 1e-11
"""Relative difference up to which two float64 results count as the same: other memory, other order of sums."""
SINGLE = 1e-4
"""Relative difference allowed between a result in float32 and the same in float64."""


class ContractError(AssertionError):
    """A part does not keep its contract.

    Attributes:
        part: The part; its class, where no part could be made.
        contract: The rule that it breaks, in a few words.
    """

    def __init__(self, part: Part | type[Part], contract: str, detail: str) -> None:
        name = part.__name__ if isinstance(part, type) else repr(part)
        super().__init__(f"{name} breaks a contract: {contract}.\n  {detail}")
        self.part = part
        self.contract = contract


def require(condition: object, part: Part, contract: str, detail: str) -> None:
    """Raises a `ContractError` unless the condition holds."""
    if not condition:
        raise ContractError(part, contract, detail)


def require_same(
    got: Array, expected: Array, part: Part, contract: str, hint: str, tolerance: float = SAME
) -> None:
    """Raises unless two arrays agree, measured by the largest number expected.

    Args:
        got: What came out.
        expected: What should have.
        part: The part under test.
        contract: The rule.
        hint: The likely mistake, said where they differ.
        tolerance: Largest difference allowed, relative to the largest number expected, but at least to 1.
    """
    require(got.shape == expected.shape, part, contract, f"shape {got.shape}, expected {expected.shape}. {hint}")
    with np.errstate(invalid="ignore"):
        difference = np.abs(np.asarray(got, np.float64) - np.asarray(expected, np.float64))
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    # Not `difference > bound`: a NaN must not pass.
    wrong = ~(difference <= tolerance * scale)
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        raise ContractError(
            part,
            contract,
            f"{wrong.sum()} of {wrong.size} numbers differ; at {place}: {got[place].item()!r}, expected "
            f"{expected[place].item()!r}. {hint}",
        )


def require_type(got: Array, dtype: Any, part: Part, what: str) -> None:
    """Raises unless an array has the type that the spec's precision asks for."""
    require(
        isinstance(got, np.ndarray) and got.dtype == dtype,
        part,
        "results are arrays of the context's own type",
        f"{what} is {getattr(got, 'dtype', type(got).__name__)}, expected {np.dtype(dtype)}. Likely mistake: a "
        "NumPy number or array of another type in the expression; use Python floats, or `ctx.dtype.type(...)`.",
    )


class Frozen:
    """Arrays that must come back as they were: not writable, and compared with copies afterwards."""

    def __init__(self, part: Part, **arrays: Array) -> None:
        self._part = part
        self._arrays = arrays
        self._copies = {name: array.copy() for name, array in arrays.items()}
        for array in arrays.values():
            array.flags.writeable = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Raises if what runs within writes to one of the arrays.

        Raises:
            ContractError: It does.
        """
        rule = "inputs are read-only"
        try:
            yield
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise ContractError(
                self._part,
                rule,
                f"NumPy says: {error}. Likely mistake: an in-place operation on an argument; write to a buffer "
                "instead, `out=ctx.buffer(...)`.",
            ) from error
        for name, array in self._arrays.items():
            same = np.array_equal(array, self._copies[name], equal_nan=True)
            require(same, self._part, rule, f"`{name}` has other numbers than before.")
