"""Batches made ready ahead, in memory and in files: the same ones, whoever makes them and when."""

import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from nnspec.contracts.context import Context
from nnspec.contracts.loader import Split
from nnspec.contracts.rows import Rows, Stretch
from nnspec.contracts.transform import Transform
from nnspec.engine.ahead import ahead
from nnspec.engine.batches import Batches
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
INPUTS = np.random.default_rng(0).integers(256, size=(97, 1, 6, 6)).astype(np.uint8)
TARGETS = np.random.default_rng(1).integers(3, size=97)


def batches(inputs: Any, *, prefetch: bool | None, size: int = 4) -> Batches:
    transforms = [part(Transform, entry, {}) for entry in ({"shift": 2}, "scale", {"noise": 0.1})]
    pipeline = Pipeline(transforms, (1, 6, 6), Seeds(1))
    pipeline.fit(inputs)
    made = Batches(Split(inputs, TARGETS), pipeline, (3,), size, training=True, prefetch=prefetch)
    made._gathered = 3 * size
    return made


def epoch(made: Batches, done: int = 0) -> list[tuple[Array, Array]]:
    return [(x.copy(), t.copy()) for x, t in made.shuffled(np.random.default_rng(5), 2, done)]


def in_file(folder: Path) -> Rows:
    path = folder / "images.bin"
    INPUTS.tofile(path)
    return Rows([Stretch(path, 0, len(INPUTS), (1, 6, 6), np.dtype(np.uint8))])


@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize("done", [0, 1, 3, 7, 24])
def test_a_thread_makes_the_same_batches_from_any_place_in_an_epoch(tmp_path: Path, where: str, done: int) -> None:
    inputs: Any = INPUTS if where == "memory" else in_file(tmp_path)
    expected = epoch(batches(inputs, prefetch=False))[done:]
    for prefetch in (True, None):
        found = epoch(batches(inputs, prefetch=prefetch), done)
        assert len(found) == len(expected) == 25 - done
        for (x, t), (x_expected, t_expected) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(x, x_expected)
            np.testing.assert_array_equal(t, t_expected)


def test_a_split_in_its_own_order_is_the_same_from_memory_and_from_a_file(tmp_path: Path) -> None:
    from_file = batches(in_file(tmp_path), prefetch=True)
    expected = [(x.copy(), t.copy()) for x, t in batches(INPUTS, prefetch=False).in_order()]
    assert len(expected) == 25
    for (x, t), (x_expected, t_expected) in zip(from_file.in_order(), expected, strict=True):
        np.testing.assert_array_equal(x, x_expected)
        np.testing.assert_array_equal(t, t_expected)


def test_a_thread_is_used_for_transforms_that_draw_and_for_files_but_not_for_plain_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnspec.engine.batches.cores", lambda: 2)
    for inputs, transform, expected in (
        (INPUTS, Spying(), {"main"}),
        (INPUTS, Spying(draws=True), {"main", "ahead"}),
        (in_file(tmp_path), Spying(), {"main", "ahead"}),
    ):
        Spying.seen.clear()
        made = Batches(Split(inputs, TARGETS), Pipeline([transform], (1, 6, 6), Seeds(1)), (3,), 4, training=True)  # type: ignore[arg-type]
        made._gathered = 12
        list(made.shuffled(np.random.default_rng(0)))
        assert Spying.seen == expected


def test_whoever_stops_within_an_epoch_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    stream = batches(INPUTS, prefetch=True).shuffled(np.random.default_rng(0))
    assert isinstance(stream, Generator)
    for _ in range(5):
        next(stream)
    stream.close()
    assert threading.active_count() == before


def test_what_goes_wrong_ahead_is_raised_where_its_result_would_have_come() -> None:
    def prepare(item: int, slot: int) -> int:
        if item == 3:
            raise ValueError("the third")
        return item * 10 + slot

    results = ahead(prepare, [1, 2, 3, 4])
    assert [next(results), next(results)] == [10, 21]
    with pytest.raises(ValueError, match="the third"):
        next(results)


def test_the_result_in_use_is_not_written_to_while_the_next_is_made() -> None:
    slots = [np.zeros(1), np.zeros(1)]

    def prepare(item: int, slot: int) -> Array:
        slots[slot][0] = item
        return slots[slot]

    for item, result in enumerate(ahead(prepare, range(20))):
        time.sleep(0.001)
        assert result[0] == item


class Spying(Transform):
    """Notes the thread it is applied in."""

    seen: ClassVar[set[str]] = set()
    draws: bool = False

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        name = threading.current_thread().name
        Spying.seen.add("ahead" if name.startswith("nnspec-ahead") else "main")
        if self.draws and ctx.training:
            ctx.random.random()
        return x
