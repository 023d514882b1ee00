"""The broken specs in ``broken/``, and what is said of them, as the files beside them have it.

A first line such as ``# --set train.epochs=3`` holds settings. What depends on the machine, or on which parts are
installed, stands in angle brackets: ``<all layers>``.
"""

import os
import re
import shlex
from contextlib import chdir
from pathlib import Path

from nnspec.errors import SpecError
from nnspec.registry import default_resolver
from nnspec.registry.kinds import KINDS
from nnspec.spec.document import names
from nnspec.spec.problems import Problem
from nnspec.spec.specification import load

FOLDER = Path(__file__).parent / "broken"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
"""Files in folders below are bases that some of them extend."""


def expected(name: str) -> Path:
    """The file that holds what is to be said of a spec."""
    return FOLDER / f"{name}.txt"


def found(name: str) -> list[Problem]:
    """The problems of a spec; none where it is good."""
    with chdir(FOLDER):
        try:
            load(f"{name}.yaml", settings(name))
        except SpecError as error:
            return [problem for problem in error.problems if isinstance(problem, Problem)]
    return []


def settings(name: str) -> list[str]:
    """The settings in the first line of a spec."""
    first, _, _ = (FOLDER / f"{name}.yaml").read_bytes().partition(b"\n")
    words = shlex.split(os.fsdecode(first)[1:]) if first.startswith(b"# --set ") else []
    return words[1::2]


def said(name: str) -> str:
    """What is said of a spec, without what differs from one environment to the next."""
    text = "".join(f"{problem}\n" for problem in found(name))
    text = re.sub(r"this machine has [\d.,]+ GB", "this machine has <memory> GB", text)
    text = text.replace(": " + ", ".join(names(())), ": <all sections>")
    catalogue = default_resolver().catalogue
    for kind, contract in KINDS.items():
        words = [entry.name for group in contract.kinds for entry in catalogue.entries(group)]
        text = text.replace(": " + ", ".join(words), f": <all {kind}>")
        for option in re.findall(r"`(\w+)` is an option of ", text):
            *most, last = [f"`{owner}`" for owner in catalogue.owners(contract.kinds).get(option, ["none"])]
            owners = f"{', '.join(most)} and {last}" if most else last
            text = text.replace(f"is an option of {owners}\n", f"is an option of <all {kind} with {option}>\n")
    return text
