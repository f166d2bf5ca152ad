"""One thing wrong with a draft, and where pydantic's findings become such problems."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.forms.meant_numbers import meant
from webapp.spelling import nearest, same_letters

Step: TypeAlias = str | int
Patch: TypeAlias = tuple[dict[str, Any], ...]

EXCERPT_CHARS = 40

TEXT = "text"
NUMBER = "a number"
FLAG = "true or false"

# Codes as OpenAI's servers give them, those that other modules ask for.
UNKNOWN = "unknown_parameter"
MISSED = "missing_required_parameter"
INVALID = "invalid_value"

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
    ``source`` where the rule is known from, ``fix`` a JSON Patch that removes the problem. A fix
    is ``safe`` when it loses nothing; ``does`` says what it does, where its steps do not tell.
    """

    at: str
    severity: Severity
    code: str
    message: str
    source: str = ""
    fix: Patch | None = field(default=None, hash=False)
    safe: bool = False
    does: str = ""


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
    if found.is_key:
        kind = f"{kind}[key]"
    code, source, words, fix = _ROWS.get(kind, _OTHER)
    if kind in _BOUNDS:
        bound = found.context.get("ge", found.context.get("le"))
        code = f"{'integer' if isinstance(bound, int) else 'decimal'}_{code}"
    patch = fix(found)
    safe = patch is not None and patch[0]["op"] == "replace" and kind not in _BOUNDS
    if safe and patch and kind in ("literal_error", "enum"):
        safe = _says_the_same(found.value, patch)
    return Problem(found.at, Severity.ERROR, code, words(found), source, patch, safe)


def pointer(path: Sequence[Step], under: str = "") -> str:
    """Return the JSON Pointer of a path of member names and list places."""
    return under + "".join(
        f"/{step}" if isinstance(step, int) else f"/{step.replace('~', '~0').replace('/', '~1')}"
        for step in path
    )


def excerpt(text: JsonValue) -> str:
    """Return a value in quotation marks, as JSON has it if it is no text, cut to 40 characters."""
    shown = text if isinstance(text, str) else write(text, indent=None)
    short = shown if len(shown) <= EXCERPT_CHARS else f"{shown[: EXCERPT_CHARS - 1]}…"
    return f"“{short}”"


def either(words: Iterable[str]) -> str:
    """Return the words as a choice: “a, b or c”."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def kind_in_words(value: object) -> str:
    """Return what kind of JSON value this is, with its article: “a number”, “text”."""
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return "null"


# bool stands before the numbers: in Python it is one of them.
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, TEXT),
    (dict, "an object"),
    (list, "a list"),
    (bool, FLAG),
    ((int, float), NUMBER),
)

_KIND_OF_TAG = {"string": TEXT, "object": "an object", "array": "a list", "number": NUMBER}


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding of pydantic and the value it is about; ``inside`` is empty where that is absent."""

    at: str
    name: Step
    inside: tuple[JsonValue, ...]
    context: Mapping[str, Any] = field(default_factory=dict)
    is_key: bool = False
    in_union: bool = False

    @property
    def value(self) -> JsonValue:
        return self.inside[0] if self.inside else None


def _found(error: ErrorDetails, value: JsonValue, under: str) -> _Found:
    """Follow a location into the value, leaving out what is no member: tags and ``[key]``."""
    path: list[Step] = []
    inside: tuple[JsonValue, ...] = (value,)
    is_key = in_union = False
    for step in error["loc"]:
        here = inside[0] if inside else None
        if isinstance(here, dict) and step in here:
            inside = (here[str(step)],)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            inside = (here[step],)
        elif step == "[key]":
            is_key = True
            continue
        elif isinstance(step, str) and step.startswith("|"):
            in_union = True
            continue
        else:
            inside = ()
        path.append(step)
        in_union = False
    name = path[-1] if path else ""
    return _Found(pointer(path, under), name, inside, error.get("ctx", {}), is_key, in_union)


