"""A plugin that is a wheel, installed, used and removed again: everything treats its part like a built-in one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

from nnspec.scaffold.project import Project
from plugins.freshly import Fresh

SPEC = "specs/gain.yaml"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return Fresh(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "nnspec-gain"
    Project.named("nnspec-gain", "layers").write(folder)
    return folder


@pytest.fixture(scope="module")
def installed(fresh: Fresh, project: Path) -> Fresh:
    """The environment with the wheel in it."""
    (wheel,) = WheelBuilder(str(project)).build(directory=str(project / "dist"), versions=["standard"])
    fresh.answer("pip", "install", "--quiet", "--no-deps", wheel)
    return fresh


def told(fresh: Fresh, folder: Path, *words: str) -> Any:
    return json.loads(fresh.answer("nnspec", *words, folder=folder))


def test_parts_schema_and_show_have_it(installed: Fresh, project: Path) -> None:
    part = told(installed, project, "parts", "layers", "gain", "--json")
    assert part["origin"] == "nnspec-gain 0.1.0"
    assert [option["name"] for option in part["options"]] == ["start"]
    schema = told(installed, project, "schema")
    assert "gain" in schema["definitions"]["layers"]["then"]["properties"]
    assert schema["definitions"]["layers.nnspec-gain.gain"]["markdownDescription"].startswith("gain: each number")
    layers = told(installed, project, "show", SPEC, "--json")["layers"]
    assert [(layer["name"], layer["parameters"]) for layer in layers][2] == ("gain", 8)
    listed = {row["name"]: row["state"] for row in told(installed, project, "plugins", "list", "--json")}
    assert listed["gain"] == "healthy"


def test_gradcheck_looks_at_it(installed: Fresh, project: Path) -> None:
    found = told(installed, project, "gradcheck", SPEC, "--json")
    assert found["passed"]
    assert {each["by"] for each in found["gradients"] if each["word"] == "gain"} == {"x", "a"}


def test_a_run_and_its_report_name_it_and_once_it_is_gone_say_what_is_missing(
    installed: Fresh, project: Path
) -> None:
    facts = told(installed, project, "run", SPEC, "-o", "run", "--json", "--set", "train.epochs=2")
    assert facts["plugins"] == {"nnspec-gain": "0.1.0"}
    assert "gain" in [layer["name"] for layer in facts["layers"]]
    assert "nnspec-gain 0.1.0" in (project / "run" / "report.html").read_text("utf-8")
    assert "test" in told(installed, project, "evaluate", "run", "--json").values()
    installed.answer("pip", "uninstall", "--quiet", "--yes", "nnspec-gain")
    assert "nothing called `gain` among the layers" in installed.answer(
        "nnspec", "validate", SPEC, folder=project, code=2
    )
    assert "pip install nnspec-gain==0.1.0" in installed.answer(
        "nnspec", "evaluate", "run", folder=project, code=2
    )
    assert "gain" not in told(installed, project, "schema")["definitions"]["layers"]["then"]["properties"]
