"""The conformance kit: does a part keep the contract of its kind?

    from nnspec.testing import check_layer

    def test_my_layer():
        check_layer(MyLayer(units=3), (4,))

Each check takes a part as it is, exercises it on made data and raises a `ContractError`, which names the contract,
shows the numbers and says what most likely went wrong. `check_any` finds the check of a part's kind, `check_entry`
tries an installed part with the options that its own text shows. Nothing here needs pytest.
"""

from nnspec.testing.activations import check_activation
from nnspec.testing.anything import check_any
from nnspec.testing.cases import output_of, transformed
from nnspec.testing.contract import ContractError
from nnspec.testing.costs import check_cost
from nnspec.testing.executors import check_executor
from nnspec.testing.exporters import check_exporter
from nnspec.testing.gradients import check_gradient
from nnspec.testing.initializers import check_initializer
from nnspec.testing.installed import check_entry, examples
from nnspec.testing.layers import check_layer, check_refusal
from nnspec.testing.loaders import check_loader
from nnspec.testing.material import context
from nnspec.testing.metrics import check_metric
from nnspec.testing.optimizers import check_optimizer
from nnspec.testing.parts import check_part
from nnspec.testing.regularizers import check_regularizer
from nnspec.testing.reporters import check_reporter
from nnspec.testing.schedules import check_schedule
from nnspec.testing.shapes import shapes_for
from nnspec.testing.transforms import check_transform

__all__ = [
    "ContractError",
    "check_activation",
    "check_any",
    "check_cost",
    "check_entry",
    "check_executor",
    "check_exporter",
    "check_gradient",
    "check_initializer",
    "check_layer",
    "check_loader",
    "check_metric",
    "check_optimizer",
    "check_part",
    "check_refusal",
    "check_regularizer",
    "check_reporter",
    "check_schedule",
    "check_transform",
    "context",
    "examples",
    "output_of",
    "shapes_for",
    "transformed",
]
