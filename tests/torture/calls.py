"""What a process asks of the system about a folder: watched, and answered otherwise where a test wants it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BY_PATH = ("open", "replace", "link", "unlink", "mkdir")
BY_DESCRIPTOR = ("write", "fsync")


@dataclass(frozen=True)
class Call:
    """One call to the system that changes something, or makes a change last.

    Attributes:
        name: ``open`` (for writing), ``write``, ``fsync``, ``replace``, ``link``, ``unlink`` or ``mkdir``.
        path: What it is about.
        other: The second name of ``replace`` and ``link``.
        content: What is written.
        appends: Whether a file that is opened keeps what it holds.
    """

    name: str
    path: Path
    other: Path | None = None
    content: bytes = b""
    appends: bool = False


Answer = Callable[[Call, Callable[[], Any]], Any]
"""Called in place of the system; the second argument asks the system after all."""


class _Between:
    """Stands between a process and the system."""

    def __init__(self, folder: Path, answer: Answer) -> None:
        self._folder = folder.absolute()
        self._answer = answer
        self._paths: dict[int, Path] = {}
        self.real = {name: getattr(os, name) for name in (*BY_PATH, *BY_DESCRIPTOR)}
        self.stand_ins: dict[str, Callable[..., Any]] = {name: self._by_path(name) for name in BY_PATH}
        self.stand_ins |= {name: self._by_descriptor(name) for name in BY_DESCRIPTOR}
        self.stand_ins["open"] = self._open

    def _open(self, path: Any, flags: int, *rest: Any, **options: Any) -> int:
        def ask() -> int:
            descriptor: int = self.real["open"](path, flags, *rest, **options)
            self._paths[descriptor] = Path(path)
            return descriptor

        if not self._concerns(path) or not flags & os.O_CREAT:
            return ask()
        return int(self._answer(Call("open", Path(path), appends=bool(flags & os.O_APPEND)), ask))

    def _by_path(self, name: str) -> Callable[..., Any]:
        def asked(path: Any, *rest: Any, **options: Any) -> Any:
            def ask() -> Any:
                return self.real[name](path, *rest, **options)

            other = Path(rest[0]) if name in ("replace", "link") else None
            return self._answer(Call(name, Path(path), other), ask) if self._concerns(path) else ask()

        return asked

    def _by_descriptor(self, name: str) -> Callable[..., Any]:
        def asked(descriptor: int, *rest: Any) -> Any:
            def ask() -> Any:
                return self.real[name](descriptor, *rest)

            path = self._paths.get(descriptor)
            if path is None or not self._concerns(path):
                return ask()
            return self._answer(Call(name, path, content=bytes(rest[0]) if rest else b""), ask)

        return asked

    def _concerns(self, path: Any) -> bool:
        return isinstance(path, str | Path) and Path(path).absolute().is_relative_to(self._folder)


@contextmanager
def answered(folder: Path, answer: Answer) -> Iterator[None]:
    """Within it, calls about a folder and what is in it are answered by a function."""
    between = _Between(folder, answer)
    for name, stand_in in between.stand_ins.items():
        setattr(os, name, stand_in)
    try:
        yield
    finally:
        for name, function in between.real.items():
            setattr(os, name, function)
