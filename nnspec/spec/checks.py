"""What can be known before data is touched: shapes, cost, classes, size, expectations.

Checks look at a draft, a document of which some sections may be missing because they are wrong themselves; each
says what it can of what is there, so that all mistakes of a spec are found at once.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol, Self, TypeVar

from nnspec.contracts.cost import Cost
from nnspec.contracts.guests import attributed
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Loader, Outline
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.targets import Targets
from nnspec.contracts.transform import Transform
from nnspec.engine.parameters import Layout
from nnspec.engine.plan import Node, plan
from nnspec.errors import FaultyPartError, ShapeError, StackError, TargetsError
from nnspec.registry.suggestions import closest
from nnspec.spec.marks import Path
from nnspec.spec.problems import Problem
from nnspec.spec.section import Bounds
from nnspec.spec.ties import tie_problems
from nnspec.spec.train import Train
from nnspec.spec.transferring import Transfer
from nnspec.types import ITS_NAME, Shape, shape_text, size

Report = Callable[..., Problem]
"""Makes a problem of a code, a path, a message, a hint and a table."""


class Settling(Protocol):
    """A part that leaves something to the data."""

    def settle(self, targets: Targets) -> Self:
        """The part for data like this; raises TargetsError."""


S = TypeVar("S", bound=Settling)

SPLITS = ("train", "validation", "test")
MOST_ROWS = 16
"""Layers that a table shows of a stack; of a deeper one the first and the last."""
OUTPUTS: dict[tuple[float, float], str] = {
    (0, 1): "end the stack in `softmax` (classes that exclude one another) or `sigmoid`",
    (0, math.inf): "end the stack in `softplus` or `exponential`",
}
"""Activations for what a cost may need."""


class Draft(NamedTuple):
    """The sections of a document that are right in themselves; None for one that is not.

    Attributes:
        layers: The entries before the first that is wrong.
        complete: Whether these are all entries.
        words: Names of the metrics, in their order.
    """

    dataset: Loader | None
    transforms: tuple[Transform, ...] | None
    input: Shape | None
    layers: tuple[Layer, ...]
    complete: bool
    transfer: Transfer | None
    targets: str | None
    cost: Cost | None
    optimizer: Optimizer | None
    train: Train | None
    metrics: tuple[Metric, ...] | None
    words: tuple[str, ...] | None
    expect: dict[str, Bounds] | None
    precision: str | None


def check(draft: Draft, report: Report) -> tuple[tuple[Node, ...], list[Problem]]:
    """The plan of the stack as far as its shapes fit, and every problem found."""
    nodes, problems = _stack(draft, report)
    problems += _metrics(draft, report)
    problems += _expectations(draft, report)
    outline, faults = _outline(draft.dataset, report)
    problems += faults
    problems += input_problems(draft.transforms, draft.input, outline.shape, report)
    if nodes and draft.complete and not problems_in_stack(problems):
        problems += _one_rate(draft.train, draft.optimizer, report)
        problems += _cost(draft.cost, nodes[-1], report)
        problems += _outputs(draft, nodes[-1].output, outline, report)
        ties = list(tie_problems(draft.layers, nodes, report))
        problems += ties or _laid_out(draft, nodes, report)
    known = _known(draft, outline)
    if known is not None:
        # The default, accuracy, gives way to numbers once data is read.
        metrics = draft.metrics if known.kind == "classes" else ()
        problems += settled(draft.cost, metrics or (), known, report)[1]
    return nodes, problems


def _known(draft: Draft, outline: Outline) -> Targets | None:
    """What there is to answer, where that is known before data is read."""
    if draft.targets == "inputs":
        return Targets("numbers", ())
    return Targets("classes", outline.names) if outline.names is not None else None


def _outputs(draft: Draft, output: Shape, outline: Outline, report: Report) -> Iterator[Problem]:
    """Whether the stack ends in as many outputs as there is to answer."""
    if draft.targets in ("given", "standardized"):
        yield from class_problems(draft.layers, output, outline.classes, report)
    elif draft.targets == "inputs" and draft.input is not None and size(output) != size(draft.input):
        yield report(
            "NS052",
            _sizing(draft.layers)[0],
            f"the inputs, {shape_text(draft.input)}, are to be given back, but the stack ends in "
            f"{shape_text(output)}",
            f"end the stack in {size(draft.input)} outputs",
        )


def settled(
    cost: Cost | None, metrics: Sequence[Metric], targets: Targets, report: Report
) -> tuple[tuple[Cost | None, tuple[Metric, ...]], list[Problem]]:
    """Cost and metrics for targets like these, and what does not fit them."""
    problems: list[Problem] = []
    if cost is not None:
        cost = _settled(cost, targets, ("cost",), report, problems)
    chosen = [_settled(one, targets, ("metrics", at), report, problems) for at, one in enumerate(metrics)]
    return (cost, tuple(chosen)), problems


def _settled(part: S, targets: Targets, path: Path, report: Report, problems: list[Problem]) -> S:
    try:
        return part.settle(targets)
    except TargetsError as error:
        place, deep = (*path, ITS_NAME, *error.option), len(error.option) > 1
        problems.append(report("NS060", place, str(error), error.hint, at_name=deep))
        return part


def _laid_out(draft: Draft, nodes: tuple[Node, ...], report: Report) -> Iterator[Problem]:
    """What the layout of the parameters tells, which there is once all ties hold."""
    layout = Layout(nodes)
    yield from _patterns(draft.train, layout, report)
    yield from _transferred(draft.transfer, nodes, layout, report)
    yield from _memory(draft, nodes, layout, report)


def problems_in_stack(problems: list[Problem]) -> bool:
    """Whether a layer does not fit those before it, so that nothing is known of the stack's end."""
    return any(problem.code == "NS050" and problem.where.startswith("layers") for problem in problems)


