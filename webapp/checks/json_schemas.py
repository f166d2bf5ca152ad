"""JSON Schemas inside events, those of functions: whether they are any."""

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Patch, Step, excerpt

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Fault: TypeAlias = tuple[tuple[Step, ...], str]

MAX_CHARS = 200_000  # of one schema; a longer one is not looked into
MOST_STRANGE = 20  # names of one schema that are named
MOST_REFERENCES = 500  # of one schema that are followed


def fault_of_schema(schema: JsonValue) -> Fault | None:
    """Return where and why an object is not a valid JSON Schema, or None if it is one.

    Its own ``$schema`` names the version, without one it is read as 2020-12. Nothing is fetched.
    """
    if not isinstance(schema, dict) or not schema:
        return None
    text = json.dumps(schema)
    return _fault(text) if len(text) <= MAX_CHARS else None


def strange_parameters(schema: JsonValue) -> Iterator[tuple[tuple[Step, ...], str, Patch]]:
    """Yield what a schema of arguments allows and no function does: path, words and fix."""
    if not isinstance(schema, dict):
        return
    kind, known = schema.get("type"), schema.get("properties")
    if isinstance(kind, str) and kind != "object":
        yield (
            ("type",),
            "The arguments of a function are an object: its type should be object.",
            ({"op": "replace", "path": "/type", "value": "object"},),
        )
    elif kind is None and isinstance(known, dict):
        yield (
            ("type",),
            "The schema does not say that the arguments are an object: add “type”.",
            ({"op": "add", "path": "/type", "value": "object"},),
        )
    needed = schema.get("required")
    if isinstance(known, dict) and isinstance(needed, list):
        strange = (
            (place, name)
            for place, name in enumerate(needed)
            if isinstance(name, str) and name not in known
        )
        for place, name in islice(strange, MOST_STRANGE):
            yield (
                ("required", place),
                f"{excerpt(name)} is required, but it is none of the properties.",
                ({"op": "remove", "path": f"/required/{place}"},),
            )


def references_to_nowhere(schema: JsonValue) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield where a schema refers to a part of itself that it has not, and what it names."""
    text = json.dumps(schema) if isinstance(schema, dict) else ""
    if '"$ref"' in text and len(text) <= MAX_CHARS:
        for path, reference in islice(_references(schema, ()), MOST_REFERENCES):
            if _leads_nowhere(reference, schema):
                yield path, f"{excerpt(reference)} leads nowhere in this schema."


def _references(value: JsonValue, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the references of a schema into itself; what is only an example holds none."""
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _references(item, (*path, place))
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref" and isinstance(item, str) and item.startswith("#/"):
                yield (*path, name), item
            elif name not in _VALUES:
                yield from _references(item, (*path, name))


_VALUES = ("const", "default", "enum", "example", "examples")


def _leads_nowhere(reference: str, here: JsonValue) -> bool:
    for step in unquote(reference).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        elif isinstance(here, dict) and name in here:
            here = here[name]
        else:
            return True
    return False


@lru_cache(maxsize=256)
def _fault(text: str) -> Fault | None:
    # Importing costs as much as the rest of the core, and most events have no schema in them.
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415

    schema: Any = json.loads(text)
    named = schema.get("$schema")
    default = Draft202012Validator
    kind = validator_for(schema, default) if isinstance(named, str) else default
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        return tuple(error.absolute_path), _in_words(error)
    except (RecursionError, OverflowError):
        return None  # a pattern that Python's engine cannot hold may be one elsewhere
    return None


def _in_words(error: "ValidationError") -> str:
    """Say what the meta-schema misses; its own words repeat whole schemas."""
    shown = excerpt(
        error.instance if isinstance(error.instance, str) else json.dumps(error.instance)
    )
    match error.validator:
        case "type":
            kinds = [error.validator_value] if isinstance(error.validator_value, str) else []
            wanted = _KINDS.get(kinds[0], kinds[0]) if kinds else "something else"
            return f"{shown} should be {wanted}."
        case "anyOf" if error.absolute_path and error.absolute_path[-1] == "type":
            return (
                f"{shown} is no type. Use string, number, integer, boolean, object, array or null."
            )
        case "uniqueItems":
            return f"{shown} holds the same twice."
        case "format" | "pattern":
            return f"{shown} does not have the form it should."
        case "minimum" | "exclusiveMinimum":
            return f"{shown} is too small."
        case "minItems":
            return "at least one entry is needed."
    return f"{shown} does not fit here."


_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "text",
}
