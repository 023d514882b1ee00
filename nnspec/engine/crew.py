"""A crew: a few threads that wait for work, the calling thread among them."""

from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple
from weakref import finalize

from nnspec.engine.spread import Spread


class GaveUp(Exception):  # noqa: N818  no error of its own: another task's is the one to tell
    """A task stopped because another one had failed."""


class _Outcome(NamedTuple):
    result: Any
    error: BaseException | None


class _Order(NamedTuple):
    """A task on its way to a thread, which runs it in a context, leaves the outcome at its place, and says so."""

    place: int
    task: Callable[[], Any]
    give_up: Callable[[], None]
    spread: Spread
    context: Context
    outcomes: list[_Outcome | None]
    done: "SimpleQueue[None]"

    def run(self) -> None:
        # Who was interrupted cannot tell whether the order was given, and gives it again.
        if self.outcomes[self.place] is not None:
            return
        try:
            self.spread.settle(self.place)
            outcome = _Outcome(self.task(), None)
        except BaseException as error:  # noqa: BLE001  handed to the thread that asked for the task
            self.give_up()
            outcome = _Outcome(None, error)
        self.outcomes[self.place] = outcome


_Orders = SimpleQueue[_Order | None]


class Crew:
    """Runs tasks side by side: the first on the calling thread, each other on a thread of its own.

    Threads are started with the first tasks and live as long as the crew. They see the caller's context
    variables, and with them NumPy's error state, and begin on cores of their own.

    Attributes:
        size: Most tasks at a time.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._orders: list[_Orders] = []
        self._spread = Spread(size)

    def run(self, tasks: Sequence[Callable[[], Any]], give_up: Callable[[], None] = lambda: None) -> list[Any]:
        """The results of tasks, in their order; returns when none is running any more.

        Args:
            tasks: At most `size`.
            give_up: Called by a task that failed or was interrupted, so that no other waits for it.

        Raises:
            BaseException: What the first of the tasks raised that failed of itself.
        """
        done: SimpleQueue[None] = SimpleQueue()
        outcomes: list[_Outcome | None] = [None] * len(tasks)
        first, *given = [
            _Order(place, task, give_up, self._spread, copy_context(), outcomes, done)
            for place, task in enumerate(tasks)
        ]
        interruption: KeyboardInterrupt | None = None
        while None in outcomes:
            # An interruption may come between any two steps: all of them can be taken again.
            try:
                if interruption is not None:
                    # The others still write to buffers of the step; nobody may go on before they have stopped.
                    give_up()
                while given:
                    self._thread(given[0].place).put(given[0])
                    del given[0]
                first.run()
                while None in outcomes:
                    done.get()
            except KeyboardInterrupt as error:
                interruption = error
        if interruption is not None:
            raise interruption
        return _results(outcomes)

    def _thread(self, place: int) -> _Orders:
        while len(self._orders) < place:
            orders: _Orders = SimpleQueue()
            Thread(target=_work, args=(orders,), name=f"nnspec-{place}", daemon=True).start()
            finalize(self, orders.put, None)
            self._orders.append(orders)
        return self._orders[place - 1]


def _work(orders: _Orders) -> None:
    """What a thread does all its life; None ends it."""
    while (order := orders.get()) is not None:
        order.context.run(order.run)
        order.done.put(None)
        # Else the last task, and all that it holds, would live until the next one comes.
        del order


def _results(outcomes: Sequence[_Outcome | None]) -> list[Any]:
    made = [outcome for outcome in outcomes if outcome is not None]
    errors = [outcome.error for outcome in made if outcome.error is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, GaveUp)), errors[0])
    return [outcome.result for outcome in made]
