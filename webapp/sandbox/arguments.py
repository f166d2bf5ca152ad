"""Arguments for a function call: one instance of a JSON Schema, always the same one (a stub)."""

from webapp.wire_reader import JsonValue


def example(schema: JsonValue) -> JsonValue:
    """Return a value that fits the schema."""
    return {}
