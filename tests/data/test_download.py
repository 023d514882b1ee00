"""Downloads, against a server on this machine that behaves in every way servers do."""

import gzip
import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import nnspec.data.download
from nnspec.contracts.loader import RemoteFile
from nnspec.data import Sources
from nnspec.errors import DataError, DownloadError

CONTENT = np.random.default_rng(0).bytes(300_000)
PACKED = gzip.compress(CONTENT, 1)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers by the first folder of the path: how a mirror behaves."""

    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        behaviour = self.path.split("/")[1]
        if behaviour == "moved":
            self.send_response(302)
            self.send_header("Location", "/good/" + self.path.split("/")[-1])
            self.end_headers()
        elif behaviour == "absent":
            self.send_error(404)
        elif behaviour == "silent":
            self.server.stop.wait(10)
        elif behaviour == "endless":
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while not self.server.stop.is_set():
                    self.wfile.write(CONTENT)
        else:
            self.send_body(behaviour)

    def send_body(self, behaviour: str) -> None:
        body = {
            "plain": CONTENT,
            "harder": gzip.compress(CONTENT, 9),
            "wrong": gzip.compress(b"another file"),
            "page": b"<html>Please log in</html>",
            "bomb": gzip.compress(bytes(50_000_000), 1),
            "cut": PACKED[:1000],
        }.get(behaviour, PACKED)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behaviour == "broken":
            self.wfile.write(body[:100_000])
        elif behaviour == "slow":
            for start in range(0, len(body), 30_000):
                self.wfile.write(body[start : start + 30_000])
                time.sleep(0.03)
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name the base class gives it
        pass


class Server(ThreadingHTTPServer):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.stop = threading.Event()
        self.base = f"http://127.0.0.1:{self.server_address[1]}/"


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


def dead() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def remote(server: Server, *behaviours: str, name: str = "digits.gz") -> RemoteFile:
    mirrors = tuple(dead() if behaviour == "dead" else f"{server.base}{behaviour}/" for behaviour in behaviours)
    return RemoteFile(name, SHA256, mirrors, len(CONTENT))


def fetch(*files: RemoteFile, offline: bool = False) -> list[Path]:
    return Sources(None, np.random.default_rng(0), offline=offline).files("set", files, None)


def left_behind(machine: Path) -> list[str]:
    return sorted(path.name for path in (machine / "cache").rglob("*") if path.is_file())


@pytest.mark.parametrize("behaviour", ["good", "slow", "moved", "harder"])
def test_a_file_is_fetched_into_the_users_cache(machine: Path, server: Server, behaviour: str) -> None:
    (path,) = fetch(remote(server, behaviour))
    assert path == machine / "cache" / "nnspec" / "set" / "digits.gz"
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert left_behind(machine) == ["digits.gz"]


@pytest.mark.usefixtures("machine")
def test_a_file_that_a_server_unpacks_on_the_way_is_as_good(server: Server) -> None:
    (path,) = fetch(remote(server, "plain"))
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("behaviour", ["absent", "broken", "wrong", "page", "cut", "bomb", "dead"])
def test_the_next_mirror_is_asked_after_any_failure(machine: Path, server: Server, behaviour: str) -> None:
    (path,) = fetch(remote(server, behaviour, "good"))
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert left_behind(machine) == ["digits.gz"]
    assert server.asked[-1] == "/good/digits.gz"


def test_a_mirror_that_falls_silent_is_given_up(
    machine: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nnspec.data.download, "TIMEOUT", 0.2)
    with pytest.raises(DownloadError, match=r"silent/digits\.gz: no answer within 0\.2 seconds"):
        fetch(remote(server, "silent"))
    assert left_behind(machine) == []


def test_when_all_fail_the_message_says_what_each_answered_and_what_to_do(machine: Path, server: Server) -> None:
    file = remote(server, "dead", "absent", "broken", "wrong", "cut", "bomb")
    with pytest.raises(DownloadError) as caught:
        fetch(file)
    answers = str(caught.value).splitlines()[1:7]
    expected = ["cannot be reached", "404", "broke off", "another content", "cut short", "more than 300000 bytes"]
    for mirror, answer, words in zip(file.mirrors, answers, expected, strict=True):
        assert answer.strip().startswith(mirror)
        assert words in answer
    assert SHA256 in answers[3]
    assert hashlib.sha256(b"another file").hexdigest() in answers[3]
    assert str(machine / "cache" / "nnspec" / "set") in str(caught.value)
    assert "nnspec datasets fetch set --root" in str(caught.value)
    assert left_behind(machine) == []


@pytest.mark.usefixtures("machine")
def test_offline_means_that_no_mirror_is_asked(server: Server) -> None:
    with pytest.raises(DataError, match="offline"):
        fetch(remote(server, "good"), offline=True)
    assert server.asked == []


@pytest.mark.usefixtures("machine")
def test_what_is_cached_is_not_fetched_again_and_is_there_offline(server: Server) -> None:
    file = remote(server, "good")
    assert fetch(file) == fetch(file) == fetch(file, offline=True)
    assert server.asked == ["/good/digits.gz"]


@pytest.mark.usefixtures("machine")
def test_a_mirror_of_ones_own_is_asked_first(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSPEC_MIRROR", f"{server.base}own")
    fetch(remote(server, "absent"))
    assert server.asked == ["/own/set/digits.gz"]


@pytest.mark.usefixtures("machine")
def test_a_dead_mirror_is_waited_for_only_once(server: Server) -> None:
    files = [remote(server, "absent", "good", name=name) for name in ("a.gz", "b.gz", "c.gz")]
    assert [path.name for path in fetch(*files)] == ["a.gz", "b.gz", "c.gz"]
    assert server.asked == ["/absent/a.gz", "/good/a.gz", "/good/b.gz", "/good/c.gz"]


def test_an_interrupted_download_leaves_nothing(
    machine: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path, _file: RemoteFile) -> None:
        assert path.stat().st_size == len(PACKED)
        raise KeyboardInterrupt

    monkeypatch.setattr(nnspec.data.download, "_check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(server, "good"))
    assert left_behind(machine) == []


def test_a_cache_that_cannot_be_written_is_an_error(
    machine: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine / "file"))
    with pytest.raises(DownloadError, match="cannot be stored in"):
        fetch(remote(server, "good"))


@pytest.mark.usefixtures("machine")
def test_an_address_that_is_none_is_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSPEC_MIRROR", "mirror.example")
    (path,) = fetch(remote(server, "good"))
    assert path.exists()
    path.unlink()
    with pytest.raises(DownloadError, match=r"mirror\.example/set/digits\.gz: .*[Ii]nvalid URL"):
        fetch(remote(server, "absent"))


def test_processes_that_fetch_the_same_file_at_once_do_not_meet(machine: Path, server: Server) -> None:
    program = (
        "import sys, numpy as np\n"
        "from nnspec.contracts.loader import RemoteFile\n"
        "from nnspec.data import Sources\n"
        f"file = RemoteFile('digits.gz', {SHA256!r}, ({server.base + 'slow/'!r},), {len(CONTENT)})\n"
        "print(Sources(None, np.random.default_rng(0)).files('set', [file], None)[0])\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert gzip.decompress(Path(out.strip()).read_bytes()) == CONTENT
    assert left_behind(machine) == ["digits.gz"]
