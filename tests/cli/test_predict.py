"""`nnspec predict`: pictures, arrays, tables and bare numbers go in, answers come out."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.cli.main import main
from nnspec.contracts.loader import Split
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array

Output = pytest.CaptureFixture[str]


def _save(picture: Array, path: Path) -> Path:
    Image.fromarray(picture).save(path)
    return path


def _classes(capsys: Output) -> list[str]:
    return [found["class"] for found in json.loads(capsys.readouterr().out)["predictions"]]


def _enlarged(digit: Array, left: int, top: int) -> Array:
    """A digit ten times as large, dark on light grey paper, anywhere on a page of 400 x 360."""
    large = np.asarray(Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC), np.float64)
    page = np.zeros((360, 400))
    page[top : top + 280, left : left + 280] = large
    return (230 - page * 0.8).astype(np.uint8)


def test_exported_digits_pass_through_unchanged(
    digits: Path, test_digits: Split, tmp_path: Path, capsys: Output
) -> None:
    """Test digits written as PNG of 28 x 28 give the very outputs that the arrays themselves give."""
    chosen = test_digits.inputs[:40]
    files = [_save(digit[0], tmp_path / f"{index}.png") for index, digit in enumerate(chosen)]
    assert main(["predict", str(digits), *map(str, files), "--json"]) == 0
    captured = capsys.readouterr()
    outputs = [found["outputs"] for found in json.loads(captured.out)["predictions"]]
    # One by one, since the last bits of a product depend on the size of the batch.
    run = OpenedRun(digits)
    expected = [run.predict(digit).outputs[0].tolist() for digit in chosen]
    assert outputs == expected
    assert captured.err.count("as it is") == 40


def test_drawings_of_any_size_and_polarity_are_read_like_the_digits_they_show(
    digits: Path, test_digits: Split, tmp_path: Path, capsys: Output
) -> None:
    """Digits drawn large, dark on light, off the middle: as many are recognized as of the originals."""
    random = np.random.default_rng(1)
    files = []
    for index in range(100):
        page = _enlarged(test_digits.inputs[index, 0], *random.integers(0, 80, 2))
        files.append(_save(page, tmp_path / f"{index}.png"))
    assert main(["predict", str(digits), *map(str, files), "--json"]) == 0
    answered = np.array([int(name) for name in _classes(capsys)])
    plain = OpenedRun(digits).predict(test_digits.inputs[:100]).class_numbers
    truth = test_digits.targets[:100]
    assert np.mean(answered == truth) >= np.mean(plain == truth) - 0.02


def test_the_guess_is_told_and_can_be_overruled(
    digits: Path, test_digits: Split, tmp_path: Path, capsys: Output
) -> None:
    """Black on white is inverted and said to be; --no-invert keeps it, --invert exchanges what would stay."""
    digit = test_digits.inputs[0, 0]
    light, dark = _save(255 - digit, tmp_path / "light.png"), _save(digit, tmp_path / "dark.png")
    main(["predict", str(digits), str(light)])
    captured = capsys.readouterr()
    assert "light.png: dark on light, so inverted" in captured.err
    assert captured.out.startswith(f"{light}: 7 with ")
    assert ", then " in captured.out
    main(["predict", str(digits), "--no-invert", "--json", str(light)])
    kept = json.loads(capsys.readouterr().out)["predictions"][0]["outputs"]
    main(["predict", str(digits), "--invert", "--json", str(dark)])
    exchanged = json.loads(capsys.readouterr().out)["predictions"][0]["outputs"]
    expected = OpenedRun(digits).predict(255 - test_digits.inputs[0]).outputs[0].tolist()
    assert kept == exchanged == expected


def test_pictures_in_other_modes_mean_the_same(
    digits: Path, test_digits: Split, tmp_path: Path, capsys: Output
) -> None:
    """Sixteen bits, colour, a palette, and ink on transparent ground all give the digit's own answer."""
    digit = test_digits.inputs[3, 0]
    ink = np.zeros((28, 28, 4), np.uint8)
    ink[..., 3] = digit
    grey = Image.fromarray(digit)
    grey.convert("RGB").save(tmp_path / "rgb.png")
    grey.convert("P").save(tmp_path / "palette.png")
    Image.fromarray(digit.astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    Image.fromarray(ink).save(tmp_path / "transparent.png")
    files = [str(tmp_path / f"{name}.png") for name in ("rgb", "palette", "sixteen", "transparent")]
    assert main(["predict", str(digits), *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    expected = OpenedRun(digits).predict(test_digits.inputs[3]).outputs[0]
    for one in found:
        np.testing.assert_allclose(one["outputs"], expected, atol=1e-5)


def test_colour_pictures_for_a_network_of_colours(lamps: Path, tmp_path: Path, capsys: Output) -> None:
    """A green lamp of any size is green; a grey data set's tricks are not played on it."""
    page = np.full((30, 50, 3), 20, np.uint8)
    page[..., 1] = 220
    file = _save(page, tmp_path / "lamp.png")
    assert main(["predict", str(lamps), str(file), "--prepare", "stretch"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{file}: green with ")
    assert captured.err == f"{file}: stretched to 8 x 8\n"


def test_arrays_give_an_answer_for_each_sample(
    digits: Path, test_digits: Split, tmp_path: Path, capsys: Output
) -> None:
    """.npy files, and the first or the named array of .npz files."""
    np.save(tmp_path / "a.npy", test_digits.inputs[:3])
    np.savez(tmp_path / "b.npz", first=test_digits.inputs[3:4], second=test_digits.inputs[4:6, 0])
    files = [str(tmp_path / "a.npy"), str(tmp_path / "b.npz")]
    answered = [str(number) for number in OpenedRun(digits).predict(test_digits.inputs[:6]).class_numbers]
    main(["predict", str(digits), *files, "--json"])
    assert _classes(capsys) == answered[:4]
    main(["predict", str(digits), files[1], "--array", "second"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" with ")[0] for line in lines] == [
        f"{files[1]}[0]: {answered[4]}",
        f"{files[1]}[1]: {answered[5]}",
    ]


@pytest.mark.parametrize("numbers", [("0.3", "0.5"), ("-0.3", "0.2"), ("-1e-3", "-.5"), ("1", "-2.5E+0")])
def test_bare_numbers_are_one_sample(moons: Path, capsys: Output, numbers: tuple[str, str]) -> None:
    """A coordinate, also where it is negative or has an exponent."""
    assert main(["predict", str(moons), *numbers, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["predictions"]
    expected = OpenedRun(moons).predict([[float(number) for number in numbers]])
    assert found["outputs"] == expected.outputs[0].tolist()
    answer = next(iter(expected))
    assert (found["class"], found["runner_up"]["class"]) == (answer.name, answer.runner_up)


def test_table_rows_are_matched_by_the_names_of_their_columns(
    flowers: Path, tmp_path: Path, capsys: Output
) -> None:
    """Columns in another order, one too many, words as words: the training table's meaning holds."""
    (tmp_path / "new.csv").write_text("note;sepal;colour;petal\nx;0.5;white;0.1\n\ny;0.2;red;0.9\n")
    assert main(["predict", str(flowers), str(tmp_path / "new.csv")]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path / 'new.csv'}:2: lily with ")
    assert second.startswith(f"{tmp_path / 'new.csv'}:4: rose with ")
    (tmp_path / "bare.csv").write_text("0.1,blue,0.5\n")
    main(["predict", str(flowers), str(tmp_path / "bare.csv"), "--json"])
    assert _classes(capsys) == ["iris"]
    main(["predict", str(flowers), "0.1", "white", "0.5", "--json"])
    assert _classes(capsys) == ["lily"]


def test_a_regression_answers_with_its_output(prices: Path, capsys: Output) -> None:
    """Size 0.5 and age 0.25 cost 2 * 0.5 - 0.25 + 1 = 1.75."""
    assert main(["predict", str(prices), "0.5", "0.25"]) == 0
    name, _, value = capsys.readouterr().out.strip().partition(": ")
    assert name == "0.5 0.25"
    assert float(value) == pytest.approx(1.75, abs=0.05)


@pytest.mark.parametrize(
    ("run", "inputs", "code", "message"),
    [
        ("moons", ["0.3"], 2, "expected 2 values, found 1"),
        ("moons", ["0.3", "foo"], 2, "`foo` is neither a file nor a number; this run expects 2 values"),
        (
            "moons",
            ["[0.1, 3.0]"],
            2,
            "`[0.1, 3.0]` is neither a file nor a number; the numbers of a sample stand one by one: nnspec",
        ),
        (
            "moons",
            ["0.1,3.0"],
            2,
            "`0.1,3.0` is neither a file nor a number; the numbers of a sample stand one by one",
        ),
        ("moons", ["-"], 2, "`-` is neither a file nor a number; standard input is not read: write 2 values"),
        ("moons", ["0.3", "nan"], 2, "`nan` is no finite number"),
        ("moons", ["gone.npy"], 2, "gone.npy: there is no such file"),
        ("moons", ["picture.png"], 2, "picture.png: this run was not trained on pictures; it expects 2 values"),
        ("moons", ["cube.npy"], 1, "cube.npy: expected samples of 2, found an array of 3 x 3 x 3"),
        ("moons", ["0.3", "cube.npy"], 2, "`0.3` stands among files"),
        ("moons", ["notes.txt"], 2, "notes.txt: what is in it?"),
        ("moons", ["ragged.csv"], 1, "ragged.csv:2: expected 2 cells, found 3"),
        ("moons", ["word.csv"], 1, "word.csv:3: `oops` is no number"),
        ("moons", ["empty.csv"], 1, "empty.csv: is empty"),
        ("moons", ["latin.csv"], 1, "latin.csv: is no UTF-8 text"),
        ("moons", ["text.npy"], 1, "text.npy: is no .npy data"),
        ("moons", ["objects.npy"], 1, "objects.npy: holds Python objects"),
        ("moons", ["greedy.npy"], 1, "greedy.npy: declares shape (1000000000000, 2) of float64"),
        ("moons", ["text.npz"], 1, "text.npz: is no .npz file"),
        ("moons", ["misnamed.npz"], 1, "misnamed.npz: is an .npy file by its content"),
        ("flowers", ["0.3", "blew", "1"], 2, "`blew` is none of the words of `colour`; did you mean `blue`?"),
        ("flowers", ["0.3", "red"], 2, "expected 3 values (petal, colour, sepal), found 2"),
        ("flowers", ["short.csv"], 1, "short.csv:1: the header has no column `petal`"),
        ("digits", ["text.png"], 1, "text.png: is no PNG or JPEG picture"),
        ("digits", ["cut.png"], 1, "cut.png: is a damaged picture"),
        ("digits", ["bomb.png"], 1, "bomb.png: is a picture"),
        ("digits", ["wide.png"], 1, "wide.png: is a picture of 60000 x 1000 with more than 50,000,000 pixels"),
        ("digits", ["gone.png"], 2, "gone.png: there is no such file"),
        ("digits", ["folder.png"], 2, "folder.png: is a folder"),
        ("digits", ["1", "2"], 2, "expected 784 values, found 2"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(
    request: pytest.FixtureRequest,
    awkward: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    run: str,
    inputs: list[str],
    code: int,
    message: str,
) -> None:
    """The exit code says whether the command or the data is to blame; the message names the file."""
    monkeypatch.chdir(awkward)
    assert main(["predict", str(request.getfixturevalue(run)), *inputs]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(f"nnspec: {message}")
    assert captured.out == ""


@pytest.fixture
def awkward(tmp_path: Path) -> Path:
    """A folder of files that are not what their names say, or hold what does not fit."""
    for name in ("notes.txt", "text.png", "text.npy", "text.npz"):
        (tmp_path / name).write_text("this is text")
    (tmp_path / "folder.png").mkdir()
    good = _save(np.arange(4900, dtype=np.uint16).reshape(70, 70).astype(np.uint8), tmp_path / "picture.png")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:200])
    (tmp_path / "bomb.png").write_bytes(_claiming(200_000, 200_000))
    (tmp_path / "wide.png").write_bytes(_claiming(60_000, 1000))
    np.save(tmp_path / "cube.npy", np.zeros((3, 3, 3)))
    np.save(tmp_path / "objects.npy", np.array([{}, None]), allow_pickle=True)
    (tmp_path / "misnamed.npz").write_bytes((tmp_path / "cube.npy").read_bytes())
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2)}"
    (tmp_path / "greedy.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    (tmp_path / "ragged.csv").write_text("1,2\n1,2,3\n")
    (tmp_path / "word.csv").write_text("x,y\n1,2\n1,oops\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "latin.csv").write_bytes(b"1,2\n\xe9,3\n")
    (tmp_path / "short.csv").write_text("colour,sepal\nred,1\n")
    return tmp_path


def _claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be so large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"\0"), b"IEND"]
    framed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)
