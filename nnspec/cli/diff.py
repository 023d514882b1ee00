"""`nnspec diff A B`: what differs between two specs, or two runs."""

import argparse
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json
from nnspec.cli.output import tell, tell_json
from nnspec.errors import GOOD
from nnspec.runs.folder import SPEC, RunFolder
from nnspec.spec.difference import Difference, differences
from nnspec.spec.engine import AUTO
from nnspec.spec.specification import load

Content = dict[str, Any]
RUN = "run"
"""What came of a run stands behind a name of its own: a spec has a section called `metrics`, too."""
OPEN = (AUTO, "balanced")
"""Words that leave a value of a spec to the machine or to the data."""
FACTS = ("versions", "machine", "engine", "epochs", "metrics")
"""What is compared of two runs beside their specs."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("before", metavar="A", type=Path, help="a spec, or the folder of a run")
    parser.add_argument("after", metavar="B", type=Path, help="another")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    before, after = _content(args.before), _content(args.after)
    shared = {name: value for name, value in before.items() if name in after}
    different = differences(shared, {name: after[name] for name in shared})
    found = [difference for difference in different if not _left_open(difference, before, after)]
    if args.json:
        tell_json([_plain(difference) for difference in found])
    else:
        tell("\n".join(str(difference) for difference in found) or "no difference in meaning")
    return GOOD


def _content(path: Path) -> Content:
    """The resolved spec; behind it, for a run, what came of it."""
    if not path.is_dir():
        return load(path).resolved()
    folder = RunFolder.open(path)
    facts = folder.facts()
    # Of a cross-validation only some is known, and no data before its first fold is over.
    results = {"data": (facts["dataset"] or {}).get("sha256")}
    results |= {name: facts[name] for name in FACTS if name in facts}
    return load(folder.path / SPEC).resolved() | {RUN: results}


def _left_open(difference: Difference, before: Content, after: Content) -> bool:
    """Whether a spec leaves to the machine or the data what the run beside it has settled."""
    if difference.kind != "changed" or (RUN in before) == (RUN in after):
        return False
    said, settled = difference.before, difference.after
    if RUN in before:
        said, settled = settled, said
    return said in OPEN and not isinstance(settled, str)


def _plain(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "path": difference.path,
        "before": difference.before,
        "after": difference.after,
    }
