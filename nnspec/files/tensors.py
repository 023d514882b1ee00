"""Checkpoints as files: tensors, and a JSON document in the metadata."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from nnspec.errors import DataError
from nnspec.files.documents import parse
from nnspec.types import Array

METADATA = "nnspec"
"""The one key of metadata that nnspec writes: a JSON document."""
HEADER = 2**24
"""Bytes of a header beyond which it is refused: it would hold a hundred thousand tensors."""


def read_tensors(path: Path, names: Collection[str] | None = None) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors of a file and the document in its metadata.

    Args:
        path: The file.
        names: Which tensors, where they are there; by default all.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is damaged, or no such file.
    """
    try:
        _check_header(path)
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {})[METADATA]
            chosen = [name for name in file.keys() if names is None or name in names]  # noqa: SIM118 -- no mapping
            tensors = {name: file.get_tensor(name) for name in chosen}
        document = parse(text)
    except FileNotFoundError:
        raise
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise DataError(f"damaged, or no checkpoint of nnspec: {error}", path) from error
    if not isinstance(document, dict):
        raise DataError(f"damaged: its metadata `{METADATA}` is no JSON object", path)
    return tensors, document


def _check_header(path: Path) -> None:
    """Looks at the length that the header claims, before it is read."""
    with path.open("rb") as file:
        claimed = int.from_bytes(file.read(8), "little")
    found = path.stat().st_size
    if claimed > min(HEADER, found):
        raise ValueError(f"its header claims {claimed} bytes of {found}")
