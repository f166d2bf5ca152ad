"""The rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

from docs.readme_parts import README, written
from webapp.forms.fields import KINDS, Variants

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "webapp").rglob("*.py"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))

# Words that say nothing about what a thing is.
EMPTY_WORDS = {"utils", "helpers", "common", "manager", "handler", "service", "data", "info", "obj"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_kind_of_field_has_a_template() -> None:
    # A union is shown as the variant that was picked.
    kinds = {kind.kind for kind in KINDS if kind is not Variants}
    templates = {path.stem for path in (ROOT / "templates/builder/fields").glob("[a-z]*.html")}
    assert templates == kinds | {"absent", "null"}


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    opening = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0]
    assert opening.endswith("."), "the first sentence is the module's entry in the tree"
    assert not EMPTY_WORDS & set(path.stem.split("_"))


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_a_template_is_safe_to_fill_in(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert "|safe" not in text.replace(" ", "")
    assert "hx-on" not in text
    assert "hx-disable" not in text
    assert "js:" not in text
    assert "javascript:" not in text
    assert not re.search(r"\sstyle=", text), "the policy allows no style attribute"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "scripts are files"
    assert not re.search(r'="[^"]*tojson[^"]*"', text), "tojson breaks out of double quotes"
    assert not re.search(r"\s(?:href|src|action|hx-\w+)=(?![\"'])", text), "quote attributes"


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_every_element_with_a_verb_carries_the_nonce(path: Path) -> None:
    text = path.read_text("utf-8")
    for tag in re.findall(r"<[a-z][^>]*\shx-(?:get|post|put|patch|delete)=[^>]*>", text):
        assert 'hx-nonce="{{ csp_nonce }}"' in tag, tag


def test_what_a_stream_makes_entries_of_asks_nothing_and_runs_nothing() -> None:
    entries = (ROOT / "templates/sessions/_entries.html").read_text("utf-8")
    assert "data-words" in entries
    for forbidden in ("hx-", "<script", "<iframe", "|safe", "| safe"):
        assert forbidden not in entries


def test_every_script_is_loaded_by_a_page_or_another_script() -> None:
    pages = "".join(path.read_text("utf-8") for path in TEMPLATES)
    scripts = "".join(path.read_text("utf-8") for path in SCRIPTS)
    unused = [
        path.name
        for path in SCRIPTS
        if f'"{path.stem}"' not in pages
        and f"js/{path.name}" not in pages
        and f"./{path.name}" not in scripts
    ]
    assert unused == []


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_a_script_uses_no_sink_for_html(path: Path) -> None:
    text = path.read_text("utf-8")
    for sink in ("innerHTML", "outerHTML =", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in text


def test_the_readme_says_what_the_code_says() -> None:
    text = README.read_text("utf-8")
    assert text == written(text), "run: make readme"


def test_the_readme_links_to_what_there_is() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_a_script_hears_nothing_from_other_windows(path: Path) -> None:
    text = path.read_text("utf-8")
    for ear in ('"message"', "onmessage", "window.name", "window.opener", "postMessage"):
        assert ear not in text
