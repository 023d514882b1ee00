"""The YAML 1.2 core schema over libyaml: ``1e-3`` is a number, ``no`` is text, ``010`` is ten."""

import math
import re
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: slower, the same answers
    from yaml import SafeLoader  # type: ignore[assignment]

INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NULLS = ("", "~", "null", "Null", "NULL")

NULL_TAG, BOOL_TAG, INT_TAG, FLOAT_TAG, STR_TAG = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str")
)

# Integers stand before floats: every integer looks like a float, too.
_RESOLVERS = (
    (NULL_TAG, re.compile(r"(~|null|Null|NULL)?$"), ["~", "n", "N", ""]),
    (BOOL_TAG, re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (INT_TAG, re.compile(f"({INTEGER.pattern})$"), list("-+0123456789")),
    (FLOAT_TAG, re.compile(f"({FLOAT.pattern}|{SPECIAL.pattern})$"), list("-+.0123456789")),
)


class CoreLoader(SafeLoader):
    """Composes nodes whose tags are those of the core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 -- declared by PyYAML, filled below


class CoreDumper(yaml.SafeDumper):
    """Quotes exactly what the core schema would not read back as text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 -- declared by PyYAML, filled below

    def ignore_aliases(self, data: Any) -> bool:
        """Writes everything out: a dumped spec has no anchors."""
        return True


for _tag, _pattern, _first in _RESOLVERS:
    CoreLoader.add_implicit_resolver(_tag, _pattern, _first)
    CoreDumper.add_implicit_resolver(_tag, _pattern, _first)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # In double quotation marks any text fits on one line, and a comment fits behind it.
    style = '"' if any(end in text for end in "\n\x85\u2028\u2029") else None
    return dumper.represent_scalar(STR_TAG, text, style=style)


CoreDumper.add_representer(str, _text)


def scalar(tag: str, text: str) -> Any:
    """The value of a plain scalar.

    Raises:
        ValueError: A whole number of more than 64 bits, which no quantity in a spec needs.
    """
    if tag == NULL_TAG:
        return None
    if tag == BOOL_TAG:
        return BOOLEANS[text]
    if tag == INT_TAG:
        number = int(text, 0) if text.startswith(("0x", "0o")) else int(text)
        if number.bit_length() > 64:
            raise ValueError
        return number
    if tag == FLOAT_TAG:
        return float(re.sub(r"\.(?=[in])", "", text.lower()))
    return text


def dump(value: Any) -> str:
    """Plain values as YAML, in the order they have; each scalar on one line."""
    text: str = yaml.dump(value, Dumper=CoreDumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return text


def dump_flow(value: Any) -> str:
    """Plain values as YAML on one line."""
    text: str = yaml.dump(
        value, Dumper=CoreDumper, sort_keys=False, allow_unicode=True, default_flow_style=True, width=math.inf
    )
    return text.removesuffix("...\n").strip()
