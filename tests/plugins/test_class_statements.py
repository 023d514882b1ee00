"""A misspelt word in a plugin's class is told where the part is used, and by the kit."""

from pathlib import Path
from typing import ClassVar

import pytest

from nnspec.cli.main import main
from nnspec.extend import Layer, Optimizer
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.layers.dense import Dense
from nnspec.parts.metrics.accuracy import Accuracy
from nnspec.parts.optimizers.momentum import Momentum
from nnspec.testing import ContractError, check_any
from plugins.shelf import Shelf, spec

METRIC = '''"""odd: how far off.

    metrics: [odd]
"""
import numpy as np
from nnspec.extend import Metric
class Odd(Metric):
    better = "lowest"
    def measure(self, y, t): return np.array([np.abs(y - t).sum(), y.shape[-1]], np.float64)
    def result(self, total): return float(total[0] / total[1])
'''
LAYER = '''"""odd: so many times the input.

    layers: [{odd: 2.0}]
"""
from typing import Annotated
from nnspec.extend import Declaration, Field, Layer
class Odd(Layer):
    primary = "tims"
    times: Annotated[float, Field(description="how many times")] = 2.0
    def declare(self, shape): return Declaration(shape)
    def forward(self, x, p, ctx): return x * self.times
    def backward(self, dy, p, g, ctx): return dy * self.times
'''
CASES = {
    "better": ("metrics", METRIC, "tanh", "states `better` as 'lowest', expected 'higher' or 'lower'"),
    "primary": ("layers", LAYER, "odd: 2.0", "`primary` as 'tims', which is none of its options: times"),
}


@pytest.mark.parametrize(("kind", "source", "layer", "said"), CASES.values(), ids=CASES)
def test_validate_and_check_say_which_word_it_is(
    shelf: Shelf,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    source: str,
    layer: str,
    said: str,
) -> None:
    shelf.put("odd-parts", "0.3", {kind: {"odd": "odd_parts:Odd"}}, odd_parts=source)
    path = Path(spec(tmp_path, LAYER=layer))
    if kind == "metrics":
        path.write_text(path.read_text("utf-8") + "metrics: [odd]\n", "utf-8")
    assert main(["validate", str(path)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "[NS042]" in err
    assert main(["plugins", "check", "odd-parts"]) == 3
    assert said in capsys.readouterr().out


class Slot(Momentum):
    slots: ClassVar[tuple[str, ...]] = "velocity"  # type: ignore[assignment]


class Unbounded(Dense):
    range: ClassVar[tuple[float, float]] = (0.0,)  # type: ignore[assignment]


class Lowest(Accuracy):
    better = "lowest"  # type: ignore[assignment]


class Family(Quadratic):
    family = "gauss"  # type: ignore[assignment]


class Misspelt(Dense):
    primary: ClassVar[str | None] = "unit"


WRONG: dict[str, tuple[Layer | Optimizer | Accuracy | Quadratic, str]] = {
    "slots": (Slot(learning_rate=0.1), "states `slots` as 'velocity', expected a valid tuple"),
    "range": (Unbounded(units=3), "states `range` as"),
    "better": (Lowest(), "states `better` as 'lowest'"),
    "family": (Family(), "states `family` as 'gauss', expected 'bernoulli'"),
    "primary": (Misspelt(units=3), "states `primary` as 'unit', which is none of its options: units"),
}


@pytest.mark.parametrize(("part", "said"), WRONG.values(), ids=WRONG)
def test_the_kit_says_which_word_it_is(part: Layer, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_any(part)
