"""`nnspec show SPEC`: the stack as a table, or the resolved spec."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from nnspec.cli.arguments import add_json, add_spec
from nnspec.cli.table import table
from nnspec.engine.plan import Node
from nnspec.errors import GOOD
from nnspec.spec.specification import Spec, load
from nnspec.types import shape_text, size


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument("--resolved", action="store_true", help="the spec with every default written out")
    parser.add_argument("--origins", action="store_true", help="the same, with who wrote each value")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    spec = load(args.spec, args.settings)
    if args.origins:
        print(spec.with_origins())
    elif args.resolved:
        print(json.dumps(spec.resolved(), indent=2) if args.json else spec.to_yaml().rstrip())
    elif args.json:
        print(json.dumps({"name": spec.document.name, **_facts(spec)}, indent=2))
    else:
        print(_text(spec))
    return GOOD


def _facts(spec: Spec) -> dict[str, Any]:
    """The stack in figures: bytes are those of parameters, gradients, optimizer slots, sums and averages."""
    document = spec.document
    width = 8 if document.precision == "float64" else 4
    parameters = sum(node.parameter_count for node in spec.nodes)
    vectors = 2 + len(document.optimizer.slot_names()) + document.train.vectors
    activations = size(document.input) + sum(size(node.output) for _, node in _walk(spec))
    return {
        "layers": [_layer_facts(node, spec) for node in spec.nodes],
        "parameters": parameters,
        "flops_forward": sum(2 * node.declaration.multiplications for node in spec.nodes),
        "bytes_parameters": parameters * width * vectors,
        # Outputs are kept for the backward pass, whose gradients are as large.
        "bytes_batch": 2 * activations * width * document.train.batch_size,
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


def _text(spec: Spec) -> str:
    document, facts = spec.document, _facts(spec)
    rows = [
        (
            node.path,
            "  " * depth + spec.resolver.word(node.layer),
            shape_text(node.input),
            shape_text(node.output),
            f"{node.parameter_count:,}",
            f"{2 * node.declaration.multiplications:,}",
        )
        for depth, node in _walk(spec)
    ]
    head = ("layer", "part", "input", "output", "parameters", "FLOPs a sample")
    word = spec.resolver.word
    train = document.train
    title = document.name + (f": {document.description}" if document.description else "")
    memory = (
        f"memory: {_bytes(facts['bytes_parameters'])} for parameters, gradients and optimizer; "
        f"{_bytes(facts['bytes_batch'])} for a batch of {train.batch_size}"
    )
    plan = (
        f"{word(document.dataset)} data, {word(document.cost)} cost, {word(document.optimizer)} at a learning "
        f"rate of {document.optimizer.learning_rate:g}, {train.epochs} epochs, batches of {train.batch_size}"
    )
    totals = f"{facts['parameters']:,} parameters; {facts['flops_forward']:,} FLOPs a sample forward"
    return "\n".join([title, "", table(head, rows, right=(4, 5)), "", totals, memory, plan])


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB"
