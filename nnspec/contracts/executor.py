"""Executor: who runs many trainings, and how many at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, TypeVar

from nnspec.contracts.part import Part

T = TypeVar("T")
R = TypeVar("R")


class Executor(Part):
    """Named by ``nnspec check --executor NAME``, and by no spec: results do not depend on who computes them."""

    kinds: ClassVar[tuple[str, ...]] = ("executors",)

    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Calls a function on each task, wherever it pleases.

        Args:
            function: Defined at the top of a module, so that another process can import it. What it does takes
                seconds to hours: a whole training, say.
            tasks: What it is called on; these and the results can be pickled.

        Returns:
            The results in the order of the tasks, each as soon as it and those before it are there. Where a call
            raised, taking its result raises the same.
        """
        raise NotImplementedError
