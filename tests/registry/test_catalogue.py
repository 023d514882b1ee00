"""Parts by name: what is installed, what is broken, what is claimed twice."""

import sys
import tomllib
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from types import ModuleType

import pytest

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.part import API, Part
from nnspec.errors import AmbiguousPartError, BrokenPartError, SpecError, UnknownPartError
from nnspec.registry import Catalogue, CatalogueResolver, Entry, default_resolver
from nnspec.registry import installed as installed_module
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest
from nnspec.spec.specification import parse

ENTRIES = [entry for kind in KINDS for entry in Catalogue().entries(kind) if entry.distribution == "nnspec"]
every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}-{entry.name}")


def declared() -> dict[str, dict[str, str]]:
    """The entry points that the project declares, by kind."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    points: dict[str, dict[str, str]] = project["entry-points"]
    return {group.removeprefix("nnspec."): names for group, names in points.items()}


def test_every_kind_has_parts() -> None:
    assert set(declared()) == set(KINDS)


@every_entry
def test_the_word_is_the_files_name_and_the_class_is_of_its_kind(entry: Entry) -> None:
    module, _, name = entry.value.partition(":")
    assert module == f"nnspec.parts.{entry.kind}.{entry.name}"
    assert name.lower() == entry.name.replace("_", "")
    part = entry.load()
    assert issubclass(part, KINDS[entry.kind])
    assert part.__module__ == module


@every_entry
def test_a_parts_class_leads_back_to_its_word(entry: Entry) -> None:
    assert Catalogue().word(entry.load()) == entry.name


@every_entry
def test_a_part_is_frozen_says_what_it_is_and_has_a_primary_option_that_exists(
    entry: Entry,
) -> None:
    part = entry.load()
    assert part.model_config["frozen"]
    assert part.model_config["extra"] == "forbid"
    assert part.primary is None or part.primary in part.model_fields
    module_doc = sys.modules[part.__module__].__doc__
    assert module_doc is not None
    assert module_doc.startswith(f"{entry.name}: ")


@every_entry
def test_every_option_says_what_it_is(entry: Entry) -> None:
    undescribed = [name for name, field in entry.load().model_fields.items() if not field.description]
    assert not undescribed


def test_every_part_file_has_an_entry_point() -> None:
    package = import_module("nnspec.parts")
    files = {
        (file.parent.name, file.stem)
        for root in package.__path__
        for file in Path(root).glob("*/*.py")
        if not file.stem.startswith("_")
    }
    assert files == {(kind, name) for kind, names in declared().items() for name in names}


class Odd(Layer):
    """A layer of a made-up distribution."""


def point(name: str, kind: str, value: str, distribution: str = "odd-parts") -> tuple[str, EntryPoint]:
    """An entry point and the distribution that it belongs to."""
    return distribution, EntryPoint(name, value, f"nnspec.{kind}")


class Made(Distribution):
    """A distribution whose metadata stands in no file."""

    def __init__(self, name: str, points: Sequence[EntryPoint]) -> None:
        self._files = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.3\n"}
        lines = (f"[{made.group}]\n{made.name} = {made.value}\n" for made in points)
        self._files["entry_points.txt"] = "\n".join(lines)

    def read_text(self, filename: str) -> str | None:
        return self._files.get(filename)

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


Install = Callable[[Sequence[tuple[str, EntryPoint]]], CatalogueResolver]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes entry points appear beside those that are installed."""

    def with_points(points: Sequence[tuple[str, EntryPoint]]) -> CatalogueResolver:
        names = dict.fromkeys(name for name, _ in points)
        made = [Made(name, [made for owner, made in points if owner == name]) for name in names]
        monkeypatch.setattr(installed_module, "distributions", lambda: [*distributions(), *made])
        resolver = CatalogueResolver(Catalogue())
        monkeypatch.setattr("nnspec.spec.specification.default_resolver", lambda: resolver)
        return resolver

    return with_points


def module(monkeypatch: pytest.MonkeyPatch, source: str) -> str:
    """A module that runs this source when it is imported."""
    name = "odd_module"

    class Finder:
        @staticmethod
        def find_spec(fullname: str, *_: object) -> object:
            from importlib.machinery import ModuleSpec

            return ModuleSpec(fullname, Finder()) if fullname == name else None  # type: ignore[arg-type]

        def create_module(self, spec: object) -> ModuleType | None:
            return None

        def exec_module(self, made: ModuleType) -> None:
            exec(source, vars(made))  # noqa: S102 -- a plugin may do anything

    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    return name


