"""What spec.yaml, run.json, metrics.jsonl and the last checkpoint of a run say of each other.

Each says a part of the same story; who changes one of them must change them all.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import BEST, place_text
from nnspec.runs.folder import FACTS, METRICS
from nnspec.runs.history import Line

Told = Iterator[tuple[str, str]]
"""Names of files, each with a sentence about what is wrong with it."""


@dataclass(frozen=True)
class Story:
    """A run as its files tell it.

    Attributes:
        spec: What spec.yaml says, as plain values.
        facts: What run.json says.
        lines: What metrics.jsonl says; None where it cannot be read.
        last: The last checkpoint; None where it cannot be read.
    """

    spec: Mapping[str, Any]
    facts: Mapping[str, Any]
    lines: Sequence[Line] | None
    last: Checkpoint | None

    def disagreements(self) -> Told:
        """Where the files contradict each other."""
        yield from self._of_spec()
        if self.lines is not None:
            yield from self._of_lines(self.lines)
        # A run that is under way, or was killed, writes one after the other; going on sets it right.
        if self.facts["status"] != "running":
            yield from self._of_facts()

    def _of_spec(self) -> Told:
        seed, said = self.spec.get("seed"), self.facts["seed"]
        if seed is not None and seed != said:
            yield FACTS, f"says seed {said}, and the spec says {seed}"

    def _of_lines(self, lines: Sequence[Line]) -> Told:
        places = [line.place for line in lines]
        epochs = [epoch for epoch, step in places if step == 0]
        if places != sorted(set(places)) or epochs != list(range(1, len(epochs) + 1)):
            yield METRICS, "tells epochs twice, out of order, or not all of them"
        if self.last is None:
            return
        known, running = self.last.state["lines"], self.facts["status"] in ("running", "failed")
        if len(lines) < known or (len(lines) > known and not running):
            yield METRICS, f"has {len(lines)} lines; when the last checkpoint was written, it had {known}"
        told = self._told((self.last.position[0], 0))
        if told is not None and not _equal(told, self.last.state["metrics"]):
            yield METRICS, f"says other figures of epoch {self.last.position[0]} than the last checkpoint"

    def _of_facts(self) -> Told:
        facts, best = self.facts, self.facts["best"]
        place = facts["epochs"], facts.get("step", 0)
        if self.last is not None:
            if self.last.position != place:
                found = place_text(*self.last.position)
                yield FACTS, f"says that training came to {place_text(*place)}; the last checkpoint is of {found}"
            judged = self.last.state["judgement"]["best"]
            if facts["status"] != "failed" and not _equal(best, judged):
                yield FACTS, "says something else of the best evaluation than the last checkpoint"
        if best is not None and self._contradicts((best["epoch"], best.get("step", 0)), best["metrics"]):
            yield FACTS, f"says other figures of the best evaluation than {METRICS}"
        if facts["checkpoint"] == BEST:
            if best is None or not _equal(facts["metrics"], best["metrics"]):
                yield FACTS, "stands for its best evaluation, but gives other figures"
        # In the middle of an epoch, the network is looked at once more when a run ends.
        elif not place[1] and self._contradicts(place, facts["metrics"]):
            yield FACTS, f"says other figures of epoch {place[0]} than {METRICS}"

    def _contradicts(self, place: tuple[int, int], metrics: Mapping[str, Any]) -> bool:
        told = self._told(place)
        return told is not None and not _equal(told, metrics)

    def _told(self, place: tuple[int, int]) -> Mapping[str, Any] | None:
        """The figures of an evaluation in metrics.jsonl."""
        return next((line.metrics for line in self.lines or () if line.place == place), None)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where no number is one, too."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
