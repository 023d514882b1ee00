"""BLAS on one thread: on small networks its threads cost more than they give, and far more when a core is busy."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    # Finding the libraries takes milliseconds; they do not change while a process runs.
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, matrix products run on the calling thread alone."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
