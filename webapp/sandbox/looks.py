"""Typed looks into JSON whose shape has been checked before."""

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.steps import JsonObject


def member(value: JsonValue, *path: str) -> JsonValue:
    """Return what stands at a path of member names, None where it leads nowhere."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: JsonValue) -> str:
    """Return a string as it is, and no text for everything else."""
    return value if isinstance(value, str) else ""


def mapping(value: JsonValue) -> JsonObject:
    """Return an object as it is, and an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def objects(value: JsonValue) -> list[JsonObject]:
    """Return the objects in a list, and none for everything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def texts(value: JsonValue) -> list[str]:
    """Return the strings in a list, and none for everything else."""
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
