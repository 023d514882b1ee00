"""Requests to stop: Ctrl-C, and the signal by which systems end their jobs."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from nnspec.errors import Terminated

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
    with _handled(REQUESTS, request.hear):
        yield request


@contextmanager
def terminable() -> Iterator[None]:
    """Within it, SIGTERM raises `Terminated` where nobody takes it for a request.

    Only a process's main thread hears signals; in another one, nothing changes.
    """
    with _handled((signal.SIGTERM,), _terminate):
        yield


def stop(signal_name: str | None) -> KeyboardInterrupt:
    """What to raise for a run that a signal of this name has stopped."""
    return Terminated() if signal_name == signal.SIGTERM.name else KeyboardInterrupt()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


@contextmanager
def _handled(
    signals: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, before in former.items():
            signal.signal(number, before)
