"""JSON that others wrote."""

import json
from pathlib import Path
from typing import Any

LARGEST = 2**25
"""Bytes of a document that is read as a whole. In memory it takes some ten times as much."""


def read(path: Path) -> Any:
    """The value that a JSON file holds.

    Raises:
        OSError: It cannot be read.
        ValueError: It is none, nested too deep, or larger than any that makes sense.
    """
    with path.open("rb") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise ValueError(f"larger than {LARGEST:,} bytes")
    return parse(text)


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is none, or nested too deep.
    """
    try:
        # Bytes are decoded here: Python would look for other encodings, and import what they need.
        return json.loads(text.decode() if isinstance(text, bytes) else text)
    except RecursionError:
        raise ValueError("nested too deep") from None
