"""What can be known of a valid document before data is touched: shapes, cost, classes, size, expectations."""

import os
from collections.abc import Callable, Iterator

from nnspec.contracts.cost import Cost
from nnspec.contracts.loader import Outline
from nnspec.contracts.transform import Transform
from nnspec.engine.parameters import Layout
from nnspec.engine.plan import Node, plan
from nnspec.errors import ShapeError, StackError
from nnspec.registry.suggestions import closest
from nnspec.spec.document import Document
from nnspec.spec.problems import Problem
from nnspec.types import Shape, shape_text, size

Report = Callable[..., Problem]
"""Makes a problem of a path, a message, a hint and a table."""

SPLITS = ("train", "validation", "test")


def check(document: Document, words: list[str], report: Report) -> tuple[tuple[Node, ...], list[Problem]]:
    """The plan of the stack, and every problem found; the plan is empty where shapes do not fit.

    Args:
        document: A valid document.
        words: Names of its metrics.
        report: Makes a problem.
    """
    problems: list[Problem] = []
    nodes: tuple[Node, ...] = ()
    try:
        nodes = plan(document.layers, document.input)
    except StackError as error:
        problems.append(report(("layers", error.index), str(error), error.hint, _table(error)))
    problems += _metrics(words, report)
    problems += _expectations(document, words, report)
    outline = document.dataset.outline()
    problems += input_problems(document, outline.shape, report)
    if nodes:
        problems += _cost(document.cost, nodes[-1], report)
        problems += class_problems(nodes[-1].output, outline, document, report)
        problems += _memory(document, nodes, report)
    return nodes, problems


def input_problems(document: Document, shape: Shape | None, report: Report) -> Iterator[Problem]:
    """Whether ``input`` fits samples of this shape, behind the transforms; nothing where it is not known."""
    if shape is None:
        return
    for index, transform in enumerate(document.transforms):
        try:
            shape = _behind(transform, shape)
        except ShapeError as error:
            yield report(("transforms", index), str(error), error.hint)
            return
    if size(shape) != size(document.input):
        found = "" if len(shape) == 1 else f" ({size(shape)} numbers)"
        yield report(
            ("input",),
            f"the data has samples of {shape_text(shape)}{found}, but `input` says {shape_text(document.input)}",
            f"write `input: {size(shape)}`" + (f" or `input: {list(shape)}`" if len(shape) > 1 else ""),
        )


def class_problems(output: Shape, outline: Outline, document: Document, report: Report) -> Iterator[Problem]:
    """Whether the last layer has one output a class; a single output does for two classes."""
    classes, units = outline.classes, size(output)
    if classes is None or units == classes or (units == 1 and classes == 2):
        return
    last = max(
        index for index, layer in enumerate(document.layers) if index == 0 or "units" in type(layer).model_fields
    )
    yield report(
        ("layers", last),
        f"the data has {classes} classes, but the stack ends in {units} output{'s' if units > 1 else ''}",
        f"give the last layer {classes} units",
    )


def _behind(transform: Transform, shape: Shape) -> Shape:
    return transform.shape(shape)


def _cost(cost: Cost, last: Node, report: Report) -> Iterator[Problem]:
    low, high = cost.domain
    if last.layer.range[0] >= low and last.layer.range[1] <= high:
        return
    yield report(
        ("cost",),
        f"this cost needs outputs between {low:g} and {high:g}, but the stack ends in a layer "
        f"({last.name}) whose outputs lie between {last.layer.range[0]:g} and {last.layer.range[1]:g}",
        "end the stack in `softmax` (classes that exclude one another) or `sigmoid`",
    )


def _metrics(words: list[str], report: Report) -> Iterator[Problem]:
    for index, word in enumerate(words):
        if word in words[:index]:
            yield report(("metrics", index), f"`{word}` is listed twice", "keep one of the two")


def _expectations(document: Document, words: list[str], report: Report) -> Iterator[Problem]:
    known = [f"{split}.{metric}" for split in SPLITS for metric in (*words, "cost")]
    for name in document.expect:
        if name not in known:
            split, _, metric = name.partition(".")
            within = [other for other in known if other.startswith(f"{split}.")]
            near = closest(name, known) if not within else closest(metric, [*words, "cost"])
            hint = f"add `{metric}` to `metrics`" if within and metric else "write it as `test.accuracy`"
            if near:
                hint = f"did you mean `{f'{split}.{near}' if within else near}`?"
            yield report(("expect", name), f"`{name}` is no result of this spec", hint)
    if document.train.monitor is not None and document.train.monitor not in known:
        near = closest(document.train.monitor, known)
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(known)}"
        yield report(("train", "monitor"), f"`{document.train.monitor}` is no result of this spec", hint)


def _memory(document: Document, nodes: tuple[Node, ...], report: Report) -> Iterator[Problem]:
    vectors = 2 + len(document.optimizer.slots)
    needed = Layout(nodes).size * vectors * (8 if document.precision == "float64" else 4)
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else needed
    if needed > available:
        widest = max(nodes, key=lambda node: node.parameter_count)
        yield report(
            ("layers", widest.entry),
            f"{sum(node.parameter_count for node in nodes):,} parameters need {needed / 1e9:,.1f} GB; "
            f"this machine has {available / 1e9:,.1f} GB",
            "make the widest layers narrower",
        )


def _table(error: StackError) -> tuple[str, ...]:
    if not error.stack:
        return ()
    rows = [(name, f"{before} -> {after}") for name, before, after in error.stack]
    width = max(len(name) for name, _ in rows)
    return ("the stack so far:", *(f"  {name:<{width}}  {shapes}" for name, shapes in rows))
