"""A complete distribution around one part, which passes its own tests as it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template

from nnspec import __version__
from nnspec.contracts.part import API
from nnspec.errors import UsageError
from nnspec.registry import Catalogue
from nnspec.registry.installed import canonical
from nnspec.registry.kinds import KINDS, OUTSIDE

DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
WORD = re.compile(r"[a-z][a-z0-9_]*")
NOUNS = {kind: contract.__name__.lower() for kind, contract in KINDS.items()}

HIDDEN, LAST = "{dense: {units: 8, activation: tanh}}", "{dense: {units: 2, activation: softmax}}"
SECTIONS = {
    "dataset": "dataset: {moons: {samples: 400, test: 0.25}}",
    "layers": f"layers: [{HIDDEN}, {LAST}]",
    "cost": "cost: cross_entropy",
    "optimizer": "optimizer: {momentum: 0.1}",
    "extra": "",
}
"""A spec of built-in parts, section by section."""

PLACES: Mapping[str, Mapping[str, str]] = {
    "layers": {"layers": f"layers: [{HIDDEN}, $word, {LAST}]"},
    "activations": {"layers": f"layers: [{{dense: {{units: 8, activation: $word}}}}, {LAST}]"},
    "costs": {
        "cost": "cost: $word",
        "layers": f"layers: [{HIDDEN}, {{dense: {{units: 2, activation: sigmoid}}}}]",
    },
    "optimizers": {"optimizer": "optimizer: {$word: 0.1}"},
    "schedules": {"extra": "schedule: $word"},
    "initializers": {"layers": f"layers: [{{dense: {{units: 8, weights: $word, activation: tanh}}}}, {LAST}]"},
    "regularizers": {"extra": "regularizer: {$word: 0.001}"},
    "metrics": {"extra": "metrics: [accuracy, $word]"},
    "loaders": {"dataset": "dataset: $word"},
    "transforms": {"extra": "transforms: [$word]"},
    "reporters": {"extra": "reporters: [html, $word]"},
}
"""What takes the place of a section where a spec names a part of the kind."""

COMMANDS = {
    "executors": "nnspec check specs --executor $word",
    "exporters": "nnspec export runs/... --format $word",
}
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".github/workflows/ci.yml": "ci.yml",
    "$package/__init__.py": "init.py",
    "$package/$word.py": "parts/$kind",
    "tests/test_$word.py": "tests/$kind",
    "specs/$word.yaml": "spec.yaml",
}
"""Each file, and the template that it is made from."""
OF_A_PART = tuple(path for path in FILES if "$word" in path)
"""The files that a further part of a distribution brings."""


@dataclass(frozen=True)
class Project:
    """A distribution to be.

    Attributes:
        distribution: Its name: ``nnspec-spline``.
        kind: The kind of its part: ``layers``.
        word: The part's name in a spec: ``spline``.
        version: The distribution's version, empty where only its build can tell.
    """

    distribution: str
    kind: str
    word: str
    version: str = "0.1.0"

    @classmethod
    def named(cls, distribution: str, kind: str, word: str | None = None) -> "Project":
        """A project whose part is named after the distribution, unless a word is given.

        Raises:
            UsageError: A name cannot be one, or is taken.
        """
        if not DISTRIBUTION.fullmatch(distribution):
            raise UsageError(f"`{distribution}` cannot name a distribution; for example `nnspec-spline`")
        plain = re.sub(r"[^a-z0-9]+", "_", distribution.lower())
        chosen = word or plain.removeprefix("nnspec_")
        if not WORD.fullmatch(chosen) or iskeyword(chosen) or plain == "nnspec":
            example = f"for example `nnspec plugins new {distribution} --word spline`"
            raise UsageError(f"`{chosen}` cannot name a part: a word of small letters, digits and `_`; {example}")
        _refuse_taken(distribution, kind, chosen)
        return cls(distribution, kind, chosen)

    @property
    def package(self) -> str:
        """What is imported."""
        return re.sub(r"[^a-z0-9]+", "_", self.distribution.lower())

    @property
    def entry_point(self) -> str:
        """Where the part's class is."""
        return f"{self.package}.{self.word}:{self._class}"

    def files(self, paths: Iterable[str] = FILES) -> dict[str, str]:
        """The content of each file, or of some of `FILES`, by its path in the project."""
        names = self._names()

        def filled(text: str) -> str:
            return Template(text).substitute(names)

        return {filled(path): filled(_template(filled(FILES[path]))) for path in paths}

    def write(self, folder: Path) -> list[Path]:
        """Writes the project into a new folder.

        Raises:
            UsageError: Something is there already, or it cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: exists already; remove it, or choose another name")
        return written(folder, self.files())

    @property
    def _class(self) -> str:
        return "".join(part.capitalize() for part in self.word.split("_"))

    def _names(self) -> dict[str, str]:
        word = {"word": self.word}
        sections = {**SECTIONS, **PLACES.get(self.kind, {})}
        command = COMMANDS.get(self.kind, "nnspec run specs/$word.yaml")
        major, minor = __version__.split(".")[:2]
        return {
            **{name: Template(text).substitute(word) for name, text in sections.items()},
            "distribution": self.distribution,
            "package": self.package,
            "version": self.version,
            "entry_point": self.entry_point,
            "plugins": "" if self.kind in OUTSIDE else f'plugins: {{{self.distribution}: "{self._pin}"}}',
            "kind": self.kind,
            "noun": NOUNS[self.kind],
            "word": self.word,
            "name": self._class,
            "command": Template(command).substitute(word),
            "nnspec": f"{major}.{minor}",
            "below": f"{major}.{int(minor) + 1}",
            "api": str(API),
        }

    @property
    def _pin(self) -> str:
        return f">={self.version}" if self.version else ""


def kind_of(text: str) -> str | None:
    """The kind that a word means, in the plural or the singular; None where it is none."""
    singular = {noun: kind for kind, noun in NOUNS.items()}
    return singular.get(text, text if text in KINDS else None)


def _template(name: str) -> str:
    return (files("nnspec.scaffold") / "templates" / f"{name}.txt").read_text("utf-8")


def _refuse_taken(distribution: str, kind: str, word: str) -> None:
    """Built-in parts keep their words, and of two plugins with one word neither has it."""
    catalogue = Catalogue()
    kinds = {other for contract in KINDS.values() if kind in contract.kinds for other in contract.kinds}
    for entry in (entry for other in sorted(kinds) for entry in catalogue.entries(other)):
        if entry.name == word and canonical(entry.distribution) != canonical(distribution):
            raise UsageError(
                f"`{word}` is a part of {entry.origin} already, and a spec would not find yours by that word; "
                f"choose another, for example `--word my_{word}`"
            )


def written(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Writes files by their paths in a folder.

    Raises:
        UsageError: They cannot be written.
    """
    try:
        return [_written(folder / path, content) for path, content in files.items()]
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}; go to another folder") from error


def _written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.rstrip("\n") + "\n", "utf-8")
    return path
