"""What people call the inputs and targets of their splits."""

from collections.abc import Container

from nnspec.extend import SplitName

USUAL = (("inputs", "targets"), ("x", "y"), ("X", "y"), ("images", "labels"), ("data", "target"))
PATTERNS: dict[SplitName, tuple[str, ...]] = {
    "train": ("{}_train", "train_{}", "{}"),
    "validation": ("{}_validation", "{}_val", "validation_{}", "val_{}"),
    "test": ("{}_test", "test_{}"),
}


def usual_names(split: SplitName, names: Container[str]) -> tuple[str, str] | None:
    """The names, among those there are, of a split's inputs and targets; None where custom finds none."""
    for pattern in PATTERNS[split]:
        for inputs, targets in USUAL:
            pair = pattern.format(inputs), pattern.format(targets)
            if pair[0] in names and pair[1] in names:
                return pair
    return None
