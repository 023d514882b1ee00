"""check_any: the check of a part's own kind, on data that the kit makes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.executor import Executor
from nnspec.contracts.exporter import Exporter
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Loader
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.part import Part
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.reporter import Reporter
from nnspec.contracts.schedule import Schedule
from nnspec.contracts.transform import Transform
from nnspec.errors import ShapeError
from nnspec.testing.activations import check_activation
from nnspec.testing.contract import ContractError
from nnspec.testing.costs import check_cost
from nnspec.testing.executors import check_executor
from nnspec.testing.exporters import check_exporter
from nnspec.testing.initializers import check_initializer
from nnspec.testing.layers import check_layer
from nnspec.testing.loaders import check_loader
from nnspec.testing.metrics import check_metric
from nnspec.testing.optimizers import check_optimizer
from nnspec.testing.parts import check_part
from nnspec.testing.regularizers import check_regularizer
from nnspec.testing.reporters import check_reporter
from nnspec.testing.schedules import check_schedule
from nnspec.testing.shapes import shapes_for
from nnspec.testing.transforms import check_transform
from nnspec.types import Shape

SAMPLE_SHAPES: tuple[Shape, ...] = ((3,), (5, 4), (2, 6, 5), (1, 12, 13), (1, 28, 28))
SAMPLES = 20


def check_any(part: Part) -> None:
    """Checks a part of any kind as far as that can be done without knowing it.

    A loader that reads files is checked as a description alone, since the files are not here; `check_loader` takes
    the folder that has them.

    Args:
        part: The part.

    Raises:
        ContractError: It breaks a contract.
    """
    for contract, check in _CHECKS.items():
        if isinstance(part, contract):
            check(part)
            return
    check_part(part)


def _any_activation(activation: Activation) -> None:
    for shape in shapes_for(activation, 3):
        check_activation(activation, shape)


def _any_cost(cost: Cost) -> None:
    for shape, batch in (((4,), 5), ((4, 3), 1), ((4, 2, 2), 3)):
        check_cost(cost, shape, batch=batch)


def _any_transform(transform: Transform) -> None:
    """Whole numbers from 0, as bytes and as floats: small enough for codes."""
    taken = 0
    for shape in SAMPLE_SHAPES:
        try:
            transform.shape(shape)
        except ShapeError:
            continue
        taken += 1
        for dtype in (np.uint8, np.float32):
            made = np.random.default_rng(4).integers(0, 4, (*shape, SAMPLES)).astype(dtype)
            check_transform(transform, shape, x=made)
    if not taken:
        tried = ", ".join(map(str, SAMPLE_SHAPES))
        raise ContractError(transform, "a transform takes some shape", f"It refused all of {tried}.")


def _any_loader(loader: Loader) -> None:
    if loader.made:
        check_loader(loader)
    else:
        check_part(loader)


_CHECKS: dict[type[Part], Callable[[Any], object]] = {
    # Before layers, which activations are too.
    Activation: _any_activation,
    Layer: check_layer,
    Cost: _any_cost,
    Optimizer: check_optimizer,
    Schedule: check_schedule,
    Initializer: check_initializer,
    Regularizer: check_regularizer,
    Metric: check_metric,
    Transform: _any_transform,
    Loader: _any_loader,
    Reporter: check_reporter,
    Executor: check_executor,
    Exporter: check_exporter,
}
