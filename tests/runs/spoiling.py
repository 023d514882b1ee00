"""A small run, and how its files are made to lie."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPEC = """\
nnspec: 1
name: points
dataset: {npz: {path: points.npz, classes: [left, right], validation: 0.25}}
input: 2
layers:
  - dense: {units: 6, activation: tanh}
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {adam: 0.02}
train: {epochs: 4, batch_size: 8, checkpoint: {keep_every: 2}}
reporters: [markdown]
"""


def rewrite(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes what run.json says."""
    facts = json.loads((run / "run.json").read_text("utf-8"))
    change(facts)
    (run / "run.json").write_text(json.dumps(facts), "utf-8")
