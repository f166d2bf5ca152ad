"""Python: the event as a string literal, sent with ``websockets`` or OpenAI's own client.

The literal's value is the wire text itself, to the byte: printable ASCII stands as it is, all else
as an escape, so that no control, bidirectional or invisible character gets into the source, and
nothing is parsed and written anew on the way. One literal per line of the event keeps it readable.
"""

from urllib.parse import parse_qsl, urlsplit

from webapp.endpoints import Key, Place
from webapp.exports.pieces import CannotExport, Order, Pieces, Secret, rows
from webapp.exports.remarks import comment


def with_websockets(order: Order) -> str:
    """Return a program for the ``websockets`` package."""
    needs = "Needs: pip install websockets"
    endpoint = order.endpoint
    headers, shown = _headers(endpoint.headers), ""
    key, protocols, imports = endpoint.key, "", ""
    if key and key.required and key.place is Place.HEADER:
        headers.append(f"{quoted(key.header)}: {_key_header(key)}")
    elif key:
        shown = _shown(key, "&" if "?" in endpoint.url else "?")
        protocols = ", subprotocols=PROTOCOLS" if key.place is Place.SUBPROTOCOL else ""
        imports = "from urllib.parse import quote\n" if key.place is Place.QUERY else ""
    return f"""\
{comment(order, "#", needs)}
import json
import os
import sys
{imports}
from websockets.sync.client import connect

URL = {quoted(endpoint.url)}
HEADERS = {{{", ".join(headers)}}}
{shown}EVENT = {event(order.pieces)}

OPTIONS = {{"compression": None, "max_size": None}}
with connect(URL, additional_headers=HEADERS{protocols}, **OPTIONS) as session:
    for message in session:
        print(message)
        kind = json.loads(message).get("type")
        if kind == "session.created":
            session.send(EVENT)
        elif kind == "response.done":
            sys.exit()
        elif kind == "error":
            sys.exit("The server refused it.")
sys.exit("The session ended before response.done.")
"""


def _shown(key: Key, joint: str) -> str:
    """Return the statement that shows the key, under the condition that there is one."""
    indent, head, other = "", "", ""
    if not key.required:
        indent, head = "    ", f"if os.environ.get({quoted(key.variable)}):\n"
    match key.place:
        case Place.HEADER:
            line = f"HEADERS[{quoted(key.header)}] = {_key_header(key)}"
        case Place.QUERY:
            value = f'quote(os.environ[{quoted(key.variable)}], safe="")'
            line = f"URL += {quoted(f'{joint}{key.header}=')} + {value}"
        case Place.SUBPROTOCOL:
            line = f"PROTOCOLS = [{quoted(key.header)}, {_key_header(key)}]"
            other = "PROTOCOLS = None\n" if not key.required else ""
    return f"{other}{head}{indent}{line}\n"


def with_openai(order: Order) -> str:
    """Return a program for OpenAI's own package.

    Raises:
        CannotExport: if its client cannot reach the address.
    """
    needs = "Needs: pip install 'openai[realtime]', new enough to have send_raw (made with 3.54)"
    raw = (
        "connection.send() would write the event anew; send_raw() hands this very text to the"
        " socket."
    )
    client, call = _client(order)
    return f"""\
{comment(order, "#", needs, raw)}
import json
import os
import sys

from openai import {client.partition("(")[0]}

EVENT = {event(order.pieces)}

client = {client}
with client.realtime.connect({call}) as connection:
    while True:
        message = connection.recv_bytes().decode()
        print(message)
        kind = json.loads(message).get("type")
        if kind == "session.created":
            connection.send_raw(EVENT)
        elif kind == "response.done":
            sys.exit()
        elif kind == "error":
            sys.exit("The server refused it.")
"""


def _client(order: Order) -> tuple[str, str]:
    """Return how the client is made and how it connects: it puts the address together itself."""
    endpoint = order.endpoint
    parts = urlsplit(endpoint.url)
    if not parts.path.endswith("/realtime"):
        raise CannotExport("OpenAI's client asks for …/realtime only; this address ends otherwise.")
    base = quoted(f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/realtime')}")
    query = dict(parse_qsl(parts.query))
    if "api-version" in query:
        version, deployment = quoted(query["api-version"]), quoted(query.get("deployment", ""))
        client = f"""AzureOpenAI(
    api_key={_key(endpoint.key)},
    api_version={version},
    azure_endpoint={quoted(f"https://{parts.netloc}")},
    websocket_base_url={base},
)"""
        return client, f"model={deployment}"
    client = f"""OpenAI(
    api_key={_key(endpoint.key)},
    websocket_base_url={base},
)"""
    return client, _call(query, endpoint.headers, endpoint.key)


def _call(query: dict[str, str], headers: tuple[tuple[str, str], ...], key: Key | None) -> str:
    """Return the arguments of the call: the client itself shows its key as a bearer only."""
    parts, queries, named = [], [], _headers(headers)
    if "model" in query:
        parts.append(f"model={quoted(query.pop('model'))}")
    queries += [f"{quoted(name)}: {quoted(value)}" for name, value in query.items()]
    if key and key.place is Place.QUERY:
        queries.append(f"{quoted(key.header)}: {_key(key)}")
    if key and key.place is Place.HEADER and key.header not in ("Authorization", "api-key"):
        named.append(f"{quoted(key.header)}: {_key(key)}")
    if queries:
        parts.append(f"extra_query={{{', '.join(queries)}}}")
    if named:
        parts.append(f"extra_headers={{{', '.join(named)}}}")
    if key and key.place is Place.SUBPROTOCOL:
        protocols = f"[{quoted(key.header)}, {quoted(key.prefix)} + {_key(key)}]"
        parts.append(f'websocket_connection_options={{"subprotocols": {protocols}}}')
    return ", ".join(parts)


def _headers(headers: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{quoted(name)}: {quoted(value)}" for name, value in headers]


def _key_header(key: Key) -> str:
    value = f"os.environ[{quoted(key.variable)}]"
    return f"{quoted(key.prefix)} + {value}" if key.prefix else value


def _key(key: Key | None) -> str:
    if key is None:
        return '"none"'
    if key.required:
        return f"os.environ[{quoted(key.variable)}]"
    return f'os.environ.get({quoted(key.variable)}) or "none"'


def event(pieces: Pieces) -> str:
    """Return an expression whose value is the event, one literal per line of it."""
    parts = [each for piece in pieces for each in _literals(piece)]
    return "(\n" + "\n".join(f"    {part}" for part in parts) + "\n)"


def _literals(piece: str | Secret) -> list[str]:
    if isinstance(piece, Secret):
        return [f'+ json.dumps(os.environ["{piece.variable}"]) +']
    return ["'" + _escaped(row, "'") + "'" for row in rows(piece)]


def quoted(text: str) -> str:
    """Return a literal in double quotes; the event has single ones, as JSON is full of double."""
    return '"' + _escaped(text, '"') + '"'


def _escaped(text: str, quote: str) -> str:
    plain = text.translate(_ESCAPES).replace(quote, "\\" + quote)
    return plain if plain.isascii() else "".join(map(_escape, plain))


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x80:
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_ESCAPES = str.maketrans(
    {chr(code): f"\\x{code:02x}" for code in (*range(32), 127)}
    | {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
)
