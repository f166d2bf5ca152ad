"""Why a client event is refused, in the words and codes of the real service."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first fault of a client event. ``param`` is the dotted path to it."""

    code: str | None
    message: str
    param: str | None = None
    event_id: str | None = None

    def of(self, event_id: str | None) -> "Refusal":
        """Return the same refusal for the client event of this id."""
        return replace(self, event_id=event_id)


def missing(param: str) -> Refusal:
    return Refusal("missing_required_parameter", f"Missing required parameter: '{param}'.", param)


def wrong_type(param: str, expected: str, value: JsonValue) -> Refusal:
    got = kind_in_words(value)
    message = f"Invalid type for '{param}': expected {expected}, but got {got} instead."
    return Refusal("invalid_type", message, param)


def wrong_value(param: str, supported: Iterable[str], value: JsonValue) -> Refusal:
    message = f"Invalid value: {_shown(value)}. Supported values are: {listed(supported, 'and')}."
    return Refusal("invalid_value", message, param)


def text_too_long(param: str, limit: int, length: int) -> Refusal:
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead."
    )
    return Refusal("string_above_max_length", message, param)


def from_validation(error: ValidationError, event: JsonValue) -> Refusal:
    """Return the first fault that pydantic found in an event."""
    fault = error.errors(include_url=False, include_input=False)[0]
    path, value = _place(fault["loc"], event)
    ctx = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return missing(path)
        case "extra_forbidden":
            return Refusal("unknown_parameter", f"Unknown parameter: '{path}'.", path)
        case "literal_error":
            return _not_among(path, str(ctx["expected"]), value)
        case "union_tag_invalid":
            return _no_branch(path, str(ctx["expected_tags"]), value)
        case "greater_than_equal":
            return _out_of_bounds(path, ctx["ge"], value, "below minimum", "≥")
        case "less_than_equal":
            return _out_of_bounds(path, ctx["le"], value, "above maximum", "≤")
        case "string_too_long" if fault["loc"][-1] == "[key]":
            return _name_too_long(path, ctx["max_length"])
        case "string_too_long":
            return text_too_long(path, ctx["max_length"], len(str(value)))
        case "too_long":
            return _too_many(path, ctx["max_length"], value)
        case "too_short":
            return _too_few(path, ctx["min_length"], value)
        case kind if kind in _EXPECTED:
            return wrong_type(path, _EXPECTED[kind], value)
        case _:
            return _otherwise(path, fault)


def listed(values: Iterable[str], last: str) -> str:
    """Return values in quotes as a sentence lists them."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return f" {last} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {last} {quoted[-1]}"


def kind_in_words(value: JsonValue) -> str:
    """Return what kind of JSON value this is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case list():
            return "an array"
        case _:
            return "an object"


_EXPECTED = {
    "string_type": "a string",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "bool_type": "a boolean",
    "int_type": "an integer",
    "float_type": "a decimal number",
}
_KINDS = {
    "string": "a string",
    "number": "an integer",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
}
_SHOWN_CHARS = 200


def _place(loc: tuple[int | str, ...], event: JsonValue) -> tuple[str, JsonValue]:
    """Return the dotted path of a location, and the value that stands there."""
    path = ""
    value = event
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
            value = value[step] if isinstance(value, list) and step < len(value) else None
        elif isinstance(value, dict) and step in value:
            path += f".{step}" if path else step
            value = value[step]
        elif not step.startswith("|") and step != "[key]":
            path += f".{step}" if path else step
            value = None
    return path, value


def _not_among(path: str, expected: str, value: JsonValue) -> Refusal:
    """Refuse a value that is none of the few allowed ones."""
    supported = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    if expected.isdigit() and isinstance(value, int | float) and not isinstance(value, bool):
        bound = int(expected)
        above = value > bound
        words, sign = ("above maximum", "≤") if above else ("below minimum", "≥")
        return _out_of_bounds(path, bound, value, words, sign)
    if isinstance(value, str) and not expected.isdigit():
        return wrong_value(path, supported, value)
    kind = "an integer" if expected.isdigit() else _one_of(supported)
    return wrong_type(path, kind, value)


def _one_of(supported: list[str]) -> str:
    return f"one of {listed(supported, 'or')}" if len(supported) > 1 else f"'{supported[0]}'"


def _no_branch(path: str, expected: str, value: JsonValue) -> Refusal:
    """Refuse a value that belongs to no branch of a union.

    Branches are named as ``|type=message role=user`` or, by kind, as ``|string``.
    """
    tags = [tag.strip("'").removeprefix("|") for tag in expected.split(", ")]
    branches = [dict(pair.split("=", 1) for pair in tag.split()) for tag in tags if "=" in tag]
    kinds = [_KINDS[tag] for tag in tags if tag in _KINDS]
    if not isinstance(value, dict) or not branches:
        kinds += ["an object"] if branches else []
        expectation = f"one of {' or '.join(kinds)}" if len(kinds) > 1 else kinds[0]
        return wrong_type(path, expectation, value)
    named = [branch for branch in branches if branch["type"] == value.get("type")]
    name = "role" if named else "type"
    supported = list(dict.fromkeys(branch[name] for branch in named or branches))
    here = f"{path}.{name}"
    if name not in value:
        return missing(here)
    if not isinstance(value[name], str):
        return wrong_type(here, _one_of(supported), value[name])
    return wrong_value(here, supported, value[name])


def _out_of_bounds(path: str, bound: float, value: JsonValue, words: str, sign: str) -> Refusal:
    kind = "integer" if isinstance(bound, int) else "decimal"
    side = words.replace("imum", "").replace(" ", "_")
    message = (
        f"Invalid '{path}': {kind} {words} value. "
        f"Expected a value {sign} {bound}, but got {write(value)} instead."
    )
    return Refusal(f"{kind}_{side}_value", message, path)


def _name_too_long(path: str, limit: int) -> Refusal:
    owner, _, name = path.rpartition(".")
    message = (
        f"Invalid property name in '{owner}': name too long. Expected a property name with "
        f"maximum length {limit}, but got a name with length {len(name)} instead."
    )
    return Refusal("property_name_above_max_length", message, owner)


def _too_many(path: str, limit: int, value: JsonValue) -> Refusal:
    message = (
        f"Invalid '{path}': too many properties. Expected an object with at most {limit} "
        f"properties, but got an object with {_size(value)} properties instead."
    )
    return Refusal("object_above_max_properties", message, path)


def _too_few(path: str, limit: int, value: JsonValue) -> Refusal:
    message = (
        f"Invalid '{path}': array too short. Expected an array with minimum length {limit}, "
        f"but got an array with length {_size(value)} instead."
    )
    return Refusal("array_below_min_length", message, path)


def _size(value: JsonValue) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def _otherwise(path: str, fault: ErrorDetails) -> Refusal:
    return Refusal("invalid_value", f"Invalid '{path}': {fault['msg']}.", path)


def _shown(value: JsonValue) -> str:
    words = value if isinstance(value, str) else write(value, indent=None)
    return f"'{words[:_SHOWN_CHARS]}{'…' if len(words) > _SHOWN_CHARS else ''}'"
