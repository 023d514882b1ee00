"""Requests to stop: Ctrl-C, and the signal by which systems end their jobs."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

REQUESTS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Whether somebody wants a run to stop.

    Attributes:
        signal: By which signal; None while nobody does.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def hear(self, number: int, _frame: FrameType | None = None) -> None:
        """Takes note of a signal.

        Raises:
            KeyboardInterrupt: It is Ctrl-C, and not the first signal.
        """
        again = self.signal is not None
        self.signal = signal.Signals(number)
        if again and number == signal.SIGINT:
            raise KeyboardInterrupt


@contextmanager
def listening() -> Iterator[StopRequest]:
    """Within it, the first signal is a request, and a second Ctrl-C stops at once.

    Only a process's main thread hears signals; in another one, nothing changes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    former = {number: signal.signal(number, request.hear) for number in REQUESTS}
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
