"""Reading content: plain or gzipped, hashed in passing, within bounds."""

import gzip
import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from nnspec.contracts.content import Content
from nnspec.errors import DataError

TEXT = bytes(range(256)) * 20_000


@pytest.fixture(params=["plain", "gzip", "two members", "misnamed"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same content, stored in four ways."""
    path = tmp_path / ("x.gz" if request.param == "misnamed" else "x")
    path.write_bytes(
        {
            "plain": TEXT,
            "gzip": gzip.compress(TEXT),
            "two members": gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
            "misnamed": TEXT,
        }[request.param]
    )
    return path


def test_pieces_make_up_the_whole_and_its_hash(file: Path) -> None:
    with Content(file) as content:
        pieces = [content.read(3), content.read(2_000_000), content.rest()]
    assert b"".join(pieces) == TEXT
    assert [len(piece) for piece in pieces[:2]] == [3, 2_000_000]
    assert content.sha256 == hashlib.sha256(TEXT).hexdigest()
    assert content.length == len(TEXT)


def test_reading_past_the_end_yields_what_there_is(file: Path) -> None:
    with Content(file) as content:
        assert content.read(10**15) == TEXT
        assert content.read(1) == b""


def test_a_file_is_listed_alike_gzipped_or_plain(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(TEXT)
    (tmp_path / "x.gz").write_bytes(gzip.compress(TEXT))
    files = []
    for name in ("x", "x.gz"):
        with Content(tmp_path / name) as content:
            content.skip()
        files.append(content.file)
    assert files[0] == files[1]


def test_a_wrong_hash_says_which_file_expected_got_and_what_to_do(file: Path) -> None:
    with Content(file) as content:
        content.skip()
        content.check(hashlib.sha256(TEXT).hexdigest())
        with pytest.raises(DataError) as caught:
            content.check("0" * 64)
    message = str(caught.value)
    assert str(file) in message
    assert "0" * 64 in message
    assert hashlib.sha256(TEXT).hexdigest() in message
    assert "remove it" in message


@pytest.mark.parametrize("kept", [2, 5, 17, 200, -1])
def test_gzip_cut_short_is_an_error(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(TEXT)[:kept])
    with Content(path) as content, pytest.raises(DataError, match="cut short"):
        content.rest()


@pytest.mark.parametrize("place", [12, 3000, -6])
def test_damaged_gzip_is_an_error(tmp_path: Path, place: int) -> None:
    path = tmp_path / "x.gz"
    packed = bytearray(gzip.compress(os.urandom(5000)))
    packed[place] ^= 0xFF
    path.write_bytes(packed)
    with Content(path) as content, pytest.raises(DataError, match=r"damaged|cut short"):
        content.rest()


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(200_000_000), 1))
    tracemalloc.start()
    try:
        with Content(path, limit=3_000_000) as content, pytest.raises(DataError, match="more than 3000000 bytes"):
            content.rest()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_plain_file_may_be_larger_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(TEXT)
    with Content(tmp_path / "x", limit=10) as content:
        assert content.rest() == TEXT


def test_no_file_a_folder_and_a_device_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing: there is no such file"):
        Content(tmp_path / "missing")
    with pytest.raises(DataError, match="is a folder"):
        Content(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        Content(Path("/dev/zero"))
