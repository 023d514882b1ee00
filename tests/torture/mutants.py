"""Mutants: mistakes planted into the built-in parts, and whether the conformance kit finds them.

    python tests/torture/mutants.py [--count 200] [--seed 1] [--verbose]

A mutant is a copy of a part's source with one change that an author makes by mistake: a sign, a term that is
dropped, a matrix that is not transposed, a mean that is a sum, a gradient that is added where it should overwrite,
a buffer that is not cleared, a result written to the input, another axis. Mutated are parts with a gradient:
layers, activations, costs, regularizers, with the modules that they share. The kit runs on the copy with the
options of `variants`; whatever it raises counts as caught.
"""

import argparse
import ast
import copy
import random
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import nnspec
from nnspec.contracts.part import Part
from nnspec.engine.threads import one_blas_thread
from nnspec.registry import default_resolver
from nnspec.testing import ContractError, check_any

sys.path.append(str(Path(__file__).parents[1] / "parts"))
from variants import VARIANTS

PARTS = Path(nnspec.__file__).parent / "parts"
KINDS = ("layers", "activations", "costs", "regularizers")
STEP = {
    *("forward", "backward", "bind_forward", "bind_backward", "apply", "gradient", "penalty", "add_gradient"),
    *("value", "logit_value", "logit_gradient", "bind", "bind_logits"),
}
"""Methods of which a training step consists: they are mutated, and what they call."""
APART = {"declare", "expand", "spell", "settle", "fill"}
"""Methods that declare, explain or make ready; what they alone call is left as it is."""
FOUR_CLASSES = [{"class_weights": [1.0, 0.5, 2.0, 1.5]}]
MORE: dict[tuple[str, str], list[Any]] = {
    ("costs", "binary_cross_entropy"): FOUR_CLASSES,
    ("costs", "cross_entropy"): FOUR_CLASSES,
}
"""Further options, for costs of the four outputs that the kit tries here."""
SIGNS: dict[type[ast.operator], type[ast.operator]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
FUNCTIONS = {
    "add": "subtract",
    "subtract": "add",
    "multiply": "divide",
    "divide": "multiply",
    "maximum": "minimum",
}

BEYOND = "there is more padding behind the last window, which no window reads"
ZEROS = "a buffer starts as zeros, and nothing else is ever written there"
SIZE = "blocks of any size give the same numbers"
EITHER = "it decides between two ways that give the same numbers"
EQUIVALENT: dict[str, str] = {
    "layers/zero_pad2d.py:forward: forget a step in `y[...] = 0`": ZEROS,
    "layers/lstm.py:_run: forget a step in `yield partial(values[0, 5].fill, 0)`": ZEROS,
    "layers/_scan.py:meet: forget a step in `self.states[0] = 0`": ZEROS,
    "layers/gaussian_noise.py:forward: another operation in `np.add(x, y, out=y)`": (
        "noise is as likely below 0 as above"
    ),
    "layers/max_pool2d.py:_back: flip a sign in `-np.inf`": (
        "the gradient goes to cells that equal an output, and no output is infinite"
    ),
    "layers/_axis.py:axis: flip a sign in `missing - missing // 2`": BEYOND,
    (
        "layers/_axis.py:_axis_of: drop a term in `(windows - 1) * stride + extent(kernel, dilation) - before -`"
    ): BEYOND,
    (
        "layers/_axis.py:_axis_of: flip a sign in `(windows - 1) * stride + extent(kernel, dilation) - before -`"
    ): BEYOND,
    (
        "layers/_by_place.py:correlate_by_place: drop a factor in "
        "`SMALL // filters.size // SIDE_BY_SIDE * SIDE_BY_SIDE`"
    ): SIZE,
    "layers/_by_place.py:small_by_place: drop a factor in `filters[0].size * windows`": EITHER,
    "layers/_by_row.py:_most: drop a factor in `columns.kernel * len(image)`": SIZE,
    "layers/_by_row.py:_most: drop a factor in `columns.kernel * len(image) * image.shape[-1]`": SIZE,
    "layers/_by_row.py:_most: drop a factor in `line * wide`": SIZE,
    "layers/_by_row.py:_most: drop a factor in `rows.kernel * line`": SIZE,
    "layers/_by_stretch.py:_high: drop a factor in `len(image) * columns.padded * int(image.shape[-1])`": SIZE,
    "layers/_by_stretch.py:_high: drop a term in `lines - rows.kernel`": SIZE,
    "layers/_by_stretch.py:_stretch: drop a factor in `rows.kernel * len(image)`": SIZE,
    (
        "layers/_by_stretch.py:_stretch: drop a factor in `rows.kernel * len(image) * outputs * image.shape[-1]`"
    ): SIZE,
    "layers/_by_stretch.py:small_by_stretch: drop a factor in `rows.kernel * len(image)`": EITHER,
    (
        "layers/_by_stretch.py:small_by_stretch: drop a factor in "
        "`_stretch(image, outputs, along) * int(image.shape[-1])`"
    ): EITHER,
    "layers/_convolution.py:_correlate: forget a step in `yield partial(out.fill, 0)`": ZEROS,
    "layers/_prepared.py:_kept: forget a step in `self._ready[place] = None`": (
        "nothing is kept then, and views are cut in each step"
    ),
    "layers/_scan.py:features_first: drop a term in `name + self.suffix`": (
        "both directions may share the buffer: the copy is made anew before each use"
    ),
    "layers/embedding.py:_codes: forget a step in `np.copyto(codes, 0)`": (
        "every code that is valid is written over it, and one that is not is refused"
    ),
}
"""Mutants that compute the same, by name, with the reason."""


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake.

    Attributes:
        name: Kind, file, function, line and mistake: ``layers/dense.py:backward: drop the transpose (2)``.
        path: The file.
        mistake: What kind of mistake it is.
        tree: The module's source with the mistake in it.
    """

    name: str
    path: Path
    mistake: str
    tree: ast.Module


Change = tuple[str, Callable[[], None]]
"""What a change is called, and what makes it."""


def changes(node: ast.AST, parent: list[ast.stmt] | None) -> Iterator[Change]:
    """The mistakes that can be made at a node; each changes the tree in place."""
    if isinstance(node, ast.BinOp):
        yield from _of_operations(node)
    elif isinstance(node, ast.AugAssign) and parent is not None:
        if type(node.op) in SIGNS:
            yield "flip a sign", lambda: setattr(node, "op", SIGNS[type(node.op)]())
        yield "drop a term", lambda: _drop(node, parent)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not _is_number(node.operand):
        yield "flip a sign", lambda: setattr(node, "op", ast.UAdd())
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "forget to transpose", lambda: _become(node, node.value)
    elif isinstance(node, ast.Expr) and _is_step(node.value) and parent is not None:
        yield "forget a step", lambda: _drop(node, parent)
    elif isinstance(node, ast.Call):
        yield from _of_calls(node)
    elif isinstance(node, ast.Assign) and parent is not None and isinstance(node.targets[0], ast.Subscript):
        yield "forget a step", lambda: _drop(node, parent)


def _of_operations(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in SIGNS and not _is_shape(node):
        yield "flip a sign", lambda: setattr(node, "op", SIGNS[type(node.op)]())
        yield "drop a term", lambda: _become(node, node.left)
    elif isinstance(node.op, ast.Div):
        yield "drop a divisor", lambda: _become(node, node.left)
    elif isinstance(node.op, ast.Mult) and not _is_shape(node):
        yield "drop a factor", lambda: _become(node, node.left)


def _is_step(node: ast.expr) -> bool:
    """Whether it is a call, or hands over one that is to be made."""
    return isinstance(node.value if isinstance(node, ast.Yield) else node, ast.Call)


def _of_calls(node: ast.Call) -> Iterator[Change]:
    made_later = isinstance(node.func, ast.Name) and node.func.id == "partial"
    function = node.args[0] if made_later else node.func
    if isinstance(function, ast.Attribute) and function.attr in FUNCTIONS:
        yield "another operation", lambda: setattr(function, "attr", FUNCTIONS[function.attr])
    for keyword in node.keywords:
        if (
            keyword.arg == "axis"
            and isinstance(keyword.value, ast.Constant)
            and isinstance(keyword.value.value, int)
        ):
            axis = keyword.value
            yield "another axis", lambda axis=axis: setattr(axis, "value", axis.value + 1)  # type: ignore[misc]
        if keyword.arg == "out" and isinstance(keyword.value, ast.Attribute) and _is_gradient(keyword.value):
            yield "add where it should overwrite", lambda keyword=keyword: _accumulate(node, keyword)  # type: ignore[misc]
        if (
            keyword.arg == "out"
            and node.args
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id in ("x", "dy")
        ):
            argument = node.args[0]
            yield "write the input", lambda keyword=keyword, argument=argument: setattr(keyword, "value", argument)  # type: ignore[misc]


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)


def _is_shape(node: ast.BinOp) -> bool:
    """Whether whole numbers are reckoned with, as for lengths and places."""
    return any(
        isinstance(inner, ast.Constant) and isinstance(inner.value, int) for inner in (node.left, node.right)
    )


def _is_gradient(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "g"


def _become(node: ast.AST, other: ast.AST) -> None:
    node.__class__ = other.__class__
    node.__dict__ = {**other.__dict__}


def _drop(node: ast.stmt, parent: list[ast.stmt]) -> None:
    parent[parent.index(node)] = ast.copy_location(ast.Pass(), node)


def _accumulate(node: ast.Call, keyword: ast.keyword) -> None:
    inner = copy.copy(node)
    inner.keywords = [one for one in node.keywords if one is not keyword]
    inner.args = list(node.args)
    outer = ast.parse("np.add(0, 0, out=0)", mode="eval").body
    assert isinstance(outer, ast.Call)
    outer.args, outer.keywords[0].value = [keyword.value, inner], keyword.value
    _become(node, ast.copy_location(outer, node))


def places(tree: ast.Module, computing: frozenset[str]) -> Iterator[tuple[str, ast.AST, list[ast.stmt] | None]]:
    """The nodes of all functions that compute: name of the function, node, and the block of a statement."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name in computing:
            refusals = {
                id(inner) for node in ast.walk(function) if isinstance(node, ast.Raise) for inner in ast.walk(node)
            }
            # What a function within it computes is told as that one's.
            within = {
                id(inner)
                for other in ast.walk(function)
                if isinstance(other, ast.FunctionDef) and other is not function and other.name in computing
                for inner in ast.walk(other)
            }
            blocks = {
                id(statement): block
                for node in ast.walk(function)
                for block in (getattr(node, "body", None), getattr(node, "orelse", None))
                if isinstance(block, list)
                for statement in block
            }
            for node in ast.walk(function):
                if id(node) not in refusals | within:
                    yield function.name, node, blocks.get(id(node))


@cache
def computing(folder: Path) -> frozenset[str]:
    """Names of the functions of a folder that a training step calls, directly or not."""
    called: dict[str, set[str]] = {}
    for path in folder.glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name not in APART:
                nodes = list(ast.walk(function))
                names = {node.id for node in nodes if isinstance(node, ast.Name)}
                called.setdefault(function.name, set()).update(
                    names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
                )
    found: set[str] = set()
    waiting = STEP & called.keys()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= (called[name] & called.keys()) - found
    return frozenset(found)


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a module, in a fixed order."""
    source, within = path.read_text("utf-8"), computing(path.parent)
    found: list[Mutant] = []
    counts: Counter[str] = Counter()
    for place, (function, node, _) in enumerate(places(ast.parse(source), within)):
        for number in range(len(list(changes(node, [])))):
            tree = ast.parse(source)
            _, twin, block = list(places(tree, within))[place]
            mistakes = list(changes(twin, block))
            if number >= len(mistakes):
                continue
            mistake, change = mistakes[number]
            change()
            text = ast.unparse(node).splitlines()[0][:60]
            label = f"{path.relative_to(PARTS)}:{function}: {mistake} in `{text}`"
            counts[label] += 1
            name = label if counts[label] == 1 else f"{label} ({counts[label]})"
            found.append(Mutant(name, path, mistake, ast.fix_missing_locations(tree)))
    return found


def sample(count: int, seed: int) -> list[Mutant]:
    """Mutants drawn from all files in turn, so that small parts are not drowned by large ones."""
    draw = random.Random(seed)  # noqa: S311 -- no secret
    waiting = [mutants(path) for kind in KINDS for path in sorted((PARTS / kind).glob("*.py"))]
    for each in waiting:
        draw.shuffle(each)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(waiting):
        chosen += [each.pop() for each in waiting if each]
    return chosen[:count]


@cache
def neighbours(path: Path) -> frozenset[Path]:
    """The modules of the same folder that a module imports, directly or not."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            f"nnspec.parts.{path.parent.name}."
        ):
            neighbour = path.parent / f"{(node.module or '').rpartition('.')[2]}.py"
            found |= {neighbour, *neighbours(neighbour)}
    return frozenset(found)


