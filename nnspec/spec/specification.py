"""A spec: the document, where everything in it stands, and the plan of its stack."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from nnspec.contracts.metric import Metric
from nnspec.engine.plan import Node
from nnspec.errors import SpecError
from nnspec.registry import CatalogueResolver, default_resolver
from nnspec.spec.checks import check
from nnspec.spec.composition import override
from nnspec.spec.document import Document
from nnspec.spec.drafting import of_document, of_wrong
from nnspec.spec.guests import versions
from nnspec.spec.inheritance import inherit
from nnspec.spec.marks import Path, Tree, path_text
from nnspec.spec.origins import annotated
from nnspec.spec.pins import perhaps_missing, pin_problems
from nnspec.spec.problems import Problem, ordered, shown
from nnspec.spec.reader import read, read_file
from nnspec.spec.translation import from_validation
from nnspec.spec.versions import upgraded
from nnspec.spec.yaml_core import dump


@dataclass(frozen=True)
class Spec:
    """A spec without a problem that could be found before data is read.

    Attributes:
        document: What it says, as parts.
        tree: What it says, as plain values with positions.
        nodes: The stack, with shapes.
        path: The file it was read from, if any; relative paths in it start from its folder.
        resolver: Turns parts back into words.
    """

    document: Document
    tree: Tree
    nodes: tuple[Node, ...]
    path: FilePath | None
    resolver: CatalogueResolver

    @property
    def metrics(self) -> dict[str, Metric]:
        """The metrics by name."""
        return {self.resolver.word(metric): metric for metric in self.document.metrics}

    @property
    def plugins(self) -> dict[str, str]:
        """The distributions, beside nnspec, that bring parts of this spec, each with its version."""
        return versions(self.document, self.resolver)

    def problem(self, code: str, path: Path, message: str, hint: str = "", *, at_name: bool = False) -> Problem:
        """A problem at a place of this spec: at the value there, or at its name."""
        return problem_in(self.tree, code, path, message, hint, at_name=at_name)

    def resolved(self) -> dict[str, Any]:
        """The spec with every default filled in, in the order of the sections."""
        return self.document.model_dump(mode="json")

    def with_origins(self) -> str:
        """`resolved` as YAML, with comments that say where each value was written."""
        return annotated(self.document, self.tree)

    def to_yaml(self) -> str:
        """`resolved` as YAML: a spec that runs as it is."""
        return dump(self.resolved())


def load(path: str | FilePath, settings: Sequence[str] = ()) -> Spec:
    """Reads, overrides, validates and plans a spec.

    Args:
        path: The YAML file.
        settings: Overrides, as ``--set`` takes them: ``train.epochs=3``.

    Raises:
        SpecError: It has problems; carries all of them.
    """
    file = FilePath(path)
    return from_tree(read_file(file), settings, file)


def parse(text: str, name: str = "<text>", settings: Sequence[str] = ()) -> Spec:
    """Like `load`, for a spec that stands in no file.

    Args:
        text: YAML.
        name: What messages call it.
        settings: Overrides.

    Raises:
        SpecError: It has problems; carries all of them.
    """
    return from_tree(read(text.encode("utf-8", "surrogatepass"), name), settings, None)


def from_tree(tree: Tree, settings: Sequence[str] = (), path: FilePath | None = None) -> Spec:
    """A spec from values with positions; see `load`."""
    tree = inherit(upgraded(tree), path)
    for setting in settings:
        tree = override(tree, setting)
    if not isinstance(tree.value, Mapping):
        hint = "a spec is `name: value` lines: nnspec, dataset, input, layers, cost, optimizer"
        message = f"expected a mapping of names to values, found {shown(tree.value)}"
        raise SpecError(ordered([*tree.problems, problem_in(tree, "NS022", (), message, hint)]))
    resolver = default_resolver()
    value = dict(tree.value)
    if "name" not in value:
        value["name"] = _name(path)

    def report(*about: Any, **placed: Any) -> Problem:
        return problem_in(tree, *about, **placed)

    known = [*tree.problems, *pin_problems(value, report, resolver.catalogue)]
    try:
        document = Document.model_validate(value, context={"resolver": resolver})
    except ValidationError as error:
        _, problems = check(of_wrong(value, error, resolver, whole=() not in tree.spoilt), report)
        found = perhaps_missing(from_validation(error, tree), known)
        raise SpecError(ordered([*known, *found, *problems])) from None
    if known:
        _, problems = check(of_wrong(value, None, resolver, whole=() not in tree.spoilt), report)
        raise SpecError(ordered([*known, *problems]))
    nodes, problems = check(of_document(document, resolver), report)
    if problems:
        raise SpecError(ordered(problems))
    return Spec(document, tree, nodes, path, resolver)


def _name(path: FilePath | None) -> str:
    """A spec's default name: that of its file, as far as it can name a folder."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem if path is not None else "").lstrip("._-")
    return stem[:100] or "spec"


def problem_in(
    tree: Tree,
    code: str,
    path: Path,
    message: str,
    hint: str = "",
    table: Sequence[str] = (),
    *,
    at_name: bool = False,
) -> Problem:
    """A problem where a path of a tree stands: at the value, or at the name before it."""
    path = tree.named(path)
    place = tree.place(path)
    return Problem(code, place.key if at_name else place.value, path_text(path), message, hint, tuple(table))
