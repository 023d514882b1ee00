"""Downloads of public files: one mirror after the other, content checked before a file gets its name.

``NNSPEC_MIRROR`` names a base address that is tried first, as ``<base>/<folder>/<file>``; an institution sets it
to a server of its own.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nnspec.contracts.content import Content
from nnspec.contracts.loader import RemoteFile
from nnspec.errors import DataError, DownloadError
from nnspec.files.bounds import LIMIT

TIMEOUT = 20.0
"""Seconds without a byte after which a mirror is given up."""


def cache_folder(folder: str) -> Path:
    """Where downloads of a data set are kept for this user."""
    import pooch

    return Path(pooch.os_cache("nnspec")) / folder


def download(files: Sequence[RemoteFile], folder: str, into: Path, progress: bool) -> list[Path]:  # noqa: FBT001  handed through
    """Fetches files; whatever happens, ``into`` holds none that is incomplete or wrong.

    A file is written under a temporary name beside its place, checked and renamed, so that processes that
    fetch the same file at once do not meet.

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
    paths, preferred = [], ""
    for file in files:
        # The mirror that delivered the file before is asked first: a dead one costs its timeout only once.
        mirrors = sorted(_mirrors(file, folder), key=lambda mirror: mirror != preferred)
        failures = []
        for mirror in mirrors:
            failure = _fetch(file, mirror + file.name, into, progress and sys.stderr.isatty())
            if failure is None:
                preferred = mirror
                paths.append(into / file.name)
                break
            failures.append(f"  {mirror + file.name}: {failure}")
        else:
            raise DownloadError(_advice(file, folder, into, failures))
    return paths


def _mirrors(file: RemoteFile, folder: str) -> list[str]:
    own = os.environ.get("NNSPEC_MIRROR")
    return [*([f"{own.rstrip('/')}/{folder}/"] if own else []), *file.mirrors]


def _fetch(file: RemoteFile, address: str, into: Path, bar: bool) -> str | None:  # noqa: FBT001  handed through
    """Fetches from one address; what went wrong, or None where nothing did."""
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel(logging.WARNING)
    http = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)

    def checked(url: str, output_file: str, pooch: object) -> None:
        http(url, output_file, pooch)
        _check(Path(output_file), file)

    if bar:
        print(f"fetching {address}", file=sys.stderr)
    try:
        # pooch takes a hash of the compressed file alone; compressions differ between mirrors, content does not.
        path = pooch.retrieve(address, known_hash=None, fname=file.name, path=into, downloader=checked)
        # The temporary file was this user's alone; a data set in a shared folder is for everybody.
        Path(path).chmod(0o644)
    except RequestException as error:
        return _network_failure(error)
    except DataError as error:
        return str(error).removeprefix(f"{error.path}: ")
    except OSError as error:
        return f"cannot be stored in {into}: {error.strerror or error}"
    return None


def _check(path: Path, file: RemoteFile) -> None:
    limit = LIMIT if file.length is None else file.length
    with Content(path, limit) as content:
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
