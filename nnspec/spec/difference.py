"""What differs between two resolved specs, by meaning and not by text: moved, changed, added, removed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from nnspec.spec.marks import Path, path_text

Kind = Literal["changed", "added", "removed", "moved"]


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        kind: What became of the value.
        path: Where it stands; in the first spec where it is removed, else in the second.
        before: The value in the first spec; for a moved layer the path it stood at.
        after: The value in the second spec.
    """

    kind: Kind
    path: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"{self.path}: {short(self.before)} -> {short(self.after)}"
        if self.kind == "moved":
            return f"{self.path}: moved from {self.before}: {short(self.after)}"
        return f"{self.path}: {self.kind}: {short(self.after if self.kind == 'added' else self.before)}"


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """Everything that differs between two values of resolved specs, in the order of the second."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not _parts_differ(before, after, path):
        for name in (*after, *(name for name in before if name not in after)):
            at = (*path, name)
            if name not in before:
                yield Difference("added", path_text(at), after=after[name])
            elif name not in after:
                yield Difference("removed", path_text(at), before=before[name])
            else:
                yield from differences(before[name], after[name], at)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    else:
        yield Difference("changed", path_text(path), before, after)


def _parts_differ(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> bool:
    """Whether two parts of different names stand here: then options are not worth comparing."""
    return bool(path) and len(before) == len(after) == 1 and before.keys() != after.keys() and _is_part(after)


def _is_part(value: Mapping[str, Any]) -> bool:
    return isinstance(next(iter(value.values())), Mapping)


def _lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    """Lists are aligned first, so that one layer put in does not make all behind it look changed."""
    old, new = [_key(item) for item in before], [_key(item) for item in after]
    removed: dict[str, list[int]] = {}
    added: list[int] = []
    changed: list[tuple[int, int]] = []
    for what, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        pairs = _pairs(before[i:i_end], after[j:j_end])
        changed += [(i + left, j + right) for left, right in pairs]
        lefts, rights = {left for left, _ in pairs}, {right for _, right in pairs}
        for left in range(i_end - i):
            if left not in lefts:
                removed.setdefault(old[i + left], []).append(i + left)
        added += [j + right for right in range(j_end - j) if right not in rights]
    for index in added:
        if removed.get(new[index]):
            source = path_text((*path, removed[new[index]].pop(0)))
            yield Difference("moved", path_text((*path, index)), source, after[index])
        else:
            yield Difference("added", path_text((*path, index)), after=after[index])
    for left, right in changed:
        yield from differences(before[left], after[right], (*path, right))
    for indices in removed.values():
        for index in indices:
            yield Difference("removed", path_text((*path, index)), before=before[index])


def _pairs(before: list[Any], after: list[Any]) -> list[tuple[int, int]]:
    """Which entries of two stretches are one entry with other options: those that name the same part, in turn."""
    names, others = [_name(item) for item in before], [_name(item) for item in after]
    blocks = SequenceMatcher(None, names, others, autojunk=False).get_matching_blocks()
    return [(block.a + step, block.b + step) for block in blocks for step in range(block.size)]


def _name(item: Any) -> str:
    return next(iter(item)) if isinstance(item, Mapping) and item else _key(item)


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def short(value: Any) -> str:
    """A value on one line, as a spec would write it."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, options),) = value.items()
        if isinstance(options, Mapping):
            given = {key: item for key, item in options.items() if item is not None}
            return f"{name}: {_short_mapping(given)}" if given else str(name)
    if isinstance(value, Mapping):
        return _short_mapping(value)
    if isinstance(value, list):
        return "[" + ", ".join(short(item) for item in value) + "]"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False).strip('"')


def _short_mapping(value: Mapping[str, Any]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{key}: {short(item)}" for key, item in value.items()) + "}"
