"""What a result depends on: versions, machine, data; and the fingerprint that names it.

The fingerprint stands for what a user decides: the spec, the data, and what is installed. The machine is recorded
beside it: which kernels BLAS and NumPy choose for a processor, and how many shards a batch is cut into, decides
the last bits and nothing else.
"""

import json
import os
import platform
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

import nnspec
from nnspec.contracts.loader import Dataset
from nnspec.spec.difference import differences

COMPUTING = ("nnspec", "numpy")
"""Whose versions are part of the fingerprint, beside those of plugins."""
BESIDE = ("engine",)
"""Sections of a spec that are no part of the fingerprint: how the machine is used."""
INDIFFERENT = "machine.cores"
"""What decides no bit once the number of shards is settled."""


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"nnspec": nnspec.__version__, "python": platform.python_version(), "numpy": np.__version__}


def plugin_changes(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between the plugins of a run and those that are installed now, a line each."""
    return [
        f"{name} was {then.get(name, 'not there')} when this run was trained, and is {version} now"
        for name, version in now.items()
        if then.get(name) != version
    ]


def machine() -> dict[str, Any]:
    """What the run ran on."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    blas = [
        {key: library.get(key) for key in ("internal_api", "version", "architecture")} for library in libraries
    ]
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "blas": blas,
        # What NumPy's own loops may use of the processor: its exponential has a kernel for some of these.
        "simd": " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])),
    }


def other_surroundings(facts: Mapping[str, Any], plugins: Mapping[str, str]) -> list[str]:
    """What computes now and is not what computed a run, so that the last bits may come out otherwise.

    Args:
        facts: What the run's run.json says.
        plugins: Those that its spec uses, as installed now.
    """
    now = {"versions": versions(), "plugins": plugins, "machine": machine()}
    then = {name: facts.get(name, {}) for name in now}
    return [str(found) for found in differences(then, now) if found.path != INDIFFERENT]


def data_digest(dataset: Dataset) -> str:
    """SHA-256 over the hashes of the files that were read, or over the samples of data that was made."""
    digest = sha256()
    for file in dataset.files:
        digest.update(f"{file.name} {file.sha256}\n".encode())
    if not dataset.files:
        for name, split in dataset.splits.items():
            for array in (split.inputs, split.targets):
                digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def fingerprint(
    resolved: Mapping[str, Any],
    data: str,
    plugins: Mapping[str, str],
    installed: Mapping[str, str] | None = None,
) -> str:
    """The name of a result: SHA-256 over the resolved spec, the data's hash, and the versions that compute.

    Args:
        resolved: The resolved spec, of which the section `engine` does not count.
        data: What `data_digest` says.
        plugins: Distributions that bring parts of the spec, each with its version.
        installed: Versions as `versions` gives them; by default those of now.
    """
    computing = installed if installed is not None else versions()
    facts = {
        "spec": {name: value for name, value in resolved.items() if name not in BESIDE},
        "data": data,
        "versions": {name: computing.get(name) for name in COMPUTING},
        "plugins": dict(plugins),
    }
    return sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
