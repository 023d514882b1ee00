"""``extends: base.yaml``: a spec that says only what is other than in the spec it builds on.

Mappings are merged deeply, lists and everything else are replaced. A section that holds a part is merged only
where both name the same part: ``optimizer: {momentum: 0.1}`` over ``optimizer: {sgd: 3.0}`` is momentum alone.
A spec's
``name`` is its own and is not inherited.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, cast

from nnspec.errors import SpecError
from nnspec.spec.document import EXTENDS, PART_SECTIONS
from nnspec.spec.marks import Path, Place, Tree
from nnspec.spec.problems import Problem, shown
from nnspec.spec.reader import neighbours, read_file
from nnspec.spec.versions import upgraded

KEY = EXTENDS
OWN = (KEY, "name")
MAX_CHAIN = 20


def inherit(tree: Tree, path: FilePath | None, chain: tuple[FilePath, ...] = ()) -> Tree:
    """The tree with everything that its base specs say and it does not.

    Args:
        tree: A spec as it was read.
        path: Its file, from whose folder the base is sought; None for the working folder.
        chain: The files that led here.

    Returns:
        The merged tree. Where the base is missing, cannot be read, or extends the spec itself, that is noted.
    """
    if not isinstance(tree.value, Mapping) or KEY not in tree.value:
        return tree
    try:
        base = _base(tree, path, chain)
    except SpecError as error:
        own = {name: value for name, value in tree.value.items() if name != KEY}
        return replace(tree, value=own).noted(*cast(tuple[Problem, ...], error.problems), spoilt=[()])
    return _merged(base, tree)


def _base(tree: Tree, path: FilePath | None, chain: tuple[FilePath, ...]) -> Tree:
    name = tree.value[KEY]
    if not isinstance(name, str) or not name:
        message = f"expected the path of a spec, found {shown(name)}"
        raise _refused(tree, message, "for example `extends: base.yaml`")
    chain = (*chain, path.resolve()) if path is not None else chain
    base_path = (path.parent if path is not None else FilePath()) / name
    if base_path.resolve() in chain:
        circle = " extends ".join(file.name for file in (*chain, base_path))
        raise _refused(tree, f"a spec cannot extend itself: {circle}", "break the circle")
    if len(chain) >= MAX_CHAIN:
        raise _refused(tree, f"more than {MAX_CHAIN} specs extend one another", "merge some of them")
    if base_path.is_dir():
        raise _refused(tree, f"{base_path} is a folder, not a spec file", "name a .yaml file in it")
    if not base_path.is_file():
        message = f"there is no such file: {base_path}; the path starts from this spec's folder"
        raise _refused(tree, message, neighbours(base_path))
    base = inherit(upgraded(read_file(base_path)), base_path, chain)
    if not isinstance(base.value, Mapping):
        raise _refused(tree, f"{base_path} is no spec: expected a mapping of names, found {shown(base.value)}")
    return base


def _merged(base: Tree, own: Tree) -> Tree:
    kept = {name: value for name, value in base.value.items() if name not in OWN}
    written = {name: value for name, value in own.value.items() if name != KEY}
    places: dict[Path, Place] = {(): own.places[()]}
    value = _merge(kept, written, (), places, base, own)
    return Tree(value, places, own.problems, own.spoilt).noted(*base.problems, spoilt=base.spoilt)


def _merge(base: Any, own: Any, path: Path, places: dict[Path, Place], *trees: Tree) -> Any:
    """The merged value at a path; records where each of its entries stands."""
    below, above = trees
    if not _mergeable(base, own, path):
        places |= {other: above.places[other] for other in above.below(path)}
        return own
    places[path] = above.places[path]
    result = {}
    for name in (*base, *(name for name in own if name not in base)):
        at = (*path, name)
        if name not in own:
            places |= {other: below.places[other] for other in below.below(at)}
            result[name] = base[name]
        elif name not in base:
            places |= {other: above.places[other] for other in above.below(at)}
            result[name] = own[name]
        else:
            result[name] = _merge(base[name], own[name], at, places, below, above)
    return result


def _mergeable(base: Any, own: Any, path: Path) -> bool:
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return False
    is_part = len(path) == 1 and path[0] in PART_SECTIONS
    return not is_part or base.keys() == own.keys()


def _refused(tree: Tree, message: str, hint: str = "") -> SpecError:
    return SpecError([Problem("NS021", tree.place((KEY,)).value, KEY, message, hint)])
