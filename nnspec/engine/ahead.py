"""Work done ahead: what comes next is made ready in another thread while this is used."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import cycle
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

SLOTS = 2
"""Sets of buffers: one in use, one being filled."""


def ahead(prepare: Callable[[T, int], R], items: Iterable[T]) -> Iterator[R]:
    """What is made of each item, one item ahead.

    Items are drawn by whoever asks for the results, in their order: chance in them does not depend on timing.

    Args:
        prepare: Makes a result of an item, in one of two slots; it is valid until the next result is asked for.
        items: What is made ready.

    Raises:
        Exception: What an item raised, where its result would have come.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="nnspec-ahead") as thread:
        coming: Future[R] | None = None
        for item, slot in zip(items, cycle(range(SLOTS))):
            following = thread.submit(copy_context().run, prepare, item, slot)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