def _no_branch(found: _Found) -> Problem:
    """Say which member, or which kind of value, keeps a value from being any of the variants."""
    tags = re.findall(r"'\|([^']*)'", found.context["expected_tags"])
    objects = [dict(pair.split("=", 1) for pair in tag.split()) for tag in tags if "=" in tag]
    if not (objects and isinstance(found.value, dict)):
        kinds = either(dict.fromkeys(_KIND_OF_TAG.get(tag, "an object") for tag in tags))
        message = _wrong_kind(kinds, found)
        return Problem(found.at, Severity.ERROR, "invalid_type", message, SCHEMA, _no_fix(found))
    name, allowed = _unmatched(objects, found.value)
    at = pointer([name], found.at)
    if name not in found.value:
        message = f"“{name}” is missing. Add it; it can be {either(allowed)}."
        return Problem(at, Severity.ERROR, MISSED, message, SCHEMA)
    wrong = found.value[name]
    message = f"{excerpt(wrong)} is not possible here. Use {either(allowed)}."
    fix = _nearest(at, wrong, allowed)
    safe = fix is not None and _says_the_same(wrong, fix)
    return Problem(at, Severity.ERROR, INVALID, message, SCHEMA, fix, safe)


def _unmatched(
    branches: list[dict[str, str]], value: dict[str, JsonValue]
) -> tuple[str, list[str]]:
    """Return the first member that fits none of the branches left, and what would fit."""
    names = iter(dict.fromkeys(name for branch in branches for name in branch))
    while branches:
        name = next(names)
        allowed = list(dict.fromkeys(branch[name] for branch in branches if name in branch))
        branches = [branch for branch in branches if branch.get(name) == value.get(name)]
    return name, allowed


def _expected(kinds: str) -> Callable[[_Found], str]:
    return lambda found: _wrong_kind(kinds, found)


def _wrong_kind(kinds: str, found: _Found) -> str:
    message = f"Expected {kinds}, but this is {kind_in_words(found.value)}."
    if found.value is None:
        left = "it" if isinstance(found.name, int) else "the member"
        return f"{message} Null is not allowed here: leave {left} out instead."
    if kinds == NUMBER and isinstance(found.value, str) and (slip := meant(found.value)):
        return f"{message} {slip.words}"
    if _spelled(found.value, kinds) is not None:
        return f"{message} Take off the quotation marks."
    if kinds == TEXT and isinstance(found.value, bool | int | float):
        return f"{message} Put it in quotation marks."
    return message


def _whole(found: _Found) -> str:
    if isinstance(found.value, float):
        return "Expected a whole number, but this one has a fraction."
    return _wrong_kind(NUMBER, found)


def _choices(found: _Found) -> list[str]:
    # Pydantic writes the choices as 'a', 'b' or 'c'.
    return re.findall(r"[^\s',]+(?=[',]|$)", found.context["expected"])


def _choice(found: _Found) -> str:
    choices = _choices(found)
    if not isinstance(found.value, str):
        return _wrong_kind(either(choices), found)
    wrong = f"{excerpt(found.value)} is not possible here."
    slip = meant(found.value) if choices == _BESIDE_NUMBERS else None
    if slip is None and found.in_union and _spelled(found.value, NUMBER) is not None:
        return f"{wrong} Use {either(choices)}, or take off the quotation marks."
    if choices == _BESIDE_NUMBERS:
        wrong = f"{wrong} Use a number or {either(choices)}."
        return f"{wrong} {slip.words}" if slip else wrong
    return f"{wrong} Use {either(choices)}."


def _too_many(found: _Found) -> str:
    count = len(found.value) if isinstance(found.value, dict | list) else 0
    return f"At most {found.context['max_length']} entries are allowed, but these are {count}."


def _too_long(found: _Found) -> str:
    count = len(found.value) if isinstance(found.value, str) else 0
    return f"At most {found.context['max_length']} characters are allowed, but these are {count}."


def _other(found: _Found) -> str:
    return f"This value ({kind_in_words(found.value)}) does not fit here."


def _no_fix(found: _Found) -> Patch | None:
    """Nothing to offer, except that a null where none may be can go."""
    return _remove(found) if found.inside == (None,) and found.name != "" else None


def _emptied(empty: JsonValue) -> Callable[[_Found], Patch | None]:
    """What is empty of one kind is empty of the other; some languages cannot tell them apart."""

    def fix(found: _Found) -> Patch | None:
        is_empty = found.at != "" and found.inside in (([],), ({},))
        return _replace(found, empty) if is_empty else _no_fix(found)

    return fix


