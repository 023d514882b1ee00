"""The wheel holds all of the package: what git ignores, the builder leaves out."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("nnspec/")}
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nnspec").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == files
    assert {"nnspec/runs/execution.py", "nnspec/spec/templates/mlp.yaml", "nnspec/py.typed"} <= held
