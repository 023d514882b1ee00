"""What a spec says between a gradient and new parameters, bound to a network."""

from collections.abc import Iterator
from math import ceil

from nnspec.engine.averaging import Ema, Swa
from nnspec.engine.clipping import Clip
from nnspec.engine.network import Network
from nnspec.engine.updates import Manner, Updates
from nnspec.spec.document import Document
from nnspec.spec.problems import Problem
from nnspec.spec.specification import Spec
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


def batch_problems(spec: Spec, samples: int) -> Iterator[Problem]:
    """Whether each step has all samples, where the optimizer cannot do without.

    Args:
        spec: The spec.
        samples: Samples in the training split.
    """
    document, train = spec.document, spec.document.train
    if not document.optimizer.full_batch:
        return
    met = train.batch_size * train.accumulate
    needs = f"`{spec.resolver.word(document.optimizer)}` needs all {samples:,} samples in each step"
    if train.samples_per_epoch is not None and train.samples_per_epoch < samples:
        message = f"{needs}, but an epoch has {train.samples_per_epoch:,}"
        yield spec.problem("NS058", ("train", "samples_per_epoch"), message, "take it out")
    elif met < samples:
        message = f"{needs}, but a step has {met:,}"
        batches = ceil(samples / train.batch_size)
        hint = f"write `batch_size: {samples}`; or, with less memory, `accumulate: {batches}` beside it as it is"
        yield spec.problem("NS058", ("train", "batch_size"), message, hint)


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
