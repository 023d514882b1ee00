"""check_regularizer: penalty and gradient of a regularizer."""

import numpy as np

from nnspec.contracts.regularizer import Regularizer
from nnspec.testing.contract import SINGLE, Frozen, require, require_same, require_type
from nnspec.testing.gradients import check_gradient
from nnspec.testing.material import numbers
from nnspec.testing.parts import check_part
from nnspec.types import Array


def check_regularizer(regularizer: Regularizer, count: int = 19) -> None:
    """Checks a regularizer.

    The gradient that it adds agrees with central differences of its penalty; it adds rather than overwrites;
    weights stay as they were; any cut into pieces gives the same; weights of 0, which the gaps between
    parameters are, cost nothing and get no gradient; float32 comes close to float64.

    Args:
        regularizer: The regularizer.
        count: How many weights to try it on.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(regularizer)
    weights, before = numbers((count,)), numbers((count,), 1)
    with Frozen(regularizer, weights=weights).kept():
        penalty = regularizer.penalty(weights)
        gradient = _gradient(regularizer, weights, np.zeros(count))
        added = _gradient(regularizer, weights, before)
    rule = "the penalty is a Python float"
    require(isinstance(penalty, float) and not isinstance(penalty, np.generic), regularizer, rule, str(penalty))
    check_gradient(regularizer, "w", lambda at: np.array(regularizer.penalty(at)), weights, gradient)
    rule = "the gradient is added to what is there"
    require_same(added, before + gradient, regularizer, rule, "Likely mistake: `=` or `out=` in place of `+=`.")
    pieces = [_gradient(regularizer, weights[cut], np.zeros(count)[cut]) for cut in (slice(0, 7), slice(7, None))]
    hint = "Likely mistake: a sum or norm over the piece; pieces are cut for the cache, anywhere."
    require_same(np.concatenate(pieces), gradient, regularizer, "any cut into pieces gives the same", hint)
    zero = np.zeros(count)
    detail = f"penalty {regularizer.penalty(zero):g}, gradient {_gradient(regularizer, zero, zero)[:3]}."
    free = regularizer.penalty(zero) == 0 and not _gradient(regularizer, zero, zero).any()
    require(free, regularizer, "weights of 0 cost nothing and get no gradient", detail)
    single = _gradient(regularizer, weights.astype(np.float32), np.zeros(count, np.float32))
    require_type(single, np.float32, regularizer, "the gradient")
    require_same(single, gradient, regularizer, "float32 comes close to float64", "", SINGLE)


def _gradient(regularizer: Regularizer, weights: Array, before: Array) -> Array:
    gradient = before.copy()
    # What scratch memory holds is whatever was left there.
    regularizer.add_gradient(weights, gradient, np.full_like(gradient, np.nan))
    return gradient
