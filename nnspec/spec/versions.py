"""Versions of the spec language: the one place where an older spec is brought up to today's.

Version 1 is the first, so that there is nothing to upgrade yet. When version 2 comes, `FORMAT` becomes 2 and
``UPGRADES[1]`` is a function that rewrites the tree of a version 1 spec: values where the new version has them,
and places where the reader wrote them, so that problems still point into the old file.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from nnspec.spec.marks import Tree

FORMAT = 1
"""The version that this release writes, and the newest that it reads."""

UPGRADES: dict[int, Callable[[Tree], Tree]] = {}
"""For each older version, what makes a tree of it one of the next version."""


def upgraded(tree: Tree) -> Tree:
    """The tree in today's version. One that names no version, or none that is known, is left to validation."""
    if not isinstance(tree.value, Mapping):
        return tree
    version = tree.value.get("nnspec")
    if type(version) is not int or version not in UPGRADES:
        return tree
    while version < FORMAT:
        tree = UPGRADES[version](tree)
        version += 1
    return replace(tree, value={**tree.value, "nnspec": FORMAT})
