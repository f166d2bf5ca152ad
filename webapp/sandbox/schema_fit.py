"""Whether a value fits a JSON Schema, as far as choosing an example of it needs to know."""

from collections.abc import Iterator
from fractions import Fraction

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.sandbox.looks import mapping, texts
from webapp.sandbox.steps import JsonObject

MAX_DEPTH = 24
MAX_STEPS = 20_000


def resolve(reference: JsonValue, root: JsonValue) -> JsonValue:
    """Return the schema that a local reference names, True when it leads nowhere."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return True
    found = root
    for step in reference.lstrip("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~").replace("%25", "%")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return True
    return found


def kind_of(value: JsonValue) -> str:
    """Return the JSON Schema type of a value; whole numbers are integers."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def number(value: JsonValue) -> Fraction | None:
    """Return a JSON number exactly, None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(value) if isinstance(value, int) else Fraction(repr(float(value)))


class Fitting:
    """Compares values with parts of one schema, for a limited number of steps.

    Patterns and formats are taken on trust, and so is everything once the steps are used up.
    """

    def __init__(self, root: JsonValue) -> None:
        self._root = root
        self._left = MAX_STEPS

    def fits(self, value: JsonValue, schema: JsonValue, depth: int = 0) -> bool:
        """Tell whether a value fits a schema."""
        self._left -= 1
        if not isinstance(schema, dict) or depth > MAX_DEPTH or self._left < 0:
            return schema is not False
        return all(self._verdicts(value, schema, depth))

    def _verdicts(self, value: JsonValue, schema: JsonObject, depth: int) -> Iterator[bool]:
        def under(part: JsonValue) -> bool:
            return self.fits(value, part, depth + 1)

        if "$ref" in schema:
            yield under(resolve(schema["$ref"], self._root))
        if "type" in schema:
            yield _has_type(value, schema)
        if "const" in schema:
            yield same(value, schema["const"])
        if isinstance(options := schema.get("enum"), list):
            yield any(same(value, option) for option in options)
        if isinstance(parts := schema.get("allOf"), list):
            yield all(under(part) for part in parts)
        if isinstance(parts := schema.get("anyOf"), list):
            yield any(under(part) for part in parts)
        if isinstance(parts := schema.get("oneOf"), list):
            yield sum(under(part) for part in parts) == 1
        if "not" in schema:
            yield not under(schema["not"])
        if "if" in schema:
            yield under(schema.get("then" if under(schema["if"]) else "else", True))
        match value:
            case str():
                yield _within(len(value), schema, "minLength", "maxLength")
            case dict():
                yield from self._object_verdicts(value, schema, depth)
            case list():
                yield from self._array_verdicts(value, schema, depth)
            case _ if (exact := number(value)) is not None:
                yield from _number_verdicts(exact, schema)

    def _object_verdicts(self, value: JsonObject, schema: JsonObject, depth: int) -> Iterator[bool]:
        known = mapping(schema.get("properties"))
        yield _within(len(value), schema, "minProperties", "maxProperties")
        yield all(name in value for name in texts(schema.get("required")))
        for name, part in known.items():
            if name in value:
                yield self.fits(value[name], part, depth + 1)
        others = schema.get("additionalProperties", True)
        if others is not True and not schema.get("patternProperties"):
            for name in value.keys() - known.keys():
                yield self.fits(value[name], others, depth + 1)
        if "propertyNames" in schema:
            yield all(self.fits(name, schema["propertyNames"], depth + 1) for name in value)
        for keyword in ("dependentRequired", "dependencies", "dependentSchemas"):
            for name, needed in mapping(schema.get(keyword)).items():
                if name in value:
                    listed = isinstance(needed, list)
                    yield listed or self.fits(value, needed, depth + 1)
                    yield not listed or all(one in value for one in texts(needed))

    def _array_verdicts(
        self, value: list[JsonValue], schema: JsonObject, depth: int
    ) -> Iterator[bool]:
        yield _within(len(value), schema, "minItems", "maxItems")
        first, rest = places(schema)
        for place, item in enumerate(value):
            part = first[place] if place < len(first) else rest
            yield self.fits(item, part, depth + 1)
        if schema.get("uniqueItems") is True:
            written = [write(item, indent=None) for item in value]
            yield len(set(written)) == len(written)
        if "contains" in schema:
            held = sum(self.fits(item, schema["contains"], depth + 1) for item in value)
            yield _within(held, {"minContains": 1, **schema}, "minContains", "maxContains")


def same(one: JsonValue, other: JsonValue) -> bool:
    """Tell whether two values are the same JSON: 1 and true are not, 1 and 1.0 are."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def types_of(schema: JsonObject) -> list[str]:
    """Return the types a schema allows, none when it does not say."""
    kind = schema.get("type")
    types = [kind] if isinstance(kind, str) else texts(kind)
    return [*types, "null"] if types and schema.get("nullable") is True else types


def _has_type(value: JsonValue, schema: JsonObject) -> bool:
    types = types_of(schema)
    kind = kind_of(value)
    return not types or kind in types or (kind == "integer" and "number" in types)


def _within(size: int, schema: JsonObject, lowest: str, highest: str) -> bool:
    low, high = number(schema.get(lowest)), number(schema.get(highest))
    return (low is None or size >= low) and (high is None or size <= high)


def _number_verdicts(value: Fraction, schema: JsonObject) -> Iterator[bool]:
    low, high = number(schema.get("minimum")), number(schema.get("maximum"))
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None:
        yield value > low if above is True else value >= low
    if high is not None:
        yield value < high if below is True else value <= high
    if (bound := number(above)) is not None:
        yield value > bound
    if (bound := number(below)) is not None:
        yield value < bound
    if step := number(schema.get("multipleOf")):
        yield (value / step).denominator == 1


def places(schema: JsonObject) -> tuple[list[JsonValue], JsonValue]:
    """Return the schemas of an array's first items, and the one of all others."""
    items = schema.get("items", True)
    if isinstance(items, list):
        return items, schema.get("additionalItems", True)
    first = schema.get("prefixItems")
    return (first if isinstance(first, list) else []), items
