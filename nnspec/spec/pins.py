"""The section `plugins`: which distributions a spec needs, and in which versions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nnspec.registry import Catalogue
from nnspec.registry.catalogue import ALLOWED
from nnspec.spec.problems import Problem

SECTION = "plugins"
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


def _pin(name: str, versions: str, report: Report, catalogue: Catalogue) -> Iterator[Problem]:
    # Imported here: few specs pin anything.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    path, install = (SECTION, name), f"pip install '{name}{versions.replace(' ', '')}'"
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