SPEC = """\
nnspec: 1
name: try
dataset: mnist
input: 784
layers: [{dense: 10}, softmax, ODD]
cost: quadratic
optimizer: {sgd: 0.1}
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise RuntimeError('no licence found')", "RuntimeError: no licence found"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("Odd = 3", "is registered in nnspec.layers but is no Layer"),
        ("class Odd: pass", "is registered in nnspec.layers but is no Layer"),
        ("from nnspec.parts.costs.quadratic import Quadratic as Odd", "but is no Layer"),
        ("", "AttributeError"),
        ("class Odd(:", "SyntaxError"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("from nnspec.extend import Layer\nclass Odd(Layer):\n    size: 'Nowhere'", "Nowhere"),
    ],
)
def test_a_broken_plugin_breaks_only_the_spec_that_names_it(
    install: Install, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    resolver = install([point("odd", "layers", f"{module(monkeypatch, source)}:Odd")])
    parse(SPEC.replace(", ODD", ""))
    assert "odd" in [entry.name for entry in resolver.catalogue.entries("layers")]
    with pytest.raises(SpecError) as caught:
        parse(SPEC.replace("ODD", "odd"))
    (problem,) = caught.value.problems
    text = str(problem)
    assert said in text
    assert "odd-parts 0.3" in text
    assert "mend or remove the distribution odd-parts" in text
    with pytest.raises(BrokenPartError):
        resolver.catalogue.find(("layers",), "odd").load()


@pytest.mark.parametrize("stated", ["    api = {}", "api = {}"], ids=["class", "module"])
@pytest.mark.parametrize(("version", "remedy"), [(2, "nnspec"), (0, "odd-parts")])
def test_a_part_of_another_contract_version_is_refused(
    install: Install, monkeypatch: pytest.MonkeyPatch, stated: str, version: int, remedy: str
) -> None:
    source = f"from nnspec.extend import Layer\nclass Odd(Layer):\n    'Odd.'\n{stated.format(version)}"
    install([point("odd", "layers", f"{module(monkeypatch, source)}:Odd")])
    parse(SPEC.replace(", ODD", ""))
    with pytest.raises(SpecError) as caught:
        parse(SPEC.replace("ODD", "odd"))
    said = str(caught.value)
    assert f"`odd` of odd-parts 0.3 is written for contract version {version}; this nnspec has version 1" in said
    assert f"pip install --upgrade {remedy}" in said


def test_a_part_that_states_this_contract_version_is_loaded(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from nnspec.extend import Layer\napi = 1\nclass Odd(Layer):\n    api = 1\n"
    resolver = install([point("odd", "layers", f"{module(monkeypatch, source)}:Odd")])
    assert resolver.catalogue.find(("layers",), "odd").load().api == API


def test_what_an_import_prints_does_not_mix_with_answers(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "print('welcome')\nfrom nnspec.extend import Layer\nclass Odd(Layer): pass"
    resolver = install([point("odd", "layers", f"{module(monkeypatch, source)}:Odd")])
    resolver.catalogue.find(("layers",), "odd").load()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "welcome\n")


def test_a_part_that_failed_is_not_imported_again(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import builtins; builtins.met = getattr(builtins, 'met', 0) + 1; 1 / 0"
    monkeypatch.setattr("builtins.met", 0, raising=False)
    resolver = install([point("odd", "layers", f"{module(monkeypatch, source)}:Odd")])
    entry = resolver.catalogue.find(("layers",), "odd")
    for _ in range(3):
        with pytest.raises(BrokenPartError, match="ZeroDivisionError"):
            entry.load()
    import builtins

    assert vars(builtins)["met"] == 1


@pytest.mark.parametrize("allowed", ["", "other", "nnspec, other-parts"])
def test_parts_that_may_not_be_loaded_are_named_as_such(
    install: Install, monkeypatch: pytest.MonkeyPatch, allowed: str
) -> None:
    monkeypatch.setenv("NNSPEC_PLUGINS", allowed)
    install([point("odd", "layers", "a_module_that_is_not_there:Odd")])
    parse(SPEC.replace(", ODD", ""))
    for word in ("odd", "odd-parts.odd"):
        with pytest.raises(SpecError, match=r"is a part of odd-parts 0\.3, which may not be loaded here"):
            parse(SPEC.replace("ODD", word))


def test_distributions_that_may_be_loaded_go_by_their_names_however_spelled(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSPEC_PLUGINS", "other, Odd_Parts")
    resolver = install([point("odd", "layers", f"{__name__}:Odd")])
    assert resolver.catalogue.find(("layers",), "odd").load() is Odd


def test_a_name_that_two_plugins_claim_is_refused_with_both_names(install: Install) -> None:
    value = f"{__name__}:Odd"
    resolver = install([point("odd", "layers", value), point("odd", "layers", value, "other-parts")])
    with pytest.raises(AmbiguousPartError) as caught:
        resolver.catalogue.find(("layers", "activations"), "odd")
    assert "odd-parts" in str(caught.value)
    assert "other-parts" in str(caught.value)
    assert "`odd-parts.odd`" in caught.value.hint
    assert "`other-parts.odd`" in caught.value.hint
    assert resolver.catalogue.find(("layers",), "other-parts.odd").distribution == "other-parts"
    with pytest.raises(SpecError, match="`odd` is claimed by odd-parts and other-parts"):
        parse(SPEC.replace("ODD", "odd"))


def test_a_built_in_part_keeps_its_word_whatever_claims_it(install: Install) -> None:
    resolver = install([point("dense", "layers", f"{__name__}:Odd")])
    spec = parse(SPEC.replace(", ODD", ""))
    assert spec.resolver.word(spec.document.layers[0]) == "dense"
    assert spec.resolver.word(Odd()) == "odd-parts.dense"
    assert resolver.catalogue.find(("layers",), "dense").distribution == "nnspec"
    assert resolver.catalogue.find(("layers",), "odd-parts.dense").distribution == "odd-parts"
    assert parse(SPEC.replace("dense", "nnspec.dense").replace(", ODD", "")).to_yaml() == spec.to_yaml()


def test_an_unknown_name_is_answered_with_what_comes_close_or_what_there_is() -> None:
    catalogue = Catalogue()
    with pytest.raises(UnknownPartError) as caught:
        catalogue.find(Cost.kinds, "crossentropy")
    assert caught.value.hint == "did you mean `cross_entropy`?"
    with pytest.raises(UnknownPartError) as caught:
        catalogue.find(Cost.kinds, "relu")
    assert caught.value.hint.startswith("`relu` is among the activations")
    assert (caught.value.kind, caught.value.name) == ("costs", "relu")


def test_an_activation_is_a_layer_but_a_layer_no_activation() -> None:
    resolver = default_resolver()
    assert resolver.part(Layer, "relu", {}) == resolver.part(Activation, "relu", {})
    with pytest.raises(UnknownPartError):
        resolver.catalogue.find(Activation.kinds, "dense")


def test_a_class_that_is_not_registered_goes_by_its_modules_name() -> None:
    assert Catalogue().word(Odd) == __name__.rpartition(".")[2]


def test_listing_imports_no_part() -> None:
    import subprocess

    program = (
        "import sys; from nnspec.registry import Catalogue\n"
        "assert 'mnist' in [entry.name for entry in Catalogue().entries('loaders')]\n"
        "assert not [name for name in sys.modules if name.startswith('nnspec.parts')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("LeakyReLU", ["relu", "leaky_relu"], "leaky_relu"),
        ("leaky-relu", ["relu", "leaky_relu"], "leaky_relu"),
        ("sigmod", ["sigmoid", "softmax"], "sigmoid"),
        ("zzz", ["sigmoid", "softmax"], None),
        ("x", [], None),
        ("", ["sigmoid"], None),
    ],
)
def test_suggestions(name: str, known: list[str], near: str | None) -> None:
    assert closest(name, known) == near


def test_parts_made_in_python_and_from_specs_are_equal() -> None:
    from nnspec.parts.layers.dense import Dense

    made: Part = Dense(units=3, weights="he")  # type: ignore[arg-type]
    assert made == default_resolver().part(Layer, {"dense": {"units": 3, "weights": "he"}}, {})
