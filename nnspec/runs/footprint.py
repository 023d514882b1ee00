"""How much memory training a spec will take: found by taking a step and an evaluation on zeros."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nnspec.contracts.loader import Split
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import EVALUATION_BATCH
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.threads import one_blas_thread
from nnspec.runs.experiment import with_shards
from nnspec.runs.updating import bound_updates
from nnspec.spec.specification import Spec
from nnspec.types import size


@dataclass(frozen=True)
class Footprint:
    """Bytes that training takes, beside Python with its libraries and the data.

    Attributes:
        layers: Buffers of each layer, for training and for evaluation.
        parameters: Parameters, gradients, and what the optimizer and its like keep.
        batches: Batches on their way to the network, and the cost's buffers.
        checkpoint: What writing a checkpoint takes for a moment.
    """

    layers: tuple[int, ...]
    parameters: int
    batches: int
    checkpoint: int

    @property
    def total(self) -> int:
        """All of it, at the moment when there is most."""
        return sum(self.layers) + self.parameters + self.batches + self.checkpoint


def footprint(spec: Spec) -> Footprint:
    """Measures a spec without its data.

    A last batch that is smaller than the others has buffers of its own, which are not counted: how many samples
    there are is for the data to say.
    """
    document = spec.document
    batch = document.train.batch_size
    document = with_shards(spec, batch).document
    shards = document.engine.shards if isinstance(document.engine.shards, int) else 1
    dtype, seeds = np.dtype(document.precision), Seeds(document.seed)
    with _arrays() as taken:
        network = Network(spec.nodes, document.cost, seeds, dtype, shards=shards)
        updates = bound_updates(document, network, batch)
        # Each further shard adds up its gradient in a vector of its own.
        parameters = taken() + (shards - 1) * network.gradient.nbytes
        shape = document.dataset.outline().shape
        pipeline = Pipeline(document.transforms if shape else (), document.input, seeds, dtype)
        for samples, training in ((batch, True), (EVALUATION_BATCH, False)):
            _pass(network, pipeline, shape or document.input, samples, training=training)
        everything = taken()
        layers = tuple(network.working_bytes())
    kept = network.weights.nbytes + sum(array.nbytes for _, array in updates.named())
    # Its tensors are copied, turned to bytes, and these put together to a file.
    return Footprint(layers, parameters, max(0, everything - parameters - sum(layers)), 3 * kept)


def _pass(network: Network, pipeline: Pipeline, shape: tuple[int, ...], samples: int, *, training: bool) -> None:
    output = network.nodes[-1].output
    inputs = np.zeros((samples, *shape), np.float32)
    targets = np.zeros(samples, np.intp) if size(output) > 1 else np.zeros((samples, 1))
    pipeline.fit(inputs)
    batches = Batches(Split(inputs, targets), pipeline, output, samples, training=training)
    x, t = next(batches.in_order())
    # Zeros are no data: what they lead to is of no interest.
    with one_blas_thread(), np.errstate(all="ignore"):
        if training:
            network.step(x, t)
        else:
            network.forward(x)
            network.cost_value(t)


@contextmanager
def _arrays() -> Iterator["_Taken"]:
    """Within it, a function tells the bytes of the arrays made since it began."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        yield _Taken()
    finally:
        if not running:
            tracemalloc.stop()


class _Taken:
    def __init__(self) -> None:
        self._before, _ = tracemalloc.get_traced_memory()

    def __call__(self) -> int:
        return tracemalloc.get_traced_memory()[0] - self._before
