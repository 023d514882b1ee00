"""Cost and metrics of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from nnspec.contracts.metric import Metric, Value
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.types import Array

# Outputs of so many samples at a time: enough to fill a core, small enough to stay in its cache's reach.
EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Evaluation:
    """What a split says about a network.

    Attributes:
        values: ``cost`` and the metrics, by name.
        texts: Those of them that a progress line shows, as it shows them.
        samples: Samples seen.
    """

    values: dict[str, Value]
    texts: dict[str, str]
    samples: int

    @property
    def cost(self) -> float:
        """Mean cost over the samples."""
        return cast(float, self.values["cost"])


def evaluate(network: Network, batches: Batches, metrics: Mapping[str, Metric]) -> Evaluation:
    """Runs a split through a network. The cost is that of training, metrics are in the units of the data.

    Args:
        network: Used outside training: dropout and its like are off.
        batches: The split.
        metrics: What to measure beside the cost, by name.
    """
    cost, samples, restored = 0.0, 0, batches.goal.restored
    totals: dict[str, Array] = {}
    for x, t in batches.in_order():
        y = network.forward(x)
        count = x.shape[-1]
        cost += network.cost_value(t) * count
        samples += count
        for name, metric in metrics.items():
            part = metric.measure(restored(y), restored(t))
            totals[name] = totals[name] + part if name in totals else part
    values: dict[str, Value] = {"cost": cost / samples}
    values |= {name: metrics[name].result(total) for name, total in totals.items()}
    texts = {name: metrics[name].text(total) for name, total in totals.items()}
    return Evaluation(values, {name: text for name, text in texts.items() if text}, samples)
