"""What is installed, read from metadata without parsing all of it."""

from importlib.metadata import distribution, distributions

import pytest

from nnspec.registry.installed import PREFIX, canonical, installed, named, points


def test_entry_points_are_those_that_the_standard_library_reads() -> None:
    text = distribution("nnspec").read_text("entry_points.txt") or ""
    wanted = [each for each in distribution("nnspec").entry_points if each.group.startswith(PREFIX)]
    assert sorted(points(text)) == sorted(wanted)
    assert len(wanted) > 100


def test_comments_spaces_and_other_groups_are_passed_over() -> None:
    text = """# by hand
[console_scripts]
nnspec.layers = a:b

[ nnspec.layers ]
; a remark
spline=splines.layer:Spline
  wave = waves : Wave

[pytest11]
x = y
"""
    assert [(each.group, each.name, each.value) for each in points(text)] == [
        ("nnspec.layers", "spline", "splines.layer:Spline"),
        ("nnspec.layers", "wave", "waves : Wave"),
    ]


def test_names_and_versions_are_those_that_the_standard_library_reads() -> None:
    for each in distributions():
        if each.read_text("METADATA"):
            assert named(each) == (each.name, each.version)


def test_every_part_is_listed_once() -> None:
    found = [(entry.kind, entry.full) for entry in installed()]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ["nnspec-signal", "Nnspec_Signal", "nnspec.signal", "nnspec__signal"])
def test_names_are_compared_as_pip_does(name: str) -> None:
    assert canonical(name) == "nnspec-signal"
