"""Where each value of a resolved spec came from, as comments beside the values."""

from typing import Any

from pydantic import BaseModel

from nnspec.contracts.part import Part
from nnspec.spec.document import Document
from nnspec.spec.marks import Path, Tree
from nnspec.spec.reader import read
from nnspec.spec.yaml_core import dump


def annotated(document: Document, tree: Tree) -> str:
    """The resolved spec as YAML, each value with a comment that says who wrote it.

    Args:
        document: What the spec says.
        tree: What was written, after inheritance and settings.
    """
    resolved = document.model_dump(mode="json")
    text = dump(resolved)
    # Read back for its positions: the reader knows on which line each value of the dump stands.
    dumped = read(text.encode(), "resolved")
    lines = text.splitlines()
    notes = {
        place.value.line: _origin(path, document, tree)
        for path, place in dumped.places.items()
        if _is_leaf(_value(resolved, path))
    }
    width = min(60, max(len(lines[line - 1]) for line in notes))
    return "\n".join(
        f"{line:<{width}}  # {notes[number]}" if number in notes else line for number, line in enumerate(lines, 1)
    )


def _origin(path: Path, document: Document, tree: Tree) -> str:
    written = path
    if written not in tree.places:
        above = _value(tree.value, path[:-1]) if path[:-1] in tree.places else None
        bare_name = above == path[-1]
        bare_value = _is_leaf(above) and above is not None and path[-1] == _primary(document, path[:-1])
        # `relu` stands where `relu: {}` would, and `dense: 30` where `dense: {units: 30}` would.
        written = path[:-1] if bare_name or bare_value else ()
    if not written:
        return "default"
    mark = tree.places[written].value
    return mark.text.name if mark.text.name == "--set" else f"{mark.text.name}:{mark.line}"


def _primary(document: Document, path: Path) -> str | None:
    """The primary option of the part whose options stand at a path of the resolved spec."""
    found: Any = document
    named = True
    for step in path:
        if isinstance(found, Part) and not named:
            named = True  # this step is the part's own word; its options come next
            continue
        found = getattr(found, str(step)) if isinstance(found, BaseModel) else found[step]
        named = not isinstance(found, Part)
    return found.primary if isinstance(found, Part) else None


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list) or not value


def _value(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
