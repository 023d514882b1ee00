"""`nnspec datasets list|fetch|verify|export`: what public data is here, whether it is intact, and as pictures."""

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.cli.arguments import add_json, positive
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.contracts.content import Content
from nnspec.contracts.loader import Loader, RemoteFile
from nnspec.data import Sources
from nnspec.data.download import download
from nnspec.errors import FAILED, GOOD, BrokenPartError, DataError, UsageError
from nnspec.registry import Catalogue
from nnspec.registry.suggestions import closest


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_json(actions.add_parser("list", help="public data sets, where they are found, and drawn ones"))
    fetch = actions.add_parser("fetch", help="bring a public data set to this machine")
    fetch.add_argument("name", metavar="NAME", help="the data set, for example mnist")
    fetch.add_argument(
        "--root", metavar="DIR", type=Path, help="put it into DIR, to be carried to another machine"
    )
    verify = actions.add_parser("verify", help="compare the content of files with what it must be")
    verify.add_argument("name", metavar="NAME", nargs="?", help="a data set; all by default")
    add_json(verify)
    export = actions.add_parser("export", help="write a data set's images as PNG files, by split and class")
    export.add_argument("name", metavar="NAME", help="the data set")
    export.add_argument("folder", metavar="DIR", type=Path, help="a new folder")
    export.add_argument("--split", choices=("train", "test"), help="this split only")
    export.add_argument("--limit", metavar="N", type=positive, help="this many images of a split, at most")


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "fetch": _fetch,
        "verify": _verify,
        "export": _export,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    sources = _sources()
    described = [_described(name, loader, sources) for name, loader in _loaders().items()]
    if args.json:
        tell_json(described)
        return GOOD
    rows = [
        (item["name"], item["state"], _megabytes(item["bytes"]), item["licence"] or "", item["where"] or "")
        for item in described
    ]
    tell(table(("name", "state", "unpacked", "licence", "where"), rows, right=(2,)))
    return GOOD


def _fetch(args: argparse.Namespace) -> int:
    _, loader = _public(args.name)
    sources = _sources()
    folder = loader.folder or ""
    if args.root is None:
        paths = sources.files(folder, loader.remote, None)
        for path, file in zip(paths, loader.remote, strict=True):
            _check(path, file)
    else:
        paths = [_bring(file, folder, args.root / folder, sources) for file in loader.remote]
    tell("\n".join(map(str, paths)))
    return GOOD


def _verify(args: argparse.Namespace) -> int:
    loaders = dict([_public(args.name)]) if args.name else public()
    sources = _sources()
    results = [
        _verified(name, file, loader, sources) for name, loader in loaders.items() for file in loader.remote
    ]
    if args.json:
        tell_json(results)
    else:
        rows = [(item["name"], item["file"], item["state"], item["path"] or "") for item in results]
        tell(table(("name", "file", "state", "path"), rows))
        for item in results:
            if item["problem"]:
                tell(f"nnspec: {item['problem']}", error=True)
    # A data set that nobody asked for by name may well not be here.
    bad = {"wrong", "missing"} if args.name else {"wrong"}
    return FAILED if any(item["state"] in bad for item in results) else GOOD


def _export(args: argparse.Namespace) -> int:
    from nnspec.data.pictures import write_pictures

    _, loader = _public(args.name)
    dataset = loader().load(_sources())
    splits = [args.split] if args.split else list(dataset.splits)
    written = write_pictures(dataset, splits, args.limit, args.folder)
    tell(f"{written} images written to {args.folder}")
    return GOOD


def _sources() -> Sources:
    return Sources(None, np.random.default_rng(0))


def _loaders() -> dict[str, type[Loader]]:
    """Loaders that bring their data: public files or a formula; those of plugins too."""
    found: dict[str, type[Loader]] = {}
    for entry in Catalogue().entries("loaders"):
        try:
            loader = entry.load()
        except BrokenPartError as error:
            # One broken plugin does not keep the others from being listed.
            tell(f"nnspec: {error}", error=True)
            continue
        if issubclass(loader, Loader) and (loader.folder or loader.made):
            found[entry.name] = loader
    return found


def public() -> dict[str, type[Loader]]:
    """The loaders of public files, by name."""
    return {name: loader for name, loader in _loaders().items() if loader.folder}


def _public(name: str) -> tuple[str, type[Loader]]:
    """The public data set of this name, written as the loader or as its folder."""
    known = public()
    for word, loader in known.items():
        if name in (word, loader.folder):
            return word, loader
    near = closest(name, known)
    hint = f"did you mean `{near}`?" if near else f"there are {', '.join(known)}"
    raise UsageError(f"`{name}` is no public data set; {hint}")


def _described(name: str, loader: type[Loader], sources: Sources) -> dict[str, Any]:
    found = {file.name: sources.find(loader.folder or "", file.name) for file in loader.remote}
    paths = [path for path in found.values() if path is not None]
    if loader.made:
        state = "drawn"
    elif len(paths) == len(found):
        state = "found"
    else:
        state = f"{len(paths)} of {len(found)} files" if paths else "missing"
    lengths = [file.length for file in loader.remote]
    return {
        "name": name,
        "state": state,
        "bytes": sum(length for length in lengths if length) or None,
        "licence": loader.licence or None,
        "where": ", ".join(dict.fromkeys(str(path.parent) for path in paths)) or None,
        "files": [
            {"name": file.name, "sha256": file.content_sha256, "path": _text(found[file.name])}
            for file in loader.remote
        ],
    }


def _verified(name: str, file: RemoteFile, loader: type[Loader], sources: Sources) -> dict[str, Any]:
    path = sources.find(loader.folder or "", file.name)
    state, problem = "missing", None
    if path is not None:
        try:
            _check(path, file)
            state = "good"
        except DataError as error:
            state, problem = "wrong", str(error)
    return {"name": name, "file": file.name, "state": state, "path": _text(path), "problem": problem}


def _check(path: Path, file: RemoteFile) -> None:
    with Content(path) as content:
        content.skip()
        content.check(file.content_sha256)


def _bring(file: RemoteFile, folder: str, into: Path, sources: Sources) -> Path:
    """Makes sure that a folder has a file: it has already, another place on this machine has, or a mirror."""
    for name in (file.name, file.name.removesuffix(".gz")):
        if (into / name).is_file():
            _check(into / name, file)
            return into / name
    found = sources.find(folder, file.name)
    if found is None:
        return download([file], folder, into, progress=True)[0]
    _check(found, file)
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            copy = Path(scratch) / found.name
            shutil.copyfile(found, copy)
            copy.replace(into / found.name)
    except OSError as error:
        raise UsageError(f"cannot write to {into}: {error.strerror or error}") from error
    return into / found.name


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _megabytes(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.1f} MB"
