r"""Rust: the event as a string literal, read by the generated client's type and sent as it is.

An event of printable ASCII stands in a raw string, any other in escaped ones joined by ``concat!``
(``\u{…}`` for all that is not printable ASCII); either way the value is the wire text, to the byte.
The type of the generated client is there to tell what it makes of the event; what goes out is the
text, since writing the value anew would spell it the client's way.
"""

import re

from webapp.endpoints import Key
from webapp.exports.pieces import Order, Pieces, Secret, rows
from webapp.exports.remarks import comment

TYPES = {
    "beta": "RealtimeBetaClientEventResponseCreate",
    "ga": "RealtimeClientEventResponseCreate",
}


def with_tungstenite(order: Order) -> str:
    """Return a program for the client that openapi-generator makes, and tokio-tungstenite."""
    crates = (
        "Needs these crates: openapi (made by openapi-generator from OpenAI's document),"
        " serde_json, futures-util, tokio with its macros and threads, tokio-tungstenite with TLS."
    )
    endpoint, name = order.endpoint, TYPES[order.dialect]
    headers = "".join(_insert(name, quoted(value)) for name, value in endpoint.headers)
    return f"""\
{comment(order, "//", crates)}
use std::{{env, error::Error, process}};

use futures_util::{{SinkExt, StreamExt}};
use openapi::models::{name};
use tokio_tungstenite::tungstenite::{{client::IntoClientRequest, Message}};

const URL: &str = {quoted(endpoint.url)};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {{
    let event: String = {event(order.pieces)};
    if let Err(fault) = serde_json::from_str::<{name}>(&event) {{
        eprintln!("The client has no such event, it is sent all the same: {{fault}}");
    }}

    let mut request = URL.into_client_request()?;
{headers}{_key(endpoint.key)}\
    let (mut session, _) = tokio_tungstenite::connect_async(request).await?;
    while let Some(message) = session.next().await {{
        let Message::Text(text) = message? else {{ continue }};
        println!("{{text}}");
        let answer: serde_json::Value = serde_json::from_str(&text)?;
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
"""


def _insert(name: str, value: str) -> str:
    return f"    request.headers_mut().insert({quoted(name.lower())}, {value}.parse()?);\n"


def _key(key: Key | None) -> str:
    if key is None:
        return ""
    if key.required:
        value = f'format!("{key.prefix}{{}}", env::var({quoted(key.variable)})?)'
        return _insert(key.header, value)
    insert = _insert(key.header, f'format!("{key.prefix}{{key}}")')
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
