"""Many processes fill one cache at once, some of them are killed, and nothing half is ever there."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnspec.data import download as downloads
from nnspec.errors import DownloadError

from .test_download import CONTENT, SHA256, Server, fetch, left_behind, remote, server

__all__ = ["server"]

PROGRAM = """\
import sys, numpy as np
from nnspec.contracts.loader import RemoteFile
from nnspec.data import Sources
base, sha256, length, *names = sys.argv[1:]
files = [RemoteFile(name, sha256, (base,), int(length)) for name in names]
for path in Sources(None, np.random.default_rng(0)).files("set", files, None):
    print(path)
"""
NAMES = ("a.gz", "b.gz", "c.gz")


def fetching(server: Server, *names: str) -> "subprocess.Popen[str]":
    """A process that wants these files."""
    command = [sys.executable, "-c", PROGRAM, f"{server.base}slow/", SHA256, str(len(CONTENT)), *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def parts(machine: Path) -> list[Path]:
    """Files that are not whole yet."""
    return list((machine / "cache").rglob(f".*{downloads.PART}"))


def await_part(machine: Path) -> None:
    """Waits until a download has begun."""
    deadline = time.monotonic() + 30
    while not any(path.stat().st_size for path in parts(machine) if path.exists()):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_of_many_processes_one_fetches_and_all_have_the_files(machine: Path, server: Server) -> None:
    running = [fetching(server, *NAMES[shift:], *NAMES[:shift]) for shift in (0, 1, 2, 0, 1, 2)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert [gzip.decompress(Path(line).read_bytes()) == CONTENT for line in out.split()] == [True] * 3
    assert left_behind(machine) == list(NAMES)
    assert sorted(server.asked) == [f"/slow/{name}" for name in NAMES]


def test_a_process_that_is_killed_leaves_no_file_and_the_next_has_its_turn(machine: Path, server: Server) -> None:
    first = fetching(server, "a.gz")
    await_part(machine)
    second = fetching(server, "a.gz")
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    out, err = second.communicate(timeout=60)
    assert (second.returncode, err) == (0, "")
    assert gzip.decompress(Path(out.strip()).read_bytes()) == CONTENT
    assert left_behind(machine) == ["a.gz"]


def test_processes_killed_one_after_the_other_never_leave_half_a_file(machine: Path, server: Server) -> None:
    for _ in range(3):
        process = fetching(server, "a.gz")
        await_part(machine)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert all(name.endswith(downloads.PART) for name in left_behind(machine))
    (path,) = fetch(remote(server, "good", name="a.gz"))
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert left_behind(machine) == ["a.gz"]


@pytest.mark.usefixtures("machine")
def test_where_folders_cannot_be_locked_what_others_write_is_left_alone(
    machine: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def unsupported(_descriptor: int, _operation: int) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    folder = machine / "cache" / "nnspec" / "set"
    folder.mkdir(parents=True)
    (folder / f".digits.gz.other{downloads.PART}").write_bytes(b"half")
    fetch(remote(server, "good"))
    assert left_behind(machine) == [f".digits.gz.other{downloads.PART}", "digits.gz"]


def test_a_mirror_that_sends_without_end_is_cut_off(machine: Path, server: Server) -> None:
    with pytest.raises(DownloadError, match=r"endless/digits\.gz: sends more than 365536 bytes"):
        fetch(remote(server, "endless"))
    assert left_behind(machine) == []
