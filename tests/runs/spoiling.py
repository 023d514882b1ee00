"""A small run, and how its files are made to lie."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import safe_open

from nnspec.runs.checkpoint import Checkpoint

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


def state(epoch: int = 0, step: int = 0, **more: Any) -> dict[str, Any]:
    """The least that a checkpoint says beside tensors."""
    position = {"epoch": epoch, "step": step, "cost": 0.0, "shuffling": None}
    return {
        "epoch": epoch,
        "step": step,
        "trainer": {"position": position, "updates": {"step": 0}},
        "generators": {},
        "judgement": {"best": None, "kept": [], "reference": None, "waited": 0},
        "metrics": {},
        "lines": 0,
        **more,
    }


def rewrite(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes what run.json says."""
    facts = json.loads((run / "run.json").read_text("utf-8"))
    change(facts)
    (run / "run.json").write_text(json.dumps(facts), "utf-8")


def rewrite_checkpoint(file: Path, change: Callable[[dict[str, Any], dict[str, Any]], object]) -> None:
    """Changes the tensors of a checkpoint and what else it holds, and signs it again, as a stranger might."""
    with safe_open(file, framework="numpy") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 -- no mapping
        state = json.loads(opened.metadata()["nnspec"])
    del state["sha256"]
    change(tensors, state)
    file.write_bytes(Checkpoint(tensors, state).to_bytes())
