"""What all contestants are given alike: data, initial weights and the order of the samples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rows import Row

from nnspec.engine.plan import Node
from nnspec.engine.seeds import Seeds
from nnspec.runs.experiment import prepare
from nnspec.types import Array


@dataclass(frozen=True)
class Material:
    """A row, made ready for libraries that keep the batch on the first axis.

    Attributes:
        row: The row.
        layers: The plan's layers, each with the initial values of its parameters.
        inputs: (samples, *input), float32 and scaled already.
        targets: (samples, 10), one-hot, float32.
    """

    row: Row
    layers: list[tuple[Node, dict[str, Array]]]
    inputs: Array
    targets: Array

    @property
    def rate(self) -> float:
        """The learning rate."""
        return self.row.spec().document.optimizer.learning_rate

    @property
    def adam(self) -> bool:
        """Whether the update is Adam's, else that of plain gradient descent."""
        return "adam" in self.row.optimizer

    def choices(self) -> Iterator[Array]:
        """The samples of each batch, (batch,), in the order in which nnspec draws them in its first epoch."""
        samples, batch = len(self.inputs), self.row.batch
        order = Seeds(1).generator("shuffling").permutation(samples)
        while True:
            for start in range(0, samples - batch + 1, batch):
                yield order[start : start + batch]


def material(row: Row) -> Material:
    """Loads the data of a row and draws its weights."""
    experiment = prepare(row.spec(), offline=True)
    network, train = experiment.network, experiment.dataset.train
    layers = [
        (node, {name: getattr(network.parameters(index), name).copy() for name in node.declaration.parameters})
        for index, node in enumerate(network.nodes)
    ]
    inputs = (train.inputs.astype(np.float32) / 255).reshape(-1, *experiment.spec.document.input)
    return Material(row, layers, inputs, np.eye(10, dtype=np.float32)[train.targets])
