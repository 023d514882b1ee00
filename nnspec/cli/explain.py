"""`nnspec explain SPEC`: one training step of a small network, every number with its formula."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nnspec.cli.arguments import add_json, add_offline, add_settings
from nnspec.cli.output import tell, tell_json, write_file
from nnspec.contracts.loader import Dataset
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import GOOD, UsageError
from nnspec.insight.steps import Sample, explain_step, refuse_unreadable
from nnspec.insight.worksheet import to_markdown, to_text
from nnspec.runs.experiment import bind, prepare
from nnspec.runs.opened import OpenedRun
from nnspec.spec.document import Document
from nnspec.spec.specification import Spec, load
from nnspec.spec.train import Train
from nnspec.types import number_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument(
        "spec", metavar="SPEC", help="the spec, a YAML file; or a run folder, to start from its trained weights"
    )
    add_settings(parser)
    parser.add_argument(
        "--sample",
        metavar="N",
        type=int,
        default=0,
        help="which training sample the step is taken on, counted from 0 (default: 0)",
    )
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="also write it to this file, as Markdown")
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    if Path(args.spec).is_dir():
        subject = _from_run(Path(args.spec), args.settings, offline=args.offline)
    else:
        subject = _from_spec(args.spec, args.settings, offline=args.offline)
    said = subject.spec.document
    title = f"One step of {said.name}"
    updates = Updates(subject.network, said.optimizer, said.regularizer)
    sections = explain_step(subject.network, updates, _sample(subject, args.sample), subject.spec.resolver.word)
    if left_out := _left_out(said):
        tell(f"a plain step, without what the spec says of {', '.join(left_out)}", error=True)
    if args.out is not None:
        write_file(args.out, to_markdown(title, sections).encode())
        tell(f"written to {args.out}", error=True)
    if args.json:
        document = {"title": title, "sections": [asdict(section) for section in sections]}
        tell_json(document)
    else:
        tell(to_text(title, sections))
    return GOOD


def _left_out(document: Document) -> list[str]:
    """What training does beside a plain step, and the explanation does not show."""
    usual, train = Train(), document.train
    entries = ("clip", "accumulate", "average", "freeze", "rates")
    found = [f"train.{name}" for name in entries if getattr(train, name) != getattr(usual, name)]
    return found + (["schedule"] if document.schedule is not None else [])


@dataclass(frozen=True)
class _Subject:
    """What is explained; always in float64, whose numbers a pocket calculator agrees with."""

    spec: Spec
    dataset: Dataset
    pipeline: Pipeline
    network: Network


def _from_spec(path: str, settings: Sequence[str], *, offline: bool) -> _Subject:
    spec = load(path, settings)
    # Looked at before the data is read, so that a mistake costs no time.
    refuse_unreadable(spec.nodes)
    experiment = prepare(_explained(spec), offline=offline)
    return _Subject(spec, experiment.dataset, experiment.pipeline, experiment.network)


def _from_run(path: Path, settings: Sequence[str], *, offline: bool) -> _Subject:
    if settings:
        raise UsageError("--set changes a spec; a run is explained as it was trained")
    run = OpenedRun(path)
    refuse_unreadable(run.network.nodes)
    pipeline, network = bind(_explained(run.spec), Seeds(run.spec.document.seed))
    run.checkpoint.restore(network, pipeline)
    return _Subject(run.spec, run.dataset(offline=offline), pipeline, network)


def _explained(spec: Spec) -> Spec:
    """The spec in full precision, with gradients of what is frozen, too."""
    train = spec.document.train.model_copy(update={"freeze": ()})
    return replace(spec, document=spec.document.model_copy(update={"precision": "float64", "train": train}))


def _sample(subject: _Subject, number: int) -> Sample:
    train, classes = subject.dataset.train, subject.dataset.classes
    if not 0 <= number < len(train):
        raise UsageError(f"--sample {number}: the training split has {len(train):,} samples, counted from 0")
    chosen = slice(number, number + 1)
    one = replace(train, inputs=train.inputs[chosen], targets=train.targets[chosen])
    x, t = next(Batches(one, subject.pipeline, subject.network.nodes[-1].output, 1).in_order())
    notes = [f"class {classes[int(one.targets[0])]}"] if classes is not None else []
    raw = one.inputs.reshape(-1)
    if raw.size != x.size or (raw != x.reshape(-1)).any():
        notes.append(f"{', '.join(map(number_text, raw))} before the transforms")
    return Sample(f"Training sample {number}", x, t, "; ".join(notes))
