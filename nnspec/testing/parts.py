"""check_part: what holds for parts of every kind, before anything is computed."""

import sys
from typing import TypeVar

from pydantic import ValidationError

from nnspec.contracts.classes import misstated
from nnspec.contracts.part import Part, to_entry
from nnspec.registry import Catalogue, default_resolver
from nnspec.testing.contract import ContractError, require

P = TypeVar("P", bound=Part)


def check_part(part: Part) -> None:
    """Checks a part as a description; the checks of all kinds begin with it.

    It is frozen and forbids options that it does not have; what its class states, such as `primary`, is what its
    contract knows; its options survive being written to a spec and read
    back; its JSON schema can be built and says what each option means; its module, or its class, says what the
    part does, and a registered one's does so in a first line that begins with its word.

    Args:
        part: The part.

    Raises:
        ContractError: It breaks a contract.
    """
    kind = type(part)
    config = kind.model_config
    rule = "a part is frozen and forbids unknown options"
    kept = bool(config.get("frozen")) and config.get("extra") == "forbid"
    require(kept, part, rule, "Its `model_config` says otherwise; leave it as the contract has it.")
    wrong = misstated(kind)
    require(not wrong, part, "what the class states is what its contract knows", f"It {wrong}.")
    require(rebuilt(part) == part, part, "a part survives being written to a spec and read back", _ROUND_TRIP)
    _check_schema(part)
    _check_text(part)


_ROUND_TRIP = (
    "What is read back is another part. Likely mistake: a validator that changes what it has changed before."
)


def rebuilt(part: P) -> P:
    """The part as it is read from the spec that it is written to.

    Raises:
        ContractError: Its own options are refused.
    """
    rule = "a part survives being written to a spec and read back"
    kind = type(part)
    try:
        if registered(part):
            return default_resolver().part(kind, to_entry(part), {})
        return kind.model_validate(part.model_dump(mode="json"))
    except (ValidationError, ValueError, TypeError) as error:
        raise ContractError(part, rule, f"Its own options are refused: {error}") from error


def registered(part: Part) -> bool:
    """Whether the part's class is installed under a word."""
    value = f"{type(part).__module__}:{type(part).__qualname__}"
    catalogue: Catalogue = default_resolver().catalogue
    return any(entry.value == value for kind in part.kinds for entry in catalogue.entries(kind))


def _check_schema(part: Part) -> None:
    rule = "the JSON schema says what each option means"
    try:
        schema = type(part).model_json_schema()
    except Exception as error:  # a type of an option may fail in any way
        raise ContractError(
            part, rule, f"It cannot be built: {error}. Add `WithJsonSchema` to the type."
        ) from error
    silent = [name for name, field in schema.get("properties", {}).items() if not field.get("description")]
    advice = "Write `Annotated[..., Field(description=...)]`; editors and `nnspec parts` show it."
    require(not silent, part, rule, f"no description: {', '.join(silent)}. {advice}")


def _check_text(part: Part) -> None:
    module = (sys.modules[type(part).__module__].__doc__ or "").strip()
    rule = "a part says what it does"
    require(module or type(part).__doc__, part, rule, "Neither its module nor its class has a docstring.")
    if not registered(part):
        return
    word = default_resolver().word(part).rpartition(".")[2]
    first = module.partition("\n")[0]
    advice = f"`nnspec parts` shows the first line; begin it with the word: `{word}: what it does.`"
    require(first.startswith(f"{word}: "), part, rule, f"its module's docstring begins with {first!r}. {advice}")
    require(
        "\n    " in module, part, "a part shows spec lines that can be pasted", f"Indent them below {first!r}."
    )
