"""`nnspec datasets`: list, fetch, verify, export."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.cli.main import main
from nnspec.data import Sources
from nnspec.parts.loaders.image_folder import ImageFolder
from nnspec.parts.loaders.mnist import Mnist

MNIST = Path(__file__).parents[2] / "datasets" / "mnist"


@pytest.fixture
def here(machine: Path) -> Path:
    """A machine with MNIST in its working folder."""
    shutil.copytree(MNIST, machine / "work" / "datasets" / "mnist")
    return machine


def test_list_says_what_is_found_and_what_is_missing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "found" in lines["mnist"]
    assert "CC BY-SA 3.0, Yann LeCun and Corinna Cortes" in lines["mnist"]
    assert str(here / "work" / "datasets" / "mnist") in lines["mnist"]
    assert "missing" in lines["fashion_mnist"]
    assert "MIT, Zalando SE" in lines["fashion_mnist"]
    assert all("drawn" in lines[name] for name in ("blobs", "moons", "circles", "xor", "spirals"))


def test_list_as_json_has_the_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "work" / "datasets" / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert main(["datasets", "list", "--json"]) == 0
    listed = {item["name"]: item for item in json.loads(capsys.readouterr().out)}
    assert listed["mnist"]["state"] == "3 of 4 files"
    assert listed["mnist"]["bytes"] == 47040016 + 60008 + 7840016 + 10008
    assert [file["path"] is None for file in listed["mnist"]["files"]] == [False, False, False, True]
    assert listed["xor"] == {
        "name": "xor",
        "state": "drawn",
        "bytes": None,
        "licence": None,
        "where": None,
        "files": [],
    }


def test_verify_passes_good_files_and_names_a_wrong_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "verify", "mnist"]) == 0
    assert capsys.readouterr().out.count("  good  ") == 4
    labels = here / "work" / "datasets" / "mnist" / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(gzip.decompress(labels.read_bytes()))
    content[100] ^= 1
    labels.write_bytes(gzip.compress(content))
    assert main(["datasets", "verify", "--json"]) == 1
    captured = capsys.readouterr()
    states = {item["file"]: item for item in json.loads(captured.out) if item["name"] == "mnist"}
    assert [item["state"] for item in states.values()] == ["good", "good", "good", "wrong"]
    assert hashlib.sha256(content).hexdigest() in states["t10k-labels-idx1-ubyte.gz"]["problem"]


@pytest.mark.usefixtures("machine")
def test_verify_fails_on_a_missing_data_set_only_when_it_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "verify"]) == 0
    assert main(["datasets", "verify", "fashion_mnist"]) == 1
    assert "missing" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_fetch_with_a_root_copies_what_this_machine_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "fetch", "mnist", "--root", "usb"]) == 0
    paths = capsys.readouterr().out.split()
    assert paths == [f"usb/mnist/{file.name}" for file in Mnist.remote]
    for path in paths:
        assert Path(path).read_bytes() == (MNIST / Path(path).name).read_bytes()
    assert sorted(path.name for path in Path("usb/mnist").iterdir()) == sorted(Path(path).name for path in paths)
    assert main(["datasets", "fetch", "mnist", "--root", "usb"]) == 0


def test_fetch_never_hands_on_a_damaged_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "work" / "datasets" / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"no labels"))
    assert main(["datasets", "fetch", "mnist", "--root", "usb"]) == 1
    assert "train-labels-idx1-ubyte.gz: is not the public file" in capsys.readouterr().err
    assert not Path("usb/mnist/train-labels-idx1-ubyte.gz").exists()


@pytest.mark.usefixtures("machine")
def test_a_misspelt_name_is_answered_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "fetch", "mnits"]) == 2
    assert "did you mean `mnist`?" in capsys.readouterr().err
    assert main(["datasets", "verify", "xor"]) == 2
    assert "`xor` is no public data set" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_exported_pictures_are_the_samples_by_split_and_label(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "export", "mnist", "pictures", "--limit", "40"]) == 0
    assert "80 images written to pictures" in capsys.readouterr().out
    dataset = Mnist().load(Sources(None, np.random.default_rng(0)))
    for name, split in dataset.splits.items():
        for row in range(40):
            path = Path("pictures", name, str(split.targets[row]), f"{row:05}.png")
            assert (np.asarray(Image.open(path)) == split.inputs[row, 0]).all()
    assert len(list(Path("pictures").rglob("*.png"))) == 80


@pytest.mark.usefixtures("here")
def test_the_loader_of_picture_folders_reads_an_export_back() -> None:
    assert main(["datasets", "export", "mnist", "pictures", "--split", "train", "--limit", "100"]) == 0
    sources = Sources(None, np.random.default_rng(0))
    back = ImageFolder(path="pictures/train", size=(28, 28)).load(sources)
    train = Mnist().load(sources).train
    assert back.classes == tuple("0123456789")
    order = np.argsort(train.targets[:100], kind="stable")
    assert (back.train.inputs == train.inputs[:100][order]).all()
    assert (back.train.targets == train.targets[:100][order]).all()


@pytest.mark.usefixtures("here")
def test_export_touches_no_folder_that_has_something_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pictures").mkdir()
    Path("pictures/mine.txt").write_text("mine")
    assert main(["datasets", "export", "mnist", "pictures"]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert [path.name for path in Path("pictures").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("limit", ["0", "-3", "many"])
@pytest.mark.usefixtures("machine")
def test_a_limit_that_is_no_number_of_images_is_a_usage_error(
    limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["datasets", "export", "mnist", "pictures", f"--limit={limit}"]) == 2
    assert "--limit" in capsys.readouterr().err
