"""The flat vectors cut up for updates: what is updated alike, in pieces that fit into a core's cache."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from nnspec.engine.aligned import LINE
from nnspec.engine.parameters import Layout

# 256 KB in float32: weights and gradient of a piece stay in a core's second cache, and calls are few. With half of
# that Adam's step of 784-50-10 takes 1.05 times as long; to large networks it makes no difference.
PIECE = 65536
# Threads that update side by side take longer pieces: between two operations only one of them may go on, and who
# has to wait sleeps. Adam on 1.8 million parameters takes 1.9 milliseconds in one thread; in two 2.4 by pieces of
# 32,768 numbers, 1.7 by 65,536, 1.2 by 131,072, and 1.04 by these.
SHARED_PIECE = 2**18


@dataclass(frozen=True)
class Stretch:
    """Neighbouring parameters that are updated alike.

    Attributes:
        start: First element in the flat vector.
        stop: The element behind the last; gaps between parameters count.
        decays: Whether regularizers act on them, where there are any.
        factor: What their learning rate is multiplied by; 0 for those that are frozen.
    """

    start: int
    stop: int
    decays: bool
    factor: float

    def pieces(self, longest: int = PIECE) -> Iterator[slice]:
        """Slices of a size that fits a cache, unless they may be longer."""
        for first in range(self.start, self.stop, longest):
            yield slice(first, min(first + longest, self.stop))


def stretches(
    layout: Layout, freeze: Sequence[str], rates: Mapping[str, float], *, by_decay: bool = True
) -> list[Stretch]:
    """The whole vector, in its order, in as few stretches as there can be.

    Args:
        layout: Which parameter lies where.
        freeze: Patterns of the parameters that stay as they are.
        rates: Factors of the learning rate by pattern; where several match a parameter, the last one holds.
        by_decay: Whether it makes a difference for an update if a parameter decays.
    """
    found: list[Stretch] = []
    factors = _factors(layout, freeze, rates)
    ends = [*(place.start for place in layout.places[1:]), layout.size]
    for place, stop in zip(layout.places, ends, strict=True):
        factor = factors.get(place.name, 1.0)
        decays = place.parameter.decays or not by_decay
        alike = found and (found[-1].decays, found[-1].factor) == (decays, factor)
        start = found.pop().start if alike else place.start
        found.append(Stretch(start, stop, decays, factor))
    return found


def shared_out(every: Sequence[Stretch], threads: int, length: int) -> list[list[Stretch]]:
    """The stretches of a vector of some length for each of so many threads, cut where a part ends."""
    ends = [length * thread // threads // LINE * LINE for thread in range(threads)]
    return [
        [
            replace(stretch, start=max(stretch.start, start), stop=min(stretch.stop, stop))
            for stretch in every
            if stretch.start < stop and stretch.stop > start
        ]
        for start, stop in pairwise([*ends, length])
    ]


def _factors(layout: Layout, freeze: Sequence[str], rates: Mapping[str, float]) -> dict[str, float]:
    """The factor of each parameter that has one of its own."""
    slowed = {name: factor for pattern, factor in rates.items() for name in layout.matching(pattern)}
    return slowed | {name: 0.0 for pattern in freeze for name in layout.matching(pattern)}
