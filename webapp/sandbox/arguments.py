"""Arguments for a function call: an instance of a JSON Schema, always the same one."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.looks import mapping, text, texts
from webapp.sandbox.patterns import Unsupported, matching
from webapp.sandbox.schema_fit import Fitting, number, places, resolve, same, types_of
from webapp.sandbox.steps import JsonObject

MAX_VALUES = 2_000
MAX_DEPTH = 16
MAX_ITEMS = 200
MAX_TEXT_CHARS = 10_000
ATTEMPTS = 8
FULL_DEPTH = 5

_FORMATS = {
    "date-time": "2026-01-31T09:30:00Z", "date": "2026-01-31", "time": "09:30:00Z",
    "duration": "P1D", "email": "ada@example.com", "idn-email": "ada@example.com",
    "hostname": "example.com", "idn-hostname": "example.com", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "uri": "https://example.com/", "uri-reference": "/",
    "iri": "https://example.com/", "iri-reference": "/", "uri-template": "/{id}",
    "uuid": "00000000-0000-4000-8000-000000000001", "json-pointer": "/name",
    "relative-json-pointer": "0/name", "regex": "^a$", "byte": "YQ==",
}  # fmt: skip
_NAMED = {
    "city": "Lisbon", "town": "Lisbon", "location": "Lisbon", "place": "Lisbon",
    "country": "Portugal", "name": "Ada", "title": "Rehearsal", "email": "ada@example.com",
    "phone": "+351 555 0100", "url": "https://example.com/", "date": "2026-01-31",
    "time": "09:30", "language": "en", "currency": "EUR", "unit": "celsius", "color": "blue",
    "query": "rehearsal", "text": "a rehearsal", "message": "a rehearsal",
}  # fmt: skip
_TIGHTEST: dict[str, tuple[str, ...]] = {
    "max": ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"),
    "min": ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"),
}
_COMBINERS = ("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else")
_ANY_TYPE = ("string", "integer", "boolean", "object", "array", "null")
_SIGNS_OF = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength", "pattern", "format"),
}


def example(schema: JsonValue) -> JsonValue:
    """Return a value that fits the schema of a function's parameters."""
    if not isinstance(schema, dict) or not schema:
        return {}
    made = _Maker(schema).value(schema, "arguments")
    return made if isinstance(made, dict) else {}


