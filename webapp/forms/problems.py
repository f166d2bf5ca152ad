"""One thing wrong with a draft, and where pydantic's findings become such problems."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.wire_reader import JsonValue

Step: TypeAlias = str | int
Patch: TypeAlias = tuple[dict[str, Any], ...]

EXCERPT_CHARS = 40

# Why a problem is one.
SCHEMA = "schema"
BOUND = "documented bound"
SEEN = "seen on real servers"


class Severity(StrEnum):
    """How much a problem matters: a server refuses, may refuse, or it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a draft.

    ``at`` is a JSON Pointer into the event, ``message`` says what is wrong and what to do,
    ``source`` where the rule is known from, ``fix`` a JSON Patch that removes the problem.
    """

    at: str
    severity: Severity
    code: str
    message: str
    source: str = ""
    fix: Patch | None = None


def from_validation(exc: ValidationError, value: JsonValue, under: str = "") -> list[Problem]:
    """Return one problem for each finding of pydantic about ``value``.

    ``under`` is the pointer of ``value`` in the event. The codes are the ones that OpenAI's
    servers give in their errors.
    """
    errors = exc.errors(include_url=False, include_input=False)
    return [from_error(error, value, under) for error in errors]


def from_error(error: ErrorDetails, value: JsonValue, under: str = "") -> Problem:
    """Return the problem that one finding of pydantic about ``value`` is."""
    found = _found(error, value, under)
    kind = error["type"]
    if kind == "union_tag_invalid":
        return _no_branch(found)
    if error["loc"] and error["loc"][-1] == found.key_mark:
        kind = f"{kind}[key]"
    code, source, words, fix = _ROWS.get(kind, _OTHER)
    if kind in _BOUNDS:
        code = f"{'integer' if isinstance(found.value, int) else 'decimal'}_{code}"
    return Problem(found.at, Severity.ERROR, code, words(found), source, fix(found))


def pointer(path: Sequence[Step], under: str = "") -> str:
    """Return the JSON Pointer of a path of member names and list places."""
    return under + "".join(
        f"/{step}" if isinstance(step, int) else f"/{step.replace('~', '~0').replace('/', '~1')}"
        for step in path
    )


def excerpt(text: object) -> str:
    """Return a value in quotation marks, cut to 40 characters."""
    shown = str(text)
    short = shown if len(shown) <= EXCERPT_CHARS else f"{shown[: EXCERPT_CHARS - 1]}…"
    return f"“{short}”"


def kind_in_words(value: object) -> str:
    """Return what kind of JSON value this is, with its article: “a number”, “text”."""
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return "null"


# bool stands before the numbers: in Python it is one of them.
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "text"),
    (dict, "an object"),
    (list, "a list"),
    (bool, "true or false"),
    ((int, float), "a number"),
)

_KIND_OF_TAG = {"string": "text", "object": "an object", "array": "a list", "number": "a number"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding of pydantic and the value it is about; ``inside`` is empty where that is absent."""

    at: str
    name: Step
    inside: tuple[JsonValue, ...]
    context: Mapping[str, Any] = field(default_factory=dict)
    key_mark: str = ""

    @property
    def value(self) -> JsonValue:
        return self.inside[0] if self.inside else None


def _found(error: ErrorDetails, value: JsonValue, under: str) -> _Found:
    """Follow a location into the value, leaving out what is no member: tags and ``[key]``."""
    path: list[Step] = []
    inside: tuple[JsonValue, ...] = (value,)
    key_mark = ""
    for step in error["loc"]:
        here = inside[0] if inside else None
        if isinstance(here, dict) and step in here:
            inside = (here[str(step)],)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            inside = (here[step],)
        elif step == "[key]":
            key_mark = step
            continue
        elif isinstance(step, str) and step.startswith("|"):
            continue
        else:
            inside = ()
        path.append(step)
    name = path[-1] if path else ""
    return _Found(pointer(path, under), name, inside, error.get("ctx", {}), key_mark)


def _no_branch(found: _Found) -> Problem:
    """Say which member, or which kind of value, keeps a value from being any of the variants."""
    tags = re.findall(r"'\|([^']*)'", found.context["expected_tags"])
    objects = [dict(pair.split("=", 1) for pair in tag.split()) for tag in tags if "=" in tag]
    if not (objects and isinstance(found.value, dict)):
        kinds = dict.fromkeys(_KIND_OF_TAG.get(tag, "an object") for tag in tags)
        message = f"Expected {_either(kinds)}, but this is {kind_in_words(found.value)}."
        return Problem(found.at, Severity.ERROR, "invalid_type", message, SCHEMA)
    name, allowed = _unmatched(objects, found.value)
    at = pointer([name], found.at)
    choices = ", ".join(allowed)
    if name not in found.value:
        message = f"“{name}” is missing. Add it; it can be: {choices}."
        return Problem(at, Severity.ERROR, "missing_required_parameter", message, SCHEMA)
    message = f"{excerpt(found.value[name])} is not possible here. Use one of: {choices}."
    return Problem(at, Severity.ERROR, "invalid_value", message, SCHEMA)


def _unmatched(
    branches: list[dict[str, str]], value: dict[str, JsonValue]
) -> tuple[str, list[str]]:
    """Return the first member that fits none of the branches left, and what would fit."""
    name = ""
    allowed: list[str] = []
    for name in dict.fromkeys(name for branch in branches for name in branch):
        allowed = list(dict.fromkeys(branch[name] for branch in branches if name in branch))
        branches = [branch for branch in branches if branch.get(name) == value.get(name)]
        if not branches:
            break
    return name, allowed


