"""Writes the pages of this folder that follow from the code: ``python docs/generate.py``.

The built-in parts alone are described, whatever plugins are installed. A test holds the pages against the code.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import nnspec
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS
from nnspec.spec.about import NONE, REQUIRED, About, Option, about, options
from nnspec.spec.checkpointing import Checkpointing
from nnspec.spec.codes import CODES
from nnspec.spec.document import MAX_AXES
from nnspec.spec.early_stopping import EarlyStopping
from nnspec.spec.engine import Engine
from nnspec.spec.inheritance import MAX_CHAIN
from nnspec.spec.reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, read
from nnspec.spec.schema import FILE_NAME, document_schema, modeline, schema_text
from nnspec.spec.section import Section
from nnspec.spec.train import Train
from nnspec.spec.transferring import Transfer
from nnspec.spec.updating import Average, Clip, Swa

DOCS = Path(__file__).parent
WITHIN_TRAIN: dict[str, type[Section]] = {
    "clip": Clip,
    "average": Average,
    "swa": Swa,
    "checkpoint": Checkpointing,
    "early_stopping": EarlyStopping,
}
EXAMPLE = "mnist_784_30_10.yaml"
SCALARS = (
    "1e-3",
    "3",
    "3.0",
    "010",
    "0x1f",
    "true",
    "yes",
    "on",
    "2024-01-31",
    "12:30",
    "null",
    "~",
    "1_000",
    '"3"',
)
"""What readers of other versions of YAML take for something else, or might be taken for it."""


class BuiltIn(Catalogue):
    """The parts of nnspec itself."""

    def entries(self, kind: str) -> list[Entry]:
        """The parts of a kind, by name."""
        return [entry for entry in super().entries(kind) if entry.distribution == "nnspec"]


def pages() -> dict[str, str]:
    """The content of each page, by its name in this folder."""
    environment = Environment(
        loader=FileSystemLoader(DOCS / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=False,
        autoescape=False,  # noqa: S701 -- Markdown
    )
    environment.globals |= {"fenced": fenced, "table": table, "anchor": anchor}
    catalogue = BuiltIn()
    values = {
        "spec.md": _spec(),
        "errors.md": {"codes": CODES.items()},
        "parts.md": {"kinds": [(kind, list(map(about, catalogue.entries(kind)))) for kind in KINDS]},
    }
    written = {
        name: environment.get_template(name).render(value).rstrip() + "\n" for name, value in values.items()
    }
    return written | {FILE_NAME: schema_text(catalogue)}


def _spec() -> dict[str, Any]:
    example = (DOCS.parent / "specs" / EXAMPLE).read_text("utf-8")
    return {
        "example": "\n".join(line for line in example.splitlines() if not line.startswith("#")) + "\n",
        "sections": table(options(document_schema())),
        "train": table(options(Train.model_json_schema())),
        **{name: table(options(section.model_json_schema())) for name, section in WITHIN_TRAIN.items()},
        "transfer": table(options(Transfer.model_json_schema())),
        "engine": table(options(Engine.model_json_schema())),
        "scalars": "\n".join(f"| `{text}` | {scalar_text(text)} |" for text in SCALARS),
        "modeline": modeline(f"../docs/{FILE_NAME}"),
        "schema_name": FILE_NAME,
        "version": nnspec.__version__,
        "max_axes": MAX_AXES,
        "max_chain": MAX_CHAIN,
        "max_bytes": f"{MAX_BYTES:,}",
        "max_nodes": f"{MAX_NODES:,}",
        "max_depth": MAX_DEPTH,
    }


def scalar_text(text: str) -> str:
    """What the reader makes of a value, in words."""
    value = read(f"key: {text}".encode(), "scalar").value["key"]
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "text"
    return f"the whole number {value}" if isinstance(value, int) else f"the number {value}"


def table(rows: Iterable[Option], primary: str | None = None) -> str:
    """Options as a table in Markdown."""
    lines = ["| name | type | default | what it is |", "|---|---|---|---|"]
    for option in rows:
        name = f"`{option.name}`" + (" *" if option.name == primary else "")
        default = option.default if option.default in (REQUIRED, NONE) else f"`{option.default}`"
        cells = (name, option.type, default, option.about)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def fenced(text: str, language: str = "yaml") -> str:
    """Lines as they are."""
    return f"```{language}\n{text}\n```"


def anchor(part: About) -> str:
    """Where a part's section is found."""
    return f"{part.kind}-{part.name}"


if __name__ == "__main__":
    for name, content in pages().items():
        (DOCS / name).write_text(content, "utf-8")
