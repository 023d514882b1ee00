"""What every part is: a frozen pydantic model whose fields are its options.

A spec writes a part as ``name``, ``name: value`` (its primary option) or ``name: {options}``. A field that
holds another part is declared ``PartOf[Kind]``; its default is the other part's name, so that a part is
imported only when it is used::

    class Dense(Layer):
        primary = "units"
        units: PositiveInt
        weights: PartOf[Initializer] = by_name("glorot")
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WrapValidator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

API = 1
"""Version of the contracts between nnspec and the parts that plug into it."""


class Part(BaseModel):
    """A frozen description: it is never mutated; arrays, generators and running state are handed in."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        # Built when a part is first made: contracts, and parts that are only listed, never need it.
        defer_build=True,
    )

    api: ClassVar[int] = API
    """The contract version that the part is written for: under another it is refused. A part that states none is
    taken to be written for whichever is installed."""
    kinds: ClassVar[tuple[str, ...]] = ()
    """Kinds of entry points (``nnspec.<kind>``) in which a part of this contract is looked for, in order."""
    primary: ClassVar[str | None] = None
    """The option that ``name: value`` sets; None where only ``name`` and ``name: {options}`` make sense."""
    formulas: ClassVar[Mapping[str, str]] = {}
    """What the part computes, by quantity, in the symbols of its docstring: ``{"y": "W x + b"}``."""


def nearest(cls: type, *names: str) -> int:
    """How far up its bases the first class stands that has one of these names of its own; 0 for itself."""
    return next(place for place, base in enumerate(cls.__mro__) if not vars(base).keys().isdisjoint(names))


def complete(
    cls: type,
    call: str,
    bind: str,
    by_binding: Callable[[Any], Callable[..., Any]],
    by_calling: Callable[[Any], Callable[..., Any]],
) -> None:
    """Gives a class the other of a pair of methods of which an author writes one: `call` and `bind`.

    What is inherited of a pair from farther away would know nothing of the one that is written nearer.

    Args:
        cls: The class.
        call: What does the work.
        bind: What returns something that does it, with what is always the same looked up beforehand.
        by_binding: Makes the former of the class's own latter.
        by_calling: Makes the latter of the class's own former.
    """
    calls, binds = nearest(cls, call), nearest(cls, bind)
    if calls < binds:
        setattr(cls, bind, by_calling(getattr(cls, call)))
    elif binds < calls:
        setattr(cls, call, by_binding(getattr(cls, bind)))


P = TypeVar("P", bound=Part)


class Resolver(Protocol):
    """Turns what a spec says into a part, and a part back into what a spec says."""

    def part(self, contract: type[P], entry: object, context: Mapping[str, Any]) -> P:
        """The part that an entry of a spec names.

        Args:
            contract: What it must be, for example `Layer`.
            entry: ``"name"``, ``{"name": value}`` or ``{"name": {options}}``.
            context: The pydantic validation context, handed on to nested parts.

        Raises:
            pydantic_core.PydanticCustomError: For an entry that names no part.
            pydantic.ValidationError: For options that do not fit; locations start with the name.
        """

    def word(self, part: Part) -> str:
        """The word by which a spec names this part."""

    def origin(self, part: Part) -> str:
        """The distribution that brings this part, and its version; the module of one that none brings."""


def resolver(context: Mapping[str, Any] | None) -> Resolver:
    """The resolver of a validation context, or the one over the installed entry points.

    The latter is named, not imported: contracts know no registry.
    """
    given = (context or {}).get("resolver")
    if given is None:
        # Not at the top: validating a spec hands a resolver in.
        from pkgutil import resolve_name

        given = resolve_name("nnspec.registry:default_resolver")()
    return cast(Resolver, given)


def to_entry(part: Part) -> dict[str, Any]:
    """A part as a spec entry with every option written out: ``{"dense": {"units": 30, ...}}``."""
    return {resolver(None).word(part): part.model_dump(mode="json")}


PART_OF = "partOf"
"""In the JSON schema of a part's options: of which kind the part is that an option holds."""


class PartField:
    """The annotation behind `PartOf`: validates by name, serializes to a spec entry."""

    def __get_pydantic_core_schema__(self, source: type[Part], handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, info: ValidationInfo) -> Part:
            if isinstance(value, source):
                return value
            context = info.context or {}
            return resolver(context).part(source, value, context)

        return core_schema.with_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(to_entry),
            metadata={PART_OF: source.kinds[0]},
        )

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {PART_OF: core["metadata"][PART_OF]}


def decided_by(validate: Callable[[object], Any]) -> WrapValidator:
    """One function that decides what an option may be, in place of what its type would ask for.

    For options of several forms, a number or a list say: a union would report a mistake once for each form, and
    under a location of its own. The type still says how the value is written out.
    """
    return WrapValidator(lambda value, _handler: validate(value))


T = TypeVar("T")
PartOf = Annotated[T, PartField()]


def by_name(entry: str | Mapping[str, Any]) -> Any:
    """A part's name, or ``{"name": value}``, as a `PartOf` field's default; resolved when the owner is made.

    It means nothing anywhere else: `part_by_name` makes a part at once.
    """
    return Field(default=entry)


def part_by_name(contract: type[P], entry: str | Mapping[str, Any]) -> P:
    """The part that an entry names, made here and now: ``part_by_name(Initializer, {"constant": 0.5})``.

    Args:
        contract: What it must be.
        entry: Its name, or ``{"name": value}``, as in a spec.
    """
    return resolver(None).part(contract, entry, {})
