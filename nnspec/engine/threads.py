"""Threads: how many cores there are for ours, and BLAS kept on one; which kernels it has.

BLAS threads cost small networks more than they give, and far more when a core is busy.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

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


@cache
def blas_kernels() -> frozenset[str]:
    """For which processors BLAS has chosen its kernels: ``SkylakeX``."""
    libraries = _controller().select(user_api="blas").info()
    return frozenset(str(library.get("architecture")) for library in libraries)


def cores() -> int:
    """Cores that this process may use: those it is bound to, no more than its container has time for."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        # "max" where there is no limit, which no number can be made of.
        return max(1, min(bound, int(quota) // int(period)))
    return bound
