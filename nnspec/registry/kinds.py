"""The kinds of parts, each an entry-point group ``nnspec.<kind>``."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from nnspec.contracts.part import Part

NAMES = (
    "layers", "activations", "costs", "optimizers", "schedules", "initializers", "regularizers", "metrics",
    "loaders", "transforms", "reporters", "executors", "exporters",
)  # fmt: skip


class _Contracts(Mapping[str, type[Part]]):
    """The contract of each kind, imported when it is asked for: ``layers`` are `nnspec.contracts.layer.Layer`."""

    def __getitem__(self, kind: str) -> type[Part]:
        if kind not in NAMES:
            raise KeyError(kind)
        noun = kind.removesuffix("s")
        contract: type[Part] = getattr(import_module(f"nnspec.contracts.{noun}"), noun.capitalize())
        return contract

    def __contains__(self, kind: object) -> bool:
        return kind in NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


KINDS: Mapping[str, type[Part]] = _Contracts()

OUTSIDE = ("executors", "exporters")
"""Kinds that the command line names and no spec does: they decide nothing about a result."""
