"""Every mistake that can be known before data is read is said in one pass, where it stands, with what to do."""

from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.spec.document import MAX_ENTRIES, SECTIONS, Document, home
from nnspec.spec.problems import Problem
from nnspec.spec.specification import Spec, load, parse

GOOD = """\
nnspec: 1
name: try
dataset: mnist
input: 784
layers:
  - dense: 30
  - relu
  - dense: 10
  - softmax
cost: cross_entropy
optimizer: {sgd: 0.1}
"""


def problems(text: str, *settings: str) -> list[Problem]:
    with pytest.raises(SpecError) as caught:
        parse(text, "s.yaml", settings)
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [problem for problem in caught.value.problems if isinstance(problem, Problem)]


def test_the_good_spec_is_good() -> None:
    spec = parse(GOOD)
    assert isinstance(spec, Spec)
    assert [node.output for node in spec.nodes] == [(30,), (30,), (10,), (10,)]


@pytest.mark.parametrize(
    ("old", "new", "at", "message", "hint"),
    [
        ("relu", "rely", "7:5", "nothing called `rely` among the layers", "did you mean `relu`?"),
        ("relu", "LeakyReLU", "7:5", "nothing called `LeakyReLU`", "did you mean `leaky_relu`?"),
        ("relu", "qqqq", "7:5", "nothing called `qqqq`", "one of: "),
        (
            "cross_entropy",
            "cross-entropy",
            "10:7",
            "nothing called `cross-entropy`",
            "did you mean `cross_entropy`?",
        ),
        ("cost: cross_entropy", "cost: sgd", "10:7", "nothing called `sgd`", "`sgd` is among the optimizers"),
        ("dense: 30", "dense: {unit: 30}", "6:13", "`dense` has no option `unit`", "did you mean `units`?"),
        ("relu", "relu: {slope: 1}", "7:12", "`relu` has no option `slope`", "hard_sigmoid` and `leaky_relu`"),
        ("relu", "relu: 1", "7:5", "`relu` has no options, and so takes no value", "write `relu`"),
        ("optimizer", "optimiser", "11:1", "there is no section `optimiser`", "did you mean `optimizer`?"),
        ("sgd: 0.1", "sgd: {}", "11:13", "`learning_rate` is missing", "write `sgd: {learning_rate: ...}`"),
        ("dense: 30", "dense: '30'", "6:12", 'expected a whole number, found the text "30"', "without quotation"),
        ("dense: 30", "dense: 30.5", "6:12", "expected a whole number, found 30.5", ""),
        ("dense: 30", "dense: 30.0", "6:12", "expected a whole number, found 30.0", ""),
        ("dense: 30", "dense: 0", "6:12", "expected a number above 0, found 0", ""),
        ("dense: 30", "dense: true", "6:12", "expected a whole number, found true", ""),
        ("dense: 30", "dense: [30]", "6:12", "expected a whole number, found a list of 1", ""),
        ("dense: 30", "dense: {units: 30, bias: no}", "6:30", "expected true or false", "write false"),
        (
            "dense: 30",
            "dense: {units: 3, weights: {normal: -1}}",
            "6:41",
            "expected a number above 0, found -1",
            "",
        ),
        (
            "dense: 30",
            "dense: {units: 3, weights: nrmal}",
            "6:32",
            "nothing called `nrmal`",
            "did you mean `normal`?",
        ),
        ("relu", "dropout: 1.0", "7:14", "expected a number below 1, found 1", ""),
        ("sgd: 0.1", "sgd: .inf", "11:18", "expected a finite number, found inf", ""),
        ("sgd: 0.1", "sgd: 1e999", "11:18", "expected a finite number", ""),
        ("sgd: 0.1", "sgd: 0.1, momentum: 0.1", "11:23", "one optimizer here, but several names", "keep one"),
        (
            "optimizer: {sgd: 0.1}",
            "optimizer: 3",
            "11:12",
            "expected an optimizer, found 3",
            "for example `optimizer",
        ),
        ("cost: cross_entropy", "cost: [quadratic]", "10:7", "expected a cost", "only one stands here"),
        ("input: 784", "input: 0", "4:8", "expected a whole number above 0", "[1, 28, 28]"),
        ("input: 784", "input: [784, 0.5]", "4:8", "expected a whole number above 0", "[1, 28, 28]"),
        ("input: 784", "input: [1, 1, 1, 1, 1, 1, 1, 784, 1]", "4:8", "expected at most 8 lengths, found 9", ""),
        ("input: 784", "input: 783", "4:8", "samples of 1 x 28 x 28 (784 numbers)", "write `input: 784`"),
        ("dense: 10", "dense: 9", "8:12", "the data has 10 classes, but the stack ends in 9 outputs", "10 units"),
        ("  - softmax\n", "", "9:7", "needs outputs between 0 and 1", "end the stack in `softmax`"),
        ("softmax", "tanh", "10:7", "outputs lie between -1 and 1", "end the stack in `softmax`"),
        ("nnspec: 1", "nnspec: 2", "1:9", "written for version 2 of the spec language", "pip install --upgrade"),
        ("nnspec: 1", "nnspec: one", "1:9", "expected 1, the version", ""),
        ("name: try", "name: a b", "2:7", "expected letters, digits, dots, dashes and underscores", ""),
        ("input: 784\n", "", "1:1", "`input` is missing", "add for example `input: 784`"),
        ("name: try", "seed: -1\nname: try", "2:7", "expected a number of at least 0, found -1", ""),
        ("name: try", "name: try\nprecision: float16", "3:12", "expected `float32` or `float64`", ""),
        ("name: try", "name: try\ntrain: {epochs: 0}", "3:17", "expected a number above 0", ""),
        ("name: try", "name: try\ntrain: {epoch: 1}", "3:9", "`train` has nothing called `epoch`", "`epochs`?"),
        (
            "name: try",
            "name: try\nmetrics: [accuracy, accuracy]",
            "3:21",
            "`accuracy` is listed twice",
            "keep one",
        ),
        (
            "name: try",
            "name: try\nexpect: {test.acuracy: {min: 0.9}}",
            "3:10",
            "`test.acuracy` is no result of this spec",
            "did you mean `test.accuracy`?",
        ),
        (
            "name: try",
            "name: try\nexpect: {test.top_k: {min: 0.9}}",
            "3:10",
            "`test.top_k` is no result of this spec",
            "add `top_k` to `metrics`",
        ),
        ("name: try", "name: try\nexpect: {test.accuracy: {}}", "3:25", "expected `min`, `max` or both", "0.95"),
        (
            "name: try",
            "name: try\ntrain: {monitor: validaton.accuracy}",
            "3:18",
            "is no result of this spec",
            "did you mean `validation.accuracy`?",
        ),
    ],
)
def test_a_mistake_is_said_where_it_stands_with_what_to_do(
    old: str, new: str, at: str, message: str, hint: str
) -> None:
    assert old in GOOD
    found = problems(GOOD.replace(old, new, 1))
    (problem,) = [problem for problem in found if message in problem.message]
    assert found == [problem]
    assert hint in problem.hint
    assert f"{problem.mark.line}:{problem.mark.column}" == at


