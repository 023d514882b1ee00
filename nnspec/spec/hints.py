"""What to do about a value that is not what was expected."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from nnspec.spec.marks import Path
from nnspec.spec.yaml_core import FLOAT, INTEGER, dump_flow

EXAMPLES = {
    "nnspec": "`nnspec: 1`, the version of the spec language",
    "name": "`name: my_network`",
    "description": '`description: "a sentence about it"`',
    "dataset": "`dataset: mnist`; `nnspec parts loaders` lists what there is",
    "transforms": "`transforms: [standardize]`; `nnspec parts transforms` lists what there is",
    "input": "`input: 784`, the numbers in one sample",
    "layers": "`layers: [{dense: 30}, sigmoid]`; `nnspec parts layers` lists what there is",
    "transfer": "`transfer: {run: runs/digits/first}`, the folder of a run",
    "cost": "`cost: cross_entropy`; `nnspec parts costs` lists what there is",
    "regularizer": "`regularizer: {l2: 1e-4}`; `nnspec parts regularizers` lists what there is",
    "optimizer": "`optimizer: {sgd: 0.1}`; `nnspec parts optimizers` lists what there is",
    "schedule": "`schedule: cosine`; `nnspec parts schedules` lists what there is",
    "train": "`train: {epochs: 10, batch_size: 32}`",
    "train.average": "`average: {ema: 0.999}` or `average: {swa: {start: 0.75}}`",
    "train.average.swa": "`swa: {start: 0.75}`",
    "train.clip": "`clip: {norm: 1.0}`",
    "train.freeze": '`freeze: ["layers.0.*"]`',
    "train.rates": '`rates: {"layers.0.*": 0.1}`',
    "metrics": "`metrics: [accuracy]`; `nnspec parts metrics` lists what there is",
    "plugins": "`plugins: {nnspec-signal: '>=0.1,<1'}`",
    "reporters": "`reporters: [html]`; `nnspec parts reporters` lists what there is",
    "engine": "`engine: {shards: 2}`",
    "expect": "`expect: {test.accuracy: {min: 0.95}}`",
}
"""A section, or an entry of one, as it may be written."""

TRUTHS = dict.fromkeys(("yes", "on", "y", 1), "true") | dict.fromkeys(("no", "off", "n", 0), "false")
NOTHINGS = ("None", "none", "nil", "NULL", "N/A")
NUMBERS = {
    f"{INTEGER.pattern}|{FLOAT.pattern}": "write it without quotation marks",
    r"[-+]?\d+(,\d+)+": "numbers have a decimal point, and nothing between thousands",
    r".*[${].*": "variables are not filled in: write the number, or give it by `--set`",
    r"\d[\d.]*\s*[-+*/^].*": "nothing is computed here: write the number",
}
"""What text looks like that somebody took for a number, and what to do about it."""
WIDEST = 100
"""Letters of a mended entry that is still shown."""


def hint_for(kind: str, path: Path, found: object, context: Mapping[str, Any]) -> str:
    """What to do about a problem.

    Args:
        kind: The type of pydantic's error.
        path: Where the value stands.
        found: The value.
        context: What the error says of itself.
    """
    special = _special(kind, path, found, context)
    if special or kind not in ADVICE:
        return special or str(context.get("hint", ""))
    return ADVICE[kind](found) or example(path)


def _special(kind: str, path: Path, found: object, context: Mapping[str, Any]) -> str:
    """What only this kind of mistake, or this place, calls for."""
    if kind == "unknown_part" and found in NOTHINGS:
        return "for none, write `null` or leave it out"
    if kind == "many_names":
        return _one_name(path, context)
    if kind == "no_name" and not isinstance(path[-1], int):
        return (
            "only one stands here: take the dash or the brackets out"
            if isinstance(found, list) and found
            else example(path)
        )
    if kind.startswith("string_") and path == ("name",):
        return _name(found)
    if path[:1] == ("expect",) and len(path) == 2 and not isinstance(found, Mapping):
        return "for example `{min: 0.95}`"
    return example(path) if path == ("layers",) and isinstance(found, str) and "\n" not in found else ""


def _one_name(path: Path, context: Mapping[str, Any]) -> str:
    """What to do about several names in one entry; where just one is a part's, the others are its options."""
    if context.get("meant"):
        mended = dump_flow(context["meant"])[1:-1]
        return f"write `{mended}`" if len(mended) <= WIDEST else ""
    if context.get("word") and not context.get("hint"):
        return f"put a dash before `{context['word']}`" if isinstance(path[-1], int) else "keep one"
    return ""


def example(path: Path) -> str:
    """How a section, or an entry of one, may be written; empty where there is no example."""
    name = ".".join(map(str, path))
    return f"for example {EXAMPLES[name]}" if name in EXAMPLES else ""


def _name(found: object) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", str(found)).strip("._-")[:WIDEST]
    return f"write `name: {name}`" if isinstance(found, str) and name else ""


def _whole(found: object) -> str:
    if isinstance(found, float) and found.is_integer():
        return f"write {found:.0f}"
    return _number(found)


def _number(found: object) -> str:
    if not isinstance(found, str):
        return _mapping(found)
    text = found.strip()
    for pattern, advice in NUMBERS.items():
        if re.fullmatch(pattern, text):
            return advice
    value = _value(text.rstrip("%"))
    return "" if value is None else f"write {value / 100 if text.endswith('%') else value:g}"


def _value(text: str) -> float | None:
    """The number that a text might stand for: Python reads some that YAML does not, such as ``1_000``."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _truth(found: object) -> str:
    if isinstance(found, str) and found.lower() in ("true", "false"):
        return f"write {found.lower()}, without quotation marks"
    word = TRUTHS.get(found.lower() if isinstance(found, str) else found) if isinstance(found, str | int) else None
    if word is None:
        return ""
    return f"`{found}` is text in YAML 1.2: write {word}" if isinstance(found, str) else f"write {word}"


def _list(found: object) -> str:
    if isinstance(found, Mapping) and found:
        return "in a list, each entry stands behind a dash and a space: `- `"
    if not isinstance(found, str):
        return ""
    if found.startswith("["):
        return "write it without quotation marks"
    if "\n" in found:
        return "take the `|` or `>` out: it makes text of the lines below"
    return f"write `[{found}]`" if re.fullmatch(r"[A-Za-z_]\w*", found) else ""


def _mapping(found: object) -> str:
    if isinstance(found, list) and found and all(isinstance(item, Mapping) for item in found):
        return "take the dashes out: this is no list, but names with values"
    return ""


def _text(found: object) -> str:
    return f'write "{found}", in quotation marks' if isinstance(found, int | float) else ""


ADVICE: dict[str, Callable[[object], str]] = {
    "int_type": _whole,
    "int_from_float": _whole,
    "int_parsing": _whole,
    "float_type": _number,
    "float_parsing": _number,
    "share": _number,
    "bool_type": _truth,
    "string_type": _text,
    "list_type": _list,
    "tuple_type": _list,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "too_short": _list,
}
"""By the type of pydantic's error, what the value itself suggests."""
