"""Between a gradient and new parameters: accumulation, averages, patterns; each against plain loops."""

import json
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs.spoiling import state

from engine.gradients import NORMED, batch, by_name, fill, network, train, updates
from nnspec.contracts.schedule import Schedule
from nnspec.engine.averaging import Ema, Swa
from nnspec.engine.clipping import Clip
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import ACCUMULATED, AVERAGED, Manner, Updates
from nnspec.parts.optimizers.adamw import AdamW
from nnspec.parts.optimizers.sgd import Sgd
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from nnspec.types import Array

part = default_resolver().part


@pytest.mark.parametrize("sizes", [(4, 4, 4), (4, 4, 3), (1, 5, 2)])
def test_accumulated_batches_make_the_step_of_one_large_batch(sizes: tuple[int, ...]) -> None:
    x, t = batch(sum(sizes), 8)
    whole, parts = network(), network()
    one = updates(whole, {"momentum": 0.4}, Manner(), {"l2": 0.1})
    several = updates(parts, {"momentum": 0.4}, Manner(accumulate=3), {"l2": 0.1})
    for _ in range(3):
        train(whole, one, x, t)
        start = 0
        for samples in sizes:
            train(parts, several, x[:, start : start + samples], t[:, start : start + samples])
            start += samples
    assert several.step == one.step == 3
    np.testing.assert_allclose(parts.weights, whole.weights, rtol=1e-12, atol=1e-15)


def test_the_batches_left_at_an_epochs_end_make_a_step_of_their_own() -> None:
    x, t = batch(10, 9)
    whole, parts = network(), network()
    one = updates(whole, {"sgd": 0.4}, Manner())
    several = updates(parts, {"sgd": 0.4}, Manner(accumulate=3))
    for start, stop in ((0, 6), (6, 9)):
        train(whole, one, x[:, start:stop], t[:, start:stop])
    for start, stop in ((0, 2), (2, 4), (4, 6), (6, 8), (8, 9)):
        train(parts, several, x[:, start:stop], t[:, start:stop])
    assert several.step == 1
    several.end_epoch()
    assert several.step == 2
    several.end_epoch()
    assert several.step == 2
    np.testing.assert_allclose(parts.weights, whole.weights, rtol=1e-12)


def test_schedules_count_steps_and_not_batches() -> None:
    bound = network()
    update = updates(
        bound,
        {"sgd": 1.0},
        Manner(accumulate=2),
        schedule=part(Schedule, {"step": {"every": 1, "drop": 0.5}}, {}),
        steps=2,
    )
    before, gradients = by_name(bound, bound.weights), []
    for seed in range(4):
        gradients.append(fill(bound, seed)["layers.0.W"])
        update.apply(5)
    expected = before["layers.0.W"] - (gradients[0] + gradients[1]) / 2 - 0.5 * (gradients[2] + gradients[3]) / 2
    np.testing.assert_allclose(by_name(bound, bound.weights)["layers.0.W"], expected, rtol=1e-12)


def states(bound: Network) -> dict[str, Array]:
    return {name: array.copy() for name, array in bound.states.named()}


