"""The kinds of parts, each an entry-point group ``nnspec.<kind>``."""

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

KINDS: dict[str, type[Part]] = {
    "layers": Layer,
    "activations": Activation,
    "costs": Cost,
    "optimizers": Optimizer,
    "schedules": Schedule,
    "initializers": Initializer,
    "regularizers": Regularizer,
    "metrics": Metric,
    "loaders": Loader,
    "transforms": Transform,
    "reporters": Reporter,
    "executors": Executor,
    "exporters": Exporter,
}

OUTSIDE = ("executors", "exporters")
"""Kinds that the command line names and no spec does: they decide nothing about a result."""
