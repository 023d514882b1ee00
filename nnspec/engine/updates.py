"""From a gradient to new parameters: accumulation, clipping, the optimizer's step, averages.

What a spec does not ask for is not there: a plain step is the optimizer's work on each piece, and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from nnspec.contracts.optimizer import Optimizer, Piece, Update
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.schedule import Schedule
from nnspec.engine.accumulation import Accumulation
from nnspec.engine.aligned import zeros, zeros_like
from nnspec.engine.averaging import Averaging, Ema, Swa
from nnspec.engine.clipping import Clip, clipper
from nnspec.engine.network import Network
from nnspec.engine.stretches import PIECE, SHARED_PIECE, Stretch, shared_out, stretches
from nnspec.types import Array

ACCUMULATED, AVERAGED = "train.accumulated", "train.averaged"
"""Names of the slots that are not the optimizer's; no option's name has a dot."""

# Of so many weights and slots on, the threads of a network in shards share out an update: where two take less time
# than one. Adam gains from 300,000 parameters on, plain descent from one million.
NUMBERS_FOR_THREADS = 1_000_000


@dataclass(frozen=True)
class Manner:
    """What else is to be done about gradients and parameters.

    Attributes:
        clip: How gradients are clipped, the penalty's included.
        accumulate: So many batches make a step, an epoch's last step perhaps fewer.
        average: Of which weights evaluations and checkpoints are.
        freeze: Patterns of the names of parameters that stay as they are.
        rates: Factors of the learning rate by pattern; where several match a parameter, the last one holds.
    """

    clip: Clip | None = None
    accumulate: int = 1
    average: Ema | Swa | None = None
    freeze: Sequence[str] = ()
    rates: Mapping[str, float] = field(default_factory=dict)


class _Group(NamedTuple):
    """Pieces that are updated alike, each with its update; their regularizer, and what multiplies their rate."""

    regularizer: Regularizer | None
    factor: float
    pieces: list[tuple[Piece, Update]]


class Updates:
    """Applies an optimizer, and what goes before and after it, to a network's parameters.

    Attributes:
        slots: The running state of optimizer, accumulation and averaging, each a vector as long as the parameters.
        step: Steps taken so far.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        regularizer: Regularizer | None = None,
        schedule: Schedule | None = None,
        steps: int = 1,
        manner: Manner | None = None,
    ) -> None:
        """Prepares the steps of a training.

        Args:
            network: Whose parameters are updated.
            optimizer: How.
            regularizer: What is added to the gradient of the parameters that decay.
            schedule: How the learning rate changes.
            steps: Steps that the whole training takes, for the schedule.
            manner: What else is to be done.
        """
        manner = manner or Manner()
        self.optimizer = optimizer
        self.regularizer = regularizer
        self.schedule = schedule
        self.steps = steps
        self.step = 0
        self._watched: Mapping[str, Any] = {}
        self._reaction = 1.0
        self._network = network
        self._decaying: Array = network.weights[: network.layout.decaying]
        self.slots = {name: zeros_like(network.weights) for name in optimizer.slot_names()}
        by_decay = regularizer is not None or optimizer.heeds_decay
        every = stretches(network.layout, manner.freeze, manner.rates, by_decay=by_decay)
        live = [stretch for stretch in every if stretch.factor]
        self._live, self._scratches = live, self._scratch_memory()
        scratches = self._scratches
        clip, several = manner.clip, manner.accumulate > 1
        self._clip = clipper(clip, network, live) if clip is not None else None
        self._accumulation = Accumulation(network, manner.accumulate, live, scratches[0]) if several else None
        self._averaging = Averaging(network, manner.average, live, scratches[0]) if manner.average else None
        if self._accumulation is not None:
            self.slots[ACCUMULATED] = self._accumulation.total
        if self._averaging is not None:
            self.slots[AVERAGED] = self._averaging.others
        # What each thread updates.
        self._shares = self._shared([network.gradient])
        # The same for gradients that are left in several vectors, by how many.
        self._several: dict[int, list[list[_Group]]] = {}
        self._penalized = [
            piece for groups in self._shares for group in groups for piece, _ in group.pieces if piece.decays
        ]
        self._stilled: list[Array] = []
        if optimizer.whole:
            self._stilled = [network.gradient[cut.start : cut.stop] for cut in every if not cut.factor]
            everything = self._piece(slice(0, len(network.weights)), scratches[0], network.gradient, decays=True)
            self._shares = [[_Group(None, 1.0, [(everything, optimizer.bind(everything))])]]
        # Nothing but the optimizer sees the gradient, and that makes a step of its multiple.
        alone = regularizer is None and clip is None and not several
        self._scales = optimizer.proportional and alone and network.scales
        # What must be done about the whole gradient before its first number is used.
        self._prepared = clip is not None or optimizer.whole

    def scale(self) -> float:
        """What the next batch's gradient may be multiplied by as it comes about, which spares a pass over it."""
        # No rate can be made of a gradient that is 0 throughout.
        return (self.rate(self.step + 1) or 1.0) if self._scales else 1.0

    def apply(self, samples: int = 1) -> None:
        """Takes in the gradient that a batch left in the network, which is used up; takes a step when it is time.

        Args:
            samples: Samples in the batch: what its gradient counts beside those it is accumulated with.
        """
        if self._accumulation is None:
            self._take_step()
        elif self._accumulation.add(samples):
            self._accumulation.release()
            self._take_step()

    def begin_epoch(self) -> None:
        """Makes sure that training goes on with the raw weights."""
        if self._averaging is not None:
            self._averaging.show(averages=False)

    def end_epoch(self) -> None:
        """Takes the step of the batches that are left, however few, and the weights into averages of epochs."""
        if self._accumulation is not None and self._accumulation.batches:
            self._accumulation.release()
            self._take_step()
        if self._averaging is not None:
            self._average(self._averaging, epoch_ends=True)

    def averaged(self) -> AbstractContextManager[None]:
        """Within, the network is the one that the training stands for: its weights are the averages, if any."""
        return nullcontext() if self._averaging is None else self._averaging.shown()

    def adopt(self) -> None:
        """Leaves the network with the averages, if any, for good: until another epoch begins."""
        if self._averaging is not None:
            self._averaging.show(averages=True)

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        if self.schedule is None:
            return self.optimizer.learning_rate
        return self.optimizer.learning_rate * self.schedule.factor(step, self.steps) * self._reaction

    def evaluated(self, figure: float) -> None:
        """Lets the schedule react to the monitored figure of an evaluation.

        Args:
            figure: So turned that lower is better.
        """
        if self.schedule is not None and self.schedule.heeds(self.step, self.steps):
            self._watched, self._reaction = self.schedule.react(self._watched, figure)

    def penalty(self) -> float:
        """What the regularizer adds to the cost."""
        return self.regularizer.penalty(self._decaying) if self.regularizer is not None else 0.0

    def named(self) -> Iterator[tuple[str, Array]]:
        """Each array that a training goes on with, by name: ``velocity/layers.0.W``; taken within `averaged`."""
        for slot, flat in self.slots.items():
            for name, view in self._network.layout.named(flat):
                yield f"{slot}/{name}", view
        if self._averaging is not None:
            for name, array in self._averaging.states.items():
                yield f"{AVERAGED}/{name}", array

    def state(self) -> dict[str, Any]:
        """What else a training goes on with, in plain numbers."""
        state: dict[str, Any] = {"step": self.step}
        if self._watched:
            state["schedule"] = {"state": dict(self._watched), "factor": self._reaction}
        if self._accumulation is not None:
            state["accumulated"] = {"batches": self._accumulation.batches, "samples": self._accumulation.samples}
        if self._averaging is not None:
            state["averaged"] = self._averaging.count
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on where a checkpoint was taken.

        Args:
            state: What `state` said, within `averaged`; the arrays of network and `named` are those of then.
        """
        self.step = state["step"]
        if "schedule" in state:
            self._watched, self._reaction = state["schedule"]["state"], state["schedule"]["factor"]
        if self._accumulation is not None:
            self._accumulation.batches = state["accumulated"]["batches"]
            self._accumulation.samples = state["accumulated"]["samples"]
        if self._averaging is not None:
            self._averaging.restore(state["averaged"])

    def _take_step(self) -> None:
        self.step += 1
        # What the gradient was multiplied by is in it: as a rule nothing, or all of the rate.
        rate = self.rate(self.step) / self._network.gradient_scale
        if self._prepared:
            self._prepare()
        shares = self._shares if len(self._network.summands) == 1 else self._shares_of_several()
        if len(shares) == 1:
            self._update(shares[0], rate)
        else:
            self._network.crew.run([partial(self._update, groups, rate) for groups in shares])
        if self._averaging is not None:
            self._average(self._averaging, epoch_ends=False)

    def _update(self, groups: Sequence[_Group], rate: float) -> None:
        step = self.step
        for regularizer, factor, pieces in groups:
            group_rate = rate * factor
            for piece, update in pieces:
                if regularizer is not None:
                    regularizer.add_gradient(piece.weights, piece.gradient, piece.scratch)
                update(group_rate, step)

    def _shares_of_several(self) -> list[list[_Group]]:
        vectors = self._network.summands
        found = self._several.get(len(vectors))
        if found is None:
            found = self._several[len(vectors)] = self._shared(vectors)
        return found

    def _average(self, averaging: Averaging, *, epoch_ends: bool) -> None:
        if averaging.rule.due(step=self.step, steps=self.steps, epoch_ends=epoch_ends):
            averaging.take_in()

    def _prepare(self) -> None:
        """Adds the penalty's gradient, leaves out that of frozen parameters, and clips, all over the network."""
        if self.regularizer is not None:
            for piece in self._penalized:
                self.regularizer.add_gradient(piece.weights, piece.gradient, piece.scratch)
        for gradient in self._stilled:
            gradient.fill(0)
        if self._clip is not None:
            self._clip()

    def _threads(self) -> int:
        """How many threads an update is shared out to; the numbers are the same whatever they are."""
        written = (1 + len(self.optimizer.slot_names())) * len(self._network.weights)
        return self._network.shards if written >= NUMBERS_FOR_THREADS and not self.optimizer.whole else 1

    def _scratch_memory(self) -> list[Array]:
        """Room for the pieces that each thread works on."""
        threads, longest = self._threads(), len(self._network.weights)
        if not self.optimizer.whole:
            longest = min(longest, SHARED_PIECE if threads > 1 else PIECE)
        return [zeros((longest,), self._network.dtype) for _ in range(threads)]

    def _shared(self, gradients: Sequence[Array]) -> list[list[_Group]]:
        """What these vectors update, shared out to as many threads as there is scratch memory for."""
        shares = shared_out(self._live, len(self._scratches), len(self._network.weights))
        return [
            [self._group(stretch, scratch, gradients) for stretch in share]
            for share, scratch in zip(shares, self._scratches, strict=True)
        ]

    def _group(self, stretch: Stretch, scratch: Array, gradients: Sequence[Array]) -> _Group:
        # One piece by all vectors, then the next: its weights are in the cache.
        pieces = [
            self._piece(cut, scratch, gradient, decays=stretch.decays)
            for cut in stretch.pieces(len(scratch))
            for gradient in gradients
        ]
        at_once = stretch.decays and self._clip is None and not self.optimizer.whole
        bound = [(piece, self.optimizer.bind(piece)) for piece in pieces]
        return _Group(self.regularizer if at_once else None, stretch.factor, bound)

    def _piece(self, cut: slice, scratch: Array, gradient: Array, *, decays: bool) -> Piece:
        return Piece(
            self._network.weights[cut],
            gradient[cut],
            {name: self.slots[name][cut] for name in self.optimizer.slot_names()},
            scratch[: cut.stop - cut.start],
            decays=decays,
        )
