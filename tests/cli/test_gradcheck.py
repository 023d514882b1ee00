"""`nnspec gradcheck`: every gradient of a network, in place, on its own data."""

import json
from pathlib import Path
from typing import Any

import pytest

from nnspec.cli.main import main
from nnspec.parts.activations.tanh import Tanh
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.layers.dense import Dense

SPECS = Path(__file__).parents[2] / "specs"
XOR = str(SPECS / "xor.yaml")


def checked(
    capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> dict[tuple[str, str], dict[str, Any]]:
    """The gradients that were looked at, by path and what they are taken by."""
    assert main(["gradcheck", *words, "--offline", "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert answer["passed"] == (code == 0)
    return {(each["path"], each["by"]): each for each in answer["gradients"]}


def test_every_parameter_input_and_the_cost_of_a_network_are_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(capsys, XOR)
    assert all(each["passed"] and each["error"] <= 1e-6 and each["kinks"] == 0 for each in found.values())
    assert set(found) == {
        ("layers.0", "x"), ("layers.0", "W"), ("layers.0", "b"), ("layers.0.activation", "x"),
        ("layers.1", "x"), ("layers.1", "W"), ("layers.1", "b"), ("layers.1.activation", "x"),
        ("cost", "the logits of layers.1.activation"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "settings"),
    [
        ("mnist_784_50_10_relu.yaml", ["dataset.mnist.limit=60"]),
        ("moons.yaml", ["layers=[{dense: 6}, batch_norm, {dropout: 0.3}, relu, {dense: {units: 2}}, softmax]"]),
        ("moons.yaml", ["cost=quadratic"]),
    ],
)
def test_kinks_chance_and_state_do_not_mislead(
    capsys: pytest.CaptureFixture[str], spec: str, settings: list[str]
) -> None:
    sets = [word for setting in settings for word in ("--set", setting)]
    found = checked(capsys, str(SPECS / spec), *sets, "--places", "12")
    assert all(each["passed"] for each in found.values())
    assert all(each["kinks"] < each["places"] for each in found.values())


def test_a_kink_under_a_sample_is_passed_over_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    """All biases are 0 and so is one of xor's inputs: before relu there are zeros, where it has no derivative."""
    sets = ["--set", "layers=[{dense: {units: 4, activation: relu}}, {dense: {units: 1, activation: sigmoid}}]"]
    found = checked(capsys, XOR, *sets)
    assert found["layers.0.activation", "x"]["kinks"] == 4
    assert main(["gradcheck", XOR, *sets]) == 0
    assert "places lie on kinks" in capsys.readouterr().out


def wrong(monkeypatch: pytest.MonkeyPatch, part: type[Any], method: str, factor: float) -> None:
    """Makes a part's method return, or write, what it should not."""
    right = getattr(part, method)

    def changed(self: Any, *given: Any) -> Any:
        result = right(self, *given)
        array = given[3] if result is None else result
        array *= factor
        return result

    monkeypatch.setattr(part, method, changed)


def test_a_wrong_layer_is_found_where_it_stands_and_nowhere_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch, Tanh, "gradient", -1)
    found = checked(capsys, XOR, code=3)
    (path, by), finding = next((place, each) for place, each in found.items() if not each["passed"])
    assert (path, by) == ("layers.0.activation", "x")
    assert finding["analytic"] == pytest.approx(-finding["numeric"])
    assert "the sign" in finding["likely"]
    assert sum(not each["passed"] for each in found.values()) == 1
    assert main(["gradcheck", XOR]) == 3
    said = capsys.readouterr().out
    assert "1 of 9 gradients are wrong" in said
    assert "Likely mistake: the sign" in said


def test_a_wrong_cost_and_a_wrong_parameter_are_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = Quadratic.bind

    def steep(self: Quadratic, y: Any, t: Any, ctx: Any) -> Any:
        judge = bind(self, y, t, ctx)
        return lambda y, t, scale: judge(y, t, 4 * scale)

    monkeypatch.setattr(Quadratic, "bind", steep)
    found = checked(capsys, XOR, "--set", "cost=quadratic", code=3)
    assert [place for place, each in found.items() if not each["passed"]] == [("cost", "y")]
    monkeypatch.undo()
    right = Dense.bind_backward

    def forgetful(self: Dense, dy: Any, p: Any, g: Any, ctx: Any) -> Any:
        backward = right(self, dy, p, g, ctx)

        def forgets(dy: Any) -> Any:
            dx = backward(dy)
            g.b[0] = 0
            return dx

        return forgets

    monkeypatch.setattr(Dense, "bind_backward", forgetful)
    found = checked(capsys, XOR, code=3)
    failed = {place: each for place, each in found.items() if not each["passed"]}
    assert set(failed) == {("layers.0", "b"), ("layers.1", "b")}
    assert failed["layers.0", "b"]["worst"] == [0, 0]


def test_a_gradient_that_is_not_filled_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dense, "bind_backward", lambda _self, _dy, p, _g, _ctx: lambda dy: p.W.T @ dy)
    found = checked(capsys, XOR, code=3)
    assert not found["layers.0", "W"]["passed"]
    assert "not a number" in found["layers.0", "W"]["likely"]
    assert found["layers.0", "x"]["passed"]


def test_tolerance_and_samples_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys, XOR, "--tolerance", "1e-30", code=3)
    assert checked(capsys, XOR, "--samples", "2", "--places", "3")["layers.0", "W"]["places"] == 3
    assert main(["gradcheck", XOR, "--samples", "0"]) == 2
