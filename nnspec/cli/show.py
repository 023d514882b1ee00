"""`nnspec show SPEC`: the stack as a table, or the resolved spec."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nnspec.cli.arguments import add_json, add_spec
from nnspec.cli.output import tell, tell_exactly, tell_json
from nnspec.cli.table import table
from nnspec.engine.plan import Node
from nnspec.errors import GOOD
from nnspec.spec.specification import Spec, load
from nnspec.types import shape_text

if TYPE_CHECKING:
    from nnspec.runs.footprint import Footprint

LIBRARIES = 62_000_000
"""Bytes that Python takes with all libraries of a run, before there is data."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument("--resolved", action="store_true", help="the spec with every default written out")
    parser.add_argument("--origins", action="store_true", help="the same, with who wrote each value")
    parser.add_argument("--memory", action="store_true", help="measure what a run will take, by a step on zeros")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    spec = load(args.spec, args.settings)
    if args.origins:
        tell(spec.with_origins())
    elif args.resolved:
        if args.json:
            tell_json(spec.resolved())
        else:
            tell_exactly(spec.to_yaml().rstrip())
    elif args.json:
        memory = _memory_facts(_footprint(spec)) if args.memory else {}
        tell_json({"name": spec.document.name, **_facts(spec), **memory})
    else:
        tell(_text(spec, _footprint(spec) if args.memory else None))
    return GOOD


def _footprint(spec: Spec) -> "Footprint":
    # Only who asks for it waits for all that a training needs.
    from nnspec.runs.footprint import footprint

    return footprint(spec)


def _facts(spec: Spec) -> dict[str, Any]:
    """The stack in figures: bytes are those of parameters, gradients, optimizer slots, sums and averages."""
    document = spec.document
    width = 8 if document.precision == "float64" else 4
    parameters = sum(node.parameter_count for node in spec.nodes)
    vectors = 2 + len(document.optimizer.slot_names()) + document.train.vectors
    return {
        "layers": [_layer_facts(node, spec) for node in spec.nodes],
        "parameters": parameters,
        "flops_forward": sum(2 * node.declaration.multiplications for node in spec.nodes),
        "bytes_parameters": parameters * width * vectors,
    }


def _memory_facts(found: "Footprint") -> dict[str, Any]:
    """What a run takes at its peak, without its data."""
    return {
        "bytes_layers": list(found.layers),
        "bytes_batches": found.batches,
        "bytes_checkpoint": found.checkpoint,
        "bytes_libraries": LIBRARIES,
        "bytes_run": LIBRARIES + found.total,
    }


def _layer_facts(node: Node, spec: Spec) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "path": node.path,
        "name": spec.resolver.word(node.layer),
        "input": list(node.input),
        "output": list(node.output),
        "parameters": node.parameter_count,
        # A multiply-add counts as two operations.
        "flops": 2 * node.declaration.multiplications,
    }
    if node.inner:
        facts["layers"] = [_layer_facts(inner, spec) for inner in node.inner]
    return facts


def _walk(spec: Spec) -> Iterator[tuple[int, Node]]:
    """All layers, those within others behind them, each with how deep it lies."""
    for node in spec.nodes:
        yield from node.walk()


def _text(spec: Spec, found: "Footprint | None") -> str:
    document, facts = spec.document, _facts(spec)
    working = (
        {node.path: _bytes(count) for node, count in zip(spec.nodes, found.layers, strict=True)} if found else {}
    )
    rows = [
        (
            node.path,
            "  " * depth + spec.resolver.word(node.layer),
            shape_text(node.input),
            shape_text(node.output),
            f"{node.parameter_count:,}",
            f"{2 * node.declaration.multiplications:,}",
            *([working.get(node.path, "")] if found else []),
        )
        for depth, node in _walk(spec)
    ]
    head = ("layer", "part", "input", "output", "parameters", "FLOPs a sample", *(["memory"] if found else []))
    word = spec.resolver.word
    train = document.train
    title = document.name + (f": {document.description}" if document.description else "")
    plan = (
        f"{word(document.dataset)} data, {word(document.cost)} cost, {word(document.optimizer)} at a learning "
        f"rate of {document.optimizer.learning_rate:g}, {train.epochs} epochs, batches of {train.batch_size}"
    )
    totals = f"{facts['parameters']:,} parameters; {facts['flops_forward']:,} FLOPs a sample forward"
    memory = _memory_text(found) if found else _parameters_text(facts["bytes_parameters"])
    return "\n".join([title, "", table(head, rows, right=(4, 5, 6)), "", totals, memory, plan])


def _parameters_text(count: int) -> str:
    return f"memory: {_bytes(count)} for parameters, gradients and optimizer; --memory measures the rest"


def _memory_text(found: "Footprint") -> str:
    parts = (
        f"{_bytes(LIBRARIES)} for Python and its libraries",
        f"{_bytes(sum(found.layers))} for layers",
        f"{_bytes(found.parameters)} for parameters, gradients and optimizer",
        f"{_bytes(found.batches)} for batches",
        f"{_bytes(found.checkpoint)} while a checkpoint is written",
    )
    return f"memory: {_bytes(LIBRARIES + found.total)} and the data: {', '.join(parts)}"


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB"
