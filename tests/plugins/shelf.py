"""Distributions as `pip install --target` leaves them, written in a moment."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree

import pytest

from nnspec.registry import default_resolver

DOUBLE = """\
from nnspec.extend import Declaration, Layer
class Double(Layer):
    "double: twice the input."
    def declare(self, shape): return Declaration(shape)
    def forward(self, x, p, ctx): return x * 2
    def backward(self, dy, p, g, ctx): return dy * 2
"""
"""The source of a layer."""


SPEC = """\
nnspec: 1
name: try
dataset: xor
input: 2
layers:
  - dense: 3
  - LAYER
  - dense: {units: 1, activation: sigmoid}
cost: COST
optimizer: {sgd: 0.1}
train: {epochs: 2}
"""
BUILT_IN = {"LAYER": "tanh", "COST": "quadratic"}


class Shelf:
    """A folder on the path that distributions can be put into, and taken from.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._modules: list[str] = []
        monkeypatch.syspath_prepend(str(folder))

    def put(
        self, distribution: str, version: str, points: Mapping[str, Mapping[str, str]], **modules: str
    ) -> None:
        """Installs a distribution.

        Args:
            distribution: Its name.
            version: Its version.
            points: Entry points by kind and name.
            modules: The source of its modules, by name.
        """
        about = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [
            f"[nnspec.{kind}]\n" + "".join(f"{name} = {value}\n" for name, value in named.items())
            for kind, named in points.items()
        ]
        (about / "entry_points.txt").write_text("\n".join(lines))
        for name, source in modules.items():
            (self.folder / f"{name}.py").write_text(source)
            self._modules.append(name)
        self.look_again()

    def take(self, distribution: str, version: str) -> None:
        """Removes a distribution again."""
        rmtree(self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info")
        self.look_again()

    def look_again(self) -> None:
        """Has what is installed read anew, as another process would."""
        for name in self._modules:
            sys.modules.pop(name, None)
        # Byte code is told from newer source by the second: two versions are put here within one.
        rmtree(self.folder / "__pycache__", ignore_errors=True)
        importlib.invalidate_caches()
        default_resolver.cache_clear()


def spec(folder: Path, **places: str) -> str:
    """A spec that names these in place of built-in parts."""
    text = SPEC
    for place, word in {**BUILT_IN, **places}.items():
        text = text.replace(place, word)
    path = folder / f"{'_'.join(places) or 'plain'}.yaml"
    path.write_text(text, "utf-8")
    return str(path)