def test_a_shape_that_does_not_fit_names_the_layer_to_insert_and_the_stack_so_far() -> None:
    text = GOOD.replace("input: 784", "input: [1, 28, 28]")
    text = text.replace("  - dense: 30\n  - relu\n", "  - relu\n  - dense: 30\n")
    (problem,) = problems(text)
    assert problem.where == "layers[1]"
    assert problem.message == "dense takes one row of numbers a sample, not 1 x 28 x 28"
    assert problem.hint == "insert `flatten` before it: it makes 784 numbers of them"
    assert problem.table == ("the stack so far:", "  relu  1 x 28 x 28 -> 1 x 28 x 28")
    assert parse(text.replace("  - dense: 30", "  - flatten\n  - dense: 30"))


def test_many_mistakes_are_said_at_once_in_the_order_of_the_text() -> None:
    text = (
        GOOD.replace("relu", "rely")
        .replace("dense: 30", "dense: {unit: 30}")
        .replace("sgd: 0.1", "sgd: x")
        .replace("nnspec: 1", "nnspec: 9")
        .replace("name: try", "nam: try")
    )
    found = problems(text)
    positions = [(problem.mark.line, problem.mark.column) for problem in found]
    assert positions == sorted(positions)
    said = " ".join(problem.message for problem in found)
    for word in ("rely", "`unit`", '"x"', "version 9", "section `nam`"):
        assert word in said
    assert len(found) == len(set(found)) == 5


