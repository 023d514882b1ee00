"""`nnspec gradcheck SPEC`: are the gradients of this very network right?"""

import argparse
from dataclasses import asdict, replace

from nnspec.cli.arguments import add_json, add_offline, add_spec, positive
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.errors import EXPECTATION, GOOD
from nnspec.spec.specification import load
from nnspec.testing.gradients import PLACES, TOLERANCE
from nnspec.testing.in_place import Finding

SAMPLES = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument(
        "--samples", metavar="N", type=positive, default=SAMPLES, help=f"samples of the data ({SAMPLES})"
    )
    parser.add_argument(
        "--places", metavar="N", type=positive, default=PLACES, help=f"elements of each array, at most ({PLACES})"
    )
    parser.add_argument(
        "--tolerance", metavar="E", type=float, default=TOLERANCE, help=f"largest relative error ({TOLERANCE:g})"
    )
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    findings = _findings(args)
    passed = all(finding.passed for finding in findings)
    if args.json:
        plain = [{**asdict(finding), "passed": finding.passed} for finding in findings]
        tell_json({"passed": passed, "gradients": plain})
    else:
        tell(_text(findings))
    return GOOD if passed else EXPECTATION


def _findings(args: argparse.Namespace) -> list[Finding]:
    from nnspec.engine.batches import Batches
    from nnspec.engine.seeds import Seeds
    from nnspec.engine.threads import one_blas_thread
    from nnspec.runs.experiment import bind, prepare
    from nnspec.testing.in_place import InPlace

    # One shard: what is looked at is one pass after another.
    spec = load(args.spec, [*args.settings, "precision=float64", "engine.shards=1"])
    experiment = prepare(spec, offline=args.offline)
    seeds = Seeds(spec.document.seed)
    _, network = bind(experiment.spec, seeds, input_gradient=True)
    network.initialize()
    train = experiment.dataset.train
    few = replace(train, inputs=train.inputs[: args.samples], targets=train.targets[: args.samples])
    batches = Batches(few, experiment.pipeline, network.nodes[-1].output, args.samples)
    with one_blas_thread():
        (x, t), *_ = batches.in_order()
        looked = InPlace(network, seeds, x, t, places=args.places, tolerance=args.tolerance)
        return list(looked.findings())


def _text(findings: list[Finding]) -> str:
    rows = [
        (
            finding.path,
            finding.word,
            finding.by,
            f"{finding.places - finding.kinks} of {finding.places}",
            f"{finding.error:.1e}",
            str(list(finding.worst)),
            "right" if finding.passed else "WRONG",
        )
        for finding in findings
    ]
    head = ("layer", "part", "gradient by", "places", "relative error", "at", "")
    wrong = [finding for finding in findings if not finding.passed]
    lines = [table(head, rows, right=(3, 4)), *(_complaint(finding) for finding in wrong)]
    kinks = sum(finding.kinks for finding in findings)
    if kinks:
        lines.append(f"{kinks} places lie on kinks, where there is no derivative; they were passed over")
    lines.append(
        "every gradient is right" if not wrong else f"{len(wrong)} of {len(findings)} gradients are wrong"
    )
    return "\n".join(lines)


def _complaint(finding: Finding) -> str:
    where = f"{finding.path} ({finding.word}), gradient by {finding.by} at {list(finding.worst)}"
    figures = f"{finding.analytic:.9g}, central differences {finding.numeric:.9g}"
    return f"{where}: {figures}. {finding.likely}".rstrip()
