"""Did you mean ...? The names that come close to one that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that comes closest, or None where none does.

    Spelling variants count as close: ``LeakyReLU`` and ``leaky-relu`` are ``leaky_relu``.
    """
    plain = {_plain(candidate): candidate for candidate in known}
    if _plain(name) in plain:
        return plain[_plain(name)]
    near = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
