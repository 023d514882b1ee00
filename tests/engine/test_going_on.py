"""Training stops between any two steps and goes on to the same bytes."""

import json
from itertools import islice
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Split
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.transform import Transform
from nnspec.engine import batches as batches_module
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.trainer import Epoch, Pause, Trainer
from nnspec.engine.updates import Updates
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
LAYERS: list[Any] = [{"dense": 6}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": 3}, "softmax"]


class Deaf:
    def epoch_started(self, number: int, steps: int) -> None: ...

    def steps_done(self, steps: int, cost: float) -> None: ...


class Training:
    """A training with everything in it that draws or remembers."""

    def __init__(self, *, shuffle: bool = True) -> None:
        random = np.random.default_rng(0)
        train = Split(random.normal(size=(53, 4)).astype(np.float32), random.integers(3, size=53))
        self.seeds = Seeds(3)
        nodes = plan([part(Layer, entry, {}) for entry in LAYERS], (4,))
        self.network = Network(nodes, part(Cost, "cross_entropy", {}), self.seeds)
        self.network.initialize()
        pipeline = Pipeline([part(Transform, "noise", {})], (4,), self.seeds)
        self.updates = Updates(self.network, part(Optimizer, {"adam": 0.01}, {}))
        self.trainer = Trainer(
            self.network,
            self.updates,
            Batches(train, pipeline, (3,), 5, training=True),
            {"test": Batches(train, pipeline, (3,), 20)},
            {"accuracy": part(Metric, "accuracy", {})},
            self.seeds,
            shuffle=shuffle,
        )

    def arrays(self) -> dict[str, Array]:
        """All that training changes, by name."""
        return {
            "weights": self.network.weights,
            **self.updates.slots,
            **dict(self.network.states.named()),
        }

    def kept(self) -> tuple[dict[str, Array], str]:
        """What a checkpoint would hold."""
        state = {"trainer": self.trainer.state(), "generators": self.seeds.states()}
        return {name: array.copy() for name, array in self.arrays().items()}, json.dumps(state)

    def restore(self, kept: tuple[dict[str, Array], str]) -> None:
        for name, array in self.arrays().items():
            array[...] = kept[0][name]
        state = json.loads(kept[1])
        self.seeds.restore(state["generators"])
        self.trainer.restore(state["trainer"])


def told(moments: list[Epoch | Pause]) -> list[tuple[int, float, dict[str, Any]]]:
    """What the epochs among these moments say, time aside."""
    epochs = [moment for moment in moments if isinstance(moment, Epoch)]
    return [(epoch.number, epoch.cost, dict(epoch.evaluations["test"].values)) for epoch in epochs]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("gathered", [1, 60, 2**18])
def test_a_training_stopped_after_any_step_goes_on_to_the_same_bytes(
    shuffle: bool, gathered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether batches are gathered one by one, a few or all at a time."""
    monkeypatch.setattr(batches_module, "GATHERED_BYTES", gathered)
    unbroken = Training(shuffle=shuffle)
    expected = told(list(unbroken.trainer.moments(3, Deaf())))
    for stopped_after in range(0, 36, 5):
        first = Training(shuffle=shuffle)
        before = list(islice(first.trainer.moments(3, Deaf(), lambda _: True), stopped_after))
        second = Training(shuffle=shuffle)
        second.restore(first.kept())
        after = list(second.trainer.moments(3, Deaf()))
        assert told([*before, *after]) == expected
        for name, array in second.arrays().items():
            assert array.tobytes() == unbroken.arrays()[name].tobytes(), name
        assert second.kept()[1] == unbroken.kept()[1]


def test_pauses_come_after_the_steps_that_ask_for_them_and_change_nothing() -> None:
    paused, unbroken = Training(), Training()
    moments = list(paused.trainer.moments(2, Deaf(), lambda position: position.step % 4 == 0))
    pauses = [(moment.epoch, moment.step) for moment in moments if isinstance(moment, Pause)]
    assert pauses == [(1, 4), (1, 8), (2, 4), (2, 8)]
    assert told(moments) == told(list(unbroken.trainer.moments(2, Deaf())))
    assert paused.kept()[1] == unbroken.kept()[1]
