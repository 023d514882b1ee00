"""YAML text to plain values with positions, within bounds: a spec from a stranger can name parts and nothing else.

First a pass over the parser's events, which no nesting can crash, checks depth, size and aliases; then libyaml
composes, which deep nesting would crash; then the nodes become values with marks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent
from yaml.reader import Reader

from nnspec.errors import SpecError
from nnspec.registry.suggestions import closest
from nnspec.spec.marks import Mark, Path, Place, Text, Tree
from nnspec.spec.problems import Problem, ordered, shown
from nnspec.spec.yaml_core import CoreLoader, scalar

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_NODES = 50_000


def read_file(path: FilePath) -> Tree:
    """Reads a spec file.

    Raises:
        SpecError: It is missing, cannot be read, or is no acceptable YAML.
    """
    name = str(path)
    try:
        if path.is_dir():
            raise _refused("NS001", name, "this is a folder, not a spec file", "name a .yaml file in it")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused("NS001", name, "there is no such file", _neighbours(path)) from None
    except OSError as error:
        raise _refused("NS001", name, f"the file cannot be read: {error.strerror}") from None
    return read(content, name)


def read(content: bytes, name: str) -> Tree:
    """Reads a spec from bytes.

    Args:
        content: UTF-8, with or without a byte order mark.
        name: What messages call it.

    Raises:
        SpecError: It is no acceptable YAML; carries every problem that was found.
    """
    if len(content) > MAX_BYTES:
        raise _refused("NS005", name, f"larger than {MAX_BYTES:,} bytes, which no spec needs")
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused("NS002", name, "not UTF-8 text", "save the file as UTF-8", line=line) from None
    text = Text.of(name, source)
    try:
        problems = list(_Bounds(text).check(source))
        if problems:
            raise SpecError(ordered(problems))
        node = yaml.compose(source, Loader=CoreLoader)
    except yaml.YAMLError as error:
        raise SpecError([_syntax(error, source, text)]) from None
    if node is None:
        raise _refused(
            "NS004", name, "the file is empty", "a first spec: `nnspec: 1`, then dataset, input, layers, cost"
        )
    builder = _Builder(text)
    value = builder.build(node, ())
    if builder.problems:
        raise SpecError(ordered(builder.problems))
    return Tree(value, builder.places)


class _Bounds:
    """Watches the parser's events: how deep, how many entries with aliases written out, which tags."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.nodes = 0
        self.depth = 0
        self._open: list[_Opened] = []
        self._closed: dict[str, tuple[int, int]] = {}

    def check(self, source: str) -> Iterator[Problem]:
        """Every tag, and the first event that leaves the bounds."""
        for event in yaml.parse(source, Loader=CoreLoader):
            if isinstance(event, AliasEvent) and event.anchor not in self._closed:
                yield Problem(
                    "NS011", _mark(event, self.text), "", f"`*{event.anchor}` refers to nothing before it"
                )
                return
            if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
                message = f"the tag `{event.tag}` is not allowed"
                yield Problem("NS006", _mark(event, self.text), "", message, "remove the tag")
            self._count(event)
            if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
                deep = self.depth > MAX_DEPTH
                what = f"nested deeper than {MAX_DEPTH}" if deep else f"more than {MAX_NODES:,} entries"
                yield Problem(
                    "NS005", _mark(event, self.text), "", f"{what}, aliases counted, which no spec needs"
                )
                return

    def _count(self, event: yaml.Event) -> None:
        if isinstance(event, AliasEvent):
            nodes, levels = self._closed[cast(str, event.anchor)]
            self._add(nodes, levels)
        elif isinstance(event, CollectionEndEvent):
            done = self._open.pop()
            if done.anchor:
                self._closed[done.anchor] = self.nodes - done.before, done.levels
            self._reach(done.levels)
        elif isinstance(event, CollectionStartEvent):
            self._open.append(_Opened(event.anchor, self.nodes))
            self._add(1, 0)
        elif isinstance(event, ScalarEvent):
            self._add(1, 0)
            if event.anchor:
                self._closed[event.anchor] = 1, 0

    def _add(self, nodes: int, levels: int) -> None:
        self.nodes += nodes
        self._reach(levels)

    def _reach(self, levels: int) -> None:
        """Notes so many levels below the innermost open collection."""
        self.depth = len(self._open) + levels
        if self._open:
            self._open[-1].levels = max(self._open[-1].levels, levels + 1)


