"""local: trainings on this machine, one after another or several at a time.

    nnspec check specs/ --jobs 4
    nnspec check specs/ --executor local=4

Several run in processes of their own, so that one cannot disturb another; results are the same bytes either way.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Annotated, ClassVar, TypeVar

from nnspec.extend import Executor, Field, PositiveInt

T = TypeVar("T")
R = TypeVar("R")


class Local(Executor):
    """This machine."""

    primary: ClassVar[str | None] = "jobs"

    jobs: Annotated[PositiveInt, Field(description="trainings at a time")] = 1

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        if min(self.jobs, len(tasks)) < 2:
            yield from map(function, tasks)
            return
        # Forked processes would inherit threads of BLAS in whatever state they are.
        with ProcessPoolExecutor(min(self.jobs, len(tasks)), get_context("spawn")) as pool:
            try:
                yield from pool.map(function, tasks)
            except KeyboardInterrupt:
                # Whoever ends this process by a signal may have told it alone.
                for worker in active_children():
                    worker.terminate()
                raise
            finally:
                # Whoever stops listening does not wait for what has not begun.
                pool.shutdown(wait=False, cancel_futures=True)
