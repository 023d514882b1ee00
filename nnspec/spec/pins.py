"""The section `plugins`: which distributions a spec needs, and in which versions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnspec.registry import Catalogue
from nnspec.registry.catalogue import ALLOWED
from nnspec.spec.problems import Problem

SECTION = "plugins"
PIP = "pip install"
Report = Callable[..., Problem]


def pin_problems(value: Mapping[str, Any], report: Report, catalogue: Catalogue) -> Iterator[Problem]:
    """What a spec needs and does not have here, each with the command that brings it.

    Args:
        value: The whole spec as it was written.
        report: Makes a problem.
        catalogue: What is installed.
    """
    pins = value.get(SECTION)
    if not isinstance(pins, Mapping):
        return
    for name, versions in pins.items():
        if isinstance(name, str) and isinstance(versions, str):
            yield from _pin(name, versions, report, catalogue)


def perhaps_missing(problems: Iterable[Problem], known: Sequence[Problem]) -> list[Problem]:
    """The problems of a spec, where parts that are not installed are put down to plugins that are not.

    Args:
        problems: What is wrong with the rest of the spec.
        known: Among others, what `pin_problems` found.
    """
    installs = [pin.hint for pin in known if pin.code == "NS048" and pin.hint.startswith(PIP)]
    if not installs:
        return list(problems)
    advice = f"perhaps it comes with a plugin that is missing here: {' and '.join(installs)}"
    return [each._replace(hint=_joined(each.hint, advice)) if each.code == "NS040" else each for each in problems]


def _joined(hint: str, advice: str) -> str:
    """What came close is still said; a list of all there is would hide the advice."""
    return f"{hint} Or {advice}" if hint.startswith("did you mean") else advice


def _pin(name: str, versions: str, report: Report, catalogue: Catalogue) -> Iterator[Problem]:
    # Imported here: few specs pin anything.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    path, install = (SECTION, name), f"{PIP} '{name}{versions.replace(' ', '')}'"
    try:
        wanted = SpecifierSet(versions)
    except InvalidSpecifier:
        message = f"expected versions such as `>=0.1,<1`, found `{versions}`"
        exact = f"write `=={versions}` for this one, or `>={versions}`"
        yield report("NS049", path, message, exact if versions[:1].isdecimal() else 'for any version, write `""`')
        return
    version = catalogue.version(name)
    if version is None:
        yield report("NS048", path, f"no plugin called `{name}` is installed", install, at_name=True)
    elif not catalogue.may_load(name):
        hint = f"leave `--no-plugins` out, or add {name} to {ALLOWED}"
        yield report("NS048", path, f"{name} {version} may not be loaded here", hint, at_name=True)
    else:
        try:
            # Whoever has installed a release candidate means to use it.
            fits = wanted.contains(version, prereleases=True)
        except InvalidVersion:
            fits = False
        if not fits:
            message = f"this spec is for {name} {versions}; {version} is installed"
            yield report("NS049", path, message, install)
