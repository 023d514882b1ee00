"""A run with everything in it that draws, remembers or decides, and all that it leaves."""

import json
from pathlib import Path
from typing import Any

EVERYTHING = """\
nnspec: 1
name: everything
dataset: {moons: {samples: 300, validation: 0.2, test: 0.2}}
transforms: [standardize, noise: 0.1]
input: 2
layers:
  - dense: {units: 12, activation: relu}
  - batch_norm
  - dropout: 0.2
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
regularizer: {l2: 0.001}
optimizer: {adam: 0.02}
schedule: cosine
train:
  epochs: 6
  batch_size: 7
  clip: {norm: 1.0}
  accumulate: 2
  average: {ema: 0.9}
  validate_every: 11 steps
  early_stopping: {patience: 30}
  checkpoint: {every: 20 steps, keep_best: 2, keep_every: 2}
reporters: []
"""
CLOCKS = ("seconds", "training_seconds", "started", "resumed", "spec_file", "spec_folder", "files")
"""What a clock says, and where and how often a run went on."""


def outcome(folder: Path) -> dict[str, Any]:
    """All that a run leaves, as far as it depends on no clock."""
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    files = [*(folder / "checkpoints").iterdir(), folder / "spec.yaml", folder / "evidence.npz"]
    return {
        "facts": {name: value for name, value in facts.items() if name not in CLOCKS},
        "metrics": [{name: value for name, value in line.items() if name != "seconds"} for line in lines],
        # The one before the last is where the run was saved before; that is its own business.
        "files": {file.name: file.read_bytes() for file in files if file.name != "previous.safetensors"},
    }


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The names of what differs between two outcomes."""
    names = {name: {*one[name], *other[name]} for name in ("facts", "files")}
    found = [
        name
        for kind, all_names in names.items()
        for name in sorted(all_names)
        if one[kind].get(name) != other[kind].get(name)
    ]
    return found + ["metrics.jsonl"] * (one["metrics"] != other["metrics"])
