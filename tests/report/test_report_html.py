"""report.html: complete, self-contained, escaped, and the same for the same folder."""

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.report import write_report

from .by_hand import MakeRun, Page

HOSTILE = "\"><script>alert('x')</script><img src=x onerror=alert(1)>|`*&amp;"


def picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))


def test_every_figure_of_the_run_is_on_the_page(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    write_report(folder)
    text = page(folder).text.replace("\N{NO-BREAK SPACE}", " ")
    expected = [
        "by-hand",
        "A run that never ran.",
        "finished after 3 epochs in 12.3 s",
        "87.50 %",
        "875 of 1,000",
        "0.25",
        "0.1667",
        "test accuracy 87.50 %",
        "11.1 s in training steps",
        "207",
        "layers.0",
        "195",
        "64",
        "3.33 %",
        "85.96 %",
        "17",
        "5,000 train and 1,000 test samples of 1 × 8 × 8 uint8, 3 classes",
        "ab" * 32,
        "cd" * 32,
        "ef" * 32,
        "nnspec 0.1.0, python 3.11.7, numpy 2.4.6",
        "Linux, x86_64, 2 cores",
        "openblas 0.3.31 Haswell",
        "float32, 2 shards, last activation and cost fused",
        "2030-01-02 03:04:05 UTC",
        "specs/by-hand.yaml",
        "name: by-hand\nseed: 17",
        "cd '/somewhere/my specs'\nnnspec run ",
        "zero for one (5 of 15)",
        "66.7 %",
        "99.99 %",
    ]
    assert [fact for fact in expected if fact not in text] == []


def test_nothing_is_fetched_and_nothing_runs(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    write_report(folder)
    seen = page(folder)
    addresses = [
        attributes[name]
        for _, attributes in seen.elements
        for name in ("href", "src", "srcset")
        if name in attributes
    ]
    assert len(addresses) > 5
    assert [address for address in addresses if not address.startswith(("data:", "#"))] == []
    assert seen.all("script") == []
    source = (folder / "report.html").read_text("utf-8")
    assert re.search(r"url\(|@import|https?:", source) is None
    policy = next(meta["content"] for meta in seen.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")


def test_links_within_the_page_lead_somewhere_and_names_are_unique(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    folder = make_run()
    write_report(folder)
    seen = page(folder)
    names = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(names) == len(set(names))
    wanted = [link["href"].removeprefix("#") for link in seen.all("a")]
    for _, attributes in seen.elements:
        wanted += attributes.get("aria-labelledby", "").split()
    assert len(wanted) > 5
    assert set(wanted) <= set(names)


def test_pictures_and_drawings_can_be_read_aloud(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    write_report(folder)
    seen = page(folder)
    assert all(image["alt"] for image in seen.all("img"))
    assert len(seen.all("svg")) == 2
    assert all(drawing["role"] == "img" and drawing["aria-labelledby"] for drawing in seen.all("svg"))
    assert all(head.get("scope") in {"row", "col"} for head in seen.all("th"))
    assert "Lines" not in seen.text
    assert "train: from 0.5 in epoch 1 to 0.1667 in epoch 3." in seen.text


def test_hostile_words_are_shown_as_words(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(
        name=HOSTILE,
        description=HOSTILE,
        status="failed",
        reason=HOSTILE,
        warnings=[HOSTILE],
        classes=[HOSTILE, "plain", HOSTILE + "2"],
        spec_file=HOSTILE,
    )
    (folder / "spec.yaml").write_text(f"name: '</code></pre>{HOSTILE}'\n")
    write_report(folder)
    seen = page(folder)
    assert seen.all("script") == []
    assert not any(name.startswith("on") for _, attributes in seen.elements for name in attributes)
    assert {image["src"][:5] for image in seen.all("img")} == {"data:"}
    assert seen.text.count(HOSTILE) >= 8


def test_hostile_words_in_metrics_splits_and_features_are_shown_as_words(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    figures = {"test": {"cost": 1.0, HOSTILE: 0.5}, HOSTILE: {"cost": 2.0}}
    folder = make_run(
        shape=(2,),
        history=[{"epoch": 1, **figures}],
        epochs=1,
        metrics=figures,
        best=None,
        machine={"system": HOSTILE},
    )
    facts = json.loads((folder / "run.json").read_text())
    facts["dataset"]["features"] = [HOSTILE, "plain"]
    (folder / "run.json").write_text(json.dumps(facts))
    write_report(folder)
    seen = page(folder)
    assert seen.all("script") == []
    assert seen.all("img") == []
    assert seen.text.count(HOSTILE) >= 5


def test_the_same_folder_gives_the_same_bytes(make_run: MakeRun) -> None:
    folder = make_run()
    write_report(folder)
    first = [(folder / name).read_bytes() for name in ("report.html", "report.md")]
    write_report(folder)
    assert [(folder / name).read_bytes() for name in ("report.html", "report.md")] == first
    assert sorted(path.name for path in folder.iterdir()) == [
        "checkpoints",
        "evidence.npz",
        "metrics.jsonl",
        "report.html",
        "report.md",
        "run.json",
        "spec.yaml",
    ]


def test_mistakes_are_shown_pixel_by_pixel(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    inputs = np.load(folder / "evidence.npz")["mistake_inputs"]
    write_report(folder)
    shown = [image for image in page(folder).all("img") if image["alt"].startswith("A sample")]
    assert len(shown) == 5
    assert np.array_equal(np.asarray(picture(shown[2]["src"])), inputs[2, 0])
    assert shown[2]["alt"] == "A sample of class zero, taken for one."


def test_coloured_samples_are_shown_in_colour(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(shape=(3, 8, 8))
    inputs = np.load(folder / "evidence.npz")["mistake_inputs"]
    write_report(folder)
    shown = [image for image in page(folder).all("img") if image["alt"].startswith("A sample")]
    pixels = np.asarray(picture(shown[0]["src"]))
    assert pixels.shape == (8, 8, 3)
    assert pixels[2, 5].tolist() == inputs[0, :, 2, 5].tolist()


def test_first_weights_are_tiles_of_the_input_in_diverging_colours(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    folder = make_run()
    write_report(folder)
    tiles = [image for image in page(folder).all("img") if image["alt"].startswith("Weights")]
    weights = np.random.default_rng(2).normal(size=(3, 64)).astype(np.float32)
    assert len(tiles) == 3
    colours = np.asarray(picture(tiles[1]["src"]).convert("RGB")).reshape(64, 3).astype(int)
    strong = np.abs(weights[1]) > 0.5
    assert strong.sum() > 20
    assert np.array_equal(colours[strong, 0] > colours[strong, 2], weights[1][strong] > 0)


def test_samples_that_are_no_pictures_are_listed(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(shape=(4,))
    facts = json.loads((folder / "run.json").read_text())
    facts["dataset"]["features"] = ["sepal length", "sepal width", "petal length", "petal width"]
    (folder / "run.json").write_text(json.dumps(facts))
    inputs = np.load(folder / "evidence.npz")["mistake_inputs"]
    write_report(folder)
    seen = page(folder)
    assert seen.all("img") == []
    assert "petal length" in seen.text
    assert "".join(str(value) for value in inputs[0]) in seen.text.replace(" ", "")


def test_points_are_drawn_over_the_regions_of_answers(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(shape=(2,))
    evidence = np.load(folder / "evidence.npz")
    write_report(folder)
    seen = page(folder)
    ground = np.asarray(picture(seen.all("image")[0]["href"]))
    assert np.array_equal(ground, evidence["region"][::-1])
    dots = [path["d"] for path in seen.all("path") if path.get("class") == "point"]
    assert [d.count("M") for d in dots] == [14, 13, 13]
    image = {name: float(seen.all("image")[0][name]) for name in ("x", "y", "width", "height")}
    x, y = map(float, dots[0][1:].partition("h")[0].split())
    across, up = (evidence["points"][0] + 0.1) / 1.2
    assert x == pytest.approx(image["x"] + across * image["width"], abs=0.06)
    assert y == pytest.approx(image["y"] + (1 - up) * image["height"], abs=0.06)
    assert len([circle for circle in seen.all("circle") if circle["class"] == "mistake"]) == 5


def test_a_regression_shows_predictions_against_targets(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(shape=(3,), classes=None)
    write_report(folder)
    seen = page(folder)
    assert "root mean square error is 0.1" in seen.text
    assert "test cost" in seen.text
    assert [path["d"].count("M") for path in seen.all("path") if path.get("class") == "point"] == [50, 50]
    assert "what is left over 0.1" in seen.text


@pytest.mark.parametrize("classes", [2, 30, 31, 100])
def test_confusions_of_any_number_of_classes(
    classes: int, make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    names = [f"class {number}" for number in range(classes)]
    folder = make_run(classes=names)
    write_report(folder)
    seen = page(folder)
    assert "class 0 for class 1 (5 of 15)" in seen.text
    assert all(name in seen.text for name in names)
    pictured = any(image.get("class") == "confusion-picture" for image in seen.all("img"))
    assert pictured == (classes > 30)
    assert (folder / "report.html").stat().st_size < 150_000


def test_a_failed_run_without_epochs_says_why(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(epochs=0, status="failed", reason="training diverged in epoch 1, step 2")
    (folder / "metrics.jsonl").unlink()
    write_report(folder)
    seen = page(folder)
    assert "Why it failed: training diverged in epoch 1, step 2" in seen.text
    assert "No epoch was completed" in seen.text
    assert "Before training" in seen.text
    assert "Missing from this page" not in seen.text


def test_warnings_and_interruptions_are_told(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(status="interrupted", reason="stopped by hand", warnings=["layers.1 is saturated"])
    write_report(folder)
    assert "Why it stopped: stopped by hand" in page(folder).text
    assert "layers.1 is saturated" in page(folder).text


def test_the_best_epoch_gets_a_table_of_its_own_where_the_run_stands_for_another(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    best = {"epoch": 2, "monitor": "test.accuracy", "value": 0.99, "metrics": {"test": {"accuracy": 0.99}}}
    folder = make_run(best=best)
    write_report(folder)
    text = page(folder).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Epoch 3, which this run stands for" in text
    assert "Epoch 2, the best by test accuracy" in text
    assert "99.00 %" in text


def test_figures_that_are_not_finite_are_said_in_words(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    figures = {"train": {"cost": float("nan")}, "test": {"cost": float("inf"), "accuracy": None}}
    folder = make_run(
        epochs=2,
        metrics=figures,
        best=None,
        history=[{"epoch": 1, "test": {"cost": 1.0, "accuracy": 0.5}}, {"epoch": 2, **figures}],
    )
    write_report(folder)
    text = page(folder).text
    assert "infinite" in text
    assert "not a number" in text
    assert "Not finite, and so not drawn: train in 2 epochs and test in 1 epoch." in text


def test_importing_the_report_loads_neither_templates_nor_pictures() -> None:
    code = "import sys, nnspec.report; print({'jinja2', 'PIL', 'markupsafe', 'safetensors'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_outputs_go_by_the_names_of_their_columns(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(shape=(3,), classes=None)
    facts = json.loads((folder / "run.json").read_text())
    facts["dataset"]["outcomes"] = ["price <EUR>"]
    (folder / "run.json").write_text(json.dumps(facts))
    write_report(folder)
    assert "price <EUR>: over 50 samples" in page(folder).text


def test_labels_are_told_one_by_one(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    """Of the first label 8 of 10 were found with 16 answers, the second never came nor was answered."""
    evidence = {"split": np.array("test"), "label_counts": np.array([[10, 0], [16, 0], [8, 0]])}
    folder = make_run(shape=(3,), classes=None, evidence=evidence)
    write_report(folder)
    seen = page(folder)
    assert "80.0\N{NO-BREAK SPACE}%" in seen.text
    assert "50.0\N{NO-BREAK SPACE}%" in seen.text
    assert "61.5\N{NO-BREAK SPACE}%" in seen.text
    assert "| 1 | 0 | 0 | 0 | – | – | – |" in (folder / "report.md").read_text("utf-8")


def test_an_autoencoder_shows_what_it_gave_back(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    originals = np.random.default_rng(0).uniform(size=(5, 1, 8, 8))
    evidence = {
        "split": np.array("test"),
        "originals": originals,
        "reconstructions": originals + 0.1,
        "errors": np.array([0.01, 0.02, 0.03, 0.04, 0.05]),
    }
    folder = make_run(classes=None, evidence=evidence)
    write_report(folder)
    seen = page(folder)
    pictures = [image["alt"] for image in seen.all("img")]
    assert pictures.count("A sample.") == pictures.count("What was given back.") == 5
    assert "0.05" in seen.text


def test_reconstructions_that_do_not_fit_are_left_out(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    evidence = {
        "split": np.array("test"),
        "originals": np.zeros((5, 1, 8, 8)),
        "reconstructions": np.zeros((4, 1, 8, 8)),
        "errors": np.zeros(5),
    }
    folder = make_run(classes=None, evidence=evidence)
    write_report(folder)
    assert "evidence.npz does not fit the run: originals" in page(folder).text
