"""What a spec says between a gradient and new parameters, bound to a network."""

from math import ceil

from nnspec.engine.averaging import Ema, Swa
from nnspec.engine.clipping import Clip
from nnspec.engine.network import Network
from nnspec.engine.updates import Manner, Updates
from nnspec.spec.document import Document
from nnspec.spec.train import Train


def bound_updates(document: Document, network: Network, samples: int) -> Updates:
    """The updates of a whole training.

    Args:
        document: What the spec says.
        network: Whose parameters are updated.
        samples: Samples in the training split.
    """
    train = document.train
    batches = ceil(min(train.samples_per_epoch or samples, samples) / train.batch_size)
    steps = train.epochs * ceil(batches / train.accumulate)
    manner = Manner(_clip(train), train.accumulate, _average(train), train.freeze, train.rates)
    return Updates(network, document.optimizer, document.regularizer, document.schedule, steps, manner)


def _clip(train: Train) -> Clip | None:
    if train.clip is None:
        return None
    by, limit = train.clip.chosen
    return Clip(by, limit)


def _average(train: Train) -> Ema | Swa | None:
    if train.average is None:
        return None
    if train.average.swa is not None:
        return Swa(train.average.swa.start)
    return Ema(train.average.ema) if train.average.ema is not None else None