def _stack(draft: Draft, report: Report) -> tuple[tuple[Node, ...], list[Problem]]:
    if draft.input is None:
        return (), []
    try:
        return plan(draft.layers, draft.input), []
    except StackError as error:
        problem = report("NS050", error.place, str(error), error.hint, _table(error))
        return (), [problem]
    except FaultyPartError as error:
        return (), [faulty(error, report)]


def _outline(dataset: Loader | None, report: Report) -> tuple[Outline, list[Problem]]:
    if dataset is None:
        return Outline(), []
    try:
        with attributed(dataset, "outline", ("dataset",)):
            return dataset.outline(), []
    except FaultyPartError as error:
        return Outline(), [faulty(error, report)]


def faulty(error: FaultyPartError, report: Report) -> Problem:
    """The failing of a plugin's part as a problem of the spec, where it names the part."""
    return report("NS047", error.place, str(error), error.hint)


def input_problems(
    transforms: tuple[Transform, ...] | None, wanted: Shape | None, shape: Shape | None, report: Report
) -> Iterator[Problem]:
    """Whether ``input`` fits samples of this shape, behind the transforms; nothing where it is not known."""
    if shape is None or transforms is None or wanted is None:
        return
    for index, transform in enumerate(transforms):
        try:
            with attributed(transform, "shape", ("transforms", index)):
                shape = transform.shape(shape)
        except ShapeError as error:
            yield report("NS050", ("transforms", index), str(error), error.hint)
            return
        except FaultyPartError as error:
            yield faulty(error, report)
            return
    if size(shape) != size(wanted):
        found = "" if len(shape) == 1 else f" ({size(shape)} numbers)"
        yield report(
            "NS051",
            ("input",),
            f"the data has samples of {shape_text(shape)}{found}, but `input` says {shape_text(wanted)}",
            f"write `input: {size(shape)}`" + (f" or `input: {list(shape)}`" if len(shape) > 1 else ""),
        )


def class_problems(
    layers: tuple[Layer, ...], output: Shape, classes: int | None, report: Report
) -> Iterator[Problem]:
    """Whether the last layer has one output a class; a single output does for two classes."""
    units = size(output)
    if classes is None or units == classes or (units == 1 and classes == 2):
        return
    place, sized = _sizing(layers)
    yield report(
        "NS052",
        place,
        f"the data has {classes} classes, but the stack ends in {units} output{'s' if units > 1 else ''}",
        f"give the last layer {classes} units" if sized else f"put `dense: {classes}` before the last activation",
    )


def _sizing(layers: tuple[Layer, ...]) -> tuple[Path, bool]:
    """Where the number of outputs is said, and whether that is an option of a layer."""
    # The activation behind it is not to blame: point at the last layer whose size is an option.
    sized = [index for index, layer in enumerate(layers) if "units" in type(layer).model_fields]
    return (("layers", sized[-1], ITS_NAME, "units"), True) if sized else (("layers", len(layers) - 1), False)


def _cost(cost: Cost | None, last: Node, report: Report) -> Iterator[Problem]:
    if cost is None:
        return
    if cost.family == "categorical" and size(last.output) == 1:
        message = "this cost compares classes with one another, but the stack ends in a single output"
        yield report("NS053", ("cost",), message, "write `binary_cross_entropy`, or give the last layer 2 units")
        return
    (low, high), (least, most) = cost.domain, last.layer.range
    if least < low or most > high:
        yield report(
            "NS053",
            ("cost",),
            f"this cost needs outputs {_span(low, high)}, but the stack ends in {last.name}, whose outputs lie "
            f"{_span(least, most)}",
            OUTPUTS.get((low, high), "end the stack in an activation whose outputs lie there"),
        )


def _span(low: float, high: float) -> str:
    """Between which bounds numbers lie, in words."""
    if math.isinf(low) and math.isinf(high):
        return "anywhere"
    if math.isinf(high):
        return f"above {low:g}"
    return f"below {high:g}" if math.isinf(low) else f"between {low:g} and {high:g}"


