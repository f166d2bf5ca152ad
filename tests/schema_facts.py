"""JSON Schemas as flat lists of facts, so that two spellings of one shape can be compared.

A fact is one line such as ``response.voice.id required``. Objects that say their ``type`` carry
it, and their ``role``, in angle brackets; ``[]`` is an item of a list, ``{}`` a value of a map.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import reduce
from itertools import product
from operator import getitem
from typing import Any

Schema = dict[str, Any]

BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)

# Members whose value tells objects apart.
TELLING = ("type", "role")


def facts_of(schema: Schema, root: Schema) -> set[str]:
    """Everything a schema says about values, in facts. References are looked up in ``root``."""
    return set(_facts("", schema, root))


def unexplained(facts: set[str], reasons: dict[str, str]) -> tuple[set[str], set[str]]:
    """The facts that no reason covers, and the reasons that cover nothing.

    A reason's key is a fact or a pattern with ``*``.
    """
    covered = {
        pattern: {fact for fact in facts if fact == pattern or fnmatchcase(fact, _escaped(pattern))}
        for pattern in reasons
    }
    return facts.difference(*covered.values()), {p for p, found in covered.items() if not found}


def _escaped(pattern: str) -> str:
    return pattern.replace("[", "[[]")


def _facts(at: str, schema: Schema, root: Schema) -> Iterator[str]:
    branches = list(_branches(schema, root))
    free_text = any(_kind(branch) == "string" and not _values(branch) for branch in branches)
    for branch in branches:
        kind = _kind(branch)
        if kind == "object":
            yield from _object(at, branch, root)
            continue
        if kind == "string" and free_text and _values(branch):
            continue  # Words beside free text only suggest.
        yield f"{at} {kind}"
        yield from (f"{at} = {value}" for value in _values(branch))
        yield from (f"{at} {name} {branch[name]}" for name in BOUNDS if name in branch)
        if kind == "array":
            yield from _facts(f"{at}[]", branch["items"], root)


def _object(at: str, schema: Schema, root: Schema) -> Iterator[str]:
    values = schema.get("additionalProperties", True)
    if isinstance(values, dict) and "properties" not in schema and _says_something(values):
        yield f"{at} map"
        yield from (f"{at} {name} {schema[name]}" for name in BOUNDS if name in schema)
        if names := schema.get("propertyNames"):
            yield f"{at} names {names}"
        yield from _facts(f"{at}{{}}", values, root)
    elif "properties" not in schema:
        yield f"{at} free object"
    else:
        for place, branch in _told_apart(at, schema, root):
            yield from _members(place, branch, root)


def _members(at: str, schema: Schema, root: Schema) -> Iterator[str]:
    yield f"{at} object"
    if schema.get("additionalProperties") is False:
        yield f"{at} closed"
    for name, member in schema["properties"].items():
        place = f"{at}.{name}" if at else name
        if name in schema.get("required", ()):
            yield f"{place} required"
        yield from _facts(place, member, root)


def _told_apart(at: str, schema: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    """One object for each combination of the members that tell objects apart."""
    members = schema["properties"]
    telling = [name for name in TELLING if name in members and _words(members[name], root)]
    for words in product(*(_words(members[name], root) for name in telling)):
        narrowed = {
            name: {"const": word, "type": "string"}
            for name, word in zip(telling, words, strict=True)
        }
        label = f"<{' '.join(words)}>" if words and at else ""
        yield at + label, {**schema, "properties": {**members, **narrowed}}


def _words(schema: Schema, root: Schema) -> list[str]:
    return [str(value) for branch in _branches(schema, root) for value in _values(branch)]


def _branches(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema without references, unions flattened."""
    if "$ref" in schema:
        target = reduce(getitem, schema["$ref"].removeprefix("#/").split("/"), root)
        yield from _branches(target, root)
    elif choices := schema.get("anyOf") or schema.get("oneOf"):
        beside = {name: schema[name] for name in BOUNDS if name in schema}
        for choice in choices:
            for branch in _branches(choice, root):
                yield {**beside, **branch} if _kind(branch) == "string" else branch
    else:
        yield schema


def _kind(schema: Schema) -> str:
    if "type" not in schema:
        return "object" if "properties" in schema else "anything"
    return str(schema["type"])


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def _says_something(schema: Schema) -> bool:
    return bool(schema.keys() - {"title"})
