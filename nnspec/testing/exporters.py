"""check_exporter: the same network gives the same file."""

import numpy as np

from nnspec.contracts.exporter import Exporter, Model, ModelLayer
from nnspec.contracts.layer import Layer
from nnspec.engine.plan import plan
from nnspec.errors import UsageError
from nnspec.registry import default_resolver
from nnspec.testing.contract import ContractError, Frozen, require
from nnspec.testing.material import numbers
from nnspec.testing.parts import check_part, rebuilt

SPEC = """\
nnspec: 1
name: made
dataset: xor
input: 2
layers: [{dense: 3}, tanh, {dense: 2}, softmax]
cost: cross_entropy
optimizer: {sgd: 1.0}
"""


def check_exporter(exporter: Exporter) -> None:
    """Checks an exporter on a small network of dense layers, which every format can hold.

    It yields bytes, the same for the same network whichever instance is asked; arrays stay as they were; other
    parameters give another file; the suffix of its files begins with a dot. See also `check_part`.

    Args:
        exporter: The exporter.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(exporter)
    detail = f"{exporter.suffix!r}, expected something like `.npz`."
    require(exporter.suffix.startswith("."), exporter, "the suffix of its files begins with a dot", detail)
    model = made_model()
    with Frozen(exporter, **model.arrays()).kept():
        first = _content(exporter, model)
    rule = "the same network gives the same bytes"
    hint = "Likely mistake: a time or a random name within the file."
    require(_content(rebuilt(exporter), made_model()) == first, exporter, rule, hint)
    rule = "the file holds what was learned"
    require(
        _content(exporter, made_model(seed=1)) != first, exporter, rule, "Other parameters gave the same file."
    )


def made_model(seed: int = 0) -> Model:
    """A trained network of four layers, as far as an exporter can tell."""
    part = default_resolver().part
    entries = ({"dense": 3}, "tanh", {"dense": 2}, "softmax")
    layers = []
    for place, node in enumerate(plan([part(Layer, entry, {}) for entry in entries], (2,))):
        parameters = {
            name: numbers(declared.shape, 10 * place + seed).astype(np.float32)
            for name, declared in node.declaration.parameters.items()
        }
        word = default_resolver().word(node.layer)
        layers.append(ModelLayer(f"layers.{place}", word, node.layer, node.input, node.output, parameters))
    return Model("made", SPEC, (2,), (2,), (), tuple(layers), ("no", "yes"))


def _content(exporter: Exporter, model: Model) -> bytes:
    try:
        content = exporter.export(model)
    except UsageError as error:
        raise ContractError(exporter, "a network of dense layers can be exported", str(error)) from error
    found = f"it is {type(content).__name__}, of {len(content)}."
    require(isinstance(content, bytes) and content, exporter, "the content of a file is bytes", found)
    return content
