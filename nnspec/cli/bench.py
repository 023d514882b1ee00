"""`nnspec bench SPEC`: where the time of a training step goes, how near it is to the limit, and its memory."""

import argparse
from dataclasses import asdict
from typing import Any

from nnspec.cli.arguments import add_json, add_offline, add_spec
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.errors import GOOD, UsageError
from nnspec.insight.timing import Timing, measure
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import load


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument("--seconds", metavar="S", type=float, default=2.0, help="how long to measure (default: 2)")
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    if not 0 < args.seconds < float("inf"):
        raise UsageError(f"--seconds {args.seconds:g}: measuring takes some time, from above 0 on")
    spec = load(args.spec, args.settings)
    timing = measure(prepare(spec, offline=args.offline), args.seconds)
    batch = spec.document.train.batch_size
    if args.json:
        tell_json(_document(spec.document.name, batch, timing))
    else:
        tell(_text(batch, timing))
    return GOOD


def _document(name: str, batch: int, timing: Timing) -> dict[str, Any]:
    facts = {"name": name, "batch_size": batch, "unit": "microseconds", **asdict(timing)}
    return {**facts, "share": timing.share, "epoch_seconds": timing.epoch_seconds}


def _text(batch: int, timing: Timing) -> str:
    rows = [(layer.path, layer.name, _time(layer.forward), _time(layer.backward)) for layer in timing.layers]
    rows += [
        ("cost", "", _time(timing.cost), ""),
        ("optimizer", "", "", _time(timing.optimizer)),
        ("data", "", _time(timing.data), ""),
    ]
    whole = timing.step + timing.data
    shards = f" in {timing.shards} shards" if timing.shards > 1 else ""
    megabytes = [f"{count / 1e6:.3g} MB" for count in (timing.bytes_parameters, timing.bytes_buffers)]
    return "\n".join(
        [
            table(("layer", "part", "forward µs", "backward µs"), rows, right=(2, 3)),
            "",
            f"a step of {batch} samples{shards}: {_time(whole)} µs, {whole / batch:,.3g} µs a sample",
            f"its matrix products alone, the limit: {_time(timing.limit)} µs, {timing.share:.0%} of the step",
            f"an epoch of {timing.steps_an_epoch:,} steps: {timing.epoch_seconds:.3g} s, evaluation not counted",
            f"memory: {megabytes[0]} for parameters, gradient and optimizer; {megabytes[1]} for layers' buffers",
        ]
    )


def _time(microseconds: float | None) -> str:
    if microseconds is None:
        return ""
    return f"{microseconds:,.{1 if microseconds < 100 else 0}f}"
