"""Before a training of hours: a step and an evaluation with plugins' parts, on a few samples of the data.

Specs without such parts are not rehearsed. What is rehearsed happens in a network of its own, with generators of
its own: the training that follows draws the same numbers as one that was not rehearsed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from nnspec.contracts.figures import unsound_result, unsound_sums
from nnspec.contracts.guests import Place, culprit, fault, is_guest, read_only, said
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Dataset, Split
from nnspec.contracts.metric import Metric
from nnspec.contracts.part import Part
from nnspec.contracts.transform import Transform
from nnspec.engine.batches import Batches
from nnspec.engine.context import LayerContext
from nnspec.engine.evaluation import evaluate
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.updates import Updates
from nnspec.errors import NnspecError
from nnspec.spec.document import Document
from nnspec.types import Array

SAMPLES = (4, 3)
"""Two batches: what holds for one number of samples only shows at the other."""
SCALE = 0.25
"""What a gradient is multiplied by, exactly."""
CLOSE = 1e-4


@contextmanager
def blamed(guests: Sequence[tuple[Part, Place]]) -> Iterator[None]:
    """Tells what the code of a plugin raises as its own failing, with the place where the spec names the part.

    Args:
        guests: The parts of plugins, each with its place.

    Raises:
        FaultyPartError: One of them raised something that is no error of nnspec.
    """
    try:
        yield
    except NnspecError:
        raise
    except (Exception, SystemExit) as error:
        modules = [type(part).__module__ for part, _ in guests]
        guilty = culprit(error, modules)
        if guilty is not None:
            part, place = guests[modules.index(guilty)]
            raise fault(part, f"fails: {said(error)}", place) from error
        # What a layer within another yields is first met by the code of the layer around it.
        within = next((guest for guest in guests if isinstance(guest[0], Layer) and len(guest[1]) > 2), None)
        if within is None:
            raise
        raise fault(within[0], f"or the layer around it fails: {said(error)}", within[1]) from error


def rehearse(document: Document, dataset: Dataset, pipeline: Pipeline, network: Network, updates: Updates) -> None:
    """Takes steps with a few samples.

    Args:
        document: What the spec says.
        dataset: The data.
        pipeline: Its transforms; not fitted yet, and not those of the training.
        network: Its network; not initialized yet, and not that of the training.
        updates: Its updates, of that network.

    Raises:
        FaultyPartError: A part of a plugin fails, or breaks its contract.
    """
    train = dataset.train
    pipeline.fit(train.inputs[:1000])
    _rehearse_initializers(network)
    for count in SAMPLES:
        few = Split(train.inputs[:count], train.targets[:count])
        _rehearse_transforms(pipeline, few.inputs)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            _rehearse_steps(document, few, pipeline, network, updates)


def _rehearse_initializers(network: Network) -> None:
    network.initialize()
    for place in network.layout.places:
        initializer = place.parameter.initializer
        if is_guest(initializer) and not np.isfinite(place.view(network.weights)).all():
            what = f"breaks its contract: fill leaves {place.name} at numbers that are not finite"
            raise fault(initializer, what, ("layers", network.nodes[place.node].entry))


def _rehearse_steps(
    document: Document, few: Split, pipeline: Pipeline, network: Network, updates: Updates
) -> None:
    output, count = network.nodes[-1].output, len(few)
    for training in (True, False):
        for x, t in Batches(few, pipeline, output, count, training=training).in_order():
            network.forward(x, training=training)
            _rehearse_cost(network, t)
            network.backward(t)
    updates.apply()
    if not np.isfinite(network.weights).all() and is_guest(document.optimizer):
        raise fault(document.optimizer, "yields weights that are not finite at once", ("optimizer",))
    _rehearse_metrics(document, network, Batches(few, pipeline, output, count))
    metrics = {str(index): metric for index, metric in enumerate(document.metrics)}
    evaluate(network, Batches(few, pipeline, output, count), metrics)


def _rehearse_metrics(document: Document, network: Network, batches: Batches) -> None:
    restored = batches.goal.restored
    for x, t in batches.in_order():
        y = network.forward(x)
        for index, metric in enumerate(document.metrics):
            if is_guest(metric):
                _check_metric(metric, restored(y), restored(t), ("metrics", index))


def _check_metric(metric: Metric, y: Array, t: Array, place: Place) -> None:
    sums = metric.measure(y, t)
    if wrong := unsound_sums(sums):
        raise fault(metric, f"breaks its contract: measure {wrong}", place)
    if wrong := unsound_result(metric.result(sums), single=metric.single):
        raise fault(metric, f"breaks its contract: result {wrong}", place)


def _rehearse_transforms(pipeline: Pipeline, rows: Array) -> None:
    x = np.moveaxis(rows, 0, -1)
    for index, transform in enumerate(pipeline.transforms):
        ctx = LayerContext(np.random.default_rng(0), pipeline.dtype)
        y = transform.apply(read_only(x), pipeline.fitted[index], ctx)
        if is_guest(transform):
            _check_transform(transform, x, y, pipeline, ("transforms", index))
        x = y


def _check_transform(transform: Transform, x: Array, y: object, pipeline: Pipeline, place: Place) -> None:
    expected = (*transform.shape(x.shape[:-1]), x.shape[-1])
    if not isinstance(y, np.ndarray) or y.shape != expected:
        found = f"of shape {y.shape}" if isinstance(y, np.ndarray) else f"that is {type(y).__name__}"
        what = f"breaks its contract: apply returns a batch {found}, its `shape` promises {expected}"
        raise fault(transform, what, place)
    if y.dtype not in (pipeline.dtype, x.dtype):
        raise fault(transform, f"breaks its contract: apply returns {y.dtype}, expected {pipeline.dtype}", place)


def _rehearse_cost(network: Network, t: Array) -> None:
    """The cost, asked as evaluations and as training steps ask for it."""
    value, gradient = network.cost_value(t), network.cost_gradient(t).copy()
    if not is_guest(network.cost):
        return
    _check_cost(network, value, gradient)
    for scale in (1.0, SCALE):
        found, scaled = network.lane.judge(t, scale)
        _check_cost(network, found, scaled)
        if not np.isclose(found, value, rtol=CLOSE) or not np.allclose(scaled, scale * gradient, CLOSE, CLOSE):
            method, values = ("bind_logits", "logit_value") if network.fused else ("bind", "value")
            what = f"breaks its contract: {method} yields another cost, or another gradient times the scale, than"
            raise fault(network.cost, f"{what} {values} and {values.replace('value', 'gradient')}", ("cost",))


def _check_cost(network: Network, value: object, gradient: Array) -> None:
    y = network.lane.contexts[-1].y
    if not isinstance(value, float) or not np.isfinite(value):
        raise fault(
            network.cost, f"breaks its contract: a value of {value!r}, expected a finite number", ("cost",)
        )
    if gradient.shape != y.shape or gradient.dtype != network.dtype:
        what = f"a gradient {gradient.dtype} of shape {gradient.shape}, expected {network.dtype} of {y.shape}"
        raise fault(network.cost, f"breaks its contract: {what}", ("cost",))
