"""The typed doorway to htmx: names of headers and swaps stand here only."""

from enum import StrEnum
from typing import cast

from flask import Flask, Response, request
from htmx_flask import Htmx, make_response

MESSAGES = "#messages"
MESSAGE = ".message"


class Swap(StrEnum):
    """How a fragment enters the page."""

    INNER = "innerHTML"
    OUTER = "outerHTML"
    TEXT = "textContent"
    AFTER = "afterend"
    DELETE = "delete"
    APPEND = "beforeend"
    PREPEND = "afterbegin"
    MORPH = "outerMorph"
    NONE = "none"


def init_app(app: Flask) -> None:
    """Teach the application's requests about htmx."""
    Htmx(app)


def is_htmx() -> bool:
    """Whether htmx made this request, so that a fragment is the answer."""
    return bool(getattr(request, "htmx", False))


def fragment(
    html: str,
    status: int = 200,
    *,
    target: str | None = None,
    swap: Swap | None = None,
    trigger: str | None = None,
) -> Response:
    """Answer with a fragment; ``target`` (a selector) and ``swap`` override the element's own."""
    answer = cast("Response", make_response(html, status, retarget=target, trigger=trigger))
    if swap:
        # htmx-flask knows only some of the names, so the header is set directly.
        answer.headers["HX-Reswap"] = swap
    return answer


def message_headers() -> list[tuple[str, str]]:
    """Return the headers that bring a message to its place, whatever element asked."""
    return [("HX-Retarget", MESSAGES), ("HX-Reswap", Swap.INNER), ("HX-Reselect", MESSAGE)]