def _remove(found: _Found) -> Patch | None:
    return ({"op": "remove", "path": found.at},)


def _replace(found: _Found, value: JsonValue) -> Patch | None:
    return ({"op": "replace", "path": found.at, "value": value},)


def _quote(found: _Found) -> Patch | None:
    match found.value:
        case bool(flag):
            return _replace(found, str(flag).lower())
        case int() | float() as number:
            return _replace(found, _literal(number))
        case _:
            return _no_fix(found)


def _unquote(kinds: str) -> Callable[[_Found], Patch | None]:
    def fix(found: _Found) -> Patch | None:
        meant = _spelled(found.value, kinds)
        return _no_fix(found) if meant is None else _replace(found, meant)

    return fix


def _likely_choice(found: _Found) -> Patch | None:
    """Take off quotation marks where a number may stand, else take the word that is nearly it."""
    if found.in_union and (fix := _unquote(NUMBER)(found)):
        return fix
    return _nearest(found.at, found.value, _choices(found)) or _no_fix(found)


def _nearest(at: str, value: JsonValue, choices: list[str]) -> Patch | None:
    meant = nearest(value, choices) if isinstance(value, str) else ""
    return ({"op": "replace", "path": at, "value": meant},) if meant else None


def _says_the_same(value: JsonValue, patch: Patch) -> bool:
    """Whether a replacement is the same word, or number, spelled as it should be."""
    meant = patch[0]["value"]
    return not isinstance(meant, str) or (isinstance(value, str) and same_letters(value, meant))


def _spelled(value: JsonValue, kinds: str) -> bool | int | float | None:
    """Return the number or truth value that a text spells, if one was expected."""
    if not isinstance(value, str):
        return None
    if kinds == FLAG and value in ("true", "false", "True", "False"):
        return value.lower() == "true"
    if kinds == NUMBER and re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", value, re.ASCII):
        return float(value) if "." in value else int(value)
    slip = meant(value) if kinds == NUMBER else None
    return slip.number if slip else None


def _literal(number: float) -> str:
    return str(getattr(number, "text", number))


_Row: TypeAlias = tuple[str, str, Callable[[_Found], str], Callable[[_Found], Patch | None]]

# Where a number may stand instead of a word, this is the word.
_BESIDE_NUMBERS = ["inf"]

_OTHER: _Row = (INVALID, SCHEMA, _other, _no_fix)

# Their codes begin with the kind of number.
_BOUNDS = ("greater_than_equal", "less_than_equal")

_ROWS: dict[str, _Row] = {
    "missing": (
        MISSED,
        SCHEMA,
        lambda found: f"{excerpt(found.name)} is missing. Add it.",
        _no_fix,
    ),
    "extra_forbidden": (
        UNKNOWN,
        SEEN,
        lambda found: (
            f"There is no member {excerpt(found.name)} here, and servers refuse the whole event "
            "for it. Remove it."
        ),
        _remove,
    ),
    "string_type": ("invalid_type", SCHEMA, _expected(TEXT), _quote),
    "bool_type": ("invalid_type", SCHEMA, _expected(FLAG), _unquote(FLAG)),
    "float_type": ("invalid_type", SCHEMA, _expected(NUMBER), _unquote(NUMBER)),
    "int_type": ("invalid_type", SCHEMA, _whole, _unquote(NUMBER)),
    "list_type": ("invalid_type", SCHEMA, _expected("a list"), _emptied([])),
    "dict_type": ("invalid_type", SCHEMA, _expected("an object"), _emptied({})),
    "model_type": ("invalid_type", SCHEMA, _expected("an object"), _emptied({})),
    "literal_error": (INVALID, SCHEMA, _choice, _likely_choice),
    "enum": (INVALID, SCHEMA, _choice, _likely_choice),
    "string_pattern_mismatch": (
        INVALID,
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
        lambda found: _replace(found, found.context["ge"]),
    ),
    "less_than_equal": (
        "above_max_value",
        BOUND,
        lambda found: f"Too large: the highest value allowed is {found.context['le']}.",
        lambda found: _replace(found, found.context["le"]),
    ),
}
