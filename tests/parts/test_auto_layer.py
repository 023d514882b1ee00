"""Layers whose gradients come from the library autograd, and the page that shows how to write one."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import autograd.numpy as anp
import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.errors import BrokenPartError
from nnspec.extend import (
    Array,
    AutoLayer,
    Context,
    Declaration,
    Field,
    Initializer,
    Parameter,
    Parameters,
    PartOf,
    PositiveInt,
    Shape,
    by_name,
)
from nnspec.registry import Catalogue, default_resolver
from nnspec.testing import ContractError, check_layer

PAGE = Path(__file__).parents[2] / "docs" / "autolayer.md"


class Affine(AutoLayer):
    """What `dense` does, differentiated by the library."""

    units: Annotated[PositiveInt, Field(description="number of outputs")]
    weights: Annotated[PartOf[Initializer], Field(description="fills W and b")] = by_name("glorot")

    def declare(self, shape: Shape) -> Declaration:
        (inputs,) = shape
        rows = Parameter((self.units, inputs), self.weights, inputs, self.units)
        return Declaration((self.units,), {"W": rows, "b": Parameter((self.units, 1), self.weights, 1, 1)})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y: Array = anp.dot(p.W, x) + p.b
        return y


class Restless(Affine):
    """Draws, which it must not: the second run draws other numbers."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x, p, ctx) * ctx.random.uniform(0.5, 1.5)


def passed(layer: Layer, x: Array, dy: Array, dtype: Any) -> tuple[Array, ...]:
    random = np.random.default_rng(3)
    shapes = {name: item.shape for name, item in layer.declare(x.shape[:-1]).parameters.items()}
    p = Views(**{name: random.normal(size=shape).astype(dtype) for name, shape in shapes.items()})
    g = Views(**{name: np.full(shape, np.nan, dtype) for name, shape in shapes.items()})
    ctx = LayerContext(np.random.default_rng(0), np.dtype(dtype), training=True)
    ctx.x = x.astype(dtype)
    ctx.y = layer.forward(ctx.x, p, ctx)
    dx = layer.backward(dy.astype(dtype), p, g, ctx)
    assert dx is not None
    return ctx.y, dx, g.W, g.b


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_the_gradients_are_those_that_dense_works_out_by_itself(dtype: Any, tolerance: float) -> None:
    dense = default_resolver().part(Layer, {"dense": 3}, {})
    x, dy = np.random.default_rng(1).normal(size=(4, 6)), np.random.default_rng(2).normal(size=(3, 6))
    for found, expected in zip(passed(Affine(units=3), x, dy, dtype), passed(dense, x, dy, dtype), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_a_layer_without_backward_keeps_the_contract() -> None:
    check_layer(Affine(units=3), (4,))


def test_one_that_draws_is_found_out() -> None:
    with pytest.raises(ContractError):
        check_layer(Restless(units=3), (4,))


def test_without_the_library_a_layer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "autograd", None)
    with pytest.raises(ValidationError, match="library autograd") as caught:
        Affine(units=3)
    assert caught.value.errors()[0]["ctx"]["hint"] == "pip install 'nnspec[autodiff]'"


def page_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's example, installed in a folder."""
    module, test = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (folder / "nnspec_rbf.py").write_text(module, "utf-8")
    (folder / "page_test.py").write_text(test, "utf-8")
    about = folder / "nnspec_rbf-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: nnspec-rbf\nVersion: 0.1.0\n", "utf-8")
    (point,) = re.findall(r'^rbf = "(.*)"$', toml, re.MULTILINE)
    (about / "entry_points.txt").write_text(f"[nnspec.layers]\nrbf = {point}\n", "utf-8")
    for name in ("nnspec_rbf", "page_test"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(folder))


def test_the_pages_example_keeps_the_contract_by_the_pages_own_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_module(tmp_path, monkeypatch)
    __import__("page_test").test_rbf_keeps_the_contract()


def test_a_plugin_that_imports_the_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_module(tmp_path, monkeypatch)
    monkeypatch.setitem(sys.modules, "autograd", None)
    with pytest.raises(BrokenPartError, match="rbf") as caught:
        Catalogue().find(("layers",), "rbf").load()
    assert caught.value.hint == "pip install 'nnspec[autodiff]'"
