"""The short form of the fuzz run over checkpoints that strangers signed; the long one is started by hand."""

from pathlib import Path

from fuzz_resume import VERBS, answer, fuzz, trained


def test_whatever_a_signed_checkpoint_holds_no_verb_ends_in_a_traceback() -> None:
    assert fuzz(count=15, seed=7) == []


def test_of_the_runs_that_are_spoilt_the_sound_ones_are_taken_by_every_verb(tmp_path: Path) -> None:
    classes, _, stopped = trained(tmp_path)
    for run in (classes, stopped):
        codes = {" ".join(words): answer(run, words)[0] for words in VERBS}
        assert set(codes.values()) == {0}, codes
