"""Rules of what the model reads: items, their ids, their parts and arguments."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from webapp.checks.rules.event import TOO_LONG
from webapp.checks.rules.rule import (
    BETA,
    INPUT,
    ITEM,
    PART,
    PROSE,
    Finding,
    Rule,
    adding,
    at,
    items_of,
    members_of,
    names_of,
    writing,
)
from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.forms.problems import INVALID, MISSED, Patch, Severity

MAX_ID_CHARS = 32
MOST_CUT = 8  # places of one id that one fix changes; a call and its outputs have fewer

_HAVE_IDS = frozenset(("id", "call_id"))

_LONGEST_KEPT_CHARS = 20_000  # of arguments whose reading is remembered

_PART_CONTENT = {
    "input_text": ("text",),
    "output_text": ("text",),
    "input_audio": ("audio",),
    "input_image": ("image_url",),
    "output_audio": ("transcript", "audio"),
}


def reference_unlisted(item: JsonValue) -> Iterator[Finding]:
    if at(item, "type") == "item_reference":
        yield Finding(
            (),
            "OpenAI's servers take references, though the document lists them only in its "
            "examples; LocalAI does not.",
        )


def long_item_ids(items: JsonValue) -> Iterator[Finding]:
    long = [*_long_ids(items_of(items))]
    if not long:
        return
    where: dict[tuple[str, str], list[int]] = {}
    for place, name, text in long:
        where.setdefault((name, text), []).append(place)
    taken = {name: {*names_of(items, name)} for name in _HAVE_IDS}
    alike = Counter((name, text[:MAX_ID_CHARS]) for name, text in where)
    for place, name, text in long:
        short = text[:MAX_ID_CHARS]
        kind = at(items_of(items)[place], "type")
        # What a reference names is the server's to shorten.
        usable = short not in taken[name] and alike[name, short] == 1 and kind != "item_reference"
        yield Finding(
            (place, name),
            f"Servers refuse ids above {MAX_ID_CHARS} characters, and this one has "
            f"{len(text)}: shorten it.",
            _shortened(items, name, short, where[name, text]) if usable else None,
            does=f"cut to {MAX_ID_CHARS} characters, wherever it stands in the input",
        )


def _long_ids(items: list[JsonValue]) -> Iterator[tuple[int, str, str]]:
    """Yield the place, the member and the text of every id that is too long."""
    for place, item in enumerate(items):
        if not isinstance(item, dict) or _HAVE_IDS.isdisjoint(item):
            continue
        kind = item.get("type")
        is_mcp = isinstance(kind, str) and kind.startswith("mcp_")
        for name in ("call_id",) if is_mcp else ("id", "call_id"):
            text = item.get(name)
            if isinstance(text, str) and len(text) > MAX_ID_CHARS:
                yield place, name, text


def _shortened(items: JsonValue, name: str, short: str, places: list[int]) -> Patch | None:
    """Cut an id wherever the input has it, so that calls keep their outputs."""
    if len(places) > MOST_CUT:
        return None
    return tuple(
        step
        for place in places
        if at(items_of(items)[place], "type") != "item_reference"
        for step in writing(short, f"/{place}/{name}")
    )


def arguments_not_json(item: JsonValue) -> Iterator[Finding]:
    arguments = at(item, "arguments")
    if not isinstance(arguments, str):
        return
    if not arguments.strip():
        yield Finding(
            ("arguments",),
            "The text should hold a JSON object, {} if nothing else.",
            writing("{}", "/arguments"),
            safe=True,
        )
    elif reason := _no_object(arguments):
        yield Finding(("arguments",), f"The text should hold a JSON object. {reason}")


def _no_object(text: str) -> str:
    return _look_into(text) if len(text) <= _LONGEST_KEPT_CHARS else _look_into.__wrapped__(text)


@lru_cache(maxsize=256)
def _look_into(text: str) -> str:
    """Say why a text is no JSON object; nothing if it is one."""
    try:
        return "" if isinstance(read_json(text), dict) else "This is another kind of value."
    except Unreadable as fault:
        return f"Line {fault.line}, column {fault.column}: {fault.reason}"


def item_ids_repeated(items: JsonValue) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, item in enumerate(items_of(items)):
        name = at(item, "id")
        if isinstance(name, str) and at(item, "type") != "item_reference":
            if name in seen:
                yield Finding(
                    (place, "id"),
                    "An earlier item has the same id. Without one the server makes its own.",
                    ({"op": "remove", "path": f"/{place}/id"},)
                    if at(item, "type") in ("message", "function_call", "function_call_output")
                    else None,
                )
            seen.add(name)


def output_without_call(items: JsonValue) -> Iterator[Finding]:
    if not _is_round_trip(items):
        return
    calls: set[str] = set()
    for place, item in enumerate(items_of(items)):
        call_id = at(item, "call_id")
        if not isinstance(call_id, str):
            continue
        if at(item, "type") == "function_call":
            calls.add(call_id)
        elif call_id not in calls:
            yield Finding(
                (place, "call_id"),
                "No function call with this id stands before it; servers may look for one.",
                writing(next(iter(calls)), f"/{place}/call_id") if len(calls) == 1 else None,
            )


def call_without_output(items: JsonValue) -> Iterator[Finding]:
    """Say which of several calls is left open; one alone may be what the answer is about."""
    if not _is_round_trip(items):
        return
    outputs = [item for item in items_of(items) if at(item, "type") == "function_call_output"]
    answered = {*names_of(outputs, "call_id")}
    for place, item in enumerate(items_of(items)):
        call_id = at(item, "call_id")
        is_call = at(item, "type") == "function_call" and isinstance(call_id, str)
        if is_call and call_id not in answered:
            yield Finding(
                (place, "call_id"),
                "This call has no output here while others have. Give all outputs first, then ask "
                "for one response.",
            )


def _is_round_trip(items: JsonValue) -> bool:
    """Whether calls and outputs stand here, and nothing that only the server knows."""
    kinds = names_of(items, "type")
    has_both = "function_call" in kinds and "function_call_output" in kinds
    return has_both and "item_reference" not in kinds


def part_without_type(item: JsonValue) -> Iterator[Finding]:
    """Name the type where the role of the message, and the part's members, tell it."""
    role = at(item, "role")
    for place, part in enumerate(items_of(at(item, "content"))):
        if isinstance(part, dict) and "type" not in part:
            sound = "audio" in part or "transcript" in part
            kind = "audio" if sound else "image" if "image_url" in part else "text"
            meant = _TYPES.get((role, kind)) if isinstance(role, str) else None
            yield Finding(
                ("content", place, "type"),
                "The part does not say its type: add “type”.",
                adding(f"content/{place}/type", meant) if meant else None,
            )


