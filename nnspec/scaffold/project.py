"""A complete distribution around one part, which passes its own tests as it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template

from nnspec import __version__
from nnspec.contracts.part import API
from nnspec.errors import UsageError
from nnspec.registry.kinds import KINDS

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


@dataclass(frozen=True)
class Project:
    """A distribution to be.

    Attributes:
        distribution: Its name: ``nnspec-spline``.
        kind: The kind of its part: ``layers``.
        word: The part's name in a spec: ``spline``.
    """

    distribution: str
    kind: str
    word: str

    @classmethod
    def named(cls, distribution: str, kind: str, word: str | None = None) -> "Project":
        """A project whose part is named after the distribution, unless a word is given.

        Raises:
            UsageError: A name cannot be one.
        """
        if not DISTRIBUTION.fullmatch(distribution):
            raise UsageError(f"`{distribution}` cannot name a distribution; for example `nnspec-spline`")
        plain = re.sub(r"[^a-z0-9]+", "_", distribution.lower())
        chosen = word or plain.removeprefix("nnspec_")
        if not WORD.fullmatch(chosen) or iskeyword(chosen) or plain == "nnspec":
            example = f"for example `nnspec plugins new {distribution} --word spline`"
            raise UsageError(f"`{chosen}` cannot name a part: a word of small letters, digits and `_`; {example}")
        return cls(distribution, kind, chosen)

    def files(self) -> dict[str, str]:
        """The content of each file, by its path in the project."""
        names = self._names()
        return {
            Template(path).substitute(names): Template(_template(Template(source).substitute(names))).substitute(
                names
            )
            for path, source in FILES.items()
        }

    def write(self, folder: Path) -> list[Path]:
        """Writes the project into a new folder.

        Raises:
            UsageError: Something is there already, or it cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: exists already; remove it, or choose another name")
        try:
            return [_written(folder / path, content) for path, content in self.files().items()]
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written: {error.strerror}; go to another folder") from error

    def _names(self) -> dict[str, str]:
        word = {"word": self.word}
        sections = {**SECTIONS, **PLACES.get(self.kind, {})}
        command = COMMANDS.get(self.kind, "nnspec run specs/$word.yaml")
        return {
            **{name: Template(text).substitute(word) for name, text in sections.items()},
            "distribution": self.distribution,
            "package": re.sub(r"[^a-z0-9]+", "_", self.distribution.lower()),
            "kind": self.kind,
            "noun": NOUNS[self.kind],
            "word": self.word,
            "name": "".join(part.capitalize() for part in self.word.split("_")),
            "command": Template(command).substitute(word),
            "nnspec": ".".join(__version__.split(".")[:2]),
            "api": str(API),
        }


def kind_of(text: str) -> str | None:
    """The kind that a word means, in the plural or the singular; None where it is none."""
    singular = {noun: kind for kind, noun in NOUNS.items()}
    return singular.get(text, text if text in KINDS else None)


def _template(name: str) -> str:
    return (files("nnspec.scaffold") / "templates" / f"{name}.txt").read_text("utf-8")


def _written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.rstrip("\n") + "\n", "utf-8")
    return path
