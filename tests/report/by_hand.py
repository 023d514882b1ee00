"""What runs made by hand consist of, and a reader of pages."""

from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.types import Array

VOID = {"meta", "link", "img", "br", "hr", "input"}

MakeRun = Callable[..., Path]


class Page(HTMLParser):
    """An HTML page taken apart; complains where tags do not match.

    Attributes:
        text: All text outside style sheets.
        elements: Tags with their attributes, in order.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of this tag."""
        return [attributes for name, attributes in self.elements if name == tag]


def default_facts(epochs: int, shape: Sequence[int], classes: Sequence[str] | None) -> dict[str, Any]:
    inputs, outputs = int(np.prod(shape)), len(classes) if classes is not None else 1
    final = epoch_figures(epochs, accuracy=classes is not None) if epochs else {"test": {"cost": 2.5}}
    monitor = "test.accuracy" if classes is not None else "test.cost"
    value = final["test"].get(monitor.partition(".")[2])
    best = {"epoch": epochs, "monitor": monitor, "value": value, "metrics": final}
    return {
        "status": "finished",
        "reason": None,
        "epochs": epochs,
        "stands_for": epochs,
        "seconds": 12.345,
        "training_seconds": 11.1,
        "metrics": final,
        "best": best if epochs else None,
        "activities": [
            {"path": "layers.1", "name": "sigmoid", "dead": 0.0333, "saturated": 0.8596, "hidden": True}
        ],
        "warnings": [],
        "name": "by-hand",
        "description": "A run that never ran.",
        "started": "2030-01-02T03:04:05+00:00",
        "spec_file": "specs/by-hand.yaml",
        "spec_folder": "/somewhere/my specs",
        "seed": 17,
        "parameters": inputs * 3 + 3 + 4 * outputs,
        "layers": [
            {"path": "layers.0", "name": "dense", "input": [inputs], "output": [3], "parameters": inputs * 3 + 3},
            {"path": "layers.1", "name": "sigmoid", "input": [3], "output": [3], "parameters": 0},
            {"path": "layers.2", "name": "dense", "input": [3], "output": [outputs], "parameters": 4 * outputs},
        ],
        "dataset": {
            "loader": "npz",
            "samples": {"train": 5000, "test": 1000},
            "shape": list(shape),
            "dtype": "uint8",
            "classes": list(classes) if classes is not None else None,
            "features": [],
            "files": [{"name": "points.npz", "sha256": "ab" * 32}],
            "sha256": "cd" * 32,
        },
        "engine": {"precision": "float32", "shards": 2, "fused": True},
        "versions": {"nnspec": "0.1.0", "python": "3.11.7", "numpy": "2.4.6"},
        "machine": {
            "system": "Linux",
            "processor": "x86_64",
            "cores": 2,
            "blas": [{"internal_api": "openblas", "version": "0.3.31", "architecture": "Haswell"}],
        },
        "fingerprint": "ef" * 32,
    }


def epoch_figures(number: int, *, accuracy: bool = True) -> dict[str, dict[str, float]]:
    test = {"cost": 0.75 / number} | ({"accuracy": 1 - 0.5 / (number + 1)} if accuracy else {})
    return {"train": {"cost": 0.5 / number}, "test": test}


def default_evidence(shape: Sequence[int], classes: Sequence[str] | None) -> dict[str, Array]:
    random = np.random.default_rng(1)
    if classes is None:
        targets = random.normal(size=(50, 1))
        return {"split": np.array("test"), "targets": targets, "outputs": targets + 0.1}
    count = len(classes)
    confusion = np.eye(count, dtype=np.int64) * 10
    confusion[0, 1] = 5
    evidence = {
        "split": np.array("test"),
        "confusion": confusion,
        "mistake_inputs": random.integers(0, 256, (5, *shape)).astype(np.uint8),
        "mistake_classes": np.zeros(5, np.int64),
        "mistake_answers": np.ones(5, np.int64),
        "mistake_certainties": np.array([0.9999, 0.991, 0.9, 0.8, 0.7], np.float32),
    }
    if int(np.prod(shape)) == 2:
        points = random.uniform(0, 1, (40, 2))
        evidence["mistake_inputs"] = points[:5].reshape(5, *shape)
        evidence |= {
            "points": points,
            "point_classes": np.arange(40) % count,
            "region": np.arange(400).reshape(20, 20) % count,
            "region_bounds": np.array([-0.1, 1.1, -0.1, 1.1]),
        }
    return evidence
