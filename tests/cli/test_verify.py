"""`nnspec verify`: what it says, as text and as JSON, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from nnspec.cli.main import main


@pytest.fixture
def run(moons: Path, tmp_path: Path) -> Path:
    """A copy of a run, which a test may spoil."""
    return Path(copytree(moons, tmp_path / "run"))


def spoil(run: Path) -> None:
    with (run / "metrics.jsonl").open("a") as file:
        file.write("{}\n")


def test_an_intact_run_is_said_to_be_so(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(run)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "intact"
    assert json.loads((run / "run.json").read_text())["fingerprint"] in out


def test_training_once_more_gives_the_same_bytes(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(run), "--replay"]) == 0
    assert "5 lines of metrics" in (out := capsys.readouterr().out)
    assert out.splitlines()[-1] == "intact; training it once more gives the same bytes"
    assert main(["verify", str(run), "--epochs", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["replay"]["until"] == {"epoch": 2, "step": 0}
    assert found["replay"]["identical"]
    assert found["verdict"] == "same"


def test_a_spoilt_run_is_told_with_exit_code_3(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(run)
    assert main(["verify", str(run)]) == 3
    out = capsys.readouterr().out
    assert "metrics.jsonl DIFFERS: not the file that the run left" in " ".join(out.split())
    assert "damaged in line 6" in out
    assert out.splitlines()[-1] == "not what it says it is"
    assert main(["verify", str(run), "--replay"]) == 3
    assert "could not be trained once more" in capsys.readouterr().out


def test_of_several_runs_the_worst_counts(moons: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(run)
    assert main(["verify", str(moons), str(run), "--json"]) == 3
    assert [found["verdict"] for found in json.loads(capsys.readouterr().out)] == ["same", "differs"]


def test_what_is_no_run_or_no_number_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert main(["verify", str(tmp_path), "--epochs", "0"]) == 2
    assert "must be 1 or more" in capsys.readouterr().err


def test_a_run_whose_data_is_gone_cannot_be_verified_until_it_is_said_where_it_lies(
    flowers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(copytree(flowers, tmp_path / "run"))
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"spec_folder": str(tmp_path)}))
    assert main(["verify", str(run), "--replay"]) == 1
    out = capsys.readouterr().out
    assert "cannot tell" in out
    monkeypatch.setenv("NNSPEC_DATA", facts["spec_folder"])
    assert main(["verify", str(run), "--replay"]) == 0
    assert main(["evaluate", str(run)]) == 0
    assert out.splitlines()[-1] == "nothing wrong was found, but not all could be looked at"


def kernel(name: str) -> str:
    """What a process that asks for a kernel of OpenBLAS gets."""
    code = "from nnspec.runs.provenance import machine; print(machine()['blas'][0]['architecture'])"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=asking(name), check=True).stdout.strip()


def asking(name: str) -> dict[str, str]:
    return {**os.environ, "OPENBLAS_CORETYPE": name}


def test_another_kernel_of_blas_gives_other_last_bits_and_is_named(digits: Path) -> None:
    """A real machine's difference: the same processor, told to multiply as an older one does."""
    then = json.loads((digits / "run.json").read_text())["machine"]["blas"][0]["architecture"]
    now = kernel("Prescott")
    if now == then:
        pytest.skip("this BLAS has one kernel only")
    command = [sys.executable, "-m", "nnspec", "verify", str(digits), "--epochs", "1", "--json", "--offline"]
    found = subprocess.run(command, capture_output=True, text=True, env=asking("Prescott"), check=False)
    assert found.returncode == 3
    told = json.loads(found.stdout)
    assert f"since then: machine.blas[0].architecture: {then} -> {now}" in told["replay"]["reasons"]
    assert 0 < told["replay"]["largest"]["relative"] < 1e-2
    assert {finding["verdict"] for finding in told["findings"]} == {"same"}
    assert main(["verify", str(digits), "--epochs", "1"]) == 0
