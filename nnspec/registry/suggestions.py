"""Did you mean ...? The names that come close to one that does not exist."""

from collections.abc import Iterable
from functools import lru_cache

from nnspec.registry.synonyms import SYNONYMS

LONGEST = 60
"""Letters of a name that can still be a misspelled one."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that comes closest, or None where none does.

    Spelling variants count as close: ``LeakyReLU`` and ``leaky-relu`` are ``leaky_relu``. So do the names that
    other tools have for the same thing, and calls: ``Linear`` and ``Dense(30)`` are ``dense``.
    """
    return _closest(_plain(name.partition("(")[0])[:LONGEST], tuple(known))


@lru_cache(maxsize=1024)
def _closest(name: str, known: tuple[str, ...]) -> str | None:
    plain = _spellings(known)
    for candidate in (name, *SYNONYMS.get(name, ())):
        if candidate in plain:
            return plain[candidate]
    # Only mistakes need it.
    from difflib import get_close_matches

    near = get_close_matches(name, plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


@lru_cache(maxsize=128)
def _spellings(known: tuple[str, ...]) -> dict[str, str]:
    return {_plain(candidate): candidate for candidate in known}


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
