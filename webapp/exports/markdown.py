"""Markdown: what a bug report needs: event, endpoint without secrets, problems, versions.

The event stands in a fence longer than any run of backticks in it, as it is; only characters that
cannot be seen, or turn the direction of writing, become JSON's own escapes, which say the same.
"""

import re

from webapp.exports.pieces import Order
from webapp.exports.remarks import NAMES
from webapp.forms.problems import Problem


def report(order: Order) -> str:
    """Return the report."""
    endpoint = order.endpoint
    text = _visible(order.text)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    left_out = "".join(
        f"\n- Left out: the secret at {_code(secret.at)}" for secret in order.secrets
    )
    made = f"Cuecard {order.version}".strip()
    return f"""\
### Event

{fence}json
{text.rstrip()}
{fence}

### Where

- Endpoint: {endpoint.title}, {_code(endpoint.url)}
- Dialect: event {NAMES[order.dialect]}, session {NAMES[endpoint.dialect]}{left_out}
- Written with: {made}

### Problems found in the event

{_problems(order.problems)}

### What happened

What was expected, what came instead, and the server events around it:
"""


def _problems(problems: tuple[Problem, ...]) -> str:
    if not problems:
        return "None."
    return "\n".join(
        f"- {problem.severity} at {_code(problem.at or 'the event')}: {_inline(problem.message)}"
        + (f" ({_inline(problem.source)})" if problem.source else "")
        for problem in problems
    )


def _code(text: str) -> str:
    """Return a code span, whatever is in the text."""
    shown = _visible(text).replace("\n", " ")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if "`" in shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _inline(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>&#|!~])", r"\\\1", _visible(text).replace("\n", " "))


def _visible(text: str) -> str:
    return "".join(
        char if char.isprintable() or char in "\n\t" else _escape(char)
        for char in text.replace("\r\n", "\n")
    )


def _escape(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
