"""`nnspec diff A B`: what differs between two specs, or two runs."""

import argparse
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json
from nnspec.cli.output import tell, tell_json
from nnspec.errors import GOOD
from nnspec.runs.folder import SPEC, RunFolder
from nnspec.spec.difference import Difference, differences
from nnspec.spec.specification import load

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
    found = list(differences(shared, {name: after[name] for name in shared}))
    if args.json:
        tell_json([_plain(difference) for difference in found])
    else:
        tell("\n".join(str(difference) for difference in found) or "no difference in meaning")
    return GOOD


def _content(path: Path) -> dict[str, Any]:
    """The resolved spec; behind it, for a run, what came of it."""
    if not path.is_dir():
        return load(path).resolved()
    folder = RunFolder.open(path)
    facts = folder.facts()
    results = {"data": facts["dataset"]["sha256"], **{name: facts[name] for name in FACTS}}
    # Behind a name of their own: a spec has a section called `metrics`, too.
    return load(folder.path / SPEC).resolved() | {"run": results}


def _plain(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "path": difference.path,
        "before": difference.before,
        "after": difference.after,
    }
