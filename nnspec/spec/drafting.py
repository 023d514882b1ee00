"""A draft from a document, whole or with sections that are wrong."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nnspec.registry import CatalogueResolver
from nnspec.spec.checks import Draft
from nnspec.spec.document import Document
from nnspec.spec.section import Section

SECTIONS = (
    "dataset", "transforms", "input", "layers", "transfer", "targets", "cost", "optimizer",
    "train", "metrics", "expect", "precision",
)  # fmt: skip


def of_document(document: Document, resolver: CatalogueResolver) -> Draft:
    """The draft of a document without a mistake."""
    return _draft({name: getattr(document, name) for name in SECTIONS}, resolver, complete=True)


def of_wrong(
    value: Mapping[str, Any], error: ValidationError | None, resolver: CatalogueResolver, *, whole: bool
) -> Draft:
    """The draft of what is right beside what is wrong.

    Args:
        value: What was written.
        error: What pydantic found wrong in it.
        resolver: Makes parts.
        whole: Whether this is all that was written, so that the defaults hold for the rest.
    """
    locations = [item["loc"] for item in error.errors(include_url=False)] if error is not None else []
    wrong = {location[0] for location in locations if location}
    known = [name for name in SECTIONS if name not in wrong and (whole or name in value)]
    sections = {name: _validated(name, value, resolver) for name in known}
    complete = "layers" in sections
    if "layers" in wrong and isinstance(value.get("layers"), list):
        first = min((int(step[1]) for step in locations if step[0] == "layers" and len(step) > 1), default=0)
        if first:
            sections["layers"] = _validated("layers", {"layers": value["layers"][:first]}, resolver)
    return _draft(sections, resolver, complete=complete)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(Document.model_fields[name].rebuild_annotation())


def _validated(name: str, value: Mapping[str, Any], resolver: CatalogueResolver) -> Any:
    field = Document.model_fields[name]
    given = value[name] if name in value else field.get_default(call_default_factory=True)
    if isinstance(given, Section):
        return given
    return _adapter(name).validate_python(given, context={"resolver": resolver})


def _draft(sections: Mapping[str, Any], resolver: CatalogueResolver, *, complete: bool) -> Draft:
    metrics = sections.get("metrics")
    return Draft(
        dataset=sections.get("dataset"),
        transforms=sections.get("transforms"),
        input=sections.get("input"),
        layers=tuple(sections.get("layers") or ()),
        complete=complete,
        transfer=sections.get("transfer"),
        targets=sections.get("targets"),
        cost=sections.get("cost"),
        optimizer=sections.get("optimizer"),
        train=sections.get("train"),
        metrics=metrics,
        words=tuple(resolver.word(metric) for metric in metrics) if metrics is not None else None,
        expect=sections.get("expect"),
        precision=sections.get("precision"),
    )
