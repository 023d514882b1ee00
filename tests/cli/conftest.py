"""Small networks, trained once, that the verbs are tried on."""

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.contracts.loader import Split
from nnspec.runs.opened import OpenedRun

SPECS = Path(__file__).parents[2] / "specs"

FLOWERS = """\
nnspec: 1
name: flowers
dataset: {csv: {path: flowers.csv, label: kind}}
input: 5
layers:
  - dense: {units: 3, activation: softmax}
cost: cross_entropy
optimizer: {sgd: 0.5}
train: {epochs: 60}
"""
PRICES = """\
nnspec: 1
name: prices
dataset: {npz: {path: prices.npz}}
input: 2
layers: [{dense: {units: 1, activation: identity}}]
cost: quadratic
optimizer: {sgd: 0.05}
train: {epochs: 200, batch_size: 10}
"""
LAMPS = """\
nnspec: 1
name: lamps
dataset: {npz: {path: lamps.npz, classes: [red, green, blue]}}
input: [3, 8, 8]
layers: [flatten, {dense: {units: 3, activation: softmax}}]
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {epochs: 10}
"""
CRESCENTS = """\
nnspec: 1
name: crescents
dataset: {moons: {samples: 100}}
input: 2
layers: [{dense: {units: 8, activation: tanh}}, {dense: {units: 2, activation: softmax}}]
cost: cross_entropy
optimizer: {momentum: 0.1}
train: {batch_size: 10}
"""


@pytest.fixture
def crescents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small spec, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons.yaml").write_text(CRESCENTS, "utf-8")
    return "moons.yaml"


def _train(folder: Path, spec: Path, *settings: str) -> Path:
    out = folder / "run"
    nnspec.run(nnspec.load(spec, settings), out, offline=True)
    return out


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a part of MNIST, right for more than 9 of 10 digits."""
    folder = tmp_path_factory.mktemp("digits")
    settings = ("dataset.mnist.limit=10000", "train.epochs=5")
    return _train(folder, SPECS / "mnist_784_50_10_relu.yaml", *settings)


@pytest.fixture(scope="session")
def test_digits(digits: Path) -> Split:
    """MNIST's test split."""
    split = OpenedRun(digits).dataset(offline=True).test
    assert split is not None
    return split


@pytest.fixture(scope="session")
def moons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on points of the plane, two classes, right for most."""
    return _train(tmp_path_factory.mktemp("moons"), SPECS / "moons.yaml", "train.epochs=5")


@pytest.fixture(scope="session")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a table whose columns are two lengths and a colour; the colour says the kind."""
    folder = tmp_path_factory.mktemp("flowers")
    random = np.random.default_rng(3)
    rows = ["petal,colour,sepal,kind"]
    kinds = {"red": "rose", "blue": "iris", "white": "lily"}
    for colour, kind in kinds.items():
        rows += [f"{a:.3f},{colour},{b:.3f},{kind}" for a, b in random.random((20, 2))]
    (folder / "flowers.csv").write_text("\n".join(rows) + "\n")
    (folder / "flowers.yaml").write_text(FLOWERS)
    return _train(folder, folder / "flowers.yaml")


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A regression that has learned price = 2 size - age + 1."""
    folder = tmp_path_factory.mktemp("prices")
    points = np.random.default_rng(4).random((100, 2))
    np.savez(folder / "prices.npz", x=points, y=2 * points[:, 0] - points[:, 1] + 1)
    (folder / "prices.yaml").write_text(PRICES)
    return _train(folder, folder / "prices.yaml")


@pytest.fixture(scope="session")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on pictures of 8 x 8 in colour: mostly red, mostly green, mostly blue."""
    folder = tmp_path_factory.mktemp("lamps")
    random = np.random.default_rng(5)
    colours = np.arange(60) % 3
    pictures = random.integers(0, 100, (60, 3, 8, 8), dtype=np.uint8)
    pictures[np.arange(60), colours] += 150
    np.savez(folder / "lamps.npz", x=pictures, y=colours)
    (folder / "lamps.yaml").write_text(LAMPS)
    return _train(folder, folder / "lamps.yaml")
