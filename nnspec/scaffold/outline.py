"""A contract as it was written: attributes and methods, what they say of themselves, and nothing else."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import cast

from nnspec import extend
from nnspec.contracts.part import Part
from nnspec.errors import UsageError
from nnspec.registry.suggestions import closest
from nnspec.scaffold.project import NOUNS

OURS = ("kinds",)
"""What contracts state and parts do not."""
Method = ast.FunctionDef | ast.AsyncFunctionDef


def outline_of(word: str) -> str:
    """What `nnspec plugins help` prints.

    Args:
        word: A kind of part, or the name of a class in `nnspec.extend`, in letters of any size.

    Raises:
        UsageError: It is neither.
    """
    named = {name: getattr(extend, name) for name in extend.__all__}
    classes = {name.lower(): value for name, value in named.items() if inspect.isclass(value)}
    known = {**classes, **{kind: classes[noun] for kind, noun in NOUNS.items()}}
    found = known.get(word.lower())
    if found is None:
        near = closest(word, known)
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(NOUNS.values())}"
        raise UsageError(f"there is no kind and no class of nnspec.extend called `{word}`; {hint}")
    return outline(found)


def outline(about: type) -> str:
    """A class in the order of its source; what it takes over from the contracts above it stands last."""
    pieces = [f"class {about.__name__}", _indented(inspect.getdoc(about) or "")]
    told = set(OURS)
    for owner in _lineage(about):
        for name, text in _members(owner):
            if name not in told:
                told.add(name)
                pieces += ["", _indented(text)]
    return "\n".join(pieces)


def _lineage(about: type) -> Iterator[type]:
    """The class, and the contracts that it builds on."""
    yield about
    yield from (owner for owner in about.__mro__[1:] if issubclass(owner, Part))


def _members(owner: type) -> Iterator[tuple[str, str]]:
    """Name and text of what a class's body declares, private things left out."""
    whole = cast(ast.ClassDef, ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0])
    for node, after in zip(whole.body, [*whole.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, _with(ast.unparse(node), _text(after))
        elif isinstance(node, Method) and not node.name.startswith("_"):
            yield node.name, _with(_signature(node), ast.get_docstring(node) or "")


def _signature(node: Method) -> str:
    marks = [f"@{ast.unparse(mark)}" for mark in node.decorator_list]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return "\n".join([*marks, f"def {node.name}({ast.unparse(node.args)}){returns}"])


def _text(node: ast.stmt | None) -> str:
    """The text below an attribute, if there is one."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value))
    return ""


def _with(head: str, text: str) -> str:
    return f"{head}\n{_indented(text)}" if text else head


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