class _Maker:
    """Makes values for one schema; what is left of the budget keeps hostile ones small."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._left = MAX_VALUES
        self._fits = Fitting(root).fits

    def value(self, schema: JsonValue, name: str, *, nth: int = 0, depth: int = 0) -> JsonValue:
        """Return a value that fits, or the best attempt; ``nth`` asks for a different one."""
        self._left -= 1
        if not isinstance(schema, dict):
            return _spelled(name, nth)
        if self._left < 0 or depth > MAX_DEPTH:
            return None
        best: JsonValue = None
        for attempt, made in enumerate(self._attempts(schema, name, nth, depth)):
            if self._fits(made, schema):
                return made
            best = best if attempt else made
        return best

    def _attempts(self, schema: JsonObject, name: str, nth: int, depth: int) -> Iterator[JsonValue]:
        """Yield values that are likely to fit, the likeliest first."""
        for attempt in range(ATTEMPTS):
            plain = self._flat(schema, attempt, depth)
            kind = _type_of(plain, attempt)
            yield self._plain(plain, kind, name, nth + attempt // 2, depth, lean=False)
            yield self._plain(plain, kind, name, nth, depth, lean=True)
            if self._left < 0:
                return

    def _flat(self, schema: JsonObject, choice: int, depth: int) -> JsonObject:
        """Return the schema with everything merged into it that it refers to or combines."""
        flat = {key: value for key, value in schema.items() if key not in _COMBINERS}
        self._left -= 1
        if self._left < 0:
            return flat
        for part in self._parts(schema, choice):
            if isinstance(part, dict) and depth < MAX_DEPTH:
                flat = _merged(flat, self._flat(part, choice, depth + 1))
        return flat

    def _parts(self, schema: JsonObject, choice: int) -> Iterator[JsonValue]:
        if "$ref" in schema:
            yield resolve(schema["$ref"], self._root)
        if isinstance(parts := schema.get("allOf"), list):
            yield from parts
        for keyword in ("anyOf", "oneOf"):
            parts = schema.get(keyword)
            if isinstance(parts, list) and parts:
                yield sorted(parts, key=_is_null)[choice % len(parts)]
        if "if" in schema:
            yield schema["if"] if choice % 2 == 0 else True
            yield schema.get("then" if choice % 2 == 0 else "else", True)

    def _plain(
        self, schema: JsonObject, kind: str, name: str, nth: int, depth: int, *, lean: bool
    ) -> JsonValue:
        if "const" in schema:
            return schema["const"]
        options = schema.get("enum")
        if isinstance(options, list) and options:
            return self._option(options, schema, nth)
        match kind:
            case "object":
                return self._object(schema, nth, depth, lean=lean)
            case "array":
                return self._array(schema, name, nth, depth, lean=lean)
            case "integer" | "number":
                return _number(schema, nth, is_whole=kind == "integer")
            case "boolean":
                return nth % 2 == 0
            case "null":
                return None
            case _:
                return _text(schema, name, nth)

    def _option(self, options: list[JsonValue], schema: JsonObject, nth: int) -> JsonValue:
        start = nth % len(options)
        unlisted = {key: value for key, value in schema.items() if key != "enum"}
        turned = [*options[start:], *options[:start]]
        return next((one for one in turned if self._fits(one, unlisted)), turned[0])

    def _object(self, schema: JsonObject, nth: int, depth: int, *, lean: bool) -> JsonObject:
        known = mapping(schema.get("properties"))
        others = schema.get("additionalProperties", True)
        names = list(dict.fromkeys(texts(schema.get("required"))))
        optional: set[str] = set()
        if not lean and depth < FULL_DEPTH and self._left > 0:
            optional = {name for name, part in known.items() if part is not False} - set(names)
            names = [name for name in known if name in optional or name in names] + [
                name for name in names if name not in known
            ]
            names = self._fewer(names, optional, schema)
        least = min(number(schema.get("minProperties")) or 0, MAX_ITEMS)
        spare = (f"extra_{place}" for place in count(1))
        while len(names) < least:
            names.append(next(name for name in spare if name not in names))
        made = {}
        for name in names:
            part = known.get(name, others)
            made[name] = self.value(part, name, nth=nth, depth=depth + 1)
            if name in optional and not self._fits(made[name], part):
                del made[name]
        return made

    def _fewer(self, names: list[str], optional: set[str], schema: JsonObject) -> list[str]:
        """Return the names without the last optional ones that would be too many."""
        most = number(schema.get("maxProperties"))
        spare = 0 if most is None else max(0, len(names) - int(most))
        dropped = [name for name in reversed(names) if name in optional][:spare]
        return [name for name in names if name not in dropped]

    def _array(
        self, schema: JsonObject, name: str, nth: int, depth: int, *, lean: bool
    ) -> list[JsonValue]:
        first, rest = places(schema)
        low, high = number(schema.get("minItems")), number(schema.get("maxItems"))
        size = max(int(low or 0), 0 if lean or rest is False else 1, 0 if lean else len(first))
        wanted = [schema["contains"]] * self._held(schema) if "contains" in schema else []
        size = min(max(size, len(wanted)), MAX_ITEMS if high is None else int(high))
        parts = [*first, *wanted, *[rest] * MAX_ITEMS][: min(size, MAX_ITEMS)]
        different = schema.get("uniqueItems") is True
        item_name = name.removesuffix("s") if len(name) > 1 else name
        return [
            self.value(part, item_name, nth=nth + place if different else nth, depth=depth + 1)
            for place, part in enumerate(parts)
        ]

    def _held(self, schema: JsonObject) -> int:
        least = number(schema.get("minContains"))
        return 1 if least is None else min(int(least), MAX_ITEMS)


def _is_null(schema: JsonValue) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _type_of(schema: JsonObject, turn: int) -> str:
    """Return the type to make in this turn: one that is allowed, or hinted at, or any."""
    if types := types_of(schema):
        types = [kind for kind in types if kind != "null"] or types
        return types[turn // 2 % len(types)]
    for kind, signs in _SIGNS_OF.items():
        if any(sign in schema for sign in signs):
            return kind
    return _ANY_TYPE[turn % len(_ANY_TYPE)]


def _merged(one: JsonObject, other: JsonObject) -> JsonObject:
    """Return a schema that asks for what both ask for."""
    merged = {**one, **other}
    for keyword in one.keys() & other.keys():
        merged[keyword] = _both(keyword, one[keyword], other[keyword])
    return merged


def _both(keyword: str, one: JsonValue, other: JsonValue) -> JsonValue:
    match keyword:
        case "properties":
            return _merged_properties(mapping(one), mapping(other))
        case "required":
            return list(dict.fromkeys([*texts(one), *texts(other)]))
        case "items" | "additionalProperties":
            return {"allOf": [one, other]} if one is not False and other is not False else False
        case "enum":
            return _common(one, other)
        case "type":
            return _common_types(one, other)
        case "not":
            return {"anyOf": [one, other]}
        case "multipleOf":
            return _common_multiple(one, other)
    for choose, keywords in ((max, _TIGHTEST["max"]), (min, _TIGHTEST["min"])):
        if keyword in keywords and isinstance(one, int | float) and isinstance(other, int | float):
            return choose(one, other)
    return other


def _merged_properties(one: JsonObject, other: JsonObject) -> JsonObject:
    merged = {**one, **other}
    for name in one.keys() & other.keys():
        merged[name] = {"allOf": [one[name], other[name]]}
    return merged


def _common(one: JsonValue, other: JsonValue) -> JsonValue:
    firsts, seconds = (value if isinstance(value, list) else [] for value in (one, other))
    return [value for value in firsts if any(same(value, known) for known in seconds)]


def _common_types(one: JsonValue, other: JsonValue) -> JsonValue:
    firsts, seconds = types_of({"type": one}), types_of({"type": other})
    widened = [*seconds, "integer"] if "number" in seconds else seconds
    common: list[JsonValue] = [kind for kind in firsts if kind in widened]
    if "number" in firsts and "integer" in seconds:
        common.append("integer")
    return common or other


def _common_multiple(one: JsonValue, other: JsonValue) -> JsonValue:
    return one * other if isinstance(one, int) and isinstance(other, int) else other


def _number(schema: JsonObject, nth: int, *, is_whole: bool) -> JsonValue:
    """Return a number between the bounds: 1 where that is possible."""
    low, high = _bound(schema, "inimum"), _bound(schema, "aximum")
    step = number(schema.get("multipleOf")) or (Fraction(1) if is_whole else None)
    if step is None:
        return _written(_between(low, high, nth))
    step = Fraction(step.numerator) if is_whole else step
    place = -(-1 // step)
    if high is not None:
        is_open = schema.get("exclusiveMaximum") is not None
        place = min(place, -(-high // step) - 1 if is_open else high // step)
    if low is not None:
        is_open = schema.get("exclusiveMinimum") is not None
        place = max(place, low // step + 1 if is_open else -(-low // step))
    return _written((place + nth) * step)


def _between(low: Fraction | None, high: Fraction | None, nth: int) -> Fraction:
    if low is not None and high is not None:
        return low + (high - low) * (1 + nth) / (2 + nth)
    if low is not None:
        return max(low + 1 + nth, Fraction(1))
    start = Fraction(2 * nth + 1, 2) if nth else Fraction(1)
    return start if high is None or high > start else high - start


def _bound(schema: JsonObject, name: str) -> Fraction | None:
    lower = name == "inimum"
    found = (schema.get("m" + name), schema.get("exclusiveM" + name))
    bounds = [bound for bound in map(number, found) if bound is not None]
    return (max(bounds) if lower else min(bounds)) if bounds else None


def _written(value: Fraction) -> JsonValue:
    try:
        return int(value) if value.denominator == 1 else float(value)
    except OverflowError:
        return int(value)


def _text(schema: JsonObject, name: str, nth: int) -> str:
    low, high = number(schema.get("minLength")), number(schema.get("maxLength"))
    words = _worded(schema, name, nth)
    least = min(int(low or 0), MAX_TEXT_CHARS)
    while len(words) < least:
        words += f" {words or 'a'}"
    if low is not None or high is not None:
        words = words[: max(least, int(high) if high is not None else len(words))]
    return words


def _worded(schema: JsonObject, name: str, nth: int) -> str:
    if pattern := text(schema.get("pattern")):
        try:
            return matching(pattern, nth=nth)
        except Unsupported:
            pass
    if (shown := _FORMATS.get(text(schema.get("format")))) and not nth:
        return shown
    return _spelled(name, nth)


def _spelled(name: str, nth: int) -> str:
    words = name.lower().replace("-", "_").split("_")
    found = next((_NAMED[word] for word in reversed(words) if word in _NAMED), f"example {name}")
    return f"{found} {nth + 1}" if nth else found
