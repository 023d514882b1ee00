"""YAML text to plain values with positions, within bounds: a spec from a stranger can name parts and nothing else.

First a pass over the parser's events, which no nesting can crash, checks depth, size and aliases; then libyaml
composes, which deep nesting would crash; then the nodes become values with marks.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

from nnspec.errors import SpecError
from nnspec.registry.suggestions import closest
from nnspec.spec.marks import Mark, Path, Place, Text, Tree
from nnspec.spec.problems import Problem, ordered
from nnspec.spec.yaml_core import STR_TAG, CoreLoader, scalar

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_NODES = 10_000

Position = tuple[int, int]
"""A line and a column."""


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
        raise _refused("NS001", name, "there is no such file", neighbours(path)) from None
    except OSError as error:
        raise _refused("NS001", name, f"the file cannot be read: {error.strerror}") from None
    return read(content, name)


def read(content: bytes, name: str) -> Tree:
    """Reads a spec from bytes.

    Args:
        content: UTF-8, with or without a byte order mark.
        name: What messages call it.

    Returns:
        The values; problems of single entries, such as a name given twice, are noted in the tree.

    Raises:
        SpecError: It is no acceptable YAML, so that nothing can be said of its content.
    """
    if len(content) > MAX_BYTES:
        raise _refused("NS005", name, f"larger than {MAX_BYTES:,} bytes, which no spec needs")
    source = _decoded(content, name)
    text = Text.of(name, source)
    bounds = _Bounds(text)
    try:
        bounds.check(source)
        node = yaml.compose(source, Loader=CoreLoader)
    except yaml.YAMLError as error:
        # Only mistakes need it.
        from nnspec.spec.syntax import syntax_problem

        raise SpecError(ordered([*bounds.tags.values(), syntax_problem(error, source, text)])) from None
    if node is None:
        hint = "a first spec: `nnspec: 1`, then dataset, input, layers, cost, optimizer; or `nnspec init`"
        raise _refused("NS004", name, "the file is empty", hint)
    builder = _Builder(text, bounds.tags)
    value = builder.build(node, ())
    return Tree(value, builder.places).noted(*builder.problems, spoilt=builder.spoilt)


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise _refused("NS002", name, "UTF-16, not UTF-8", "save the file as UTF-8") from None
        text = Text.of(name, content.decode("utf-8-sig", "replace"))
        # The error counts from behind a byte order mark; a stand-in for the byte ends the last line before it.
        ahead = (error.object[: error.start].decode("utf-8") + "^").splitlines()
        mark = Mark(text, len(ahead), len(ahead[-1]))
        message = f"not UTF-8 text: the byte {error.object[error.start]:#04x} cannot stand here"
        raise SpecError([Problem("NS002", mark, "", message, "save the file as UTF-8")]) from None


class _Bounds:
    """Watches the parser's events: how deep, how many entries with aliases written out, which tags.

    Attributes:
        tags: A problem for each tag, by where it stands.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        self.tags: dict[Position, Problem] = {}
        self.nodes = 0
        self.depth = 0
        self._open: list[_Opened] = []
        self._closed: dict[str, tuple[int, int]] = {}

    def check(self, source: str) -> None:
        """Notes every tag.

        Raises:
            SpecError: The first event that leaves the bounds, or an alias of nothing.
        """
        for event in yaml.parse(source, Loader=CoreLoader):
            if isinstance(event, AliasEvent) and event.anchor not in self._closed:
                hint = "put text that begins with `*` in quotation marks, or mark the value before it with `&`"
                raise self._left("NS011", event, f"`*{event.anchor}` refers to nothing before it", hint)
            if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
                mark = _mark(event, self.text)
                tag = event.tag.replace("tag:yaml.org,2002:", "!!")
                self.tags[mark.line, mark.column] = Problem(
                    "NS006", mark, "", f"the tag `{tag}` is not allowed", "remove the tag"
                )
            self._count(event)
            if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
                deep = self.depth > MAX_DEPTH
                what = f"nested deeper than {MAX_DEPTH}" if deep else f"more than {MAX_NODES:,} entries"
                raise self._left("NS005", event, f"{what}, aliases counted, which no spec needs")

    def _left(self, code: str, event: yaml.Event, message: str, hint: str = "") -> SpecError:
        problem = Problem(code, _mark(event, self.text), "", message, hint)
        return SpecError(ordered([*self.tags.values(), problem]))

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

    def __init__(self, text: Text, tags: Mapping[Position, Problem]) -> None:
        self.text = text
        self.tags = tags
        self.places: dict[Path, Place] = {}
        self.problems = list(tags.values())
        self.spoilt: list[Path] = []

    def build(self, node: yaml.Node, path: Path, key: Mark | None = None) -> Any:
        mark = _mark(node, self.text)
        self.places[path] = Place(key or mark, mark)
        if (mark.line, mark.column) in self.tags:
            self.spoilt.append(path)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return scalar(node.tag, node.value)
        except ValueError:
            hint = "whole numbers have at most 64 bits; write 1e30, say"
            self._spoil(path, Problem("NS010", mark, "", "a number too long to hold", hint))
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = _mark(key_node, self.text)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != STR_TAG:
                self._spoil(path, self._no_name(key_node, value_node, mark))
                continue
            key = key_node.value
            if key == "<<":
                hint = "write the entries out, or use `extends:`"
                self._spoil(path, Problem("NS007", mark, "", "merge keys are not part of YAML 1.2", hint))
            elif key in result:
                first = self.places[*path, key].key
                hint = f"it stands in line {first.line} already: keep one of the two"
                self._spoil((*path, key), Problem("NS008", mark, "", f"`{key}` is given twice", hint))
                result[key] = None
            else:
                result[key] = self.build(value_node, (*path, key), mark)
        return result

    def _no_name(self, node: yaml.Node, value: yaml.Node, mark: Mark) -> Problem:
        """The problem of something else where a name belongs."""
        if (mark.line, mark.column) in self.tags:
            return self.tags[mark.line, mark.column]
        if not isinstance(node, yaml.ScalarNode):
            found = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
            hint = "put text that begins with a bracket in quotation marks"
            return Problem("NS009", mark, "", f"expected a name before the colon, found {found}", hint)
        found = node.value[:40] or "nothing"
        end = node.end_mark
        if not value.value and ":" not in self.text.lines[end.line][end.column : end.column + 1]:
            hint = "a comma parts entries: numbers have a decimal point, and nothing between thousands"
            return Problem("NS009", mark, "", f"expected `name: value` between commas, found {found}", hint)
        hint = f'in quotation marks it is a name: "{found}"'
        return Problem("NS009", mark, "", f"expected a name before the colon, found {found}", hint)

    def _spoil(self, path: Path, problem: Problem) -> None:
        self.problems.append(problem)
        self.spoilt.append(path)


def _mark(item: yaml.Node | yaml.Event, text: Text) -> Mark:
    start, end = cast(yaml.Mark, item.start_mark), cast(yaml.Mark, item.end_mark)
    if end.line == start.line:
        length = end.column - start.column
    else:
        length = len(text.lines[start.line].rstrip()) - start.column if start.line < len(text.lines) else 1
    return text.at(start.line, start.column, max(1, length))


def _refused(code: str, name: str, message: str, hint: str = "") -> SpecError:
    return SpecError([Problem(code, Mark(Text(name, ()), 1, 1), "", message, hint)])


def neighbours(path: FilePath) -> str:
    """What to do about a spec that is not there: the name of one that is and comes close."""
    try:
        names = {file.stem: file.name for file in path.parent.iterdir() if file.suffix in (".yaml", ".yml")}
    except OSError:
        return f"there is no folder {path.parent} either"
    near = closest(path.stem, names)
    return f"did you mean {path.parent / names[near]}?" if near else "check the path"
