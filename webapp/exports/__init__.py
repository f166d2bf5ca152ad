"""An event at an endpoint as source text: the table of languages.

A program that is exported reads its key from the environment, opens a session, waits for
``session.created``, sends the event's exact bytes, prints what comes back, and ends at
``response.done``, or with a failure at an ``error``. Its text has printable ASCII and line feeds
only, whatever the event holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.endpoints import Endpoint
from webapp.exports import javascript, json_text, markdown, python, rust, shell
from webapp.exports.pieces import CannotExport, Order, order
from webapp.forms.problems import Problem

__all__ = ["LANGUAGES", "CannotExport", "Language", "export"]


@dataclass(frozen=True, slots=True)
class Language:
    """What an event can be exported as."""

    slug: str
    title: str
    write: Callable[[Order], str]
    addressed: bool = True
    """Whether the text says where the event goes."""


LANGUAGES = {
    language.slug: language
    for language in (
        Language("json", "JSON, pretty", json_text.pretty, addressed=False),
        Language("json-compact", "JSON, compact", json_text.compact, addressed=False),
        Language("shell", "Shell, websocat", shell.with_websocat),
        Language("python", "Python, websockets", python.with_websockets),
        Language("python-openai", "Python, openai", python.with_openai),
        Language("node", "Node, ws", javascript.for_node),
        Language("browser", "Browser, data channel", javascript.for_browser),
        Language("rust", "Rust, generated client", rust.with_tungstenite),
        Language("markdown", "Markdown, bug report", markdown.report),
    )
}


def export(
    language: str,
    wire_text: str,
    endpoint: Endpoint,
    *,
    dialect: str,
    problems: tuple[Problem, ...] = (),
    version: str = "",
) -> str:
    """Return the event ``wire_text`` as source text for ``endpoint``.

    Raises:
        CannotExport: if the language has no way to reach the endpoint.
        KeyError: if there is no such language.
        ValueError: if ``wire_text`` is not JSON.
    """
    write = LANGUAGES[language].write
    return write(order(wire_text, endpoint, dialect, problems, version))
