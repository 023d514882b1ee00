"""``--set train.epochs=3``: what overrides a spec from the command line."""

import re
from dataclasses import replace
from typing import Any, cast

from nnspec.errors import SpecError
from nnspec.registry.suggestions import closest
from nnspec.spec.document import PART_SECTIONS
from nnspec.spec.marks import Mark, Path, Place, Text, Tree
from nnspec.spec.problems import Problem, shown
from nnspec.spec.reader import MAX_DEPTH, read


def override(tree: Tree, setting: str) -> Tree:
    """The tree with one value replaced.

    Args:
        tree: A spec; left as it is.
        setting: ``path=value``; steps of the path are parted by dots, list items go by number, the value is YAML.

    Returns:
        The new tree; where the setting cannot be read, or its path leads nowhere, the old one with that noted.
    """
    text = Text.of("--set", setting)
    name, equals, value = setting.partition("=")
    mark = Mark(text, 1, 1, len(name))
    try:
        if not equals or not name.strip():
            raise _refused(text, "expected PATH=VALUE", "for example `--set train.epochs=3`")
        given = _given(text, f"{name}=", value) if value.strip() else Tree(None, {(): Place(mark, mark)})
        # Messages name places as `layers[0].dense`: what they say can be pasted.
        steps = [step.strip() for step in re.sub(r"\[(-?[0-9]+)\]", r".\1", name).split(".")]
        if len(steps) > MAX_DEPTH:
            raise _refused(text, f"a path of more than {MAX_DEPTH} steps leads nowhere")
        path, changed = _replaced(tree.value, steps, (), given.value, text)
    except SpecError as error:
        return tree.noted(*cast(tuple[Problem, ...], error.problems))
    places = {other: place for other, place in tree.places.items() if other[: len(path)] != path}
    for length in range(len(path)):
        places.setdefault(path[:length], Place(mark, mark))
    places |= {(*path, *other): place for other, place in given.places.items()}
    places[path] = Place(mark, given.places[()].value)
    return replace(tree, value=changed, places=places)


def _given(text: Text, ahead: str, value: str) -> Tree:
    """The value of a setting, with marks that count from the setting's start."""
    # Bytes of the command line that are no UTF-8 arrive as surrogates; the reader says what is wrong with them.
    content = value.encode("utf-8", "surrogatepass")

    *above, beside = ahead.splitlines()

    def moved(mark: Mark) -> Mark:
        column = mark.column + (len(beside) if mark.line == 1 else 0)
        return Mark(text, mark.line + len(above), column, mark.length)

    try:
        tree = read(content, text.name)
        problems = tree.problems
    except SpecError as error:
        problems = cast(tuple[Problem, ...], error.problems)
    if problems:
        raise SpecError([problem._replace(mark=moved(problem.mark)) for problem in problems])
    return Tree(
        tree.value, {path: Place(moved(place.key), moved(place.value)) for path, place in tree.places.items()}
    )


def _replaced(value: Any, steps: list[str], done: Path, new: Any, text: Text) -> tuple[Path, Any]:
    """The path that the steps lead to, and a copy of the value with the new one there."""
    if not steps:
        return done, new
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        index = _index(step, value, text)
        path, item = _replaced(value[index], rest, (*done, index), new, text)
        return path, [*value[:index], item, *value[index + 1 :]]
    if value == step:
        value = {step: {}}  # `optimizer: sgd` is `optimizer: {sgd: {}}`
    if value is not None and not isinstance(value, dict):
        above = ".".join(str(part) for part in done)
        hint = f"set it whole: `--set '{above}={{{step}: ...}}'`"
        raise _refused(text, f"`{above}` is {shown(value)}, which has nothing called `{step}`", hint)
    entries = dict(value or {})
    if len(done) == 1 and done[0] in PART_SECTIONS and step not in entries:
        entries = {}  # as for `extends`: another part takes the place of the one that stands there
    # Some names have dots themselves: `expect.test.accuracy.min`.
    for length in range(len(steps), 1, -1):
        if (dotted := ".".join(steps[:length])) in entries:
            step, rest = dotted, steps[length:]
            break
    path, entries[step] = _replaced(entries.get(step), rest, (*done, step), new, text)
    return path, entries


def _index(step: str, items: list[Any], text: Text) -> int:
    if re.fullmatch("-?[0-9]{1,9}", step) and -len(items) <= int(step) < len(items):
        return int(step) % len(items)
    names = [next(iter(item), "") if isinstance(item, dict) else str(item) for item in items]
    if names.count(step) == 1:
        return names.index(step)
    numbers = [index for index, name in enumerate(names) if name == step]
    if numbers:
        choices = " or ".join(map(str, numbers))
        hint = f"`{step}` stands there {len(numbers)} times: name it by its number, {choices}"
    else:
        near = closest(step, names)
        hint = f"items are numbered from 0 to {len(items) - 1}" + (f"; did you mean `{near}`?" if near else "")
    raise _refused(text, f"`{step}` is no item of a list of {len(items)}", hint)


def _refused(text: Text, message: str, hint: str = "") -> SpecError:
    mark = Mark(text, 1, 1, max(1, len(text.lines[0]) if text.lines else 1))
    return SpecError([Problem("NS020", mark, "", message, hint)])
