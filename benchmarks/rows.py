"""What is measured: networks, batches and updates, and the bars that nnspec is held to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from nnspec.spec.specification import Spec, parse

SPEC = """\
nnspec: 1
name: benchmark
seed: 1
dataset: mnist
input: {input}
layers: {layers}
cost: {cost}
optimizer: {optimizer}
train: {{epochs: 1, batch_size: {batch}}}
"""


@dataclass(frozen=True)
class Row:
    """One network, trained in one way.

    Attributes:
        name: How it is called in tables and on the command line.
        layers: The stack, as a spec has it.
        batch: Samples in a step.
        steps: Steps in a block: some 30 milliseconds on one thread; half a second where there may be more, since
            threads take their time to wake up after a pause.
        agreed: Steps after which all must have the same cost, where that is not a block: rounding grows from step
            to step, in stacks with relu and pooling by leaps.
        input: Shape of a sample, as a spec has it.
        cost: As a spec has it.
        optimizer: As a spec has it.
        bars: By peer, how many times as long its step must take as nnspec's.
        share: Least share of the step's bare matrix products in nnspec's step, where one is asked for.
    """

    name: str
    layers: str
    batch: int
    steps: int
    agreed: int | None = None
    input: str = "784"
    cost: str = "cross_entropy"
    optimizer: str = "{sgd: 0.1}"
    bars: Mapping[str, float] = field(default_factory=dict)
    share: float | None = None

    def spec(self) -> Spec:
        """The row as a spec."""
        return parse(
            SPEC.format(
                input=self.input, layers=self.layers, cost=self.cost, optimizer=self.optimizer, batch=self.batch
            ),
            self.name,
        )


MLP = (
    Row(
        "784-30-10",
        "[{dense: 30}, sigmoid, {dense: 10}, sigmoid]",
        10,
        1000,
        cost="quadratic",
        optimizer="{sgd: 3.0}",
        bars={"PyTorch": 6.0, "scikit-learn": 5.0, "JAX": 1.2},
        share=0.45,
    ),
    Row(
        "784-50-10",
        "[{dense: 50}, relu, {dense: 10}, softmax]",
        32,
        400,
        bars={"PyTorch": 5.0, "scikit-learn": 4.0, "JAX": 1.2},
    ),
    Row(
        "784-128-64-10",
        "[{dense: 128}, relu, {dense: 64}, relu, {dense: 10}, softmax]",
        32,
        200,
        bars={"PyTorch": 3.5, "scikit-learn": 3.0, "JAX": 1.0},
    ),
    Row(
        "784-1000-1000-10",
        "[{dense: 1000}, sigmoid, {dense: 1000}, sigmoid, {dense: 10}, softmax]",
        128,
        80,
        bars={"PyTorch": 1.15, "scikit-learn": 2.0, "JAX": 1.0},
        share=0.8,
    ),
)
LENET = """[
  {conv2d: {filters: 16, kernel: 5}}, relu, max_pool2d,
  {conv2d: {filters: 32, kernel: 5}}, relu, max_pool2d,
  flatten, {dense: 128}, relu, {dense: 10}, softmax]"""
NORMED = """[
  {conv2d: {filters: 32, padding: same, bias: false}}, batch_norm, relu,
  {conv2d: {filters: 32, padding: same, bias: false}}, batch_norm, relu, max_pool2d,
  {conv2d: {filters: 64, padding: same, bias: false}}, batch_norm, relu, max_pool2d,
  flatten, {dense: 128}, relu, {dense: 10}, softmax]"""
UNBIASED = """[
  {dense: {units: 16, bias: false, weights: {uniform: {low: -1.0, high: 1.0}}}}, sigmoid,
  {dense: {units: 16, bias: false, weights: {uniform: {low: -1.0, high: 1.0}}}}, sigmoid,
  {dense: {units: 10, bias: false, weights: {uniform: {low: -1.0, high: 1.0}}}}, sigmoid]"""
IMAGE = "[1, 28, 28]"


def with_adam(rows: tuple[Row, ...]) -> Iterator[Row]:
    """The same rows, updated by Adam."""
    for row in rows:
        yield replace(row, name=f"{row.name}-adam", optimizer="{adam: 0.001}", share=None)


ROWS: tuple[Row, ...] = (
    *MLP,
    Row("lenet", LENET, 64, 120, 6, IMAGE, bars={"PyTorch": 1.5, "JAX": 1.5}),
    Row("conv-batch-norm", NORMED, 64, 20, 6, IMAGE, bars={"PyTorch": 1.1, "JAX": 1.1}),
    Row("lstm", "[{lstm: 128}, {dense: 10}, softmax]", 64, 100, 6, "[28, 28]", bars={"PyTorch": 1.0, "JAX": 1.0}),
    *with_adam(MLP),
    Row(
        "784-16-16-10",
        UNBIASED,
        1,
        2000,
        cost="quadratic",
        optimizer="{sgd: 1.0}",
        bars={"plain NumPy loop": 2.0},
    ),
)
