"""JSON values to exact JSON text: numbers as they were written, characters as they are."""

from json.encoder import encode_basestring as quote

from webapp.exact_json.reader import ExactFloat, ExactInt, JsonValue

__all__ = ["quote", "scalar", "write"]


def write(value: JsonValue, *, indent: int | None = 2) -> str:
    """Return the JSON text of ``value``: over several lines, or on one with ``indent=None``.

    Raises:
        ValueError: for NaN and the infinities, which JSON cannot say.
    """
    parts: list[str] = []
    gap = None if indent is None else " " * indent
    _write(parts, value, "" if gap is None else "\n", gap)
    return "".join(parts)


def scalar(value: JsonValue) -> str:
    """Return the JSON text of a string, number, boolean or null."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (ExactFloat, ExactInt)):
        return value.text
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("JSON has no word for this number")
    return repr(value)


def _write(parts: list[str], value: JsonValue, line: str, gap: str | None) -> None:
    if isinstance(value, dict):
        opening, closing, colon = "{", "}", ":" if gap is None else ": "
        members = [(quote(name) + colon, item) for name, item in value.items()]
    elif isinstance(value, list):
        opening, closing = "[", "]"
        members = [("", item) for item in value]
    else:
        parts.append(scalar(value))
        return
    deeper = line + (gap or "")
    comma = ""
    parts.append(opening)
    for name, item in members:
        parts += (comma, deeper, name)
        _write(parts, item, deeper, gap)
        comma = ","
    parts.append(line + closing if members else closing)
