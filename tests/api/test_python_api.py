"""The Python API: a few functions, and what they hand back."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import nnspec

SPECS = Path(__file__).parents[2] / "specs"


def test_a_spec_is_loaded_run_opened_and_used(tmp_path: Path) -> None:
    spec = nnspec.load(SPECS / "moons.yaml", ["train.epochs=5"])
    run = nnspec.run(spec, out=tmp_path / "run")
    assert run.facts["status"] == "finished"
    assert run.facts["epochs"] == 5
    opened = nnspec.open_run(tmp_path / "run")
    # Above the upper moon's arch and below the lower one's bowl.
    predictions = opened.predict([[0.0, 1.0], [1.0, -0.5]])
    assert predictions.outputs.shape == (2, 2)
    assert [answer.name for answer in predictions] == ["0", "1"]
    np.testing.assert_array_equal(predictions.outputs, run.predict([[0.0, 1.0], [1.0, -0.5]]).outputs)


def test_the_functions_stay_functions_whatever_is_imported() -> None:
    code = (
        "import pkgutil, importlib, nnspec\n"
        "for module in pkgutil.iter_modules(nnspec.__path__):\n"
        "    if module.name != '__main__': importlib.import_module('nnspec.' + module.name)\n"
        "assert all(callable(getattr(nnspec, name)) for name in ('load', 'run', 'open_run', 'cross_validate'))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_nnspec_alone_loads_no_library() -> None:
    code = "import sys, nnspec; assert not {'numpy', 'pydantic', 'yaml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
