"""Reporters hear how a run goes on, and cannot break it."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nnspec import open_run, run
from nnspec.api import Silent
from nnspec.errors import PartWarning
from nnspec.extend import EpochRecord, Reporter, Run
from nnspec.report import write_report
from nnspec.runs.execution import execute
from nnspec.runs.reporting import Reporting
from nnspec.spec.specification import Spec, parse

SPEC = """\
nnspec: 1
name: told
dataset: xor
input: 2
layers: [{dense: {units: 3, activation: tanh}}, {dense: {units: 1, activation: sigmoid}}]
cost: binary_cross_entropy
regularizer: {l2: 1e-3}
optimizer: {sgd: 0.5}
train: {epochs: 3}
"""


class Listing(Reporter):
    """Remembers what it hears in the run's memory, and writes it down at the end."""

    fails_in: str = ""

    def started(self, run: Run) -> None:
        run.memory["heard"] = [("started", run.facts["status"], run.name)]
        self._fail("started")

    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        norm = sum(float((array**2).sum()) for _, array in run.parameters())
        run.memory["heard"].append((epoch.number, epoch.metrics, norm))
        self._fail("epoch_ended")

    def ended(self, run: Run) -> None:
        run.memory["heard"].append(("ended", run.facts["status"]))
        run.write("heard.json", json.dumps(run.memory["heard"]).encode())

    def _fail(self, call: str) -> None:
        if call == self.fails_in:
            raise RuntimeError("no paper left")


class Careless(Reporter):
    """Writes to what it is shown."""

    kept: ClassVar[list[str]] = []

    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        for _, array in run.parameters():
            array.fill(0)


def told(reporters: list[Reporter], folder: Path) -> dict[str, Any]:
    """The facts of a run that these reporters hear of."""
    spec = parse(SPEC)
    document = spec.document.model_copy(update={"reporters": tuple(reporters)})
    reporting = Reporting(Silent())
    made = execute(Spec(document, spec.tree, spec.nodes, None, spec.resolver), folder, reporting)
    reporting.run_ended()
    return made.facts()


def test_a_reporter_hears_of_start_epochs_and_end_and_finds_its_memory_again(tmp_path: Path) -> None:
    facts = told([Listing()], tmp_path / "run")
    heard = json.loads((tmp_path / "run" / "heard.json").read_text("utf-8"))
    assert heard[0] == ["started", "running", "told"]
    assert heard[-1] == ["ended", "finished"]
    assert [line[0] for line in heard[1:-1]] == [1, 2, 3]
    lines = (tmp_path / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    for (_, metrics, _), line in zip(heard[1:-1], lines, strict=True):
        stated = json.loads(line)
        assert metrics == {split: stated[split] for split in ("train", "test")}
        assert metrics["train"].keys() == {"cost", "penalty"}
    assert heard[-2][1] == facts["metrics"]
    # l2 is half of 1e-3 times the sum of squares; biases are in the sum and not in the penalty.
    assert heard[-2][2] * 1e-3 / 2 >= facts["metrics"]["train"]["penalty"]


@pytest.mark.parametrize("call", ["started", "epoch_ended"])
def test_a_reporter_that_fails_is_warned_of_and_hears_no_more(tmp_path: Path, call: str) -> None:
    with pytest.warns(PartWarning, match="no paper left") as warned:
        facts = told([Listing(fails_in=call), Listing()], tmp_path / "run")
    assert len(warned) == 1
    assert facts["status"] == "finished"
    heard = json.loads((tmp_path / "run" / "heard.json").read_text("utf-8"))
    assert len(heard) == 5, "the other reporter heard everything"


def test_a_reporter_cannot_change_the_network(tmp_path: Path) -> None:
    with pytest.warns(PartWarning, match="read-only"):
        facts = told([Careless()], tmp_path / "run")
    assert facts["metrics"] == told([], tmp_path / "alone")["metrics"]


def test_html_and_markdown_are_written_unless_the_spec_says_otherwise(tmp_path: Path) -> None:
    run(parse(SPEC), tmp_path / "run")
    pages = [(tmp_path / "run" / name).read_bytes() for name in ("report.html", "report.md")]
    write_report(tmp_path / "run")
    assert [(tmp_path / "run" / name).read_bytes() for name in ("report.html", "report.md")] == pages
    run(parse(SPEC + "reporters: [{markdown: told.md}]"), tmp_path / "other")
    assert {path.name for path in (tmp_path / "other").glob("*.*")} >= {"told.md"}
    assert not list((tmp_path / "other").glob("report.*"))
    assert open_run(tmp_path / "other").facts["status"] == "finished"


def test_a_report_stays_in_the_run_folder() -> None:
    from nnspec.errors import SpecError

    for name in ("../elsewhere.html", "/elsewhere.html", ".hidden", "a/b.html"):
        with pytest.raises(SpecError, match="reporters"):
            parse(f"{SPEC}reporters: [{{html: '{name}'}}]")
