"""Whatever a plugin does, specs that do not name it are untouched, and one that does gets a clear message."""

import json
from pathlib import Path

import pytest

from nnspec.cli.main import main
from plugins.shelf import Shelf, spec

LAYER = """\
import numpy as np
from nnspec.extend import Declaration, Layer

class Odd(Layer):
    def declare(self, shape):
        {declare}
    def forward(self, x, p, ctx):
        {forward}
    def backward(self, dy, p, g, ctx):
        {backward}
"""
SOUND = {"declare": "return Declaration(shape)", "forward": "return x * 2", "backward": "return dy * 2"}


def layer(**bodies: str) -> str:
    """The source of a layer that is sound but for these methods."""
    return LAYER.format(**{**SOUND, **bodies})


def run(path: str, folder: Path) -> int:
    return main(["run", path, "-o", str(folder / "run"), "--force", "--json"])


def plain_metrics(folder: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """What a spec of built-in parts comes to; its answer is JSON and nothing else."""
    assert run(spec(folder), folder) == 0
    return json.loads(capsys.readouterr().out)["metrics"]


AT_IMPORT = {
    "raises": ("\nraise RuntimeError('no licence found')", "RuntimeError: no licence found"),
    "where": ("\nraise RuntimeError('no licence found')", "odd_parts.py, line 2)"),
    "syntax": ("class Odd(:", "SyntaxError"),
    "exit": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "contract": (f"api = 7\n{layer()}", "contract version 7; this nnspec has version 1"),
    "missing name": (
        "from nnspec.extend import Quantum",
        "contract version 1, that of this nnspec,",
    ),
    "no part": ("Odd = dict", "is no Layer"),
    "options": (layer() + "    size: 'Nowhere'", "Nowhere"),
}
IN_PLANNING = {
    "declare raises": (layer(declare="return shape[7]"), "fails in `declare`: IndexError"),
    "declare exits": (layer(declare="raise SystemExit"), "fails in `declare`: SystemExit"),
    "no declaration": (layer(declare="return shape"), "declare returns tuple, expected a Declaration"),
    "no shape": (layer(declare="return Declaration((0, 2.5))"), "an output of shape (0, 2.5)"),
    "own rules": (
        "from pydantic import model_validator\n"
        + layer()
        + "    @model_validator(mode='after')\n    def rule(self): return self.nothing",
        "fails on its options: AttributeError",
    ),
}
OWN_PARAMETER = "return Declaration(shape, {'a': Parameter((1, 1), INITIALIZER, 1, 1)})"
PARAMETERS = {
    "a number": ("1.0", "hands `a` float as its initializer, expected an Initializer"),
    "a name": ("'glorot'", "hands `a` str as its initializer"),
    "a class": ("Zeros", "hands `a` the class Zeros as its initializer"),
    "an option's default": ("by_name('zeros')", "hands `a` FieldInfo as its initializer"),
}
AT_WORK = {
    "shape": (
        layer(forward="return x[:1]"),
        "an array of shape (1, 4) for its output; declared was (3, 4)",
    ),
    "forgets the batch": (layer(forward="return x[..., 0]"), "array of shape (3,)"),
    "fixed batch": (
        layer(forward="return np.resize(x, (3, 4))"),
        "(3, 4) for its output; declared was (3, 3)",
    ),
    "float64": (
        layer(forward="return x * np.float64(2)"),
        "returns float64 for its output, expected float32",
    ),
    "list": (layer(forward="return x.tolist()"), "forward returns list, expected an array"),
    "writes": (layer(forward="x *= 2; return x"), "`forward`: ValueError: output array is read-only"),
    "writes by force": (
        layer(forward="x.base.flags.writeable = True; x.base[...] *= 2; return x * 1"),
        "forward writes to its input",
    ),
    "not finite": (layer(forward="return x / 0 * 0"), "not finite"),
    "raises": (layer(forward="raise KeyError('weights')"), "fails in `forward`: KeyError: 'weights'"),
    "exits": (layer(forward="exit(3)"), "fails in `forward`: SystemExit"),
    "no gradient": (layer(backward="return None"), "backward returns None where the input's gradient is needed"),
    "gradient's shape": (layer(backward="return dy[:2]"), "backward returns an array of shape (2, 4)"),
    "gradient's type": (layer(backward="return dy.astype(float)"), "backward returns float64"),
    "writes gradient": (layer(backward="dy += 1; return dy"), "fails in `backward`: ValueError"),
    "writes output": (layer(backward="ctx.y[...] = 0; return dy * 2"), "backward writes to its output"),
}


CODES = dict.fromkeys(AT_IMPORT, "NS042") | dict.fromkeys(IN_PLANNING, "NS047")


@pytest.mark.parametrize("name", CODES)
def test_a_plugin_that_cannot_be_loaded_or_planned_with_concerns_specs_that_name_it(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    source, said = {**AT_IMPORT, **IN_PLANNING}[name]
    before = plain_metrics(tmp_path, capsys)
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    assert plain_metrics(tmp_path, capsys) == before
    refused(["validate", spec(tmp_path, LAYER="odd")], CODES[name], said, capsys)


@pytest.mark.parametrize(("initializer", "said"), PARAMETERS.values(), ids=PARAMETERS)
@pytest.mark.parametrize("verb", ["validate", "show", "run"])
def test_a_parameter_without_an_initializer_is_told_by_every_verb(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, initializer: str, said: str
) -> None:
    source = (
        "from nnspec.extend import Parameter, by_name\nfrom nnspec.parts.initializers.zeros import Zeros\n"
        + layer(declare=OWN_PARAMETER.replace("INITIALIZER", initializer))
    )
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    refused([verb, spec(tmp_path, LAYER="odd")], "NS047", said, capsys)


IDLE = """\
from nnspec.extend import Initializer
class Odd(Initializer):
    def fill(self, out, fan_in, fan_out, random):
        out = random.normal(size=out.shape)
"""


def test_an_initializer_that_fills_nothing_is_found_before_training(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("odd-parts", "0.3", {"initializers": {"odd": "odd_parts:Odd"}}, odd_parts=IDLE)
    path = spec(tmp_path, LAYER="{dense: {units: 3, weights: odd}}")
    said = "fill leaves layers.1.W at numbers that are not finite"
    refused(["run", path, "-o", str(tmp_path / "run")], "NS047", said, capsys)


@pytest.mark.parametrize(("source", "said"), AT_WORK.values(), ids=AT_WORK)
def test_a_plugin_that_breaks_its_contract_is_found_before_training(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str
) -> None:
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    assert main(["validate", spec(tmp_path, LAYER="odd")]) == 0
    capsys.readouterr()
    refused(["run", spec(tmp_path, LAYER="odd"), "-o", str(tmp_path / "run")], "NS047", said, capsys)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("forward", ["return x[:1]", "x *= 2; return x", "return x[0, 0, 0]"])
def test_a_plugin_within_another_layer_is_named_there(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], forward: str
) -> None:
    source = layer(forward=forward)
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    path = spec(tmp_path, LAYER="{residual: [{dense: 3}, odd]}")
    assert main(["run", path, "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert ".yaml:7:29: layers[1].residual[1]: " in err
    assert "layers part `odd` of odd-parts 0.3 " in err


def refused(words: list[str], code: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One problem, at the place where the spec names the plugin, with its distribution and version."""
    assert main(words) == 2
    err = capsys.readouterr().err
    assert ".yaml:7:5: layers[1]: " in err
    assert f"[{code}]" in err
    assert said in err
    assert "of odd-parts 0.3 " in err
    assert "1 problem found" in err
    assert "Traceback" not in err


def test_a_plugin_that_prints_at_import_leaves_answers_alone(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=f"print('hello')\n{layer()}")
    assert run(spec(tmp_path, LAYER="odd"), tmp_path) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out)["status"] == "finished"
    assert "hello" in answer.err


def test_a_plugin_that_claims_a_taken_name_does_not_get_it(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = plain_metrics(tmp_path, capsys)
    points = {"layers": {"dense": "odd_parts:Odd"}, "activations": {"tanh": "odd_parts:Odd"}}
    shelf.put("odd-parts", "0.3", points, odd_parts=layer())
    assert plain_metrics(tmp_path, capsys) == before
    assert run(spec(tmp_path, LAYER="odd-parts.dense"), tmp_path) == 0


def test_a_sound_plugin_trains_as_the_same_layer_of_the_spec_would(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Being rehearsed and watched over moves no number: with the identity, metrics are those of `identity`."""
    source = layer(forward="return x", backward="return dy")
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    metrics = []
    for word in ("odd", "identity"):
        assert run(spec(tmp_path, LAYER=word), tmp_path) == 0
        metrics.append(json.loads(capsys.readouterr().out)["metrics"])
    assert metrics[0] == metrics[1]


LATER = """\
from nnspec.extend import Declaration, Layer
steps = []
class Odd(Layer):
    def declare(self, shape):
        return Declaration(shape)
    def forward(self, x, p, ctx):
        steps.append(ctx.training)
        if len(steps) > 40:
            raise RuntimeError("worn out")
        return x * 2
    def backward(self, dy, p, g, ctx):
        return dy * 2
"""


def test_a_plugin_that_fails_later_ends_the_run_and_the_run_says_so(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=LATER)
    path = spec(tmp_path, LAYER="odd")
    assert main(["run", path, "-o", str(tmp_path / "run"), "--json", "--set", "train.epochs=200"]) == 1
    answer = capsys.readouterr()
    facts = json.loads(answer.out)
    assert facts["status"] == "failed"
    assert 0 < facts["epochs"] < 200
    assert "worn out" in facts["reason"]
    assert "layers part `odd` of odd-parts 0.3 fails in `forward`: RuntimeError: worn out" in answer.err
    assert "Traceback" not in answer.err


BINDS = """from nnspec.extend import Declaration, Layer, Parameter, by_name, part_by_name, Initializer
class Odd(Layer):
    def declare(self, shape):
        return Declaration(shape, {"a": Parameter((1, 1), part_by_name(Initializer, {"constant": 1.0}), 1, 1)})
    def bind_forward(self, x, p, ctx):
        FORWARD
    def bind_backward(self, dy, p, g, ctx):
        def backward(dy):
            g.a[...] = (dy * ctx.x).sum()
            return p.a * dy
        BACKWARD
"""
BOUND = {
    "raises": (
        "raise ValueError('no such size')",
        "return backward",
        "fails in `forward`: ValueError: no such size",
    ),
    "raises later": ("return lambda x: 1 / 0", "return backward", "fails in `forward`: ZeroDivisionError"),
    "leaves": ("raise SystemExit(0)", "return backward", "fails in `forward`: SystemExit"),
    "returns nothing": ("pass", "return backward", "bind_forward returns nothing that can be called"),
    "writes parameters": ("p.a[...] *= 3; return lambda x: p.a * x", "return backward", "forward writes to p.a"),
    "writes its input": ("ctx.x[...] = 1; return lambda x: p.a * x", "return backward", "read-only"),
    "shape": ("return lambda x: x[:1]", "return backward", "forward returns an array of shape"),
    "no backward": ("return lambda x: p.a * x", "pass", "bind_backward returns nothing that can be called"),
    "wide": ("return lambda x: p.a * x", "return lambda dy: (backward(dy) * 1.0).astype(float)", "float64"),
}


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize(("forward", "backward", "said"), BOUND.values(), ids=BOUND)
def test_a_layer_that_binds_amiss_is_named_where_it_stands(
    shelf: Shelf,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    forward: str,
    backward: str,
    said: str,
    shards: int,
) -> None:
    source = BINDS.replace("FORWARD", forward).replace("BACKWARD", backward)
    shelf.put("odd-parts", "0.3", {"layers": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    words = ["run", spec(tmp_path, LAYER="odd"), "-o", str(tmp_path / "run"), "--set", f"engine.shards={shards}"]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "layers part `odd` of odd-parts 0.3 " in err
    assert said in err


COSTS = {
    "raises": ("raise ValueError('no logarithm')", "return y - t", "fails: ValueError: no logarithm"),
    "no number": ("return None", "return y - t", "a value of None"),
    "gradient": ("return 1.0", "return (y - t).sum(axis=0)", "a gradient float32 of shape (4,)"),
    "type": ("return 1.0", "return (y - t).astype(float)", "a gradient float64 of shape (1, 4)"),
}


@pytest.mark.parametrize(("value", "gradient", "said"), COSTS.values(), ids=COSTS)
def test_a_faulty_cost_is_named_where_it_stands(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], value: str, gradient: str, said: str
) -> None:
    source = (
        "from nnspec.extend import Cost\nclass Odd(Cost):\n"
        f"    def value(self, y, t, ctx):\n        {value}\n"
        f"    def gradient(self, y, t, ctx):\n        {gradient}\n"
    )
    shelf.put("odd-parts", "0.3", {"costs": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    assert main(["run", spec(tmp_path, COST="odd"), "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert ".yaml:9:7: cost: costs part `odd` of odd-parts 0.3 " in err
    assert said in err


BIND = {
    "the scale forgotten": "return lambda y, t, scale: (self.value(y, t, ctx), self.gradient(y, t, ctx))",
    "another value": "return lambda y, t, scale: (2.0, scale * self.gradient(y, t, ctx))",
    "type": "return lambda y, t, scale: (1.0, (scale * (y - t)).astype(float))",
    "raises": "raise ValueError('no logarithm')",
}


@pytest.mark.parametrize("bind", BIND.values(), ids=BIND)
def test_a_cost_that_binds_amiss_is_named_where_it_stands(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], bind: str
) -> None:
    source = (
        "from nnspec.extend import Cost\nclass Odd(Cost):\n"
        "    def value(self, y, t, ctx):\n        return 1.0\n"
        "    def gradient(self, y, t, ctx):\n        return y - t\n"
        f"    def bind(self, y, t, ctx):\n        {bind}\n"
    )
    shelf.put("odd-parts", "0.3", {"costs": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    assert main(["run", spec(tmp_path, COST="odd"), "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert ".yaml:9:7: cost: costs part `odd` of odd-parts 0.3 " in err
    assert any(said in err for said in ("bind yields another cost", "a gradient float64", "fails: ValueError"))


METRICS = {
    "a list": ("[0.0, 1.0]", "0.5", "measure returns list, which is no array, expected a float64 array"),
    "float32": ("np.zeros(2, np.float32)", "0.5", "measure returns an array of float32"),
    "a NumPy number": ("np.zeros(2)", "np.mean(total)", "result returns np.float64(0.0) (float64)"),
    "nothing": ("np.zeros(2)", "None", "result returns None (NoneType), expected a Python float"),
}


@pytest.mark.parametrize(("sums", "figure", "said"), METRICS.values(), ids=METRICS)
def test_a_faulty_metric_is_found_before_training(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], sums: str, figure: str, said: str
) -> None:
    source = (
        "import numpy as np\nfrom nnspec.extend import Metric\nclass Odd(Metric):\n"
        f"    def measure(self, y, t):\n        return {sums}\n"
        f"    def result(self, total):\n        return {figure}\n"
    )
    shelf.put("odd-parts", "0.3", {"metrics": {"odd": "odd_parts:Odd"}}, odd_parts=source)
    path = Path(spec(tmp_path))
    path.write_text(path.read_text("utf-8") + "metrics: [odd]\n", "utf-8")
    assert main(["run", str(path), "-o", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert ".yaml:12:11: metrics[0]: metrics part `odd` of odd-parts 0.3 breaks its contract: " in err
    assert said in err
    assert not (tmp_path / "run").exists()