def _either(words: Mapping[str, object]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _expected(kind: str) -> Callable[[_Found], str]:
    def words(found: _Found) -> str:
        message = f"Expected {kind}, but this is {kind_in_words(found.value)}."
        if found.value is None:
            return f"{message} Null is not allowed here: leave the member out instead."
        if kind == "text" and not isinstance(found.value, list | dict):
            return f"{message} Put it in quotation marks."
        if isinstance(found.value, str) and _read(found.value) is not None:
            return f"{message} Take off the quotation marks."
        return message

    return words


def _whole(found: _Found) -> str:
    if isinstance(found.value, float):
        return "Expected a whole number, but this one has a fraction."
    return _expected("a whole number")(found)


def _choice(found: _Found) -> str:
    expected = found.context.get("expected", "")
    if isinstance(found.value, str):
        return f"{excerpt(found.value)} is not possible here. Use {expected}."
    return f"Expected {expected}, but this is {kind_in_words(found.value)}."


def _too_many(found: _Found) -> str:
    count = len(found.value) if isinstance(found.value, dict | list) else 0
    return f"At most {found.context['max_length']} entries are allowed, but these are {count}."


def _too_long(found: _Found) -> str:
    count = len(found.value) if isinstance(found.value, str) else 0
    return f"At most {found.context['max_length']} characters are allowed, but these are {count}."


def _no_fix(_: _Found) -> Patch | None:
    return None


def _remove(found: _Found) -> Patch | None:
    return ({"op": "remove", "path": found.at},)


def _other_kind(found: _Found) -> Patch | None:
    """What is meant is plain: a quoted number, an unquoted text, null for nothing."""
    match found.value:
        case None if found.inside and isinstance(found.name, str) and found.name:
            return _remove(found)
        case str(text) if (meant := _read(text)) is not None:
            return ({"op": "replace", "path": found.at, "value": meant},)
        case bool() | int() | float() as plain:
            text = str(plain).lower() if isinstance(plain, bool) else _literal(plain)
            return ({"op": "replace", "path": found.at, "value": text},)
        case _:
            return None


def _read(text: str) -> bool | int | float | None:
    """Return the number or truth value that a text spells, if it spells one."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})\.\d{1,15}", text, re.ASCII):
        return float(text)
    return None


def _literal(number: float) -> str:
    return str(getattr(number, "text", number))


def _other(found: _Found) -> str:
    return f"This {kind_in_words(found.value)} value does not fit here."


_Row: TypeAlias = tuple[str, str, Callable[[_Found], str], Callable[[_Found], Patch | None]]

_OTHER: _Row = ("invalid_value", SCHEMA, _other, _no_fix)

# Their codes begin with the kind of number.
_BOUNDS = ("greater_than_equal", "less_than_equal")

_ROWS: dict[str, _Row] = {
    "missing": (
        "missing_required_parameter",
        SCHEMA,
        lambda found: f"{excerpt(found.name)} is missing. Add it.",
        _no_fix,
    ),
    "extra_forbidden": (
        "unknown_parameter",
        SEEN,
        lambda found: (
            f"There is no member {excerpt(found.name)} here, and servers refuse the whole event "
            "for it. Remove it."
        ),
        _remove,
    ),
    "string_type": ("invalid_type", SCHEMA, _expected("text"), _other_kind),
    "bool_type": ("invalid_type", SCHEMA, _expected("true or false"), _other_kind),
    "float_type": ("invalid_type", SCHEMA, _expected("a number"), _other_kind),
    "int_type": ("invalid_type", SCHEMA, _whole, _other_kind),
    "list_type": ("invalid_type", SCHEMA, _expected("a list"), _no_fix),
    "dict_type": ("invalid_type", SCHEMA, _expected("an object"), _no_fix),
    "model_type": ("invalid_type", SCHEMA, _expected("an object"), _no_fix),
    "literal_error": ("invalid_value", SCHEMA, _choice, _no_fix),
    "enum": ("invalid_value", SCHEMA, _choice, _no_fix),
    "string_pattern_mismatch": (
        "invalid_value",
        SCHEMA,
        lambda found: f"This text must have the form {found.context['pattern']}.",
        _no_fix,
    ),
    "string_too_long": ("string_above_max_length", BOUND, _too_long, _no_fix),
    "string_too_long[key]": (
        "property_name_above_max_length",
        BOUND,
        lambda found: (
            f"This name has {len(str(found.name))} characters; "
            f"at most {found.context['max_length']} are allowed."
        ),
        _no_fix,
    ),
    "too_long": ("object_above_max_properties", BOUND, _too_many, _no_fix),
    "too_short": (
        "array_below_min_length",
        SCHEMA,
        lambda found: f"At least {found.context['min_length']} entry is needed here.",
        _no_fix,
    ),
    "greater_than_equal": (
        "below_min_value",
        BOUND,
        lambda found: f"Too small: the lowest value allowed is {found.context['ge']}.",
        lambda found: ({"op": "replace", "path": found.at, "value": found.context["ge"]},),
    ),
    "less_than_equal": (
        "above_max_value",
        BOUND,
        lambda found: f"Too large: the highest value allowed is {found.context['le']}.",
        lambda found: ({"op": "replace", "path": found.at, "value": found.context["le"]},),
    ),
}
