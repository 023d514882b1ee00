"""mixup: inputs and targets are mixed alike, by chance that belongs to the place in training alone."""

import numpy as np
import pytest

from nnspec.contracts.loader import Split
from nnspec.contracts.transform import Transform
from nnspec.engine.batches import Batches
from nnspec.engine.goal import Goal
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
CLASSES = 4


def batches(
    *entries: object, size: int = 8, training: bool = True, targets: Array | None = None, goal: Goal | None = None
) -> Batches:
    """Samples that are their own one-hot targets, so that what is mixed into them can be read off."""
    labels = np.arange(40) % CLASSES
    inputs = np.eye(CLASSES, dtype=np.float32)[labels]
    transforms = [part(Transform, entry, {}) for entry in entries]
    split = Split(inputs, labels if targets is None else targets)
    pipeline = Pipeline(transforms, (CLASSES,), Seeds(3), goal=goal)
    return Batches(split, pipeline, (CLASSES,), size, training=training)


def epoch(made: Batches, number: int = 1) -> tuple[Array, Array]:
    pairs = [(x.copy(), t.copy()) for x, t in made.shuffled(np.random.default_rng(0), number)]
    return np.concatenate([x for x, _ in pairs], axis=-1), np.concatenate([t for _, t in pairs], axis=-1)


def test_targets_are_mixed_as_inputs_are() -> None:
    """Inputs are the targets themselves, and stay so however they are mixed."""
    x, t = epoch(batches({"mixup": 1.0}))
    assert x == pytest.approx(t, abs=1e-6)
    assert x.sum(axis=0) == pytest.approx(np.ones(40), abs=1e-6)
    mixed = ((x > 1e-3) & (x < 1 - 1e-3)).any(axis=0).mean()
    assert mixed > 0.5


def test_numbers_are_mixed_too() -> None:
    numbers = np.eye(CLASSES, dtype=np.float32)[np.arange(40) % CLASSES] * 10
    x, t = epoch(batches({"mixup": 1.0}, targets=numbers))
    assert 10 * x == pytest.approx(t, abs=1e-5)


def test_transforms_behind_it_change_inputs_alone() -> None:
    x, t = epoch(batches({"mixup": 1.0}, {"noise": 0.5}))
    plain, same = epoch(batches({"mixup": 1.0}))
    assert (t == same).all()
    assert np.abs(x - plain).mean() > 0.1


def test_each_epoch_mixes_otherwise_and_the_same_one_alike() -> None:
    made = batches({"mixup": 1.0})
    first, again, second = epoch(made, 1)[0], epoch(batches({"mixup": 1.0}), 1)[0], epoch(made, 2)[0]
    assert (first == again).all()
    assert (first != second).any()


def test_nothing_is_mixed_outside_training() -> None:
    pairs = list(batches("mixup", training=False, size=40).in_order())
    assert (np.eye(CLASSES)[np.arange(40) % CLASSES] == pairs[0][0].T).all()
    assert (pairs[0][1] == pairs[0][0]).all()


def test_small_shares_hardly_mix() -> None:
    """Beta(α, α) has the variance 1 / (4 (2 α + 1)) about 1/2."""
    shares = []
    for alpha in (0.05, 4.0):
        x, _ = epoch(batches({"mixup": alpha}))
        shares.append(np.max(x, axis=0).mean())
    assert shares[0] > 0.95
    assert shares[1] < 0.85


def test_an_autoencoder_is_to_give_back_the_mixed_sample_without_the_noise() -> None:
    x, t = epoch(batches({"mixup": 1.0}, {"noise": 0.1}, goal=Goal("inputs")))
    clean, _ = epoch(batches({"mixup": 1.0}))
    assert t == pytest.approx(clean, abs=1e-6)
    assert (x != t).any()
