"""What run.json says of a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nnspec.engine.evaluation import Evaluation
from nnspec.engine.trainer import Epoch, Trainer
from nnspec.insight.saturation import Activity
from nnspec.runs import provenance
from nnspec.runs.experiment import Experiment, sample_shape, spec_folder


@dataclass
class Progress:
    """What a run has come to so far.

    Attributes:
        status: ``running``, ``finished``, ``failed`` or ``interrupted``.
        reason: Why it failed or stopped, in a sentence.
        signal: The signal that stopped it, by name.
        epochs: Epochs done.
        step: Steps done of the next.
        stands_for: The epoch after which the network was what the run stands for.
        checkpoint: The checkpoint that holds that network: ``last`` or ``best``.
        lines: Lines written to metrics.jsonl.
        seconds: Seconds that it took so far.
        training_seconds: Seconds spent in training steps.
        metrics: By split, of the network the run stands for.
        best: The best evaluation so far and its metrics.
        resumed: When it went on after having stopped, from where, and what had been changed.
        activities: How alive the activation layers are at the end.
        warnings: What a reader ought to know.
        files: SHA-256 of each file that the run leaves, once it has ended.
    """

    status: str = "running"
    reason: str | None = None
    signal: str | None = None
    epochs: int = 0
    step: int = 0
    stands_for: int = 0
    checkpoint: str = "last"
    lines: int = 0
    seconds: float = 0.0
    training_seconds: float = 0.0
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    resumed: list[dict[str, Any]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def constant_facts(experiment: Experiment, started: str, data: str, fingerprint: str) -> dict[str, Any]:
    """What is known before training and does not change."""
    spec, dataset, network = experiment.spec, experiment.dataset, experiment.network
    return {
        "name": spec.document.name,
        "description": spec.document.description,
        "started": started,
        "spec_file": str(spec.path) if spec.path is not None else None,
        "spec_folder": str(spec_folder(spec)),
        "seed": spec.document.seed,
        "parameters": network.parameter_count,
        "layers": [
            {
                "path": node.path,
                "name": spec.resolver.word(node.layer),
                "input": list(node.input),
                "output": list(node.output),
                "parameters": node.parameter_count,
            }
            for node in network.nodes
        ],
        "dataset": {
            "loader": spec.resolver.word(spec.document.dataset),
            "samples": {name: len(split) for name, split in dataset.splits.items()},
            "shape": list(sample_shape(dataset)),
            "dtype": dataset.train.inputs.dtype.name,
            "classes": list(dataset.classes) if dataset.classes is not None else None,
            "outcomes": list(dataset.outcomes),
            "features": list(dataset.features),
            "files": [{"name": file.name, "sha256": file.sha256} for file in dataset.files],
            "sha256": data,
        },
        "transfer": asdict(experiment.transferred) if experiment.transferred is not None else None,
        "engine": {"precision": spec.document.precision, "shards": network.shards, "fused": network.fused},
        "versions": provenance.versions(),
        "plugins": spec.plugins,
        "machine": provenance.machine(),
        "fingerprint": fingerprint,
    }


def changing_facts(progress: Progress) -> dict[str, Any]:
    """What training has come to."""
    return {
        "status": progress.status,
        "reason": progress.reason,
        "signal": progress.signal,
        "epochs": progress.epochs,
        "step": progress.step,
        "stands_for": progress.stands_for,
        "checkpoint": progress.checkpoint,
        "seconds": round(progress.seconds, 3),
        "training_seconds": round(progress.training_seconds, 3),
        "metrics": progress.metrics,
        "best": progress.best,
        "resumed": progress.resumed,
        "activities": [
            {
                "path": activity.path,
                "name": activity.name,
                "dead": round(activity.dead, 4),
                "saturated": round(activity.saturated, 4),
                "hidden": activity.hidden,
            }
            for activity in progress.activities
        ],
        "warnings": progress.warnings,
        "files": progress.files,
    }


def figures(epoch: Epoch, *, regularized: bool) -> dict[str, dict[str, Any]]:
    """What an epoch came to, by split and name."""
    train = {"cost": epoch.cost} | ({"penalty": epoch.penalty} if regularized else {})
    return {"train": train} | {split: dict(found.values) for split, found in epoch.evaluations.items()}


def figures_so_far(
    trainer: Trainer, *, regularized: bool
) -> tuple[dict[str, dict[str, Any]], Mapping[str, Evaluation]]:
    """In the middle of an epoch: what it came to so far, and the evaluations that say so.

    Raises:
        DivergenceError: The last step went out of bounds.
    """
    evaluations, penalty = trainer.judge()
    epoch = Epoch(trainer.position.epoch, trainer.cost_so_far, penalty, evaluations, 0.0, 0.0)
    return figures(epoch, regularized=regularized), evaluations


def better(value: float, than: float | None, direction: str | None) -> bool:
    """Whether a monitored figure beats the best so far; costs and their like are better when lower."""
    if than is None:
        return True
    return value > than if direction == "higher" else value < than


def look_up(metrics: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    """The figure called ``split.metric``; None where there is none."""
    split, _, metric = name.partition(".")
    return metrics.get(split, {}).get(metric)