_TYPES: dict[tuple[str, str], str] = {
    ("system", "text"): "input_text",
    ("user", "text"): "input_text",
    ("user", "audio"): "input_audio",
    ("user", "image"): "input_image",
    ("assistant", "text"): "output_text",
    ("assistant", "audio"): "output_audio",
}


def part_without_content(part: JsonValue) -> Iterator[Finding]:
    kind = at(part, "type")
    names = _PART_CONTENT.get(kind, ()) if isinstance(kind, str) else ()
    if names and not any(name in members_of(part) for name in names):
        yield Finding(
            (names[0],),
            f"The part is empty, and servers ask for “{names[0]}”: add it.",
            adding("text", "") if names[0] == "text" else None,
        )


def speech_without_words(part: JsonValue) -> Iterator[Finding]:
    members = members_of(part)
    if at(part, "type") == "output_audio" and "audio" in members and "transcript" not in members:
        yield Finding(
            ("transcript",), "Earlier speech without its words has been refused: add them."
        )


def speech_of_the_model(part: JsonValue) -> Iterator[Finding]:
    if at(part, "type") == "output_audio" and "audio" in members_of(part):
        yield Finding(
            (), "Beta servers take no earlier speech of the model; its words as text they do."
        )


RULES: tuple[Rule, ...] = (
    Rule(
        ITEM,
        reference_unlisted,
        Severity.NOTE,
        "reference_unlisted",
        "examples of response.create in OpenAPI document 2.3.0",
    ),
    Rule(
        INPUT,
        long_item_ids,
        Severity.WARNING,
        TOO_LONG,
        "error messages of OpenAI's service",
        alone=True,
    ),
    Rule(
        ITEM,
        arguments_not_json,
        Severity.WARNING,
        INVALID,
        f"{PROSE} of arguments",
        given=("arguments",),
    ),
    Rule(
        INPUT,
        item_ids_repeated,
        Severity.WARNING,
        "id_repeated",
        "OpenAPI document 2.3.0: ids of items are unique",
    ),
    Rule(
        INPUT,
        output_without_call,
        Severity.NOTE,
        "output_without_call",
        f"{PROSE} of RealtimeConversationItemWithReference.call_id",
    ),
    Rule(
        INPUT,
        call_without_output,
        Severity.NOTE,
        "call_without_output",
        "openai/openai-agents-python#1168",
    ),
    Rule(
        ITEM,
        part_without_type,
        Severity.ERROR,
        MISSED,
        "inferred: servers tell the parts apart by it",
        given=("content",),
    ),
    Rule(
        PART,
        part_without_content,
        Severity.ERROR,
        MISSED,
        "openai/openai-agents-js#963",
    ),
    Rule(
        PART,
        speech_without_words,
        Severity.WARNING,
        MISSED,
        "openai/openai-agents-js#963",
        given=("audio",),
    ),
    Rule(
        PART,
        speech_of_the_model,
        Severity.NOTE,
        "speech_of_the_model",
        "OpenAPI document 2.3.0, prose of the Beta assistant message",
        BETA,
        given=("audio",),
    ),
)
