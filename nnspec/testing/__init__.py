"""The conformance kit: does a part keep the contract of its kind?

    from nnspec.testing import check_layer

    def test_my_layer():
        check_layer(MyLayer(units=3), (4,))

Each check takes a part as it is, exercises it on made data and raises a `ContractError`, which names the contract,
shows the numbers and says what most likely went wrong. Nothing here needs pytest.
"""

from nnspec.testing.activations import check_activation
from nnspec.testing.contract import ContractError
from nnspec.testing.costs import check_cost
from nnspec.testing.gradients import check_gradient
from nnspec.testing.initializers import check_initializer
from nnspec.testing.layers import check_layer, check_refusal
from nnspec.testing.metrics import check_metric
from nnspec.testing.optimizers import check_optimizer
from nnspec.testing.regularizers import check_regularizer
from nnspec.testing.transforms import check_transform

__all__ = [
    "ContractError",
    "check_activation",
    "check_cost",
    "check_gradient",
    "check_initializer",
    "check_layer",
    "check_metric",
    "check_optimizer",
    "check_refusal",
    "check_regularizer",
    "check_transform",
]
