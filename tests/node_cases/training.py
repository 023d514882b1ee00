"""Optimizers and costs."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.registry import default_resolver
from nnspec.testing import output_of
from nnspec.testing.material import context
from nnspec.types import Array

from .cases import Runner, attributes_of, named

part = default_resolver().part

UNCORRECTED = 10**9
"""A step so late that running means are no longer corrected for their start, as in ONNX's first."""
SLOTS = {"Adagrad": ("square",), "Adam": ("mean", "square"), "Momentum": ("velocity",)}


def stepped(
    optimizer: Optimizer, arrays: dict[str, Array], rate: float, step: int, decay: float
) -> dict[str, Array]:
    """The arrays after a step; ONNX adds the penalty's gradient within the operator."""
    kept = {name: array.astype(np.float64) for name, array in arrays.items()}
    weights, gradient = kept.pop("weights"), kept.pop("gradient")
    gradient += decay * weights
    optimizer.update(Piece(weights, gradient, kept, np.empty_like(weights)), rate, step)
    return {"weights": weights, **kept}


def counterpart(given: dict[str, Any], kind: str, seen: int) -> tuple[object, int]:
    """The part with a case's options, and the step it takes after so many updates."""
    if kind == "Adagrad":
        return {"adagrad": {"learning_rate": 1.0, "epsilon": given["epsilon"]}}, seen + 1
    if kind == "Adam":
        options = {"beta1": given["alpha"], "beta2": given["beta"]}
        # ONNX corrects the rate in place of the means: its epsilon counts less by the mean square's correction.
        epsilon = given["epsilon"] / (np.sqrt(1 - given["beta"] ** seen) if seen else 1)
        return {"adam": {"learning_rate": 1.0, "epsilon": float(epsilon), **options}}, seen or UNCORRECTED
    word = "nesterov" if given["mode"] == b"nesterov" else "momentum"
    return {word: {"learning_rate": 1.0, "momentum": given["alpha"]}}, seen + 1


def update(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """One step of an optimizer: weights of all tensors, then gradients of all, then each slot."""
    options, kind = attributes_of(node), node.op_type
    rate, seen, *inputs = given
    entry, step = counterpart(options, kind, int(seen))
    assert kind != "Momentum" or seen == 0 or options["beta"] == 1
    names = ("weights", "gradient", *SLOTS[kind])
    tensors = len(inputs) // len(names)
    slowed = float(rate) / (1 + int(seen) * options.get("decay_factor", 0.0))
    for tensor in range(tensors):
        start = {word: np.asarray(inputs[place * tensors + tensor]) for place, word in enumerate(names)}
        found = stepped(part(Optimizer, entry, {}), start, slowed, step, options["norm_coefficient"])
        for place, word in enumerate(("weights", *SLOTS[kind])):
            np.testing.assert_allclose(found[word], expected[place * tensors + tensor], rtol=1e-5, atol=1e-6)


def classification(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Cross-entropy of logits, or of logarithms of probabilities.

    Axes beyond the classes are further samples. Costs here are means over samples: each sample's is taken by
    itself and summed up as the case wants it, whose mean divides by the samples' weights.
    """
    scores, labels, weights = (*named(node, given), None)[:3]
    assert scores is not None
    assert labels is not None
    options = attributes_of(node)
    flat, targets = np.moveaxis(scores, 1, 0).reshape(scores.shape[1], -1), labels.ravel()
    counted = targets != options.get("ignore_index", -(10**9))
    by_class = np.ones(len(flat)) if weights is None else weights
    factors = np.where(counted, by_class[np.where(counted, targets, 0)], 0.0)
    losses = np.array(list(_losses(node.op_type, flat, np.where(counted, targets, 0)))) * factors
    reduction = options.get("reduction", b"mean")
    found = {b"none": losses.reshape(labels.shape), b"sum": losses.sum(), b"mean": losses.sum() / factors.sum()}
    np.testing.assert_allclose(found[reduction], expected[0], rtol=1e-5, atol=1e-6)
    if len(expected) > 1:
        log_probabilities = output_of(part(Layer, "log_softmax", {}), flat)
        there = np.moveaxis(expected[1], 1, 0).reshape(flat.shape)
        np.testing.assert_allclose(log_probabilities, there, rtol=1e-5, atol=1e-5)


def _losses(operator: str, scores: Array, labels: Array) -> Iterator[float]:
    cost: Any = part(Cost, "cross_entropy", {})
    for sample, label in enumerate(labels):
        z = scores[:, sample : sample + 1].astype(np.float64)
        t = np.eye(len(z))[:, label : label + 1]
        if operator == "SoftmaxCrossEntropyLoss":
            yield cost.logit_value(z, output_of(part(Layer, "softmax", {}), z), t, context())
        else:
            # No logarithms of probabilities, by the case's random numbers, but they are taken for such.
            yield cost.value(np.exp(z), t, context())


RUNNERS: dict[str, Runner] = {
    **dict.fromkeys(SLOTS, update),
    "NegativeLogLikelihoodLoss": classification,
    "SoftmaxCrossEntropyLoss": classification,
}
