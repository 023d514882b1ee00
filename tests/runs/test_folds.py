"""Cross-validation: folds that part the samples, a run for each, and figures over all of them."""

import json
import signal
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest

import nnspec
from nnspec.api import Silent
from nnspec.cli.main import main
from nnspec.contracts.loader import Dataset, Split
from nnspec.errors import DataError, RunFolderError, SpecError, UsageError
from nnspec.report import write_report
from nnspec.runs.division import divided
from nnspec.runs.folds import cross_validate
from nnspec.runs.opened import OpenedRun
from nnspec.spec.specification import load

SPEC = """
nnspec: 1
dataset: {moons: {samples: 150, noise: 0.2, test: 30}}
transforms: []
input: 2
layers: [{dense: 6}, tanh, {dense: 2}, softmax]
cost: cross_entropy
optimizer: {adam: 0.05}
train: {epochs: 4, batch_size: 16, folds: 3}
expect: {validation.accuracy: {min: 0.5}}
"""


def numbered(labels: list[int], classes: int | None = None) -> Dataset:
    names = tuple(map(str, range(classes))) if classes else None
    return Dataset(Split(np.arange(len(labels))[:, np.newaxis], np.array(labels)), classes=names)


def folds_of(dataset: Dataset, folds: int, seed: int = 0) -> list[Split]:
    made = [divided(dataset, folds, fold, np.random.default_rng(seed)) for fold in range(1, folds + 1)]
    held_out = [fold.validation for fold in made if fold.validation is not None]
    for fold in made:
        assert fold.validation is not None
        both = np.concatenate([fold.train.inputs, fold.validation.inputs])
        assert sorted(both.ravel().tolist()) == list(range(len(dataset.train)))
    return held_out


@pytest.mark.parametrize("classes", [None, 3])
def test_each_sample_is_held_out_once_and_folds_are_of_one_size(classes: int | None) -> None:
    held_out = folds_of(numbered([0] * 11 + [1] * 5 + [2] * 7, classes), 4)
    assert sorted(np.concatenate([fold.inputs for fold in held_out]).ravel().tolist()) == list(range(23))
    assert {len(fold) for fold in held_out} == {5, 6}


def test_each_fold_has_every_class_in_proportion() -> None:
    """Of classes of 40, 10 and 5 each of 5 folds has 8, 2 and 1."""
    for fold in folds_of(numbered([0] * 40 + [1] * 10 + [2] * 5, 3), 5):
        assert np.bincount(fold.targets).tolist() == [8, 2, 1]


def test_another_seed_draws_other_folds() -> None:
    first, second = (folds_of(numbered([0] * 30), 3, seed)[0].inputs.ravel().tolist() for seed in (0, 1))
    assert first == folds_of(numbered([0] * 30), 3)[0].inputs.ravel().tolist()
    assert first != second


def test_more_folds_than_samples_are_refused() -> None:
    with pytest.raises(DataError, match="3 samples cannot be divided into 4 folds"):
        divided(numbered([0, 1, 0], 2), 4, 1, np.random.default_rng(0))


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "moons.yaml"
    path.write_text(SPEC)
    return path


def test_figures_are_means_over_the_folds_and_their_spread(spec: Path, tmp_path: Path) -> None:
    folder = cross_validate(load(spec), tmp_path / "run", Silent())
    facts = folder.facts()
    runs = [OpenedRun(folder.path / f"fold-{number}") for number in (1, 2, 3)]
    for split, metric in (("validation", "accuracy"), ("test", "cost"), ("train", "cost")):
        values = [run.facts["metrics"][split][metric] for run in runs]
        assert facts["metrics"][split][metric] == pytest.approx(fmean(values))
        assert facts["spread"][split][metric] == pytest.approx(stdev(values))
    assert [fold["folder"] for fold in facts["folds"]] == ["fold-1", "fold-2", "fold-3"]
    assert facts["status"] == "finished"


def test_folds_share_the_data_and_nothing_that_is_drawn(spec: Path, tmp_path: Path) -> None:
    folder = cross_validate(load(spec), tmp_path / "run", Silent())
    runs = [OpenedRun(folder.path / f"fold-{number}") for number in (1, 2, 3)]
    held_out = [run.dataset().splits["validation"].inputs for run in runs]
    points = np.concatenate(held_out)
    assert len(np.unique(points, axis=0)) == len(points) == 120
    tests = [run.dataset().splits["test"].inputs for run in runs]
    assert all((test == tests[0]).all() for test in tests)
    weights = [run.network.weights for run in runs]
    assert not np.allclose(weights[0], weights[1])
    assert runs[1].evaluate("validation")[1].values == pytest.approx(runs[1].facts["metrics"]["validation"])


def test_one_fold_runs_by_itself_as_it_did_among_the_others(spec: Path, tmp_path: Path) -> None:
    together = cross_validate(load(spec), tmp_path / "run", Silent())
    alone = nnspec.run(load(spec, ["train.fold=2"]), tmp_path / "alone")
    again = nnspec.run(together.path / "fold-2" / "spec.yaml", tmp_path / "again")
    among = OpenedRun(together.path / "fold-2").network.weights.tobytes()
    assert alone.network.weights.tobytes() == among == again.network.weights.tobytes()


