"""The kit finds mistakes planted into built-in parts; ``python tests/torture/mutants.py`` tries 200 of them."""

import ast

import mutants
import pytest
from mutants import EQUIVALENT, PARTS, Mutant, verdict

FILES = ("layers/dense.py", "activations/tanh.py", "costs/quadratic.py", "regularizers/l2.py")
LEAST = 0.95


@pytest.mark.parametrize("file", FILES)
def test_a_part_without_a_mistake_passes_where_its_mutants_do_not(file: str) -> None:
    tree = ast.parse((PARTS / file).read_text("utf-8"))
    assert verdict(Mutant(file, PARTS / file, "none", tree)) == ""


@pytest.mark.parametrize("file", FILES)
def test_mistakes_in_a_part_are_caught(file: str) -> None:
    made = mutants.mutants(PARTS / file)
    assert len(made) >= 3
    missed = [mutant.name for mutant in made if mutant.name not in EQUIVALENT and not verdict(mutant)]
    assert len(missed) <= (1 - LEAST) * len(made), missed


def test_mistakes_are_of_many_kinds_and_from_all_files() -> None:
    drawn = mutants.sample(200, seed=1)
    assert len({mutant.name for mutant in drawn}) == 200
    assert len({mutant.mistake for mutant in drawn}) >= 9
    assert {mutant.path.parent.name for mutant in drawn} == set(mutants.KINDS)


def test_what_is_loaded_for_a_mutant_leaves_the_installed_parts_alone() -> None:
    from nnspec.parts.layers import dense

    (mutant, *_) = mutants.mutants(PARTS / "layers/dense.py")
    with mutants.loaded(mutant) as parts:
        assert parts["dense"] is not dense.Dense
    from nnspec.parts.layers.dense import Dense

    assert Dense is dense.Dense
