"""How much a file may unpack to."""

LIMIT = 4 * 2**30
"""Bytes beyond which compressed content is refused. A file stored plain costs its owner the room it takes."""
SMALL = 2**26
"""Bytes that any compressed file may unpack to, however small it is."""
RATIO = 200
"""How many times its size a compressed file may unpack to. Pictures and tables shrink to a twentieth at best."""


def unpacked_limit(stored: int) -> int:
    """Bytes that a compressed file of so many bytes may unpack to."""
    return min(LIMIT, max(SMALL, RATIO * stored))
