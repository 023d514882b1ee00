"""nnspec's own steps, as the trainer takes them: bytes are gathered and scaled within the step."""

from itertools import chain, islice

import numpy as np
from rows import Row

from contestants import Block
from nnspec.engine.threads import one_blas_thread
from nnspec.runs.experiment import prepare


def block(row: Row) -> Block:
    """A block of training steps."""
    trainer = prepare(row.spec(), offline=True).trainer()
    network, updates = trainer.network, trainer.updates
    batches = chain.from_iterable(iter(trainer.batches, None))

    def run() -> float:
        cost = 0.0
        with one_blas_thread(), np.errstate(over="ignore"):
            for x, t in islice(batches, row.steps):
                cost = network.step(x, t, updates.scale())
                updates.apply(x.shape[-1])
        return cost

    return run
