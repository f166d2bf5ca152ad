r"""Rust: the event as a string literal, built by the generated client too, and sent as it is.

An event of printable ASCII stands in a raw string, any other in escaped ones joined by ``concat!``
(``\u{…}`` for all that is not printable ASCII); either way the value is the wire text, to the byte.
The builder of the generated client is there to be taken over into other programs, and to tell what
the client makes of the event; what goes out is the text, since writing the value anew would spell
it the client's way, without the members that the client does not know. The types of what is built
are inferred from the builder, so that this does not depend on how a generator names them.
"""

import json
import re
from collections.abc import Iterable, Iterator

from webapp.endpoints import Endpoint, Key, Place
from webapp.events import EVENTS
from webapp.exports.pieces import MAX_NAME_CHARS, Order, Pieces, Secret, rows
from webapp.exports.remarks import comment

TYPES = {
    "beta": ("RealtimeBetaClientEventResponseCreate", "RealtimeBetaResponseCreateParams"),
    "ga": ("RealtimeClientEventResponseCreate", "RealtimeResponseCreateParams"),
}
MOST_NAMED = 5


def with_tungstenite(order: Order) -> str:
    """Return a program for the client that openapi-generator makes, and tokio-tungstenite."""
    crates = (
        "Needs these crates: openai-client-base (made by openapi-generator from OpenAI's document,"
        " with builders; any other client with the same models will do, and what its builder lacks"
        " can be taken out of built), serde_json, futures-util, tokio with its macros and threads,"
        " tokio-tungstenite with TLS."
    )
    endpoint, (name, params) = order.endpoint, TYPES[order.dialect]
    written = _Written(order)
    models = f"{{{name}, {params}}}" if written.params else name
    headers = "".join(_insert(name, quoted(value)) for name, value in endpoint.headers)
    return f"""\
{comment(order, "//", crates, *written.left_out)}
use std::{{env, error::Error, process}};

use futures_util::{{SinkExt, StreamExt}};
use openai_client_base::models::{models};
use serde_json::{{from_str, from_value, Value}};
use tokio_tungstenite::tungstenite::{{client::IntoClientRequest, Message}};

const URL: &str = {quoted(endpoint.url)};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {{
    let event: String = {event(order.pieces)};
    if let Err(fault) = built(&event) {{
        eprintln!("The client has no such event, it is sent all the same: {{fault}}");
    }}

{_request(endpoint)}{headers}{_key(endpoint.key)}\
    let (mut session, _) = tokio_tungstenite::connect_async(request).await?;
    while let Some(message) = session.next().await {{
        let Message::Text(text) = message? else {{ continue }};
        println!("{{text}}");
        let answer: Value = from_str(&text)?;
        match answer["type"].as_str() {{
            Some("session.created") => session.send(Message::text(event.as_str())).await?,
            Some("response.done") => return Ok(session.close(None).await?),
            Some("error") => {{
                eprintln!("The server refused it.");
                process::exit(1);
            }}
            _ => {{}}
        }}
    }}
    Err("The session ended before response.done.".into())
}}

/// The same event as the client builds it.
fn built(text: &str) -> serde_json::Result<{name}> {{
{_body(written, name, params)}}}
"""


class _Written:
    """Which members an event and its params have, and which of them a client knows."""

    def __init__(self, order: Order) -> None:
        kind = EVENTS[order.dialect, "response.create"]
        event = json.loads(order.text)
        params = event.get("response") if isinstance(event, dict) else None
        self.event = _known(event, kind.model.model_fields)
        self.params = _known(params, kind.params.model_fields)
        strange = [*_others(event, self.event), *_others(params, self.params)]
        named = ", ".join(strange[:MOST_NAMED]) + (" and more" if strange[MOST_NAMED:] else "")
        self.left_out = (f"The client has no such members: {named}",) if strange else ()


def _known(value: object, names: Iterable[str]) -> list[str]:
    return [name for name in value if name in names] if isinstance(value, dict) else []