@contextmanager
def loaded(mutant: Mutant) -> Iterator[dict[str, type[Part]]]:
    """The parts that have the mistake, by word; the modules themselves stay as they are."""
    folder = mutant.path.parent
    files = [path for path in sorted(folder.glob("*.py")) if mutant.path in neighbours(path)]
    # A module comes after those that it imports.
    files.sort(key=lambda path: len(neighbours(path)))
    before = dict(sys.modules)
    try:
        for path in (mutant.path, *files):
            tree = mutant.tree if path == mutant.path else ast.parse(path.read_text("utf-8"))
            # A name of its own, so that nothing takes it for the installed part.
            module = types.ModuleType(f"mutant.{folder.name}.{path.stem}")
            module.__file__ = str(path)
            sys.modules[module.__name__] = sys.modules[f"nnspec.parts.{folder.name}.{path.stem}"] = module
            exec(compile(tree, str(path), "exec"), module.__dict__)  # noqa: S102 -- the mutant
        yield dict(_parts(folder.name, {path.stem for path in (mutant.path, *files)}))
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
        sys.modules.update(before)


def _parts(kind: str, stems: set[str]) -> Iterator[tuple[str, type[Part]]]:
    for entry in default_resolver().catalogue.entries(kind):
        if entry.name in stems and entry.distribution == "nnspec":
            yield entry.name, getattr(sys.modules[f"mutant.{kind}.{entry.name}"], entry.value.partition(":")[2])


