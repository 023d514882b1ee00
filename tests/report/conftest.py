"""Run folders made by hand, without training anything."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from nnspec.types import Array

from .by_hand import MakeRun, Page, default_evidence, default_facts, epoch_figures


@pytest.fixture
def page() -> Callable[[Path], Page]:
    """Reads a folder's report.html."""
    return lambda folder: Page((folder / "report.html").read_text("utf-8"))


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes a run folder of so many epochs; facts and evidence can be changed."""

    def make(
        epochs: int = 3,
        shape: Sequence[int] = (1, 8, 8),
        classes: Sequence[str] | None = ("zero", "one", "two"),
        history: Sequence[Mapping[str, Any]] | None = None,
        evidence: Mapping[str, Array] | None = None,
        **facts: Any,
    ) -> Path:
        folder = tmp_path / "run"
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps(default_facts(epochs, shape, classes) | facts))
        (folder / "spec.yaml").write_text("nnspec: 1\nname: by-hand\nseed: 17\n")
        lines = history
        if lines is None:
            numbers = range(1, epochs + 1)
            lines = [
                {"epoch": number, **epoch_figures(number, accuracy=classes is not None), "seconds": 0.25}
                for number in numbers
            ]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        arrays = default_evidence(shape, classes) if evidence is None else evidence
        np.savez_compressed(folder / "evidence.npz", allow_pickle=False, **arrays)
        weights = np.random.default_rng(2).normal(size=(3, int(np.prod(shape)))).astype(np.float32)
        state = json.dumps({"format": 1, "epoch": epochs})
        save_file(
            {"parameters/layers.0.W": weights},
            folder / "checkpoints" / "last.safetensors",
            metadata={"nnspec": state},
        )
        return folder

    return make
