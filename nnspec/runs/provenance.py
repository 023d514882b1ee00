"""What a result depends on: versions, machine, data; and the fingerprint that names it."""

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
    return {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count(), "blas": blas}


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


def fingerprint(resolved: Mapping[str, Any], data: str, plugins: Mapping[str, str]) -> str:
    """The name of a result: SHA-256 over the resolved spec, the data's hash, and the versions that compute."""
    facts = {"spec": resolved, "data": data, "versions": {**versions(), **plugins}}
    return sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