def test_checks_beyond_types_are_gathered_too() -> None:
    text = GOOD.replace("784", "100").replace("dense: 10", "dense: 7").replace("softmax", "relu")
    text += "expect: {test.acc: {min: 1}}\nmetrics: [accuracy, accuracy]\n"
    places = [problem.where for problem in problems(text)]
    assert places == ["input", "layers[2].dense.units", "cost", "expect.test.acc", "metrics[1]"]


def test_a_problem_shows_its_line_with_carets_below() -> None:
    (problem,) = problems(GOOD.replace("relu", "rely"))
    assert str(problem) == (
        "s.yaml:7:5: layers[1]: nothing called `rely` among the layers [NS040]\n"
        "    |   - rely\n"
        "    |     ^^^^\n"
        "    = did you mean `relu`?"
    )


@pytest.mark.parametrize("entry", ["dropout", "dropout: 0.5", "dropout: {rate: 0.5}", "dropout:", "dropout: {}"])
def test_a_part_is_written_in_three_ways_and_is_one_thing(entry: str) -> None:
    assert parse(GOOD.replace("relu", entry)).resolved()["layers"][1] == {
        "dropout": {"rate": 0.5, "spatial": False}
    }


def test_nested_parts_are_written_alike() -> None:
    written = ("he", "{he: uniform}", "{he: {distribution: uniform}}")
    specs = [parse(GOOD.replace("dense: 30", f"dense: {{units: 30, weights: {entry}}}")) for entry in written]
    assert specs[0].resolved() == specs[1].resolved() == specs[2].resolved()


def test_a_list_of_parts_is_counted_before_its_entries_are_looked_at() -> None:
    (problem,) = problems(GOOD.replace("  - relu\n", "  - rely\n" * MAX_ENTRIES))
    assert problem.message == f"expected at most {MAX_ENTRIES} entries, found a list of {MAX_ENTRIES + 3}"


def test_a_name_may_come_from_the_files_name(tmp_path: Any) -> None:
    path = tmp_path / "my-net.yaml"
    path.write_text(GOOD.replace("name: try\n", ""))
    assert load(path).document.name == "my-net"


@pytest.mark.parametrize("width", [10**9, 2**63])
def test_a_network_too_large_for_the_machine_is_refused_before_it_is_made(width: int) -> None:
    (problem,) = problems(GOOD.replace("dense: 30", f"dense: {width}"))
    assert problem.where in {"layers[0]", "layers[2]"}
    assert "parameters need" in problem.message


def test_the_largest_input_that_can_be_written_is_refused_in_words() -> None:
    lengths = ", ".join(["18446744073709551615"] * 8)
    text = GOOD.replace("input: 784", f"input: [{lengths}]").replace("  - dense: 30", "  - flatten\n  - dense: 30")
    assert any("parameters need" in problem.message for problem in problems(text))


OPTIONS = {name for section in SECTIONS.values() for name in section.model_fields}
ELSEWHERE = sorted(name for name in OPTIONS.difference(Document.model_fields) if home(name))


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_option_that_stands_at_the_top_is_sent_to_its_section(name: str) -> None:
    """No section is without an example to show."""
    (problem,) = problems(f"{GOOD}{name}: 1\n")
    assert problem.hint.startswith(f"it belongs below `{home(name)}`: `{home(name)}: ")
