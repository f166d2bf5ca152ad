r"""JavaScript: the event as a string literal, for Node with ``ws`` and for a browser.

The literals' joined value is the wire text itself, to the byte: printable ASCII stands as it is,
all else as ``\uXXXX`` (line separators, controls and both halves of a pair too), and ``<`` as
``\x3c``, so that the program may stand inside a page. It is a string, no object literal, which
would lose a member called ``__proto__`` and spell numbers its own way.
"""

from webapp.endpoints import Key, Place
from webapp.exports.pieces import CannotExport, Order, Pieces, Secret, rows
from webapp.exports.remarks import comment


def for_node(order: Order) -> str:
    """Return a module for Node and the ``ws`` package."""
    needs = "Needs: npm install ws; save this as event.mjs and run: node event.mjs"
    endpoint = order.endpoint
    headers = [f"{quoted(name)}: {quoted(value)}" for name, value in endpoint.headers]
    headers += _key_header(endpoint.key)
    return f"""\
{comment(order, "//", needs)}
import WebSocket from "ws";

{_url(order)}{_needed(order)}const HEADERS = {{{", ".join(headers)}}};
const EVENT = {event(order.pieces, "process.env.")};

let ended = "The session ended before response.done.";
const end = (words) => {{
  ended = words;
  session.removeAllListeners("message");
  session.close();
}};

const OPTIONS = {{ headers: HEADERS, perMessageDeflate: false }};
const session = new WebSocket(URL, {_protocols(endpoint.key)}OPTIONS);
session.on("message", (message) => {{
  console.log(String(message));
  const {{ type }} = JSON.parse(message);
  if (type === "session.created") session.send(EVENT);
  if (type === "response.done") end("");
  if (type === "error") end("The server refused it.");
}});
session.on("error", (fault) => console.error(fault.message));
session.on("close", () => {{
  if (ended) console.error(ended);
  process.exitCode = ended ? 1 : 0;
}});
"""


def for_browser(order: Order) -> str:
    """Return a module for a page, over the data channel of a WebRTC connection.

    Raises:
        CannotExport: if the endpoint is not reached by WebRTC.
    """
    endpoint = order.endpoint
    if not endpoint.calls:
        raise CannotExport(f"{endpoint.title} is not reached by WebRTC: pick another endpoint.")
    keys = (
        "A page has no environment, and a key in it belongs to whoever opens it: set EPHEMERAL_KEY"
        " on globalThis first, to a short-lived client secret that your server gets with its own"
        " key."
    )
    return f"""\
{comment(order, "//", keys, source="globalThis")}
const CALLS = {quoted(endpoint.calls)};
const EVENT = {event(order.pieces, "globalThis.")};

const connection = new RTCPeerConnection();
connection.addTransceiver("audio", {{ direction: "recvonly" }});
connection.addEventListener("track", ({{ streams }}) => {{
  const sound = new Audio();
  sound.autoplay = true;
  sound.srcObject = streams[0];
}});

const channel = connection.createDataChannel("oai-events");
const ended = new Promise((resolve, reject) => {{
  channel.addEventListener("message", ({{ data }}) => {{
    console.log(data);
    const {{ type }} = JSON.parse(data);
    if (type === "session.created") channel.send(EVENT);
    if (type === "response.done") resolve();
    if (type === "error") reject(new Error("The server refused it."));
  }});
  channel.addEventListener("close", () => reject(new Error("The session ended.")));
}});

await connection.setLocalDescription();
const answer = await fetch(CALLS, {{
  method: "POST",
  body: connection.localDescription.sdp,
  headers: {{
    "Content-Type": "application/sdp",
    Authorization: `Bearer ${{globalThis.EPHEMERAL_KEY}}`,
  }},
}});
if (!answer.ok) throw new Error(`The server answered ${{answer.status}}.`);
await connection.setRemoteDescription({{ type: "answer", sdp: await answer.text() }});
try {{
  await ended;
}} finally {{
  connection.close();
}}
"""


def _needed(order: Order) -> str:
    """Return the check that every variable is there which has to be."""
    names = [secret.variable for secret in order.secrets]
    if order.endpoint.key and order.endpoint.key.required:
        names.insert(0, order.endpoint.key.variable)
    if not names:
        return ""
    listed = ", ".join(quoted(name) for name in names)
    return f"""\
for (const name of [{listed}]) {{
  if (!process.env[name]) throw new Error(`Set ${{name}} first.`);
}}
"""


def _url(order: Order) -> str:
    """Return the address, with the key behind it where it belongs there."""
    url, key = order.endpoint.url, order.endpoint.key
    if key is None or key.place is not Place.QUERY:
        return f"const URL = {quoted(url)};\n"
    shown = f"{'&' if '?' in url else '?'}{key.header}="
    value = f"{quoted(shown)} + encodeURIComponent(process.env.{key.variable})"
    if not key.required:
        value = f'(process.env.{key.variable} ? {value} : "")'
    return f"const URL = {quoted(url)} + {value};\n"


def _protocols(key: Key | None) -> str:
    if key is None or key.place is not Place.SUBPROTOCOL:
        return ""
    value = f"[{quoted(key.header)}, {quoted(key.prefix)} + process.env.{key.variable}]"
    return f"{value}, " if key.required else f"process.env.{key.variable} ? {value} : [], "


def _key_header(key: Key | None) -> list[str]:
    if key is None or key.place is not Place.HEADER:
        return []
    value = f"`{key.prefix}${{process.env.{key.variable}}}`"
    header = f"{quoted(key.header)}: {value}"
    return [header] if key.required else [f"...(process.env.{key.variable} && {{ {header} }})"]


def event(pieces: Pieces, environment: str) -> str:
    """Return an expression whose value is the event, one literal per line of it."""
    parts = [each for piece in pieces for each in _literals(piece, environment)]
    return "[\n" + "".join(f"  {part},\n" for part in parts) + '].join("")'


def _literals(piece: str | Secret, environment: str) -> list[str]:
    if isinstance(piece, Secret):
        return [f"JSON.stringify({environment}{piece.variable})"]
    return ["'" + _escaped(row, "'") + "'" for row in rows(piece)]


def quoted(text: str) -> str:
    """Return a literal in double quotes; the event has single ones, as JSON is full of double."""
    return '"' + _escaped(text, '"') + '"'


def _escaped(text: str, quote: str) -> str:
    plain = text.translate(_ESCAPES).replace(quote, "\\" + quote)
    return plain if plain.isascii() else "".join(map(_escape, plain))


def _escape(char: str) -> str:
    if char.isascii():
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


_ESCAPES = str.maketrans(
    {chr(code): f"\\x{code:02x}" for code in (*range(32), 127, ord("<"))}
    | {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
)
