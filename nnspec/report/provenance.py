"""What a result depends on, and how to have it again."""

import shlex
from collections.abc import Mapping
from typing import Any

from nnspec.report.facts import SPEC, Run
from nnspec.report.wording import count, listing, moment, plural, shape


def dependencies(run: Run) -> list[tuple[str, str]]:
    """What the result depends on: name and value, the unknown left out."""
    data, origin = run.data, run.origin
    samples = listing([f"{count(number)} {split}" for split, number in data.samples.items()])
    targets = plural(len(data.classes), "class") if data.classes is not None else "numbers for targets"
    rows = {
        "seed": str(origin.seed),
        "data": f"{data.loader}: {samples} samples of {shape(data.shape)} {data.dtype}, {targets}",
        "data SHA-256": data.sha256,
        "versions": ", ".join(f"{name} {version}" for name, version in origin.versions.items()),
        "plugins": ", ".join(f"{name} {version}" for name, version in origin.plugins.items()),
        "machine": _machine(origin.machine),
        "BLAS": _blas(origin.machine),
        "engine": _engine(origin.engine),
        "fingerprint": origin.fingerprint,
        "started": moment(origin.started),
        "spec file": origin.spec_file or "",
    }
    return [(name, value) for name, value in rows.items() if value]


def commands(run: Run) -> str:
    """What to type to train the same network again, on the machine that holds the run."""
    spec = shlex.quote(str(run.path.resolve() / SPEC))
    folder = run.origin.spec_folder
    # Relative paths in a spec, and data sets beside it, are looked for from where one stands.
    return (f"cd {shlex.quote(folder)}\n" if folder else "") + f"nnspec run {spec}"


def _machine(machine: Mapping[str, Any]) -> str:
    known = [str(machine[key]) for key in ("system", "processor") if machine.get(key)]
    cores = machine.get("cores")
    return ", ".join([*known, *([plural(cores, "core")] if isinstance(cores, int) else [])])


def _blas(machine: Mapping[str, Any]) -> str:
    libraries = machine.get("blas")
    if not isinstance(libraries, list):
        return ""
    return ", ".join(
        " ".join(str(library[key]) for key in ("internal_api", "version", "architecture") if library.get(key))
        for library in libraries
        if isinstance(library, dict)
    )


def _engine(engine: Mapping[str, Any]) -> str:
    parts = [str(engine[key]) for key in ("precision",) if engine.get(key)]
    if isinstance(engine.get("shards"), int):
        parts.append(plural(engine["shards"], "shard"))
    if "fused" in engine:
        parts.append("last activation and cost fused" if engine["fused"] else "last activation and cost apart")
    return ", ".join(parts)
