"""The spec lines that parts show of themselves, pasted into specs."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from nnspec.errors import SpecError
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS, OUTSIDE
from nnspec.spec.about import about
from nnspec.spec.reader import read
from nnspec.spec.specification import parse
from nnspec.spec.yaml_core import dump

Sections = dict[str, Any]

ENTRIES = [entry for kind in KINDS if kind not in OUTSIDE for entry in Catalogue().entries(kind)]
"""All parts that are installed and that a spec may name."""

BASE: Sections = {
    "nnspec": 1,
    "name": "pasted",
    "dataset": {"csv": {"path": "table.csv", "label": "kind"}},
    "cost": "quadratic",
    "optimizer": {"sgd": 0.1},
}
INPUTS = ([784], [1, 28, 28], [4, 28, 28], [3, 64, 48], [28, 28], [28], [2])
ENDS = [
    ["flatten", {"dense": {"units": units, "activation": activation}}]
    for units, activation in product((10, 3, 1), ("softmax", "sigmoid"))
]
"""What a network may end in where the snippet does not say."""


def name(entry: Entry) -> str:
    """How a test of a part is called."""
    return f"{entry.kind}.{entry.name}"


def pasted(entry: Entry) -> Iterator[Sections]:
    """The sections that a part's snippet shows, in each of the ways it shows."""
    forms: dict[str, list[Any]] = {}
    for lines in re.split(r"\n(?=\S)", about(entry).snippet):
        # Layers are also shown as entries of their list.
        value = read((f"layers:\n{lines}" if lines.startswith("-") else lines).encode(), name(entry)).value
        for section, written in value.items():
            forms.setdefault(section, []).append(written)
    for choice in product(*forms.values()):
        yield dict(zip(forms, choice, strict=True))


def specs(sections: Sections) -> Iterator[str]:
    """Specs around the sections, for samples of one shape after another."""
    ends = [sections["layers"]] if "layers" in sections else ENDS
    for shape, layers in product(INPUTS, ends):
        yield dump({**BASE, "input": shape, "layers": layers, **sections})


def fits(sections: Sections) -> bool:
    """Whether there is a good spec with these sections, or with each of their layers alone."""
    alone = [{**sections, "layers": [layer]} for layer in sections.get("layers", ())]
    return any(map(is_good, specs(sections))) or (len(alone) > 1 and all(map(fits, alone)))


def is_good(text: str) -> bool:
    """Whether a spec has no problem."""
    try:
        parse(text)
    except SpecError:
        return False
    return True
