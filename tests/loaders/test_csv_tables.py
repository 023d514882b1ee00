"""csv: columns of numbers and of words, classes or numbers to predict, and mistakes with their line."""

import gzip
import hashlib
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Dataset, Outline
from nnspec.parts.loaders.csv import Csv

TABLE = """size,colour,weight,label
1.5,red,10,cat
-2,blue,2e1,dog
0,red,30,cat
4,green,-4,ant
"""


@pytest.fixture
def load(tmp_path: Path, source: Sources) -> Callable[..., Dataset]:
    """Writes a table and loads it."""

    def written(text: str | bytes = TABLE, **options: Any) -> Dataset:
        (tmp_path / "t.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        return Csv(path="t.csv", **options).load(source)

    return written


def test_numbers_are_kept_and_words_become_inputs_of_their_own(load: Callable[..., Dataset]) -> None:
    dataset = load()
    assert dataset.features == ("size", "colour=blue", "colour=green", "colour=red", "weight")
    assert dataset.train.inputs.dtype == np.float32
    assert dataset.train.inputs.tolist() == [
        [1.5, 0, 0, 1, 10],
        [-2, 1, 0, 0, 20],
        [0, 0, 0, 1, 30],
        [4, 0, 1, 0, -4],
    ]
    assert dataset.classes == ("ant", "cat", "dog")
    assert dataset.train.targets.tolist() == [1, 2, 1, 0]
    assert dataset.files[0].sha256 == hashlib.sha256(TABLE.encode()).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("\n", "\r\n"),
        "\ufeff" + TABLE,
        TABLE.replace(",", " , "),
        TABLE.replace("red", '"red"'),
        TABLE.rstrip("\n"),
        TABLE.replace("\n", "\n\n"),
        gzip.compress(TABLE.encode(), mtime=0),
    ],
)
def test_ways_of_writing_the_same_table(load: Callable[..., Dataset], text: str | bytes) -> None:
    assert load(text).train.inputs.tolist() == load().train.inputs.tolist()
    assert load(text).train.targets.tolist() == load().train.targets.tolist()


def test_another_delimiter_and_another_encoding(load: Callable[..., Dataset]) -> None:
    assert load(TABLE.replace(",", ";"), delimiter=";").classes == ("ant", "cat", "dog")
    assert load(TABLE.replace(",", "\t"), delimiter="\t").classes == ("ant", "cat", "dog")
    assert load(TABLE.replace("dog", "Hündin").encode("latin-1"), encoding="latin-1").classes == (
        "Hündin",
        "ant",
        "cat",
    )


def test_a_table_of_words_alone(load: Callable[..., Dataset]) -> None:
    dataset = load("a,label\nx,0\ny,1\n")
    assert dataset.features == ("a=x", "a=y")
    assert dataset.train.inputs.tolist() == [[1, 0], [0, 1]]


def test_labels_that_are_numbers_are_ordered_as_numbers(load: Callable[..., Dataset]) -> None:
    assert load("a,label\n1,10\n2,9\n3,10\n").classes == ("9", "10")


def test_classes_may_be_named_in_an_order_of_ones_own(load: Callable[..., Dataset]) -> None:
    assert load(classes=("dog", "cat", "ant")).train.targets.tolist() == [1, 0, 1, 2]
    with pytest.raises(DataError, match=r"t\.csv:5: column `label` has `ant`, which is none of dog, cat"):
        load(classes=("dog", "cat"))


def test_columns_to_predict_from_and_to_leave_out(load: Callable[..., Dataset]) -> None:
    assert load(inputs=("weight",)).train.inputs.tolist() == [[10], [20], [30], [-4]]
    assert load(ignore=("colour",)).features == ("size", "weight")
    assert load(categorical=("size",), ignore=("weight", "colour")).features == (
        "size=-2",
        "size=0",
        "size=1.5",
        "size=4",
    )


def test_numbers_to_predict(load: Callable[..., Dataset]) -> None:
    one = load(target="weight")
    assert one.classes is None
    assert one.train.targets.tolist() == [[10], [20], [30], [-4]]
    assert one.features == (
        "size",
        "colour=blue",
        "colour=green",
        "colour=red",
        "label=ant",
        "label=cat",
        "label=dog",
    )
    two = load(target=("weight", "size"))
    assert two.train.targets.tolist() == [[10, 1.5], [20, -2], [30, 0], [-4, 4]]


def test_splits_are_drawn_with_every_class_in_each(load: Callable[..., Dataset]) -> None:
    rows = "".join(f"{row},{'ab'[row % 2]}\n" for row in range(40))
    dataset = load("x,label\n" + rows, validation=0.25, test=10)
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 20,
        "validation": 10,
        "test": 10,
    }
    assert np.bincount(dataset.splits["test"].targets).tolist() == [5, 5]