def _others(value: object, known: list[str]) -> Iterator[str]:
    for name in value if isinstance(value, dict) else ():
        if name not in known:
            yield json.dumps(name[:MAX_NAME_CHARS]).replace("\x7f", "\\u007f")


def _body(written: _Written, name: str, params: str) -> str:
    if not written.event:
        return "    from_str(text)\n"
    setters = "".join(
        f"        .response(Box::new(\n{_built_params(written, params)}        ))\n"
        if member == "response" and written.params
        else f"        .{_raw(member)}(from_value(event[{quoted(member)}].take())?)\n"
        for member in written.event
    )
    params_of = '    let mut params = event["response"].take();\n' if written.params else ""
    return f"""\
    let mut event: Value = from_str(text)?;
{params_of}    Ok({name}::builder()
{setters}        .build())
"""


def _built_params(written: _Written, params: str) -> str:
    setters = "".join(
        f"                .{_raw(member)}(from_value(params[{quoted(member)}].take())?)\n"
        for member in written.params
    )
    return f"            {params}::builder()\n{setters}                .build(),\n"


def _raw(member: str) -> str:
    return f"r#{member}" if member == "type" else member


def _insert(name: str, value: str) -> str:
    return f"    request.headers_mut().insert({quoted(name.lower())}, {value}.parse()?);\n"


def _request(endpoint: Endpoint) -> str:
    """Return the handshake's request, with the key in its address where it belongs there."""
    key = endpoint.key
    if key is None or key.place is not Place.QUERY:
        return "    let mut request = URL.into_client_request()?;\n"
    joint = "&" if "?" in endpoint.url else "?"
    found = f"env::var({quoted(key.variable)})"
    lines = (
        "let mut url = URL.to_string();",
        f"let key = {found}?;" if key.required else f"let key = {found}.unwrap_or_default();",
        f'for (at, byte) in key.bytes().enumerate() {{ if at == 0 {{ url += "{joint}{key.header}=";'
        ' } url += &format!("%{byte:02X}"); }',
        "let mut request = url.into_client_request()?;",
    )
    return "".join(f"    {line}\n" for line in lines)


def _key(key: Key | None) -> str:
    if key is None or key.place is Place.QUERY:
        return ""
    name, prefix = key.header, key.prefix
    if key.place is Place.SUBPROTOCOL:
        name, prefix = "Sec-WebSocket-Protocol", f"{key.header}, {key.prefix}"
    if key.required:
        value = f'format!("{prefix}{{}}", env::var({quoted(key.variable)})?)'
        return _insert(name, value)
    insert = _insert(name, f'format!("{prefix}{{key}}")')
    return f"    if let Ok(key) = env::var({quoted(key.variable)}) {{\n    {insert}    }}\n"


def event(pieces: Pieces) -> str:
    """Return an expression whose value is the event."""
    if len(pieces) == 1:
        return f"{_literal(str(pieces[0]))}.to_string()"
    parts = "".join(f"        {_part(piece)},\n" for piece in pieces)
    return f"[\n{parts}    ]\n    .concat()"


def _part(piece: str | Secret) -> str:
    if isinstance(piece, Secret):
        return f"serde_json::to_string(&env::var({quoted(piece.variable)})?)?"
    return f"{_literal(piece)}.to_string()"


def _literal(text: str) -> str:
    """Return a literal whose value is the text."""
    if re.fullmatch(r"[\n -~]*", text):
        fence = "#" * (1 + max(map(len, re.findall(r'(?<=")#*', text)), default=0))
        return f'r{fence}"{text}"{fence}'
    lines = "".join(f"        {quoted(row)},\n" for row in rows(text))
    return f"concat!(\n{lines}    )"


def quoted(text: str) -> str:
    """Return a literal in double quotes."""
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if " " <= char <= "~" else f"\\u{{{ord(char):x}}}"


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