def _metrics(draft: Draft, report: Report) -> Iterator[Problem]:
    words = draft.words or ()
    for index, word in enumerate(words):
        if word in words[:index]:
            hint = "keep one of the two: results go by the metric's name, whatever its options"
            yield report("NS055", ("metrics", index), f"`{word}` is listed twice", hint)


def _expectations(draft: Draft, report: Report) -> Iterator[Problem]:
    if draft.words is None:
        return
    monitor = draft.train.monitor if draft.train is not None else None
    metrics = (*dict.fromkeys(draft.words), "cost")
    for name in draft.expect or {}:
        if not _is_result(name, metrics):
            yield report("NS054", ("expect", name), _no_result(name), _result_hint(name, metrics), at_name=True)
    if monitor is not None and not _is_result(monitor, metrics):
        yield report("NS054", ("train", "monitor"), _no_result(monitor), _result_hint(monitor, metrics))


def _is_result(name: str, metrics: tuple[str, ...]) -> bool:
    split, _, metric = name.partition(".")
    return split in SPLITS and metric in metrics


def _no_result(name: str) -> str:
    return f"`{name}` is no result of this spec"


def _result_hint(name: str, metrics: tuple[str, ...]) -> str:
    split, _, metric = (name if "." in name else name.replace("_", ".", 1)).partition(".")
    near_split, near_metric = closest(split, SPLITS), closest(metric, metrics)
    if near_split and near_metric:
        return f"did you mean `{near_split}.{near_metric}`?"
    if split in SPLITS and metric:
        return f"add `{metric}` to `metrics`, or name one of: {', '.join(metrics)}"
    return f"write it as `split.metric`, for example `test.{metrics[0]}`"


def _patterns(train: Train | None, layout: Layout, report: Report) -> Iterator[Problem]:
    """Patterns of parameters must fit some, and leave some to train."""
    if train is None:
        return
    names = [place.name for place in sorted(layout.places, key=lambda place: place.node)]
    given = [(("train", "freeze", index), pattern) for index, pattern in enumerate(train.freeze)]
    for path, pattern in [*given, *((("train", "rates", pattern), pattern) for pattern in train.rates)]:
        if not layout.matching(pattern):
            yield report(
                "NS057",
                path,
                f"no parameter's name fits `{pattern}`",
                _there_are(names),
                at_name=path[1] == "rates",
            )
    frozen = {name for pattern in train.freeze for name in layout.matching(pattern)}
    if names and len(frozen) == len(names):
        hint = "leave at least one of them out"
        yield report("NS057", ("train", "freeze"), "these patterns fit every parameter: nothing is trained", hint)


def _transferred(
    transfer: Transfer | None, nodes: tuple[Node, ...], layout: Layout, report: Report
) -> Iterator[Problem]:
    """Patterns of what is taken from another run must fit something of this network."""
    if transfer is None:
        return
    state = [f"{node.path}.{name}" for node in nodes for name in node.declaration.state]
    names = [place.name for place in sorted(layout.places, key=lambda place: place.node)] + state
    for index, pattern in enumerate(transfer.parameters):
        if not any(fnmatchcase(name, pattern) for name in names):
            message = f"no parameter's name fits `{pattern}`"
            yield report("NS057", ("transfer", "parameters", index), message, _there_are(names))


def _one_rate(train: Train | None, optimizer: Optimizer | None, report: Report) -> Iterator[Problem]:
    if train is not None and train.rates and optimizer is not None and optimizer.whole:
        message = "this optimizer moves all parameters together: they cannot have rates of their own"
        yield report("NS058", ("train", "rates"), message, "take `rates` out, or another optimizer", at_name=True)


def _there_are(names: list[str]) -> str:
    """The first and the last of many names."""
    shown = [*names[:8], "...", *names[-4:]] if len(names) > 13 else names
    return f"there are: {', '.join(shown)}"


def _memory(draft: Draft, nodes: tuple[Node, ...], layout: Layout, report: Report) -> Iterator[Problem]:
    slots = len(draft.optimizer.slot_names()) if draft.optimizer is not None else 0
    slots += draft.train.vectors if draft.train is not None else 0
    needed = layout.size * (2 + slots) * (8 if draft.precision == "float64" else 4)
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else needed
    if needed > available:
        widest = max(nodes, key=lambda node: node.parameter_count)
        yield report(
            "NS056",
            ("layers", widest.entry),
            f"{sum(node.parameter_count for node in nodes):,} parameters need {needed / 1e9:,.1f} GB; "
            f"this machine has {available / 1e9:,.1f} GB",
            "make the widest layers narrower",
        )


def _table(error: StackError) -> tuple[str, ...]:
    if not error.stack:
        return ()
    rows = [(name, f"{before} -> {after}") for name, before, after in error.stack]
    if len(rows) > MOST_ROWS:
        rows = [*rows[: MOST_ROWS // 2], ("...", ""), *rows[-MOST_ROWS // 2 :]]
    width = max(len(name) for name, _ in rows)
    return ("the stack so far:", *(f"  {name:<{width}}  {shapes}".rstrip() for name, shapes in rows))
