"""JSON Schema in, field out: one match, one rule per case."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from webapp.forms.fields import (
    Choice,
    Field,
    Fixed,
    Flag,
    Group,
    Items,
    Json,
    LongText,
    Media,
    Number,
    Pairs,
    Text,
    Variant,
    Variants,
)

Schema: TypeAlias = Mapping[str, Any]

# How a question may be filled whatever its variants are called.
_OTHER_WAYS = ("null", "json", "stored", "first", "empty")


def derive(schema: Schema) -> Field:
    """Return the field that asks for a value of ``schema``.

    Takes JSON Schema 2020-12 as pydantic writes it (local ``$ref`` only) with ``x-`` keys for
    what the standard has no word for. What no rule knows becomes a field of free JSON.
    """
    return _field(schema, schema.get("$defs", {}), required=True)


def _field(schema: Schema, defs: Schema, *, required: bool) -> Field:
    schema = _resolved(schema, defs)
    branches = list(_branches(schema, defs))
    nullable = any(branch.get("type") == "null" for branch in branches)
    if branches:
        branches = [branch for branch in branches if branch.get("type") != "null"]
        if len(branches) == 1:  # X or null: the words of the member itself win over those of X
            schema = {**branches[0], **_words(schema)}
            branches = []
    common: dict[str, Any] = {
        "title": schema.get("title", ""),
        "help": schema.get("description", ""),
        "absent": schema.get("x-absent", ""),
        "required": required,
        "wanted": schema.get("x-wanted", False),
        "nullable": nullable,
        "secret": schema.get("x-secret", False),
    }
    if branches:
        return _union(schema, branches, defs, common)
    return _single(schema, defs, common)


def _single(schema: Schema, defs: Schema, common: dict[str, Any]) -> Field:
    match schema:
        case {"const": str(value)} | {"enum": [str(value)]}:
            return Fixed(value=value, **common)
        case {"enum": [*options]} if all(isinstance(option, str) for option in options):
            return Choice(options=tuple(options), **common)
        case {"type": "boolean"}:
            return Flag(**common)
        case {"type": "integer" | "number"}:
            return _number(schema, common)
        case {"x-media": str(media)}:
            return Media(media=media, **common)
        case {"type": "string", "x-multiline": True}:
            return LongText(**common)
        case {"type": "string"}:
            return Text(suggestions=tuple(schema.get("x-suggestions", ())), **common)
        case {"type": "array", "items": Mapping() as items}:
            return Items(
                item=_part(items, defs),
                noun=schema.get("x-add-label", "item"),
                empty=schema.get("x-empty-label", ""),
                **common,
            )
        case {"type": "object", "properties": Mapping() as properties}:
            needed = schema.get("required", ())
            return Group(
                members={
                    name: _field(member, defs, required=name in needed)
                    for name, member in properties.items()
                },
                **common,
            )
        case {"type": "object", "additionalProperties": Mapping() as value} if value:
            return Pairs(
                value=_part(value, defs),
                noun=schema.get("x-add-label", "entry"),
                empty=schema.get("x-empty-label", ""),
                **common,
            )
        case {"type": "object"}:
            initial, rows = str(schema.get("x-initial", "{}")), schema.get("x-rows", False)
            return Json(initial=initial, rows=rows, **common)
        case _:
            return Json(**common)


def _part(schema: Schema, defs: Schema) -> Field:
    """Return the field of an item or of a pair's value, which no default fills in."""
    match _field(schema, defs, required=True):
        case Fixed(title=title, help=words, value=value):
            return Choice(title=title, help=words, required=True, options=(value,))
        case part:
            return part


def _number(schema: Schema, common: dict[str, Any]) -> Number:
    return Number(
        integer=schema["type"] == "integer",
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        initial=str(schema.get("x-initial", "")),
        **common,
    )


def _union(schema: Schema, branches: list[Schema], defs: Schema, common: dict[str, Any]) -> Field:
    words = [word for branch in branches for word in _words_of(branch)]
    numbers = [branch for branch in branches if branch.get("type") in ("integer", "number")]
    texts = [branch for branch in branches if branch.get("type") == "string"]
    if numbers and len(numbers) + len(texts) == len(branches):
        # A number or one of a few words ("inf") is one input: what is no number goes as text.
        number = _number({**numbers[0], **_extras(schema)}, common)
        return Number(
            integer=number.integer,
            minimum=number.minimum,
            maximum=number.maximum,
            initial=number.initial,
            words=tuple(words),
            **common,
        )
    if len(texts) == len(branches):
        # A free string beside an enumeration: the enumeration only suggests.
        free = any("enum" not in branch and "const" not in branch for branch in texts)
        if not free:
            return Choice(options=tuple(words), **common)
        suggestions = (*schema.get("x-suggestions", ()), *words)
        return Text(suggestions=tuple(dict.fromkeys(suggestions)), **common)
    return Variants(variants=tuple(_variants(branches, defs)), **common)


def _variants(branches: list[Schema], defs: Schema) -> list[Variant]:
    variants: list[Variant] = []
    taken = {*_OTHER_WAYS}
    for number, branch in enumerate(branches, start=1):
        label = branch.get("title") or f"Form {number}"
        key = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") or "form"
        while key in taken:
            key += f"_{number}"
        taken.add(key)
        variants.append(Variant(key=key, label=label, field=_field(branch, defs, required=True)))
    return variants


def _words_of(branch: Schema) -> tuple[str, ...]:
    if "const" in branch:
        return (str(branch["const"]),)
    return (*branch.get("enum", ()), *branch.get("x-suggestions", ()))


def _resolved(schema: Schema, defs: Schema) -> Schema:
    """Follow ``$ref``; keywords beside it win over the same ones behind it."""
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**defs[schema["$ref"].rsplit("/", 1)[-1]], **beside}
    return schema


def _words(schema: Schema) -> dict[str, Any]:
    return {key: schema[key] for key in ("title", "description") if key in schema} | _extras(schema)


def _branches(schema: Schema, defs: Schema) -> Iterator[Schema]:
    """Yield the branches of a union, those of a union inside it in its place."""
    for branch in schema.get("anyOf") or schema.get("oneOf") or ():
        whole = _resolved(branch, defs)
        if "anyOf" in whole or "oneOf" in whole:
            yield from _branches(whole, defs)
        else:
            yield whole


def _extras(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key.startswith("x-")}
