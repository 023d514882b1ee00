"""A run folder is what it says, or what is wrong with it is found and named."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from nnspec.errors import RunFolderError
from nnspec.runs import provenance
from nnspec.runs.verification import Verification, verify
from nnspec.spec.specification import load, parse
from runs.spoiling import SPEC, rewrite

SPECS = sorted(Path(__file__).parents[2].glob("specs/*.yaml"))


def wrong(found: Verification) -> dict[str, str]:
    """What differs: subjects with what is said of them."""
    return {finding.subject: finding.text for finding in found.findings if finding.verdict == "differs"}


def test_of_a_run_that_nobody_touched_every_file_is_intact(run: Path) -> None:
    found = verify(run)
    assert found.verdict == "same"
    assert {finding.subject for finding in found.findings} == {
        "spec.yaml",
        "metrics.jsonl",
        "evidence.npz",
        "report.md",
        "data",
        "fingerprint",
        *(f"checkpoints/{name}.safetensors" for name in ("last", "previous", "best", "epoch-0002", "epoch-0004")),
    }
    assert found.notes == ()


def test_a_bit_turned_in_a_checkpoint_is_found(run: Path) -> None:
    file = run / "checkpoints" / "last.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    assert wrong(verify(run)) == {
        "checkpoints/last.safetensors": "damaged: its content does not match its SHA-256"
    }


def test_a_checkpoint_put_in_another_s_place_is_found_though_it_is_whole_in_itself(run: Path) -> None:
    checkpoints = run / "checkpoints"
    (checkpoints / "last.safetensors").write_bytes((checkpoints / "epoch-0002.safetensors").read_bytes())
    found = [finding for finding in verify(run).findings if finding.verdict == "differs"]
    texts = "; ".join(f"{finding.subject} {finding.text}" for finding in found)
    assert "checkpoints/last.safetensors not the file that the run left" in texts
    assert "run.json says that training came to epoch 4; the last checkpoint is of epoch 2" in texts


@pytest.mark.parametrize("name", ["evidence.npz", "checkpoints/best.safetensors", "report.md"])
def test_a_file_that_lacks_is_named(run: Path, name: str) -> None:
    (run / name).unlink()
    found = verify(run)
    assert wrong(found).keys() == {name}
    assert "missing" in wrong(found)[name]


def test_a_changed_figure_in_the_middle_of_the_metrics_is_found(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    entry = json.loads(lines[1])
    entry["train"]["cost"] /= 2
    lines[1] = json.dumps(entry)
    (run / "metrics.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    assert "not the file that the run left" in wrong(verify(run))["metrics.jsonl"]


@pytest.mark.parametrize("line", ['{"epoch": 2, "train": 0.1}', '{"train": {}}', "[]", "{", '{"epoch": "x"}'])
def test_a_line_of_metrics_that_is_none_is_named(run: Path, line: str) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    (run / "metrics.jsonl").write_text("\n".join([lines[0], line, *lines[2:]]) + "\n", "utf-8")
    found = [finding.text for finding in verify(run).findings if finding.subject == "metrics.jsonl"]
    assert "damaged in line 2" in found


def better(facts: dict[str, Any]) -> None:
    facts["metrics"]["validation"]["accuracy"] = 1.0


def another_seed(facts: dict[str, Any]) -> None:
    facts["seed"] = 7


def another_best(facts: dict[str, Any]) -> None:
    facts["best"]["metrics"]["validation"]["cost"] = 0.0


def more_epochs(facts: dict[str, Any]) -> None:
    facts["epochs"] = 40


def another_numpy(facts: dict[str, Any]) -> None:
    facts["versions"]["numpy"] = "1.0"


@pytest.mark.parametrize(
    ("change", "subject", "said"),
    [
        (better, "run.json", "other figures of epoch 4 than metrics.jsonl"),
        (another_seed, "run.json", "says seed 7, and the spec says 1"),
        (another_best, "run.json", "best evaluation"),
        (more_epochs, "run.json", "training came to epoch 40; the last checkpoint is of epoch 4"),
        (another_numpy, "fingerprint", "is not that of this spec, seed or versions"),
    ],
)
def test_what_run_json_claims_falsely_is_found(
    run: Path, change: Callable[[dict[str, Any]], None], subject: str, said: str
) -> None:
    rewrite(run, change)
    found = verify(run)
    texts = [text for finding in found.findings if finding.subject == subject for text in [finding.text]]
    assert found.verdict == "differs"
    assert any(said in text for text in texts)


def test_a_spec_that_claims_another_seed_is_found_three_times(run: Path) -> None:
    spec = run / "spec.yaml"
    spec.write_text(spec.read_text("utf-8").replace("seed: 1\n", "seed: 2\n"), "utf-8")
    found = wrong(verify(run))
    # The npz loader splits by the seed, so that the data itself stays the same file.
    assert found.keys() == {"spec.yaml", "run.json", "fingerprint"}


def test_data_that_is_no_longer_what_it_was_is_found(trained: Path, tmp_path: Path) -> None:
    folder = Path(copytree(trained, tmp_path / "moved"))
    rewrite(folder / "run", lambda facts: facts.update(spec_folder=str(folder)))
    assert verify(folder / "run").verdict == "same"
    points = np.load(folder / "points.npz")
    np.savez(folder / "points.npz", x=points["x"] + 1e-9, y=points["y"])
    found = wrong(verify(folder / "run"))
    assert found.keys() == {"data", "fingerprint"}
    assert "(points.npz)" in found["data"]
    (folder / "points.npz").unlink()
    assert verify(folder / "run").verdict == "unknown"


def test_a_damaged_run_json_ends_the_search(run: Path) -> None:
    (run / "run.json").write_text("{", "utf-8")
    found = verify(run)
    assert [finding.subject for finding in found.findings] == ["run.json"]
    assert found.verdict == "differs"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="not a run folder"):
        verify(tmp_path)


def test_the_fingerprint_is_of_spec_data_and_versions_and_of_no_machine() -> None:
    spec = parse(SPEC, settings=["engine.shards=1"]).resolved()
    sharded = parse(SPEC, settings=["engine.shards=2"]).resolved()
    name = provenance.fingerprint(spec, "data", {})
    assert name == provenance.fingerprint(sharded, "data", {})
    others = [
        provenance.fingerprint({**spec, "seed": 2}, "data", {}),
        provenance.fingerprint(spec, "others", {}),
        provenance.fingerprint(spec, "data", {"nnspec-x": "1"}),
        provenance.fingerprint(spec, "data", {}, {**provenance.versions(), "numpy": "9"}),
        provenance.fingerprint(spec, "data", {}, {**provenance.versions(), "nnspec": "9"}),
    ]
    assert len({name, *others}) == 6
    assert name == provenance.fingerprint(spec, "data", {}, {**provenance.versions(), "python": "9"})


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_written_and_read_again_has_the_same_fingerprint(path: Path, tmp_path: Path) -> None:
    spec = load(path)
    (tmp_path / "spec.yaml").write_text(spec.to_yaml(), "utf-8")
    again = load(tmp_path / "spec.yaml")
    one, other = (provenance.fingerprint(each.resolved(), "", {}) for each in (spec, again))
    assert one == other
