"""`nnspec parts [KIND [NAME]]`: what there is, and what each part does."""

import argparse
from dataclasses import asdict

from nnspec.cli.arguments import add_json
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.errors import GOOD, BrokenPartError, UsageError
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest
from nnspec.spec.about import About, about


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("kind", metavar="KIND", nargs="?", help=f"one of: {', '.join(KINDS)}")
    parser.add_argument("name", metavar="NAME", nargs="?", help="a part, to be explained")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    catalogue = Catalogue()
    if args.kind is not None and args.kind not in KINDS:
        raise UsageError(f"there is no kind `{args.kind}`; {_hint(catalogue, args.kind)}")
    if args.name is not None:
        part = about(catalogue.find((args.kind,), args.name))
        if args.json:
            tell_json(asdict(part))
        else:
            tell(_page(part))
        return GOOD
    kinds = [args.kind] if args.kind is not None else list(KINDS)
    rows = [_row(entry) for kind in kinds for entry in catalogue.entries(kind)]
    if args.json:
        names = ("kind", "name", "summary", "origin")
        tell_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        tell(table(("kind", "name", "what it is", "from"), rows))
    return GOOD


def _hint(catalogue: Catalogue, word: str) -> str:
    """What was meant in the place of a kind: another kind, or a part of some kind."""
    holders = [kind for kind in KINDS if any(entry.name == word for entry in catalogue.entries(kind))]
    if holders:
        return " and ".join(f"`nnspec parts {kind} {word}` explains the part" for kind in holders)
    near = closest(word, KINDS)
    return f"did you mean `{near}`?" if near else f"one of: {', '.join(KINDS)}"


def _row(entry: Entry) -> tuple[str, str, str, str]:
    try:
        part = about(entry)
    except BrokenPartError as error:
        # One broken plugin does not keep the others from being listed.
        origin = f"{entry.distribution} {entry.version}"
        return entry.kind, entry.name, f"cannot be loaded: {error.__cause__}", origin
    return part.kind, part.name, part.summary, part.origin


def _page(part: About) -> str:
    lines = [part.text, "", f"from {part.origin}", ""]
    if not part.options:
        return "\n".join([*lines, "no options"])
    rows = [
        (option.name + (" *" if option.name == part.primary else ""), option.type, option.default, option.about)
        for option in part.options
    ]
    lines.append(table(("option", "type", "default", "what it is"), rows))
    if part.primary:
        lines += ["", f"* also set by `{part.name}: value`"]
    return "\n".join(lines)
