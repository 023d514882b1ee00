"""`nnspec plugins list|check|new|help`: what others bring, whether it is sound, and the start of one's own."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnspec.cli.arguments import add_json
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.contracts.guests import said
from nnspec.errors import EXPECTATION, GOOD, BrokenPartError, NnspecError, OtherContractError, UsageError
from nnspec.registry import Catalogue, Entry, default_resolver
from nnspec.registry.catalogue import ALLOWED
from nnspec.registry.installed import canonical
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest

HEALTHY = "healthy"
UNREAD = "described well; not run (its files are not here; use check_loader(part, folder))"
NONE = "no plugins are installed; `nnspec plugins new NAME` begins one"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(actions.add_parser("list", help="the parts that plugins bring, and whether they can be loaded"))
    check = actions.add_parser("check", help="try every part with the conformance kit")
    check.add_argument("distribution", metavar="DIST", nargs="?", help="of this distribution; of all by default")
    add_json(check)
    new = actions.add_parser("new", help="a complete distribution around a part of your own")
    new.add_argument("name", metavar="NAME", help="the distribution, for example nnspec-spline")
    new.add_argument("--kind", metavar="KIND", default="layer", help="layer (the default), activation, cost ...")
    new.add_argument("--word", metavar="WORD", help="the part's name in a spec; by default the distribution's")
    new.add_argument("--into", metavar="FOLDER", help="add to the distribution there; NAME is the part's word")
    about = actions.add_parser("help", help="what a kind of part has to have, and what its methods are given")
    about.add_argument(
        "names", metavar="KIND", nargs="+", help="layer, metric ..., or classes of nnspec.extend: Dataset Split"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "check": _check,
        "new": _new,
        "help": _help,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    catalogue = default_resolver().catalogue
    rows = [(*_named(entry), *state(entry, catalogue)) for entry in _entries(catalogue)]
    rows += [(*_named(entry), "?", f"may not be loaded: {ALLOWED} keeps it out") for entry in catalogue.kept_out]
    head = ("name", "kind", "distribution", "version", "contract", "state")
    if args.json:
        tell_json([dict(zip(head, row, strict=True)) for row in rows])
    elif rows:
        tell(table(head, rows))
    else:
        tell(NONE)
    return GOOD


def _named(entry: Entry) -> tuple[str, ...]:
    return entry.name, entry.kind, entry.distribution, entry.version


def state(entry: Entry, catalogue: Catalogue) -> tuple[str, str]:
    """The contract version that a part is written for, and `HEALTHY` or why not."""
    try:
        part = entry.load()
    except OtherContractError as error:
        return str(error.asked), str(error)
    except BrokenPartError as error:
        return "?", str(error)
    word = catalogue.entry_word(entry)
    return str(part.api), HEALTHY if word == entry.name else f"the name is taken: it goes by `{word}`"


@dataclass(frozen=True)
class Verdict:
    """What the kit says of a part.

    Attributes:
        entry: The part.
        sound: Whether it keeps its contract.
        found: With how many options it was tried, or that it could not be, or what is wrong.
    """

    entry: Entry
    sound: bool
    found: str


def _check(args: argparse.Namespace) -> int:
    catalogue = default_resolver().catalogue
    verdicts = [_tried(entry) for entry in _entries(catalogue, args.distribution)]
    head = ("name", "kind", "distribution", "version")
    if args.json:
        plain = [
            {**dict(zip(head, _named(each.entry), strict=True)), "sound": each.sound, "found": each.found}
            for each in verdicts
        ]
        tell_json(plain)
    elif verdicts:
        rows = [(*_named(each.entry), each.found if each.sound else "NOT SOUND") for each in verdicts]
        complaints = [f"{each.entry.full}: {each.found}" for each in verdicts if not each.sound]
        tell("\n\n".join([table((*head, ""), rows), *complaints]))
    else:
        tell(NONE)
    return GOOD if all(each.sound for each in verdicts) else EXPECTATION


def _tried(entry: Entry) -> Verdict:
    from nnspec.contracts.loader import Loader
    from nnspec.testing import ContractError, check_entry

    try:
        count = check_entry(entry)
    except (ContractError, NnspecError) as error:
        return Verdict(entry, sound=False, found=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a plugin may fail in any way at all
        return Verdict(entry, sound=False, found=f"fails: {said(error)}")
    kind = entry.load()
    if issubclass(kind, Loader) and not kind.made:
        return Verdict(entry, sound=True, found=UNREAD)
    sets = "set" if count == 1 else "sets"
    return Verdict(entry, sound=True, found=f"sound, tried with {count} {sets} of options")


def guest_entries(catalogue: Catalogue) -> Iterator[Entry]:
    """The parts that plugins bring."""
    return (entry for kind in KINDS for entry in catalogue.entries(kind) if not entry.own)


def _entries(catalogue: Catalogue, distribution: str | None = None) -> Iterator[Entry]:
    """The parts of plugins, or those of one distribution, which may be nnspec itself.

    Raises:
        UsageError: It brings none.
    """
    if distribution is None:
        yield from guest_entries(catalogue)
        return
    entries = [entry for kind in KINDS for entry in catalogue.entries(kind)]
    names = sorted({entry.distribution for entry in entries})
    found = [entry for entry in entries if canonical(entry.distribution) == canonical(distribution)]
    if not found:
        near = closest(distribution, names)
        hint = f"did you mean `{near}`?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"no distribution called `{distribution}` brings parts; {hint}")
    yield from found


def _new(args: argparse.Namespace) -> int:
    from nnspec.scaffold.joining import join
    from nnspec.scaffold.project import NOUNS, Project, kind_of

    kind = kind_of(args.kind)
    if kind is None:
        near = closest(args.kind, NOUNS.values())
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(NOUNS.values())}"
        raise UsageError(f"there is no kind `{args.kind}`; {hint}")
    if args.into is None:
        made = Project.named(args.name, kind, args.word).write(Path(args.name))
    else:
        made = join(Path(args.into), kind, args.word or args.name)
    for path in made:
        tell(path)
    return GOOD


def _help(args: argparse.Namespace) -> int:
    from nnspec.scaffold.outline import outline_of

    # Of all names, before any is told: one that is mistyped is not lost behind pages of another.
    tell("\n\n".join([outline_of(name) for name in args.names]))
    return GOOD
