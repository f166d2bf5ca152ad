r"""Shell: the event written by the ``printf`` of bash, piped to websocat.

Each line of the event is an argument of ``printf '%b'`` in single quotes: printable ASCII stands as
it is, every other byte of the UTF-8 text as ``\0ooo``, a backslash as two and a single quote as
``\0047``. So the function writes the event's exact bytes whatever the locale, and no shell expands
anything in it. ``printf`` is built in, hence no limit on the length of arguments applies, and there
is no here-document whose end an event could spell.

websocat is told to end messages with NUL: an event of several lines stays one message, and no line
feed is added to it. Reading up to NUL is what takes bash (3.2 will do) rather than any shell.
"""

from webapp.endpoints import Endpoint
from webapp.exports.pieces import Order, Pieces, Secret, rows
from webapp.exports.remarks import comment

BUFFER_BYTES = 64 * 1024 * 1024


def with_websocat(order: Order) -> str:
    """Return a script for bash and websocat."""
    needs = "Needs: bash and websocat (https://github.com/vi/websocat)"
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
trap 'rm -rf "$scratch"' EXIT
mkfifo "$scratch/sent"
exec 4< <(exec websocat "${{arguments[@]}}" "$url" <"$scratch/sent")
exec 3>"$scratch/sent"

# The type of a server event stands before everything nested in it, or behind.
first='^[[:space:]]*\\{{[^{{]*"type"[[:space:]]*:[[:space:]]*"([^"]*)"'
last='"type"[[:space:]]*:[[:space:]]*"([^"]*)"[^{{}}]*\\}}[[:space:]]*$'
while IFS= read -r -d '' message <&4; do
  printf '%s\\n' "$message"
  [[ $message =~ $first || $message =~ $last ]] || continue
  case ${{BASH_REMATCH[1]}} in
    session.created) event >&3 ;;
    response.done) exit 0 ;;
    error) echo 'The server refused it.' >&2; exit 1 ;;
  esac
done
echo 'The session ended before response.done.' >&2
exit 1
"""


def _arguments(endpoint: Endpoint) -> str:
    """Return the options: NUL ends a message, the session's end is ours, events may be long."""
    lines = [f"arguments=(-0 -E -B {BUFFER_BYTES})"]
    lines += [
        f"arguments+=({quoted(f'--header={name}: {value}')})" for name, value in endpoint.headers
    ]
    if key := endpoint.key:
        header = f'arguments+=("--header={key.header}: {key.prefix}${key.variable}")'
        if key.required:
            lines.append(f': "${{{key.variable}:?holds the key: set it first}}"')
            lines.append(header)
        else:
            lines.append(f'if [ -n "${{{key.variable}:-}}" ]; then {header}; fi')
    return "\n".join(lines)


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
