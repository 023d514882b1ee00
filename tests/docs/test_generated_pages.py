"""The pages that follow from the code are those that are committed."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from nnspec.cli.explain_error import explanation
from nnspec.errors import SpecError
from nnspec.registry import Catalogue
from nnspec.registry.kinds import KINDS
from nnspec.spec.codes import CODES
from nnspec.spec.document import Document
from nnspec.spec.specification import parse

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_fresh(generate: ModuleType) -> None:
    pages = generate.pages()
    assert len(pages) == 4
    stale = [name for name, content in pages.items() if (DOCS / name).read_text("utf-8") != content]
    assert stale == [], "run: python docs/generate.py"


def test_the_pages_have_every_section_part_and_code() -> None:
    spec, parts, errors = ((DOCS / f"{name}.md").read_text("utf-8") for name in ("spec", "parts", "errors"))
    for name in Document.model_fields:
        assert f"\n| `{name}` | " in spec
    for kind in KINDS:
        for entry in Catalogue().entries(kind):
            if entry.distribution == "nnspec":
                assert f'<a id="{kind}-{entry.name}"></a>{entry.name}\n' in parts
    for code, about in CODES.items():
        assert f"\n## {code}\n" in errors
        assert about.why in errors
        assert about.why.split()[0] in explanation(code, about)


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        text = page.read_text("utf-8")
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
            path = DOCS / target if target else page
            assert path.exists(), f"{page.name}: {target}"
            if anchor:
                there = path.read_text("utf-8").lower()
                assert f'id="{anchor}"' in there or re.search(rf"^#+ {re.escape(anchor)}$", there, re.MULTILINE)


def test_the_first_example_of_the_reference_is_a_good_spec() -> None:
    text = (DOCS / "spec.md").read_text("utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    assert parse(example).document.name == "mnist_784_30_10"
    with pytest.raises(SpecError):
        parse(example.replace("quadratic", "quadradic"))
