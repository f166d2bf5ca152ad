"""A visitor without script: asks for pages, reads them strictly, fills in forms, submits them.

Every page that is fetched is checked as a whole, so that every page test is also a linter.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.quick_page import parsed

Fields: TypeAlias = Iterable[tuple[str, str]] | Mapping[str, str]

_CONTROLS = ("input", "select", "textarea", "button", "output")
_LABELLED = ("select", "textarea", "input", "output", "meter", "progress")
_UNLABELLED_INPUTS = ("hidden", "submit", "reset", "image", "button")
_BLANKS = re.compile(r"\s+")


class BadPage(AssertionError):  # noqa: N818  # it says what the page is
    """A page that breaks one of the house's rules."""


@dataclass(frozen=True)
class Page:
    """One answer, parsed; ``root`` is its ``<html>`` or, of a fragment, a ``<div>`` around it."""

    response: TestResponse
    root: Element
    whole: bool

    @property
    def status(self) -> int:
        return self.response.status_code

    @cached_property
    def title(self) -> str:
        found = self.find("title")
        return "" if found is None else text_of(found)

    @property
    def text(self) -> str:
        """What the main part (or the fragment) says, blanks folded."""
        return text_of(self.find("main") if self.whole else self.root)

    @cached_property
    def parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    @cached_property
    def labels(self) -> dict[str, list[Element]]:
        """The labels that name a control, by the id of the control."""
        found: dict[str, list[Element]] = {}
        for label in self.root.iter("label"):
            if label.get("for"):
                found.setdefault(label.get("for", ""), []).append(label)
        return found

    def all(self, selector: str) -> list[Element]:
        """Return the elements that match ``tag#id.class[name=value]``, each part optional.

        Several of these, separated by blanks, match descendants.
        """
        return list(_select(self.root, selector.split()))

    def find(self, selector: str) -> Element | None:
        return next(iter(self.all(selector)), None)

    def one(self, selector: str) -> Element:
        """Return the only element that matches."""
        found = self.all(selector)
        assert len(found) == 1, f"{selector} matches {len(found)} elements"
        return found[0]

    def label(self, control: Element) -> str:
        """Return the words a screen reader would name a control with, as far as we use them."""
        if control.get("aria-label"):
            return control.get("aria-label", "").strip()
        if control.get("aria-labelledby"):
            ids = control.get("aria-labelledby", "").split()
            return " ".join(text_of(self.one(f"[id={i}]")) for i in ids)
        labels = list(self.labels.get(control.get("id", ""), ()))
        around = self.parents.get(control)
        while around is not None:
            if around.tag == "label":
                labels.append(around)
            around = self.parents.get(around)
        return " ".join(text_of(label) for label in labels)

    def control(self, label: str) -> Element:
        """Return the only control with this label."""
        found = [e for tag in _LABELLED for e in self.all(tag) if self.label(e) == label]
        assert len(found) == 1, f"{len(found)} controls are labelled {label!r}"
        return found[0]

    def button(self, words: str) -> Element:
        """Return the only button with these words on it, or with this label."""
        found = [b for b in self.all("button") if words in (text_of(b), b.get("aria-label"))]
        assert len(found) == 1, f"{len(found)} buttons say {words!r}"
        return found[0]

    def controls(self, form: str) -> list[Element]:
        """Return the controls that a form owns, in document order: inside it or naming it."""
        return [
            element
            for element in self.root.iter()
            if element.tag in _CONTROLS and self._owner(element) == form
        ]

    def fields(self, form: str, pressed: Element | None = None) -> list[tuple[str, str]]:
        """Return what a browser would submit: successful controls in document order.

        Line breaks are CRLF, as browsers send them. ``pressed`` is the button that submits.
        """
        sent: list[tuple[str, str]] = []
        for control in self.controls(form):
            name = control.get("name")
            if not name or self._disabled(control):
                continue
            sent.extend((name, _crlf(value)) for value in _values(control, pressed))
        return sent

    def links(self) -> list[str]:
        return [a.get("href", "") for a in self.all("a") if a.get("href")]

    def _owner(self, control: Element) -> str | None:
        if "form" in control.keys():  # noqa: SIM118  # an Element is not a mapping
            return control.get("form")
        around = self.parents.get(control)
        while around is not None and around.tag != "form":
            around = self.parents.get(around)
        return None if around is None else around.get("id")

    def _disabled(self, control: Element) -> bool:
        if control.get("disabled") is not None:
            return True
        inside, around = control, self.parents.get(control)
        while around is not None:
            if around.tag == "datalist":
                return True
            if around.tag == "fieldset" and around.get("disabled") is not None:
                legend = next((e for e in around if e.tag == "legend"), None)
                return inside is not legend
            inside, around = around, self.parents.get(around)
        return False


