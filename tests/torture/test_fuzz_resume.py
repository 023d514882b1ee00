"""The short form of the fuzz run over checkpoints that strangers signed; the long one is started by hand."""

from fuzz_resume import fuzz


def test_whatever_a_signed_checkpoint_holds_no_verb_ends_in_a_traceback() -> None:
    assert fuzz(count=25, seed=7) == []
