"""PyTorch on the CPU: eager steps with the fused optimizer, inputs scaled beforehand, batches by index."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
import torch
from rows import Row
from torch import Tensor, nn

from contestants import Block
from contestants.material import Material, material
from nnspec.engine.plan import Node
from nnspec.types import Array


def block(row: Row, threads: str) -> Block:
    """A block of training steps on so many threads."""
    torch.set_num_threads(int(threads))
    given = material(row)
    inputs, targets = torch.from_numpy(given.inputs), torch.from_numpy(given.targets)
    model = nn.Sequential(*(module for node, values in given.layers for module in modules(node, values)))
    if row.cost == "cross_entropy":
        model = model[:-1]  # the cost takes logits
    if inputs.ndim == 4:
        # With channels last its convolutions take between half and four fifths of the time.
        model = model.to(memory_format=torch.channels_last)
    cost_of, choices = cost_function(row), given.choices()
    optimizer = optimizer_of(given, model.parameters())

    def run() -> float:
        last = 0.0
        for chosen in islice(choices, row.steps):
            index = torch.from_numpy(chosen)
            cost = cost_of(model(inputs[index]), targets[index])
            optimizer.zero_grad(set_to_none=True)
            cost.backward()
            optimizer.step()
            last = cost.item()
        return last

    return run


def cost_function(row: Row) -> Any:
    """The row's cost."""
    if row.cost == "cross_entropy":
        return nn.CrossEntropyLoss()
    return lambda y, t: ((y - t) ** 2).sum() * (0.5 / row.batch)


def optimizer_of(given: Material, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The row's optimizer, fused."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    if given.adam:
        return torch.optim.Adam(trained, lr=given.rate, fused=True)
    return torch.optim.SGD(trained, lr=given.rate, fused=True)


class LastState(nn.Module):  # type: ignore[misc]  # its class is unknown where PyTorch is not installed
    """An LSTM that answers with its last state."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)
        # One bias is trained, as everywhere else; a second would be updated as well.
        self.lstm.bias_hh_l0.requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, F) to (N, H)."""
        states, _ = self.lstm(x)
        last: Tensor = states[:, -1]
        return last


def modules(node: Node, values: dict[str, Array]) -> list[nn.Module]:
    """A layer in PyTorch, with its initial weights."""
    simple = {
        "sigmoid": nn.Sigmoid,
        "relu": nn.ReLU,
        "softmax": lambda: nn.Softmax(1),
        "flatten": nn.Flatten,
        "max_pool2d": lambda: nn.MaxPool2d(2),
        "batch_norm": lambda: nn.BatchNorm2d(node.input[0]),
    }
    if node.name in simple:
        return [simple[node.name]()]
    module: nn.Module
    if node.name == "dense":
        module = nn.Linear(node.input[0], node.output[0], bias="b" in values)
        fill(module.weight, values["W"])
    elif node.name == "conv2d":
        padding = "same" if node.input[1] == node.output[1] else "valid"
        filters, channels, *kernel = values["W"].shape
        module = nn.Conv2d(channels, filters, tuple(kernel), padding=padding, bias="b" in values)
        fill(module.weight, values["W"])
    else:
        module = LastState(node.input[1], node.output[0])
        fill(module.lstm.weight_ih_l0, gates(values["W"]))
        fill(module.lstm.weight_hh_l0, gates(values["R"]))
        fill(module.lstm.bias_ih_l0, gates(values["b"]))
        fill(module.lstm.bias_hh_l0, np.zeros_like(values["b"]))
        return [module]
    if "b" in values:
        fill(module.bias, values["b"])
    return [module]


def fill(parameter: nn.Parameter, values: Array) -> None:
    """Copies nnspec's values into a parameter."""
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(values).reshape(parameter.shape))


def gates(values: Array) -> Array:
    """Rows in the order i, f, g, o, which nnspec has as i, o, f, g."""
    i, o, f, g = np.split(values, 4)
    return np.concatenate([i, f, g, o])
