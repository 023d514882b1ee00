"""What `nnspec parts KIND NAME` shows of a part can be pasted into a spec."""

import pytest

from nnspec.registry import Entry
from nnspec.spec.about import about

from .snippets import ENTRIES, fits, name, pasted


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_the_lines_a_part_shows_of_itself_name_it_and_make_a_good_spec(entry: Entry) -> None:
    assert entry.name in about(entry).snippet
    for sections in pasted(entry):
        assert fits(sections), f"no good spec has these lines: {sections}"


def test_lines_that_do_not_fit_are_found() -> None:
    assert not fits({"layers": [{"dense": {"unit": 3}}]})
    assert not fits({"cost": "cross_entropy", "layers": ["flatten", {"dense": 3}]})
