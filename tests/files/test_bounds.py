"""What a file claims makes no room; what a small file unpacks to is bounded."""

import gzip
import io
import json
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from nnspec.contracts.content import Content
from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.files.arrays import Archive, map_npy, parse_npy
from nnspec.files.bounds import LIMIT, RATIO, SMALL, unpacked_limit
from nnspec.files.documents import parse, read
from nnspec.files.pictures import open_picture
from nnspec.files.tensors import read_tensors
from nnspec.parts.loaders.csv import Csv
from nnspec.parts.loaders.pickle import Pickle

MEGABYTE = 10**6


@pytest.fixture
def source(tmp_path: Path) -> Sources:
    """Files of this test's folder."""
    return Sources(tmp_path, np.random.default_rng(1), offline=True)


@contextmanager
def within(megabytes: float, seconds: float = 2.0) -> Iterator[None]:
    """What happens here takes no more memory and time."""
    tracemalloc.start()
    start = time.process_time()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
        # Tracing makes everything slower, never faster.
        assert time.process_time() - start < 4 * seconds
    finally:
        tracemalloc.stop()


def npy(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def test_small_files_may_unpack_to_so_much_and_large_ones_to_a_multiple_of_their_size() -> None:
    assert unpacked_limit(0) == unpacked_limit(SMALL // RATIO) == SMALL
    assert unpacked_limit(MEGABYTE) == RATIO * MEGABYTE
    assert unpacked_limit(10**12) == LIMIT


def test_a_gzip_bomb_ends_at_the_bound_of_its_own_size(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(SMALL + MEGABYTE), 1))
    with (
        within(90),
        Content(path) as content,
        pytest.raises(DataError, match=f"decompresses to more than {SMALL} bytes"),
    ):
        content.rest()


def test_an_archive_has_one_budget_for_all_its_arrays() -> None:
    half = npy(np.zeros(SMALL // 2 + 1000, np.uint8))
    archive = Archive(zipped(a=half, b=half), Path("x.npz"))
    assert archive.array("a").size == SMALL // 2 + 1000
    with pytest.raises(
        DataError, match=r"`b` decompresses to \d+ bytes, far more than such an archive should hold"
    ):
        archive.array("b")


def test_an_archive_that_is_not_compressed_may_be_as_large_as_it_is() -> None:
    data = npy(np.arange(SMALL // 8 + 1000))
    assert Archive(zipped(zipfile.ZIP_STORED, x=data), Path("x.npz")).array("x")[-1] == SMALL // 8 + 999


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_ways_of_packing_that_numpy_does_not_write_are_refused(method: int) -> None:
    with pytest.raises(DataError, match="`x` is compressed in a way that NumPy does not write"):
        Archive(zipped(method, x=npy(np.arange(3))), Path("x.npz")).array("x")


def claiming(shape: tuple[int, ...], dtype: str) -> bytes:
    """A header that claims this much."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode()


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((10**15,), "<f8"), ((2, 10**12), "|u1"), ((3,), "<U100000000"), ((-1, -8), "|u1")],
)
def test_a_header_makes_no_room_for_what_it_claims(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    data = claiming(shape, dtype) + bytes(8)
    (tmp_path / "x.npy").write_bytes(data)
    ways: tuple[Callable[[], object], ...] = (
        lambda: parse_npy(data, DataError),
        lambda: map_npy(tmp_path / "x.npy"),
        lambda: Archive(zipped(x=data), Path("x.npz")).array("x"),
    )
    for way in ways:
        with within(5), pytest.raises(DataError, match=r"cut short or damaged|is empty"):
            way()


def test_an_array_without_rows_is_taken_only_where_that_is_allowed() -> None:
    data = npy(np.empty((0, 3), np.float32))
    with pytest.raises(DataError, match="is empty"):
        parse_npy(data, DataError)
    assert parse_npy(data, DataError, least=0).shape == (0, 3)
    for shape in ((0, 0), (3, 0), (-1, 3)):
        with pytest.raises(DataError, match="is empty"):
            parse_npy(claiming(shape, "<f4"), DataError, least=0)
    with pytest.raises(DataError, match="damaged"):
        parse_npy(claiming((0, 10**30), "<f4"), DataError, least=0)


def test_text_of_characters_that_there_are_not_is_refused() -> None:
    for code in (0x110000, 0xD800, 0xFFFFFFFF):
        data = npy(np.array(["ab", "c"])).replace(struct.pack("<I", ord("b")), struct.pack("<I", code))
        with pytest.raises(DataError, match="characters that there are not"):
            parse_npy(data, DataError)


def png(width: int, height: int) -> bytes:
    """A picture that claims these measures."""
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (2**31 - 1, 1), (50_000_001, 1)])
def test_a_picture_of_more_pixels_than_make_sense_is_refused_by_its_header(width: int, height: int) -> None:
    with within(5), pytest.raises(DataError, match="with more than 50,000,000 pixels"):
        open_picture(png(width, height), Path("x.png"))


def test_formats_that_start_other_programs_are_not_pictures() -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(harm) (w) file\n%%EOF\n"
    with pytest.raises(DataError, match="is no PNG or JPEG picture"):
        open_picture(postscript, Path("x.png"))


def test_one_long_text_among_many_makes_no_room_for_as_many_long_ones(tmp_path: Path, source: Sources) -> None:
    labels = ["x" * 100_000, *("y" * 50_000)]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps((np.zeros((len(labels), 2)), labels)))
    with within(20), pytest.raises(DataError, match="unpacks to more text than it brings"):
        Pickle(path="x.pkl").load(source)


def test_a_list_that_a_pickle_mentions_over_and_over_is_an_array_once(tmp_path: Path, source: Sources) -> None:
    numbers = list(range(20_000))
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([(numbers, 1)] * 20_000, 2))
    with within(30), pytest.raises(DataError, match="in an order that is not known"):
        Pickle(path="x.pkl").load(source)


def table(columns: int, rows: int, cell: Callable[[int, int], str]) -> str:
    head = ",".join([*(f"c{number}" for number in range(columns)), "label"])
    body = "\n".join(",".join([*(cell(row, at) for at in range(columns)), "ab"[row % 2]]) for row in range(rows))
    return f"{head}\n{body}\n"


def test_many_columns_of_many_words_make_no_giant_of_inputs(tmp_path: Path, source: Sources) -> None:
    (tmp_path / "x.csv").write_text(table(300, 1000, lambda row, _: f"w{row}"))
    with within(200, 6), pytest.raises(DataError, match="its words make 300000 inputs of each of 1000 rows"):
        Csv(path="x.csv").load(source)


def test_a_header_of_a_hundred_thousand_columns_is_read_at_once(tmp_path: Path, source: Sources) -> None:
    (tmp_path / "x.csv").write_text(",".join(f"c{number}" for number in range(100_000)) + ",c7\n")
    with within(60), pytest.raises(DataError, match="two columns named `c7`"):
        Csv(path="x.csv").load(source)


def test_a_class_named_by_thousands_of_digits_is_a_word(tmp_path: Path, source: Sources) -> None:
    rows = "".join(f"{number}.5,{number % 2}{'0' * 5000}\n" for number in range(8))
    (tmp_path / "x.csv").write_text(f"x,label\n{rows}")
    assert Csv(path="x.csv").load(source).classes == ("0" * 5001, "1" + "0" * 5000)


def test_a_checkpoint_whose_header_claims_more_than_there_is_is_refused(tmp_path: Path) -> None:
    whole = save({"W": np.zeros(3, np.float32)}, {"nnspec": "{}"})
    for claimed in (len(whole), 2**25, 2**62):
        (tmp_path / "x").write_bytes(struct.pack("<Q", claimed) + whole[8:])
        with pytest.raises(DataError, match=f"its header claims {claimed} bytes of {len(whole)}|damaged"):
            read_tensors(tmp_path / "x")


def test_json_is_utf_8() -> None:
    assert parse('{"a": "\u00fc"}'.encode()) == {"a": "\u00fc"}
    for encoding in ("utf-16", "utf-32-le", "latin-1"):
        with pytest.raises(ValueError, match=r"decode|Expecting"):
            parse('{"a": "\u00fc"}'.encode(encoding))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000])
def test_json_that_python_fails_on_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|digits"):
        parse(text)


def test_metadata_that_is_no_object_is_refused(tmp_path: Path) -> None:
    for text in ("[]", "3", "[" * 100_000, json.dumps({"a": 1})[:-1]):
        (tmp_path / "x").write_bytes(save({"W": np.zeros(3, np.float32)}, {"nnspec": text}))
        with pytest.raises(DataError, match="damaged"):
            read_tensors(tmp_path / "x")


def test_a_document_of_more_than_makes_sense_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.json").write_text('{"a": 1}')
    assert read(tmp_path / "run.json") == {"a": 1}
    monkeypatch.setattr("nnspec.files.documents.LARGEST", 7)
    with pytest.raises(ValueError, match="larger than 7 bytes"):
        read(tmp_path / "run.json")