def verdict(mutant: Mutant) -> str:
    """What the kit says of it; empty where it finds nothing."""
    kind = mutant.path.parent.name
    with loaded(mutant) as parts, warnings.catch_warnings(), np.errstate(all="ignore"), one_blas_thread():
        warnings.simplefilter("ignore")
        for word, part in parts.items():
            for options in (*VARIANTS.get((kind, word), [{}]), *MORE.get((kind, word), [])):
                given = options if isinstance(options, dict) else {str(part.primary): options}
                try:
                    check_any(part.model_validate(given))
                except ContractError as error:
                    return f"{error.contract}: {str(error).splitlines()[1]}"
                except Exception as error:  # noqa: BLE001 -- a crash is no less of a find
                    return f"{type(error).__name__}: {error}"
    return ""


def untouched() -> Iterator[Mutant]:
    """Modules without a mistake, which the kit must let pass."""
    for kind in KINDS:
        for path in sorted((PARTS / kind).glob("*.py")):
            yield Mutant(f"{path.relative_to(PARTS)}", path, "none", ast.parse(path.read_text("utf-8")))


def main() -> int:
    """Prints how many mutants were caught, by kind of mistake, and those that were not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="what the kit says of each")
    arguments: Any = parser.parse_args()
    caught: Counter[str] = Counter()
    missed: list[Mutant] = []
    drawn = sample(arguments.count, arguments.seed)
    for mutant in drawn:
        said = verdict(mutant)
        caught[mutant.mistake] += bool(said)
        missed += [] if said else [mutant]
        if arguments.verbose:
            print(f"{mutant.name}\n    {said or 'not caught'}", flush=True)
    totals = Counter(mutant.mistake for mutant in drawn)
    for mistake, total in sorted(totals.items()):
        print(f"{mistake}: {caught[mistake]} of {total}")
    for mutant in missed:
        print(f"not caught: {mutant.name}\n    {EQUIVALENT.get(mutant.name, 'no reason known')}")
    real = len(drawn) - sum(mutant.name in EQUIVALENT for mutant in missed)
    print(f"{sum(caught.values())} of {real} mutants caught, and {len(drawn) - real} that compute the same")
    return 0 if sum(caught.values()) >= 0.95 * real else 1


if __name__ == "__main__":
    sys.exit(main())
