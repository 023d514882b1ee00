"""`nnspec doctor`: whether nnspec is set up on this machine, on one screen, and what to do where it is not."""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import numpy as np
from packaging.requirements import Requirement
from threadpoolctl import threadpool_info

import nnspec
from nnspec.cli.arguments import add_json
from nnspec.cli.datasets import public
from nnspec.cli.output import tell, tell_json
from nnspec.cli.plugins import HEALTHY, guest_entries, state
from nnspec.data import Sources
from nnspec.data.download import cache_folder
from nnspec.engine.threads import cores, one_blas_thread
from nnspec.errors import FAILED, GOOD, StorageError
from nnspec.registry import default_resolver
from nnspec.runs import durable
from nnspec.runs.provenance import machine

DISTRIBUTION = "nnspec"


@dataclass(frozen=True)
class Check:
    """What was looked at.

    Attributes:
        subject: In a word.
        text: How it is.
        trouble: What is wrong and what to do; empty where nothing is.
    """

    subject: str
    text: str
    trouble: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    checks = list(_checks())
    troubled = [check for check in checks if check.trouble]
    if args.json:
        document = {"healthy": not troubled, "checks": [asdict(check) for check in checks]}
        tell_json(document)
    else:
        for check in checks:
            tell(f"{check.subject:<12}{check.text}")
            if check.trouble:
                tell(f"{'':<12}TROUBLE: {check.trouble}")
        tell("all is well" if not troubled else f"{len(troubled)} in trouble")
    return FAILED if troubled else GOOD


def _checks() -> Iterator[Check]:
    yield _versions()
    yield _libraries()
    yield _blas()
    yield _products()
    yield _cores()
    yield _data()
    yield _plugins()
    yield _writing()


def _versions() -> Check:
    where = Path(nnspec.__file__).parent
    python = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return Check("nnspec", f"{nnspec.__version__} in {where}; {python}")


def _libraries() -> Check:
    """What nnspec cannot do without, in versions that it works with."""
    found, wrong = [], []
    for requirement in map(Requirement, requires(DISTRIBUTION) or ()):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(str(requirement))
            continue
        found.append(f"{requirement.name} {installed}")
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(str(requirement))
    wanted = " ".join(f"'{requirement}'" for requirement in wrong)
    return Check("libraries", ", ".join(found), f"pip install {wanted}" if wrong else "")


def _blas() -> Check:
    """Matrix products have a fast library, and it keeps to one thread when asked to."""
    facts = machine()
    names = [f"{one['internal_api']} {one['version']}, kernel {one['architecture']}" for one in facts["blas"]]
    simd = f"NumPy's loops use {facts['simd'] or 'nothing beyond the baseline'}"
    if not names:
        return Check(
            "BLAS", f"none that is known; {simd}", "products may be slow: install NumPy with pip or conda"
        )
    with one_blas_thread():
        threads = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    busy = "it does not keep to one thread: set OPENBLAS_NUM_THREADS=1" if max(threads) > 1 else ""
    return Check("BLAS", f"{'; '.join(names)}, on one thread; {simd}", busy)


def _products() -> Check:
    """Products are right, into arrays that lie either way: one release of NumPy had them wrong."""
    random = np.random.default_rng(0)
    a, b = (random.integers(-8, 8, (40, 40)).astype(np.float32) for _ in range(2))
    # Whole numbers, so that nothing is rounded.
    expected = np.einsum("ij,jk->ik", a.astype(np.int64), b.astype(np.int64))
    results = [np.empty((40, 40), np.float32), np.empty((40, 40), np.float32).T]
    for out in results:
        np.matmul(a, b, out=out)
    right = all(np.array_equal(out, expected) for out in results)
    trouble = "" if right else "this NumPy multiplies wrongly: pip install --upgrade numpy"
    return Check("products", "right" if right else "wrong", trouble)


def _cores() -> Check:
    count, there = cores(), os.cpu_count()
    text = f"{count} for this process" + (f", of {there}" if there != count else "")
    if hasattr(os, "getloadavg"):
        load = os.getloadavg()[0]
        others = " (busy with other work: times measured now say little)" if load > count else ""
        text += f"; load {load:.1f}{others}"
    return Check("cores", text)


def _data() -> Check:
    sources = Sources(None, np.random.default_rng(0))
    texts = []
    for name, loader in public().items():
        found = {sources.find(loader.folder or "", file.name) for file in loader.remote}
        places = sorted({str(path.parent) for path in found if path is not None})
        state = ", ".join(places) if places else "not here"
        texts.append(f"{name}: {state}{' (not all of it)' if places and None in found else ''}")
    where = f"downloads go to {cache_folder('').resolve()}"
    if configured := os.environ.get("NNSPEC_DATA"):
        there = Path(configured).expanduser().is_dir()
        where += f", NNSPEC_DATA={configured}"
        trouble = "" if there else "NNSPEC_DATA names no folder: mend or unset it"
    else:
        trouble = ""
    return Check("data", "; ".join([*texts, where]), trouble)


def _plugins() -> Check:
    catalogue = default_resolver().catalogue
    entries = list(guest_entries(catalogue))
    states = {entry: state(entry, catalogue)[1] for entry in entries}
    origins = sorted({f"{entry.distribution} {entry.version}" for entry in entries})
    sick = sorted({entry.distribution for entry, found in states.items() if found != HEALTHY})
    text = f"{len(entries)} parts of {', '.join(origins)}" if entries else "none"
    trouble = f"not all parts of {', '.join(sick)} can be used: see `nnspec plugins list`" if sick else ""
    return Check("plugins", text, trouble)


def _writing() -> Check:
    """A run folder could be made here: files can be written, synced and renamed."""
    here = Path.cwd()
    try:
        with tempfile.TemporaryDirectory(prefix=".nnspec-doctor-", dir=here) as folder:
            for content in (b"one", b"two"):
                durable.rotate(Path(folder) / "last", Path(folder) / "previous", content)
    except (OSError, StorageError) as error:
        return Check("runs", f"cannot be written in {here}", f"{error}: go to another folder, or name one with -o")
    return Check("runs", f"can be written in {here}")