def test_a_test_file_is_coded_like_the_training_file(load: Callable[..., Dataset], tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("label,weight,colour,size\ncat,1,green,2\n")
    dataset = load(test_path="test.csv")
    assert dataset.test is not None
    assert dataset.test.inputs.tolist() == [[2, 0, 1, 0, 1]]
    assert dataset.test.targets.tolist() == [1]
    for text, message in (
        ("label,weight,colour,size\ncat,1,pink,2\n", r"test\.csv:2: column `colour` has `pink`, which is none of"),
        ("label,weight,colour,size\ncow,1,red,2\n", r"test\.csv:2: column `label` has `cow`"),
        ("label,weight,colour\ncat,1,red\n", "column `size` must be there and hold numbers"),
        ("label,weight,colour,size\ncat,1,7,2\n", "column `colour` must be there and hold words"),
    ):
        (tmp_path / "test.csv").write_text(text)
        with pytest.raises(DataError, match=message):
            load(test_path="test.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace("-2,blue", "-2,blue,7"), "t.csv:3: 5 cells where the header has 4"),
        (TABLE + "1,red\n", "t.csv:6: 2 cells where the header has 4"),
        (TABLE.replace("2e1", ""), r"t.csv:3: column `weight` has a missing value"),
        (TABLE.replace("1.5", "NA"), r"t.csv:2: column `size` has a missing value \(`NA`\)"),
        (TABLE.replace("2e1", "nan"), "t.csv:3: column `weight` has no finite number but `nan`"),
        (TABLE.replace("2e1", "inf"), "t.csv:3: column `weight` has no finite number but `inf`"),
        (TABLE.replace("2e1", "1e200"), "t.csv:3: holds a number beyond float32"),
        (
            TABLE.replace("2e1", "2o1"),
            r"t.csv:3: column `weight` has `2o1` where numbers .* `categorical: \[weight\]`",
        ),
        (TABLE.replace("blue", ""), "t.csv:3: column `colour` has a missing value"),
        (TABLE.replace("blue", "3"), "t.csv:3: column `colour` has the number 3, but words above"),
        (TABLE.replace("dog", ""), "t.csv:3: column `label` has a missing value"),
        (TABLE.replace("blue", '"blue'), "t.csv:5: unexpected end of data"),
        ("", "t.csv: is empty"),
        ("a,b,label\n", "holds a header but no rows"),
        ("a,a,label\n1,2,3\n", "t.csv:1: the header has two columns named `a`"),
        ("a,,label\n1,2,3\n", "t.csv:1: the header has a column without a name"),
        (TABLE.replace(",", ";"), "has a single column.*is it `delimiter: ';'`"),
        ("label\nx\n", "has a single column, `label`"),
        (TABLE.replace("label", "Labels"), "has no column `label`; did you mean `Labels`"),
        (TABLE.replace("label", "species"), "has no column `label`; there are size, colour, weight, species"),
        (TABLE.replace("dog", "Hündin").encode("latin-1"), "t.csv:3: byte 0xfc is not utf-8.*encoding: latin-1"),
        (BOM_UTF8 + TABLE.replace("dog", "Hündin").encode("latin-1"), "t.csv:3: byte 0xfc is not utf-8"),
    ],
)
def test_a_mistake_is_said_with_its_line(load: Callable[..., Dataset], text: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(text)


def test_a_column_of_names_is_no_category(load: Callable[..., Dataset]) -> None:
    rows = "".join(f"name{row},{row % 2}\n" for row in range(1500))
    with pytest.raises(DataError, match=r"column `id` has 1500 different words: .* `ignore: \[id\]`"):
        load("id,label\n" + rows)


def test_a_column_that_is_missing_is_answered_with_the_nearest(load: Callable[..., Dataset]) -> None:
    for options in ({"label": "colur"}, {"target": "colur"}, {"inputs": ("colur",)}, {"ignore": ("colur",)}):
        with pytest.raises(DataError, match="has no column `colur`; did you mean `colour`"):
            load(**options)
    with pytest.raises(DataError, match=r"t\.csv:2: column `colour` has `red` where numbers are expected"):
        load(target="colour")
    with pytest.raises(DataError, match="no columns left"):
        load(inputs=())


@pytest.mark.parametrize(
    "options",
    [
        {"label": "a", "target": "b"},
        {"test": 3, "test_path": "x"},
        {"target": []},
        {"target": 3},
        {"target": "a", "ignore": ("a",)},
        {"target": "a", "categorical": ("a",)},
        {"label": "a", "ignore": ("a",)},
        {"encoding": "klingon"},
        {"encoding": "hex"},
        {"delimiter": '"'},
        {"delimiter": ""},
        {"delimiter": ",,"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Csv(path="x", **options)


def test_the_outline_knows_the_classes_that_are_named() -> None:
    assert Csv(path="x", classes=("a", "b")).outline() == Outline(classes=2, names=("a", "b"))
    assert Csv(path="x", target=("a",)).outline() == Outline()
