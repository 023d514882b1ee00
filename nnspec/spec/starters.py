"""First specs: templates filled in with what is known of the data."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nnspec.errors import CONTROLS, UsageError
from nnspec.types import Shape, shape_text, size

TEMPLATES = {
    "mlp": "dense layers, for rows of numbers and small pictures",
    "convnet": "filters and pooling, for pictures",
    "recurrent": "a layer that reads sequences step by step",
    "tabular": "for tables with columns of numbers and words",
    "clusters": "points in the plane, to watch a network learn",
}


@dataclass(frozen=True)
class Data:
    """What a template must know of the data.

    Attributes:
        dataset: The ``dataset:`` entry, as a spec writes it.
        shape: Shape of one sample.
        classes: How many classes, or None for a regression.
        targets: How many numbers to predict, for a regression.
        samples: How many samples there are to train on.
        floats: Whether inputs are numbers of any size rather than bytes.
        origin: Where the data came from, for the first line.
    """

    dataset: str
    shape: Shape
    classes: int | None
    samples: int
    targets: int = 1
    floats: bool = True
    origin: str = ""


ADAM, MOMENTUM = "{adam: 0.01}", "{momentum: {learning_rate: 0.05, momentum: 0.9}}"
EXAMPLES = {
    "mlp": Data("mnist", (1, 28, 28), 10, 60_000, floats=False),
    "convnet": Data("mnist", (1, 28, 28), 10, 60_000, floats=False),
    "recurrent": Data("mnist", (1, 28, 28), 10, 60_000, floats=False),
    "tabular": Data("{csv: {path: data.csv, label: species, test: 0.2}}", (4,), 3, 500),
    "clusters": Data("{blobs: {samples: 2000, centers: 3, test: 0.2}}", (2,), 3, 1_600),
}
"""What each template is about where it is pointed at no data."""


def starter(template: str, data: Data | None) -> str:
    """A first spec.

    Args:
        template: One of `TEMPLATES`.
        data: The data it is for; an example of its own without.

    Raises:
        UsageError: The template does not suit such data.
    """
    from jinja2 import Environment, StrictUndefined

    about = data or EXAMPLES[template]
    _check(template, about)
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701 -- YAML
    source = files("nnspec.spec").joinpath("templates", f"{template}.yaml").read_text("utf-8")
    return environment.from_string(source).render(_values(about)) + "\n"


def _check(template: str, data: Data) -> None:
    if template == "convnet" and len(data.shape) != 3:
        raise UsageError(f"convnet is for pictures, but these samples are {shape_text(data.shape)}; try `mlp`")
    if template == "clusters" and size(data.shape) != 2:
        raise UsageError(f"clusters is for points of two numbers, not {shape_text(data.shape)}; try `tabular`")


def _values(data: Data) -> dict[str, Any]:
    single, regression = data.classes == 2, data.classes is None
    if regression:
        output = f"  - dense: {{units: {data.targets}, activation: identity}}"
        cost = "cost: quadratic"
    elif single:
        output = "  - dense: {units: 1, activation: sigmoid}      # how sure it is of the second class"
        cost = "cost: binary_cross_entropy"
    else:
        output = f"  - dense: {{units: {data.classes}, activation: softmax}}       # a probability for each class"
        cost = "cost: cross_entropy"
    steps = data.shape[1:] if len(data.shape) == 3 and data.shape[0] == 1 else data.shape
    sequence = steps if len(steps) == 2 else (size(data.shape), 1)
    return {
        "dataset": data.dataset,
        "origin": data.origin and f", for {data.origin.translate(CONTROLS)}",
        "standardize": data.floats,
        "inputs": size(data.shape),
        "shape": list(data.shape),
        "sequence": list(sequence),
        "output": output,
        "cost": cost,
        # Targets are numbers of any size: steps of adam's do not grow with them.
        "optimizer": f"optimizer: {ADAM if regression else MOMENTUM}",
        "metrics": "metrics: [mae, r2]                # the mean distance; the share of variance explained"
        if regression
        else "",
        "epochs": 10 if data.samples > 20_000 else 200 if regression else 50,
        "batch": 32 if data.samples > 2_000 else 16,
    }