class Visitor:
    """A browser without script that talks to one application."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, address: str, *, status: int = 200, htmx: bool = False) -> Page:
        """Return a page (or with ``htmx`` a fragment), checked, after following redirects."""
        response = self.client.get(address, headers=_headers(htmx), follow_redirects=True)
        return read(response, status)

    def post(
        self,
        address: str,
        fields: Fields = (),
        *,
        status: int = 200,
        htmx: bool = False,
    ) -> Page:
        """Send fields as a form and return the page (or with ``htmx`` the fragment), checked."""
        response = self.post_raw(address, fields, htmx=htmx)
        return read(response, status)

    def post_raw(self, address: str, fields: Fields = (), *, htmx: bool = False) -> TestResponse:
        """Send fields as a form and return the answer as it is."""
        return self.client.post(
            address,
            data=encoded(fields),
            content_type="application/x-www-form-urlencoded",
            headers=_headers(htmx),
            follow_redirects=not htmx,
        )

    def submit(
        self,
        page: Page,
        form: str = "builder",
        *,
        press: str | Element | None = None,
        change: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Page:
        """Submit a form of a page as a browser would, after changing some fields by name.

        ``press`` is a button or its words; its ``formaction`` wins over the form's ``action``.
        """
        pressed = page.button(press) if isinstance(press, str) else press
        fields = page.fields(form, pressed)
        changed = dict(change or {})
        missing = changed.keys() - {name for name, _ in fields}
        assert not missing, f"the form has no field {missing}"
        fields = [(name, changed.get(name, value)) for name, value in fields]
        owner = page.one(f"form#{form}")
        action = owner.get("action") if pressed is None else None
        if pressed is not None:
            action = pressed.get("formaction") or owner.get("action")
        assert action, "the form names no action"
        return self.post(action, fields, status=status)


def encoded(fields: Fields) -> bytes:
    """Return fields as the body of a form."""
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    return urlencode(pairs).encode()


def read(response: TestResponse, status: int = 200) -> Page:
    """Parse an answer strictly and check it."""
    body = response.get_data(as_text=True)
    assert response.status_code == status, f"{response.status}: {body[:2_000]}"
    assert response.content_type.startswith("text/html"), response.content_type
    strict = _strictly_parsed(body)
    page = quick(response)
    if strict is not None:
        same = [element.tag for element in strict] == [element.tag for element in page.root.iter()]
        _require(same, "the page leaves it to browsers to close an element or to add one")
    check(page)
    return page


def quick(response: TestResponse) -> Page:
    """Parse an answer, and leave the checks to others."""
    return Page(response, *parsed(response.get_data(as_text=True)))


_SEEN_MARKUP: set[int] = set()
# What a strict parser has nothing to say about: plain text, and plain values of attributes.
_PLAIN = re.compile(r'"[^"&<>\x00-\x08\x0b-\x1f\x7f-\x9f]*"|>[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]*<')


def _strictly_parsed(body: str) -> list[Element] | None:
    """Return the elements that a strict parser finds; None where only plain words are new."""
    markup = hash(_PLAIN.sub("", body))
    if markup in _SEEN_MARKUP:
        return None
    whole = body.lstrip().lower().startswith("<!doctype")
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    # <hx-partial> is how one answer changes several places; the rest is checked inside it.
    root = parser.parse(body if whole else f"<!doctype html><title>x</title><div>{body}</div>")
    _SEEN_MARKUP.add(markup)
    inside = root if whole else root.find("body").find("div")
    return [element for element in inside.iter() if isinstance(element.tag, str)]


def check(page: Page) -> None:
    """Raise ``BadPage`` for the first rule that a page or fragment breaks."""
    elements = [e for e in page.root.iter() if isinstance(e.tag, str)]
    if page.whole:
        _require(bool(page.title.replace("· Cuecard", "").strip()), "the page has no title")
        _require(len(page.all("main")) == 1, "the page has no main part")
        _require(bool(page.root.get("lang")), "the page names no language")
        _require(len(page.all("h1")) <= 1, "the page has several h1")
    ids = [e.get("id", "") for e in elements if e.get("id") is not None]
    twice = {i for i in ids if ids.count(i) > 1} if len(set(ids)) != len(ids) else set()
    _require(not twice, f"ids occur twice: {sorted(twice)[:5]}")
    _require(all(i and not re.search(r"\s", i) for i in ids), "an id is empty or has a blank")
    nonce = _nonce(page.response.headers["Content-Security-Policy"])
    for element in elements:
        _check_element(page, element, nonce, set(ids))


def _check_element(page: Page, element: Element, nonce: str, ids: set[str]) -> None:
    shown = _shown(element)
    for name, value in element.items():
        _require(not name.startswith("on"), f"{shown} has an inline handler")
        _require(name != "style", f"{shown} has an inline style")
        _require(not name.startswith(("hx-on", "data-hx-")), f"{shown} has {name}")
        _require(not re.match(r"\s*(js|javascript):", value), f"{shown}: {name} runs script")
        if page.whole and name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            lost = set(value.split()) - ids
            _require(not lost, f"{shown}: {name} names {lost}, which is not on the page")
    verbs = {"hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-boost"}
    if verbs & set(element.keys()):
        _require(element.get("hx-nonce") == nonce, f"{shown} asks for more without hx-nonce")
    match element.tag:
        case "script":
            _require(element.get("nonce") == nonce, f"{shown} has not the nonce of the page")
            _require(bool(element.get("src")), f"{shown} is inline")
            _require(page.whole, f"{shown} stands in a fragment")
        case "style":
            raise BadPage(f"{shown}: styles belong into static/css")
        case "img":
            _require(element.get("alt") is not None, f"{shown} has no alt")
        case "button":
            words = text_of(element) or element.get("aria-label")
            _require(bool(words), f"{shown} says nothing")
            _require(element.get("type") is not None, f"{shown} has no type")
        case "a":
            _require(bool(text_of(element) or element.get("aria-label")), f"{shown} is empty")
        case tag if tag in _LABELLED and element.get("type") not in _UNLABELLED_INPUTS:
            _require(bool(page.label(element)), f"{shown} has no label")
        case _:
            pass


def _require(fine: bool, complaint: str) -> None:
    if not fine:
        raise BadPage(complaint)


def _nonce(policy: str) -> str:
    found = re.search(r"script-src 'nonce-([\w-]{22})'", policy)
    assert found, policy
    assert "unsafe" not in policy
    return found[1]


def text_of(element: Element | None) -> str:
    """Return the words inside an element, blanks folded."""
    assert element is not None
    return _BLANKS.sub(" ", "".join(element.itertext())).strip()


def _shown(element: Element) -> str:
    attributes = "".join(f' {n}="{v[:60]}"' for n, v in element.items())
    return f"<{element.tag}{attributes[:200]}>"


def _headers(htmx: bool) -> dict[str, str]:
    return {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"} if htmx else {}


def _values(control: Element, pressed: Element | None) -> Iterator[str]:
    kind = control.get("type", "text").lower()
    match control.tag:
        case "button":
            if control is pressed:
                yield control.get("value", "")
        case "textarea":
            yield "".join(control.itertext())
        case "select":
            yield from _chosen(control)
        case "input" if kind in ("checkbox", "radio"):
            if control.get("checked") is not None:
                yield control.get("value", "on")
        case "input" if kind in ("submit", "image", "button", "reset"):
            if control is pressed:
                yield control.get("value", "")
        case "input" if kind == "file":
            return
        case "input" if kind == "hidden":
            yield control.get("value", "")
        case "input":
            # A text box has one line.
            yield re.sub(r"[\r\n]", "", control.get("value", ""))
        case _:
            return


def _chosen(select: Element) -> Iterator[str]:
    options = [o for o in select.iter("option") if o.get("disabled") is None]
    chosen = [o for o in select.iter("option") if o.get("selected") is not None]
    if select.get("multiple") is None:
        chosen = chosen[-1:] or options[:1]
    for option in chosen:
        if option.get("disabled") is None:
            yield option.get("value", text_of(option))


def _crlf(value: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", value)


def _select(root: Element, steps: list[str]) -> Iterator[Element]:
    seen: set[Element] = set()
    for element in root.iter():
        if not isinstance(element.tag, str) or not _matches(element, steps[0]):
            continue
        found = [element]
        if len(steps) > 1:
            found = [e for e in _select(element, steps[1:]) if e is not element]
        for one in found:
            if one not in seen:
                seen.add(one)
                yield one


_STEP = re.compile(r"([\w-]+|\*)?((?:#[\w.@+-]+|\.[\w-]+|\[[^\]]+\])*)$")


def _matches(element: Element, step: str) -> bool:
    parsed = _STEP.match(step)
    assert parsed, f"unknown selector {step!r}"
    tag, rest = parsed.groups()
    if tag and tag not in ("*", element.tag):
        return False
    for part in re.findall(r"#[\w.@+-]+|\.[\w-]+|\[[^\]]+\]", rest):
        if part[0] == "#" and element.get("id") != part[1:]:
            return False
        if part[0] == "." and part[1:] not in element.get("class", "").split():
            return False
        if part[0] == "[":
            name, equals, value = part[1:-1].partition("=")
            has = element.get(name)
            if has is None or (equals and has != value.strip("\"'")):
                return False
    return True
