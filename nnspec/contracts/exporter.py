"""Exporter: takes a trained network elsewhere, as the content of one file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from nnspec.contracts.layer import Layer
from nnspec.contracts.part import Part
from nnspec.contracts.transform import Transform
from nnspec.types import Array, Shape


@dataclass(frozen=True)
class ModelLayer:
    """One layer with what it learned.

    Attributes:
        path: Where it stands: ``layers.2``, or ``layers.2.activation`` for what an entry appends.
        word: Its name in a spec.
        layer: The part, with its options.
        input: Shape of one input sample.
        output: Shape of one output sample.
        parameters: Its trained arrays, by name.
        state: What else it keeps, such as running means, by name.
    """

    path: str
    word: str
    layer: Layer
    input: Shape
    output: Shape
    parameters: Mapping[str, Array]
    state: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelTransform:
    """One transform with what it learned.

    Attributes:
        word: Its name in a spec.
        transform: The part, with its options.
        fitted: What it learned of the training split, by name.
    """

    word: str
    transform: Transform
    fitted: Mapping[str, Array]


@dataclass(frozen=True)
class Model:
    """A trained network, whole.

    Attributes:
        name: The name that its spec gives it.
        spec: The resolved spec, as YAML.
        sample: Shape of one sample as the data set has it, before the transforms.
        input: Shape of one sample for the first layer.
        transforms: What is done to samples before the first layer, in order.
        layers: The stack, first layer first.
        classes: Names of the classes in the order of the outputs; None for a regression.
    """

    name: str
    spec: str
    sample: Shape
    input: Shape
    transforms: tuple[ModelTransform, ...]
    layers: tuple[ModelLayer, ...]
    classes: tuple[str, ...] | None

    def arrays(self) -> dict[str, Array]:
        """All that was learned by full name: ``layers.0.W``, ``layers.1.mean``, ``transforms.0.mean``."""
        named = {
            f"{layer.path}.{name}": array
            for layer in self.layers
            for name, array in {**layer.parameters, **layer.state}.items()
        }
        return named | {
            f"transforms.{index}.{name}": array
            for index, transform in enumerate(self.transforms)
            for name, array in transform.fitted.items()
        }


class Exporter(Part):
    """Named by ``nnspec export RUN --format NAME``, and by no spec."""

    kinds: ClassVar[tuple[str, ...]] = ("exporters",)
    suffix: ClassVar[str] = ""
    """How names of such files end: ``.npz``."""

    def export(self, model: Model) -> bytes:
        """The content of the file.

        Raises:
            UsageError: The network has something that the format cannot hold; the message says what.
        """
        raise NotImplementedError
