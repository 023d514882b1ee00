"""Downloads of public files: one mirror after the other, content checked before a file gets its name.

``NNSPEC_MIRROR`` names a base address that is tried first, as ``<base>/<folder>/<file>``; an institution sets it
to a server of its own.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from nnspec.contracts.content import Content
from nnspec.contracts.loader import RemoteFile
from nnspec.errors import DataError, DownloadError
from nnspec.files.bounds import LIMIT
from nnspec.files.locks import exclusive

TIMEOUT = 20.0
"""Seconds without a byte after which a mirror is given up."""
PART = ".part"
"""What a file's name ends in until it is whole."""
SLACK = 2**16
"""Bytes by which gzip may make a file longer than its content, at most."""


def cache_folder(folder: str) -> Path:
    """Where downloads of a data set are kept for this user."""
    import pooch

    return Path(pooch.os_cache("nnspec")) / folder


def download(files: Sequence[RemoteFile], folder: str, into: Path, progress: bool) -> list[Path]:  # noqa: FBT001  handed through
    """Fetches files; whatever happens, ``into`` holds none that is incomplete or wrong.

    A file is written under a temporary name beside its place, checked and renamed. Processes that want the same
    files at once take turns, and those that come later find them there; where folders cannot be locked, each
    fetches for itself, and they do not meet.

    Args:
        files: What to fetch.
        folder: Name of the data set's folder, as mirrors of one's own have it.
        into: Where to put them; made where missing.
        progress: Whether to show a bar, on a terminal.

    Returns:
        The files' paths, in order.

    Raises:
        DownloadError: No mirror delivers one of them; says what each of them answered.
    """
    preferred, bar = "", progress and sys.stderr.isatty()
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"{folder} cannot be stored in {into}: {error.strerror or error}; set XDG_CACHE_HOME to a folder that "
            "can be written"
        ) from error
    with _turn(into, tell=bar):
        for file in files:
            if not (into / file.name).is_file():
                preferred = _from_mirrors(file, folder, into, preferred, bar=bar)
    return [into / file.name for file in files]


@contextmanager
def _turn(into: Path, *, tell: bool) -> Iterator[None]:
    """Within it, no other process fetches into the folder; what one that was killed left behind is gone."""
    with ExitStack() as stack:
        try:
            alone = stack.enter_context(exclusive(into, wait=False))
        except BlockingIOError:
            if tell:
                print(f"another process fetches into {into}: waiting for it", file=sys.stderr)
            alone = stack.enter_context(exclusive(into, wait=True))
        for left in into.glob(f".*{PART}") if alone else ():
            with suppress(OSError):
                left.unlink()
        yield


def _from_mirrors(file: RemoteFile, folder: str, into: Path, preferred: str, *, bar: bool) -> str:
    """Fetches a file; the mirror that delivered it, to be asked first for the next."""
    # The mirror that delivered the file before is asked first: a dead one costs its timeout only once.
    mirrors = sorted(_mirrors(file, folder), key=lambda mirror: mirror != preferred)
    failures = []
    for mirror in mirrors:
        failure = _fetch(file, mirror + file.name, into, bar=bar)
        if failure is None:
            return mirror
        failures.append(f"  {mirror + file.name}: {failure}")
    raise DownloadError(_advice(file, folder, into, failures))


def _mirrors(file: RemoteFile, folder: str) -> list[str]:
    own = os.environ.get("NNSPEC_MIRROR")
    return [*([f"{own.rstrip('/')}/{folder}/"] if own else []), *file.mirrors]


def _fetch(file: RemoteFile, address: str, into: Path, *, bar: bool) -> str | None:
    """Fetches from one address; what went wrong, or None where nothing did."""
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel(logging.WARNING)
    http = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)
    if bar:
        print(f"fetching {address}", file=sys.stderr)
    try:
        with tempfile.NamedTemporaryFile(dir=into, prefix=f".{file.name}.", suffix=PART, delete=False) as target:
            path = Path(target.name)
            try:
                http(address, _Bounded(target, _limit(file) + SLACK), None)
                target.flush()
                _check(path, file)
                # The temporary file was this user's alone; a data set in a shared folder is for everybody.
                path.chmod(0o644)
                path.replace(into / file.name)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except RequestException as error:
        return _network_failure(error)
    except DataError as error:
        return str(error).removeprefix(f"{error.path}: ")
    except OSError as error:
        return f"cannot be stored in {into}: {error.strerror or error}"
    return None


class _Bounded:
    """A file that refuses what no file that is wanted has: a mirror may send without end."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file = file
        self._left = self._limit = limit

    def write(self, data: bytes) -> int:
        """Writes, within the limit."""
        self._left -= len(data)
        if self._left < 0:
            raise DataError(f"sends more than {self._limit} bytes")
        return self._file.write(data)

    def flush(self) -> None:
        """Hands on what has been written."""
        self._file.flush()


def _limit(file: RemoteFile) -> int:
    return LIMIT if file.length is None else file.length


def _check(path: Path, file: RemoteFile) -> None:
    with Content(path, _limit(file)) as content:
        content.skip()
    if content.sha256 != file.content_sha256:
        raise DataError(
            f"delivered another content: expected sha256 {file.content_sha256}, got {content.sha256}", path
        )


def _network_failure(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return f"no answer within {TIMEOUT:g} seconds"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the connection broke off before the end"
    if isinstance(error, exceptions.ConnectionError):
        return "cannot be reached, or fell silent"
    return str(error)


def _advice(file: RemoteFile, folder: str, into: Path, failures: Sequence[str]) -> str:
    return (
        f"{file.name} is not on this machine and no mirror delivers it:\n" + "\n".join(failures) + "\n"
        f"Put the files of {folder} into {into}, or run `nnspec datasets fetch {folder} --root DIR` on a "
        "connected machine, bring DIR here and set NNSPEC_DATA to it."
    )