def test_an_exponential_average_is_the_plain_loops_and_training_does_not_feel_it() -> None:
    plain, averaged = network(NORMED), network(NORMED)
    alone = updates(plain, {"momentum": 0.1}, Manner())
    update = updates(averaged, {"momentum": 0.1}, Manner(average=Ema(0.6)))
    mean, mean_state = np.zeros(0), np.zeros(0)
    for count in range(1, 13):
        for bound, which in ((plain, alone), (averaged, update)):
            train(bound, which, *batch(6, count))
        state = states(plain)["layers.1.variance"]
        stays = min(0.6, (1 + count) / (10 + count)) if count > 1 else 0.0
        mean = plain.weights * (1 - stays) + (mean * stays if count > 1 else 0)
        mean_state = state * (1 - stays) + (mean_state * stays if count > 1 else 0)
        np.testing.assert_array_equal(averaged.weights, plain.weights)
    assert stays == pytest.approx(13 / 22)
    with update.averaged():
        np.testing.assert_allclose(averaged.weights, mean, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(states(averaged)["layers.1.variance"], mean_state, rtol=1e-12)
        with update.averaged():
            np.testing.assert_allclose(averaged.weights, mean, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(averaged.weights, plain.weights)
    np.testing.assert_array_equal(states(averaged)["layers.1.variance"], state)


def test_the_part_that_stays_grows_to_what_was_asked_for_and_no_further() -> None:
    assert [round(1 - Ema(0.5).share(count), 4) for count in (2, 3, 8, 9, 1000)] == [0.25, 0.3077, 0.5, 0.5, 0.5]


def test_stochastic_weight_averaging_is_the_mean_of_the_late_epochs_ends() -> None:
    bound = network(NORMED)
    update = updates(bound, {"sgd": 0.3}, Manner(average=Swa(0.5)), steps=24)
    ends = []
    for epoch in range(8):
        update.begin_epoch()
        for step in range(3):
            train(bound, update, *batch(6, 10 * epoch + step))
        update.end_epoch()
        if epoch >= 3:
            ends.append((bound.weights.copy(), states(bound)["layers.1.mean"]))
        with update.averaged():
            expected = np.mean([weights for weights, _ in ends], axis=0) if ends else bound.weights
            np.testing.assert_allclose(bound.weights, expected, rtol=1e-12, atol=1e-15)
    assert len(ends) == 5
    update.adopt()
    np.testing.assert_allclose(bound.weights, np.mean([weights for weights, _ in ends], axis=0), atol=1e-15)
    np.testing.assert_allclose(states(bound)["layers.1.mean"], np.mean([mean for _, mean in ends], axis=0))
    update.begin_epoch()
    np.testing.assert_array_equal(bound.weights, ends[-1][0])


@pytest.mark.parametrize(
    "optimizer",
    [
        {"sgd": 0.5},
        {"momentum": 0.5},
        {"adamw": {"learning_rate": 0.1, "decay": 0.5}},
        {"lion": {"learning_rate": 0.1, "decay": 1.0}},
    ],
    ids=str,
)
@pytest.mark.parametrize("clip", [None, Clip("norm", 0.5)])
def test_frozen_parameters_keep_every_bit_and_the_others_move_as_ever(optimizer: Any, clip: Clip | None) -> None:
    free, bound = network(NORMED), network(NORMED)
    bound.parameters(0).W[0, 0] = free.parameters(0).W[0, 0] = -0.0
    before = by_name(bound, bound.weights)
    manner = Manner(clip, freeze=["layers.0.*", "*.beta"], average=Ema(0.5), accumulate=2)
    update = updates(bound, optimizer, manner, {"l2": 0.2})
    for seed in range(6):
        fill(bound, seed)
        update.apply(4)
    after = by_name(bound, bound.weights)
    for name in before:
        frozen = name in {"layers.0.W", "layers.0.b", "layers.1.beta"}
        assert (after[name].tobytes() == before[name].tobytes()) == frozen, name
    with update.averaged():
        assert by_name(bound, bound.weights)["layers.0.W"].tobytes() == before["layers.0.W"].tobytes()
    if clip is None:
        alone = updates(free, optimizer, Manner(accumulate=2), {"l2": 0.2})
        for seed in range(6):
            fill(free, seed)
            alone.apply(4)
        for name in ("layers.3.W", "layers.3.b", "layers.1.gamma"):
            np.testing.assert_array_equal(by_name(free, free.weights)[name], after[name])


def test_rates_by_pattern_are_those_of_an_optimizer_with_that_rate() -> None:
    rates = {"layers.*": 0.5, "layers.2.*": 0.1, "*.b": 2.0}
    factors = {"layers.0.W": 0.5, "layers.2.W": 0.1, "layers.0.b": 2.0, "layers.2.b": 2.0}
    bound = network()
    update = updates(bound, {"adamw": {"learning_rate": 0.1, "decay": 0.5}}, Manner(rates=rates))
    for seed in range(4):
        fill(bound, seed)
        update.apply()
    for name, factor in factors.items():
        other = network()
        alone = updates(other, {"adamw": {"learning_rate": 0.1 * factor, "decay": 0.5}}, Manner())
        for seed in range(4):
            fill(other, seed)
            alone.apply()
        np.testing.assert_allclose(
            by_name(bound, bound.weights)[name], by_name(other, other.weights)[name], rtol=1e-12
        )


@pytest.mark.parametrize(
    ("kind", "entry", "regularizer", "pieces"),
    [
        (Sgd, {"sgd": 0.1}, None, 1),
        (Sgd, {"sgd": 0.1}, {"l2": 0.1}, 2),
        (AdamW, {"adamw": 0.1}, None, 2),
    ],
)
def test_weights_and_biases_are_one_piece_where_nothing_tells_them_apart(
    monkeypatch: pytest.MonkeyPatch, kind: type, entry: object, regularizer: object, pieces: int
) -> None:
    lengths: list[int] = []
    monkeypatch.setattr(kind, "bind", lambda _self, piece: lambda _rate, _step: lengths.append(len(piece.weights)))
    bound = network()
    updates(bound, entry, Manner(), regularizer).apply()
    assert len(lengths) == pieces
    assert sum(lengths) == len(bound.weights)


EVERYTHING = Manner(Clip("layer", 0.3), 3, Ema(0.8), ["layers.0.b"], {"layers.3.*": 0.5})


def resumable(manner: Manner) -> tuple[Network, Updates]:
    bound = network(NORMED)
    schedule = part(Schedule, "cosine", {})
    return bound, updates(bound, {"adam": 0.05}, manner, {"l2": 0.01}, schedule=schedule, steps=10)


def checkpoint(bound: Network, update: Updates) -> Checkpoint:
    return Checkpoint.take(bound, update, Pipeline([], (5,), Seeds(1)), state(updates=update.state()))


@pytest.mark.parametrize("manner", [Manner(), EVERYTHING, Manner(average=Swa(0.0)), Manner(accumulate=4)], ids=str)
@pytest.mark.parametrize("cut", [0, 1, 4, 6])
def test_what_a_checkpoint_holds_is_enough_to_go_on_to_the_same_bytes(
    manner: Manner, cut: int, tmp_path: Path
) -> None:
    """Cut between batches, in the midst of an accumulation too."""
    straight, resumed = resumable(manner), resumable(manner)

    def go(of: tuple[Network, Updates], first: int, last: int) -> None:
        for number in range(first, last):
            train(*of, *batch(6, number))
            if number % 5 == 4:
                of[1].end_epoch()

    go(straight, 0, 13)
    early = resumable(manner)
    go(early, 0, cut)
    file = tmp_path / "last.safetensors"
    file.write_bytes(checkpoint(*early).to_bytes())
    loaded = Checkpoint.load(file)
    bound, update = resumed
    loaded.restore(bound, Pipeline([], (5,), Seeds(1)))
    for name, array in update.named():
        array[...] = loaded.tensors[f"slots/{name}"]
    update.restore(loaded.state["updates"])
    np.testing.assert_array_equal(bound.weights, early[0].weights)
    go(resumed, cut, 13)
    assert checkpoint(*resumed).to_bytes() == checkpoint(*straight).to_bytes()


def test_a_checkpoints_parameters_are_the_averages_and_its_slots_have_the_raw_ones() -> None:
    bound, update = resumable(Manner(average=Ema(0.9)))
    for number in range(5):
        train(bound, update, *batch(6, number))
    raw = by_name(bound, bound.weights)
    taken = checkpoint(bound, update)
    with update.averaged():
        averages, running = by_name(bound, bound.weights), states(bound)
    for name in raw:
        np.testing.assert_array_equal(taken.tensors[f"parameters/{name}"], averages[name])
        np.testing.assert_array_equal(taken.tensors[f"slots/{AVERAGED}/{name}"], raw[name])
        assert (raw[name] != averages[name]).any()
    np.testing.assert_array_equal(taken.tensors["state/layers.1.mean"], running["layers.1.mean"])
    assert f"slots/{AVERAGED}/layers.1.mean" in taken.tensors


def test_what_is_not_asked_for_is_not_there() -> None:
    assert set(updates(network(), {"sgd": 0.1}, Manner()).slots) == set()
    assert updates(network(), {"sgd": 0.1}, Manner()).state() == {"step": 0}
    assert set(updates(network(), {"adam": 0.1}, EVERYTHING).slots) == {"mean", "square", ACCUMULATED, AVERAGED}


@pytest.mark.parametrize("clip", [Clip("value", 0.1), Clip("norm", 0.1), Clip("layer", 0.1)], ids=str)
def test_a_step_allocates_nothing_whatever_is_asked_for(clip: Clip) -> None:
    bound = network([{"dense": 300}], 500, np.float32)
    manner = Manner(clip, 2, Ema(0.9), ["layers.0.b"], {"layers.0.W": 0.5})
    update = updates(bound, {"momentum": 1e-3}, manner, {"l2": 0.1})
    bound.gradient[...] = 1e-3
    for _ in range(6):
        update.apply(10)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for _ in range(40):
            update.apply(10)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 4_000
    # A piece has up to 256 KB.
    assert peak - before < 8_000


def test_gaps_between_parameters_stay_zero() -> None:
    bound, update = resumable(EVERYTHING)
    used = np.zeros(bound.layout.size, dtype=bool)
    for place in bound.layout.places:
        place.view(used)[...] = True
    for number in range(12):
        train(bound, update, *batch(6, number))
    update.adopt()
    assert not bound.weights[~used].any()
    assert not update.slots[AVERAGED][~used].any()


def test_evaluations_during_a_warmup_wear_no_patience_out() -> None:
    """A warmup of 10 steps, evaluated behind each 5th: the plateau begins to wait behind the 15th."""
    warm = part(Schedule, {"warmup": {"steps": 10, "then": {"on_plateau": {"patience": 2, "drop": 0.5}}}}, {})
    bound = network()
    update = updates(bound, {"sgd": 0.4}, Manner(), schedule=warm, steps=100)
    rates = []
    for number in range(30):
        train(bound, update, *batch(6, number))
        if number % 5 == 4:
            update.evaluated(1.0)
            rates.append(update.rate(50))
    # 1.0 is the best at first, and then no better twice.
    assert rates == [0.4, 0.4, 0.4, 0.4, 0.2, 0.2]


def test_a_schedule_that_reacts_is_told_and_remembered() -> None:
    """Two evaluations without a better one halve the rate; what it waited for is in the state."""
    plateau = part(Schedule, {"on_plateau": {"patience": 2, "drop": 0.5}}, {})

    def made() -> Updates:
        return updates(network(), {"sgd": 0.4}, Manner(), schedule=plateau)

    first = made()
    rates = []
    for figure in (3.0, 3.0, 3.0, 3.0):
        first.evaluated(figure)
        rates.append(first.rate(1))
    assert rates == [0.4, 0.4, 0.2, 0.2]
    second = made()
    second.restore(json.loads(json.dumps(first.state())))
    assert second.rate(1) == 0.2
    second.evaluated(3.0)
    assert second.rate(1) == 0.1


@pytest.mark.parametrize("optimizer", [{"sgd": 0.1}, {"adam": 0.01}, {"momentum": 0.1}, {"adamw": 0.01}], ids=str)
@pytest.mark.parametrize("manner", [Manner(), EVERYTHING], ids=["plain", "everything"])
def test_threads_that_share_an_update_leave_the_bytes_of_one(
    optimizer: Any, manner: Manner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(enough: int) -> tuple[list[bytes], set[int]]:
        """What six gradients lead to, and how many threads took part."""
        monkeypatch.setattr("nnspec.engine.updates.NUMBERS_FOR_THREADS", enough)
        # No parameter ends where a thread's part does.
        bound = network([{"dense": 45}, "batch_norm", "tanh", {"dense": 3}, "softmax"], 37, np.float32, shards=4)
        update, threads, run = updates(bound, optimizer, manner, {"l2": 0.1}), {1}, bound.crew.run

        def counted(tasks: Sequence[Callable[[], None]]) -> list[None]:
            threads.add(len(tasks))
            return run(tasks)

        monkeypatch.setattr(bound.crew, "run", counted)
        for seed in range(6):
            fill(bound, seed)
            update.apply(4)
        return [array.tobytes() for array in (bound.weights, *update.slots.values())], threads

    (alone, one), (together, several) = trained(10**9), trained(1)
    assert (one, several) == ({1}, {1, 4})
    assert together == alone


def test_small_updates_and_those_of_all_at_once_are_no_work_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = network(shards=2)
    monkeypatch.setattr(bound.crew, "run", lambda _: pytest.fail("a thread was asked for"))
    updates(bound, {"adam": 0.1}, Manner()).apply()
    monkeypatch.setattr("nnspec.engine.updates.NUMBERS_FOR_THREADS", 1)
    fill(bound, 1)
    updates(bound, {"lbfgs": 0.1}, Manner()).apply()