def test_python_gets_the_folds_as_the_command_line_leaves_them(spec: Path, tmp_path: Path) -> None:
    assert main(["run", str(spec), "-o", str(tmp_path / "verb")]) == 0
    found = nnspec.cross_validate(spec, tmp_path / "call")
    told = json.loads((tmp_path / "verb" / "run.json").read_text("utf-8"))
    assert {name: found.facts[name] for name in ("status", "metrics", "spread", "fingerprint")} == {
        name: told[name] for name in ("status", "metrics", "spread", "fingerprint")
    }
    assert found.folder == tmp_path / "call"
    costs = [run.evaluate("validation")[1].cost for run in found.runs]
    assert len(costs) == 3
    assert fmean(costs) == pytest.approx(found.facts["metrics"]["validation"]["cost"])


def test_python_tells_a_run_and_a_cross_validation_apart(spec: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"call `nnspec\.cross_validate`"):
        nnspec.run(spec, tmp_path / "run")
    with pytest.raises(UsageError, match="this spec has no folds"):
        nnspec.cross_validate(nnspec.load(spec, ["train.folds=null"]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_verb_shows_mean_and_spread_and_writes_pages(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(spec), "-o", str(tmp_path / "run")]) == 0
    answer = capsys.readouterr().out
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    mean, spread = facts["metrics"]["validation"]["accuracy"], facts["spread"]["validation"]["accuracy"]
    assert f"accuracy {mean:.4f} ± {spread:.4f}" in answer
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert 'href="fold-3/report.html"' in page
    assert (tmp_path / "run" / "fold-3" / "report.html").exists()
    assert "| validation accuracy |" in (tmp_path / "run" / "report.md").read_text("utf-8")
    assert main(["run", str(spec), "-o", str(tmp_path / "run")]) == 2
    assert main(["run", str(spec), "-o", str(tmp_path / "run"), "--force", "--set", "train.folds=2"]) == 0
    assert not (tmp_path / "run" / "fold-3").exists()


def test_expectations_are_held_against_the_means(spec: Path) -> None:
    assert main(["check", str(spec)]) == 0
    assert main(["check", str(spec), "--set", "expect.validation.accuracy.min=1.01"]) == 3


def test_a_network_is_opened_from_one_of_the_folds(spec: Path, tmp_path: Path) -> None:
    folder = cross_validate(load(spec), tmp_path / "run", Silent())
    with pytest.raises(UsageError, match=r"holds a run for each fold; name one of them, such as .*fold-1"):
        OpenedRun(folder.path)


def test_data_with_a_validation_split_is_not_folded(spec: Path, tmp_path: Path) -> None:
    text = SPEC.replace("test: 30", "test: 30, validation: 20")
    spec.write_text(text)
    with pytest.raises(SpecError, match=r"train.folds: each fold is the validation split in its turn"):
        cross_validate(load(spec), tmp_path / "run", Silent())


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("folds: 3, fold: 4", "`fold` is 4, but there are 3 folds"),
        ("fold: 1", "`fold` is 1, but there are no `folds`"),
        ("folds: 1", "folds"),
    ],
)
def test_folds_that_cannot_be_are_said_in_the_spec(spec: Path, train: str, message: str) -> None:
    spec.write_text(SPEC.replace("folds: 3", train))
    with pytest.raises(SpecError, match=message):
        load(spec)


class Stopping(Silent):
    """Stops the third epoch of the second fold, as a user would."""

    def __init__(self) -> None:
        self.epochs = 0

    def epoch_started(self, number: int, steps: int) -> None:
        self.epochs += 1
        if self.epochs == 7:
            signal.raise_signal(signal.SIGINT)


def test_a_cross_validation_that_was_stopped_goes_on_to_the_same_bytes(spec: Path, tmp_path: Path) -> None:
    loaded = load(spec)
    stopped = cross_validate(loaded, tmp_path / "stopped", Stopping())
    assert stopped.facts()["status"] == "interrupted"
    assert len(stopped.facts()["folds"]) == 2
    assert main(["run", "--resume", str(stopped.path)]) == 0
    whole = cross_validate(loaded, tmp_path / "whole", Silent())
    for number in (1, 2, 3):
        weights = [
            OpenedRun(folder.path / f"fold-{number}").network.weights.tobytes() for folder in (stopped, whole)
        ]
        assert weights[0] == weights[1]
    assert stopped.facts()["metrics"] == whole.facts()["metrics"]
    with pytest.raises(UsageError, match="name the folder to go on with"):
        cross_validate(loaded, None, Silent(), resume="auto")


@pytest.mark.parametrize(
    "damage", [{"folds": 3}, {"metrics": {"test": {"cost": "low"}}}, {"folds": [{"folder": "../elsewhere"}]}]
)
def test_a_damaged_summary_is_told_as_such(spec: Path, tmp_path: Path, damage: dict[str, object]) -> None:
    folder = cross_validate(load(spec), tmp_path / "run", Silent())
    facts = folder.path / "run.json"
    facts.write_text(json.dumps({**folder.facts(), **damage}))
    with pytest.raises(RunFolderError, match="damaged"):
        OpenedRun(folder.path)


def test_pages_of_a_damaged_summary_are_refused(spec: Path, tmp_path: Path) -> None:
    folder = cross_validate(load(spec), tmp_path / "run", Silent())
    facts = folder.facts()
    del facts["spread"]
    (folder.path / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunFolderError, match="damaged, so nothing can be reported"):
        write_report(folder.path)
