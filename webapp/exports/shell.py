r"""Shell: the event written by the ``printf`` of bash, piped to websocat.

Each line of the event is an argument of ``printf '%b'`` in single quotes: printable ASCII stands as
it is, every other byte of the UTF-8 text as ``\0ooo``, a backslash as two and a single quote as
``\0047``. So the function writes the event's exact bytes whatever the locale, and no shell expands
anything in it. ``printf`` is built in, hence no limit on the length of arguments applies, and there
is no here-document whose end an event could spell.

websocat is told that messages end with NUL: an event of several lines stays one message, and no
line feed is added to it. Reading up to NUL is what takes bash (3.2 will do) rather than any shell.
One message is all it may send, as some versions send the NUL behind a long one as another message.
So it neither sees the end of our side nor tells of a server that hangs up before that message: the
wait for it is limited, and websocat is ended by its number.
"""

from webapp.endpoints import Endpoint, Key, Place
from webapp.exports.pieces import Order, Pieces, Secret, rows
from webapp.exports.remarks import comment

BUFFER_BYTES = 64 * 1024 * 1024
OPENING_S = 30
DAY_S = 86_400  # longer than any session lasts


def with_websocat(order: Order) -> str:
    """Return a script for bash and websocat."""
    needs = "Needs: bash and websocat 1 (tried with 1.13; https://github.com/vi/websocat)"
    seen = (
        "websocat takes headers as arguments: while it runs, other users of this machine may"
        " see the key."
    )
    endpoint = order.endpoint
    extra = (needs, seen) if endpoint.key else (needs,)
    return f"""\
#!/usr/bin/env bash
{comment(order, "#", *extra)}
set -eu

url={quoted(endpoint.url)}
{_arguments(endpoint)}
{event(order.pieces)}
scratch=$(mktemp -d)
mkfifo "$scratch/sent" "$scratch/came"
websocat "${{arguments[@]}}" "$url" <"$scratch/sent" >"$scratch/came" &
session=$!
trap 'kill "$session" 2>/dev/null || true; rm -rf "$scratch"' EXIT
exec 3>"$scratch/sent" 4<"$scratch/came"

# The type of a server event stands before everything nested in it, or behind.
first='^[[:space:]]*\\{{[^{{]*"type"[[:space:]]*:[[:space:]]*"([^"]*)"'
last='"type"[[:space:]]*:[[:space:]]*"([^"]*)"[^{{}}]*\\}}[[:space:]]*$'
patience={OPENING_S}
while IFS= read -r -d '' -t "$patience" message <&4; do
  printf '%s\\n' "$message"
  [[ $message =~ $first || $message =~ $last ]] || continue
  case ${{BASH_REMATCH[1]}} in
    session.created) event >&3; patience={DAY_S} ;;
    response.done) exit 0 ;;
    error) echo 'The server refused it.' >&2; exit 1 ;;
  esac
done
echo 'The session ended before response.done.' >&2
exit 1
"""


def _arguments(endpoint: Endpoint) -> str:
    """Return the options: NUL ends a message, one is sent, events may be long."""
    lines = [f"arguments=(-0 -n --max-messages 1 -B {BUFFER_BYTES})"]
    lines += [
        f"arguments+=({quoted(f'--header={name}: {value}')})" for name, value in endpoint.headers
    ]
    if key := endpoint.key:
        if key.place is Place.QUERY:
            lines.insert(0, _AS_QUERY.strip())
        shown = _shown(key, "&" if "?" in endpoint.url else "?")
        if key.required:
            lines.append(f': "${{{key.variable}:?holds the key: set it first}}"')
            lines.append(shown)
        else:
            lines.append(f'if [ -n "${{{key.variable}:-}}" ]; then {shown}; fi')
    return "\n".join(lines)


def _shown(key: Key, joint: str) -> str:
    """Return the command that shows the key in the handshake."""
    match key.place:
        case Place.HEADER:
            return f'arguments+=("--header={key.header}: {key.prefix}${key.variable}")'
        case Place.QUERY:
            return f'url="$url{joint}{key.header}=$(as_query "${key.variable}")"'
        case Place.SUBPROTOCOL:
            return f'arguments+=("--protocol={key.header}, {key.prefix}${key.variable}")'


_AS_QUERY = r"""
# Writes a text as a value of a query.
as_query() {
  local LC_ALL=C text=$1 at char
  for ((at = 0; at < ${#text}; at++)); do
    char=${text:at:1}
    case $char in
      [A-Za-z0-9._~-]) printf '%s' "$char" ;;
      *) printf '%%%02X' "'$char" ;;
    esac
  done
}
"""


def event(pieces: Pieces) -> str:
    """Return a function that writes the event and a NUL."""
    secrets = [piece.variable for piece in pieces if isinstance(piece, Secret)]
    checks = [f': "${{{name}:?holds a secret of the event: set it first}}"' for name in secrets]
    body = "\n".join(_command(piece) for piece in pieces)
    as_json = _AS_JSON if secrets else ""
    wanted = "".join(f"{check}\n" for check in checks)
    return f"{wanted}{as_json}\nevent() {{\n{body}\n  printf '\\0'\n}}\n"


_AS_JSON = r"""
# Writes a text as a JSON string.
as_json() {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}
"""


def _command(piece: str | Secret) -> str:
    if isinstance(piece, Secret):
        return f'  as_json "${piece.variable}"'
    return " \\\n    ".join(["  printf '%b'", *(f"'{_escaped(row)}'" for row in rows(piece))])


def _escaped(text: str) -> str:
    plain = text.translate(_ESCAPES)
    return plain if plain.isascii() else "".join(map(_escape, plain))


def _escape(char: str) -> str:
    return char if char.isascii() else "".join(f"\\0{byte:03o}" for byte in char.encode())


def quoted(text: str) -> str:
    """Return a word in single quotes that stands for itself; the text is one without them."""
    return f"'{text}'"


_ESCAPES = str.maketrans(
    {chr(code): f"\\0{code:03o}" for code in (*range(32), 127, ord("'"))}
    | {"\n": "\\n", "\\": "\\\\"}
)
