"""Rules of the house that no other tool checks: templates, scripts, styles."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
MODULES = sorted((ROOT / "webapp").rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert all((TEMPLATES, SCRIPTS, STYLES, MODULES))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\|\s*safe\b", "what is put into a page is escaped"),
        (r"autoescape\s+false", "what is put into a page is escaped"),
        (r'="[^"]*\|\s*tojson', "tojson breaks out of double quotes; use single ones"),
        (r"\shx-on\b|\shx-on:", "behaviour in script is switched on by a data- attribute"),
        (r"""=["']\s*(js|javascript):""", "no script in attributes"),
        (r"\sdata-hx-", "hx- attributes have one spelling"),
        (r"\son[a-z]+=", "no inline handlers"),
        (r"\sstyle=", "no inline styles"),
        (r"<style\b", "styles belong into static/css"),
        (r"<script\b(?![^>]*\bsrc=)", "no inline scripts"),
        (r"""\s(?:href|src|action)=["'](?:https?:)?//(?!\{)""", "nothing from elsewhere"),
        (r"\shx-[a-z-]+=[^\"']", "attributes are quoted"),
    ],
)
def test_templates_leave_no_way_in(path: Path, pattern: str, why: str) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    found = re.search(pattern, text)
    assert not found, f"{found[0]!r}: {why}"


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
@pytest.mark.parametrize(
    "sink",
    [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "setHTMLUnsafe",
        "parseHTMLUnsafe",
        "createContextualFragment",
        "eval(",
        "new Function",
        "srcdoc",
    ],
)
def test_scripts_make_no_markup_from_text(path: Path, sink: str) -> None:
    assert sink not in path.read_text()


@pytest.mark.parametrize("path", STYLES, ids=named)
@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"!important", "layers decide, not shouting"),
        (r"(?m)^[^{}/*]*#[a-z][\w-]*[^{};]*\{", "styles know classes and attributes, no ids"),
        (r"url\(\s*[\"']?(https?:)?//", "nothing from elsewhere"),
        (r"@import", "each file is linked"),
    ],
)
def test_styles_stay_simple(path: Path, pattern: str, why: str) -> None:
    # Which input is checked or has the focus is state, and an input has no other name.
    text = re.sub(
        r"/\*.*?\*/|#[\w-]+:(checked|focus-visible)", "", path.read_text(), flags=re.DOTALL
    )
    found = re.search(pattern, text)
    assert not found, f"{found[0].strip()!r}: {why}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_opens_with_a_sentence(path: Path) -> None:
    words = ast.get_docstring(ast.parse(path.read_text()))
    assert words, "it says nothing"
    assert words.partition("\n")[0].endswith(".")


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_markup_is_made_only_where_it_is_said_why(path: Path) -> None:
    for line in path.read_text().splitlines():
        if re.search(r"\bMarkup\(", line) and "noqa: S704" not in line:
            # A constant with places for values escapes what is put into them.
            assert re.search(r"""Markup\(f?["'][^{]*(\{\}[^{]*)*["']\)""", line), line
            assert 'Markup(f"' not in line