@dataclass
class _Opened:
    """A collection whose end has not come yet.

    Attributes:
        anchor: Its anchor, if it has one.
        before: Entries counted before it.
        levels: Levels of nesting it was found to have, itself included.
    """

    anchor: str | None
    before: int
    levels: int = 1


class _Builder:
    """Values and places from composed nodes."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: Path, key: Mark | None = None) -> Any:
        mark = _mark(node, self.text)
        self.places[path] = Place(key or mark, mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, mark)

    def _scalar(self, node: yaml.Node, mark: Mark) -> Any:
        try:
            return scalar(node.tag, node.value)
        except ValueError:
            hint = "whole numbers have at most 64 bits; write 1e30, say"
            self.problems.append(Problem("NS010", mark, "", "a number too long to hold", hint))
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = _mark(key_node, self.text)
            if not isinstance(key_node, yaml.ScalarNode) or not isinstance(
                key := self._scalar(key_node, mark), str
            ):
                found = shown(key_node.value if isinstance(key_node, yaml.ScalarNode) else [])
                self.problems.append(
                    Problem("NS009", mark, "", f"expected a name before the colon, found {found}")
                )
            elif key == "<<":
                hint = "write the entries out, or use `extends:`"
                self.problems.append(Problem("NS007", mark, "", "merge keys are not part of YAML 1.2", hint))
            elif key in result:
                first = self.places[*path, key].key
                hint = f"it stands in line {first.line} already: keep one of the two"
                self.problems.append(Problem("NS008", mark, "", f"`{key}` is given twice", hint))
            else:
                result[key] = self.build(value_node, (*path, key), mark)
        return result


def _mark(item: yaml.Node | yaml.Event, text: Text) -> Mark:
    start, end = cast(yaml.Mark, item.start_mark), cast(yaml.Mark, item.end_mark)
    if end.line == start.line:
        length = end.column - start.column
    else:
        length = len(text.lines[start.line].rstrip()) - start.column if start.line < len(text.lines) else 1
    return Mark(text, start.line + 1, start.column + 1, max(1, length))


def _syntax(error: yaml.YAMLError, source: str, text: Text) -> Problem:
    where = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = _unprintable(source, text) if where is None else _inside(text, where.line, where.column)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    line = text.lines[mark.line - 1] if text.lines else ""
    hint = ""
    if "\t" in line[: mark.column]:
        hint = "YAML is indented with spaces; there is a tab here"
    elif "document" in said:
        hint = "one spec a file: remove the `---` between them"
    return Problem("NS003", mark, "", f"not YAML: {said}", hint)


def _inside(text: Text, line: int, column: int) -> Mark:
    """A mark of a line and column that count from 0; at the end of the text where they lie beyond."""
    if line >= len(text.lines):
        line, column = max(0, len(text.lines) - 1), len(text.lines[-1]) if text.lines else 0
    return Mark(text, line + 1, column + 1)


def _unprintable(source: str, text: Text) -> Mark:
    """Where the first character stands that YAML does not allow."""
    found = Reader.NON_PRINTABLE.search(source)
    # A stand-in for the character ends the last line before it.
    lines = (source[: found.start() if found else 0] + "^").splitlines()
    return Mark(text, len(lines), len(lines[-1]))


def _refused(code: str, name: str, message: str, hint: str = "", line: int = 1) -> SpecError:
    return SpecError([Problem(code, Mark(Text(name, ()), line, 1), "", message, hint)])


def _neighbours(path: FilePath) -> str:
    try:
        names = [file.name for file in path.parent.iterdir() if file.suffix in (".yaml", ".yml")]
    except OSError:
        return f"there is no folder {path.parent} either"
    near = closest(path.name, names)
    return f"did you mean {path.parent / near}?" if near else "check the path"
