"""Cuecard's builder, as a page to type in and as the requests that typing makes."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from playwright.sync_api import Page

from benchmarks.keystrokes import Typed
from benchmarks.sample_events import Json, event_of_items

PATH = "/events/beta/response.create"
FORM = "builder"  # the id that the controls name, wherever they stand

# Posts the text as a plain form would, so that the browser shows the answer as a page of its own.
POST_TEXT = """([action, text]) => {
  const form = document.createElement("form");
  const box = document.createElement("textarea");
  Object.assign(form, { method: "post", action });
  Object.assign(box, { name: "text", value: text });
  form.append(box);
  document.body.append(form);
  form.submit();
}"""


OURS, ANSWER = "Cuecard", "Cuecard's server"


def builder_pages(address: str) -> list[Typed]:
    """Return the builder served at the address, such as `http://127.0.0.1:8000`.

    It counts once when the text is shown at all, and once when it stands in lines of the server.
    """

    def open_with(page: Page, items: int) -> None:
        page.goto(address + PATH)
        with page.expect_navigation():
            page.evaluate(POST_TEXT, [f"{PATH}/raw", json.dumps(event_of_items(items))])

    boxes = 'textarea[name^="response.input."][name*=".content."][name$=".text"]'
    views = {OURS: "#wire", ANSWER: "#wire .ln:not([data-echoed])"}
    return [Typed(name, open_with, boxes, view) for name, view in views.items()]


class Controls(HTMLParser):
    """Reads what a browser would post of the builder's form: names and values, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name = (attributes.get("name") or "") if attributes.get("form") == FORM else ""
        value = attributes.get("value") or ""
        match tag:
            case "input" if name and "disabled" not in attributes:
                kind = attributes.get("type")
                if kind not in ("checkbox", "radio") or "checked" in attributes:
                    self.pairs.append((name, value))
            case "textarea":
                self._textarea, self._text = name, ""
            case "select":
                self._select = name
            case "option" if self._select and "selected" in attributes:
                self.pairs.append((self._select, value))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            self.pairs.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None
        elif tag == "select":
            self._select = None


def form_of(page: str) -> list[tuple[str, str]]:
    """Return what the form in the page's HTML would post."""
    controls = Controls()
    controls.feed(page)
    return controls.pairs


def last_item_of(form: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Return where typing in the last input item posts to, and what."""
    name = [name for name, _ in form if re.fullmatch(r"response\.input\.[^.@]+@", name)][-1][:-1]
    own = [pair for pair in form if pair[0].startswith((f"{name}.", f"{name}@"))]
    shown = [pair for pair in form if pair[0] == "shown" and pair[1].startswith(f"{name}-")]
    return f"{PATH}/block/{name}", own + shown


def text_to_post(event: Json) -> dict[str, str]:
    """Return what fills the builder with the event when it is posted to its `/raw`."""
    return {"text": json.dumps(event)}
