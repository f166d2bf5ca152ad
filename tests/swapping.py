"""What htmx does with an answer that changes several places: its partials, one after the other."""

from copy import deepcopy
from xml.etree.ElementTree import Element

from tests.page import Page


def after(page: Page, answer: Page) -> Page:
    """Return the page as it stands once the partials of ``answer`` have entered it."""
    root = deepcopy(page.root)
    for partial in answer.all("hx-partial"):
        target = partial.get("hx-target", "")
        assert target.startswith("#"), target
        _swap(root, target[1:], partial.get("hx-swap", "innerHTML"), partial)
    return Page(page.response, root, whole=True)


def _swap(root: Element, target: str, swap: str, content: Element) -> None:
    parents = {child: parent for parent in root.iter() for child in parent}
    found = [element for element in root.iter() if element.get("id") == target]
    assert len(found) == 1, f"#{target} is there {len(found)} times"
    element = found[0]
    parent, pieces = parents[element], list(content)
    place = list(parent).index(element)
    match swap:
        case "innerHTML" | "textContent":
            _empty(element, content.text)
            element.extend(pieces)
        case "beforeend":
            element.extend(pieces)
        case "afterbegin":
            element[:0] = pieces
        case "afterend":
            parent[place + 1 : place + 1] = pieces
        case "outerHTML":
            parent[place : place + 1] = pieces
        case "delete":
            parent.remove(element)
        case _:
            raise AssertionError(swap)


def _empty(element: Element, text: str | None) -> None:
    for child in list(element):
        element.remove(child)
    element.text = text
