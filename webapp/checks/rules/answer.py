"""Rules of what the answer is made of, what it is told, and where it goes."""

import re
from collections.abc import Iterator

from webapp.checks.rules.rule import (
    BETA,
    GA,
    OUTPUT,
    PARAMS,
    PROSE,
    Finding,
    Rule,
    adding,
    at,
    items_of,
    members_of,
    names_of,
    removing,
    texts_of,
    writing,
)
from webapp.events.audio import BUILT_IN_VOICES
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import INVALID, MISSED, Severity, excerpt
from webapp.spelling import nearest, same_letters

_WHERE = ("auto", "none")

_EXACT_WORDS = ("exactly", "verbatim", "word for word", "the following")
_EXACTLY = re.compile(
    r"\b(?:say|repeat|read|speak|recite|respond with|reply with)\b[^.!?\n]{0,60}"
    r"\b(?:exactly|verbatim|word for word|the following)\b"
    r"|\bexactly (?:this|these words|the following)\b",
    re.IGNORECASE,
)


def audio_without_text(modalities: JsonValue) -> Iterator[Finding]:
    if isinstance(modalities, list) and set(texts_of(modalities)) == {"audio"}:
        yield Finding(
            (),
            "Beta servers refuse audio alone: spoken answers need text beside it.",
            writing(["text", "audio"]),
            safe=_are_modalities(modalities),
        )


def _are_modalities(modalities: list[JsonValue]) -> bool:
    return all(modality in ("audio", "text") for modality in modalities)


def audio_and_text(modalities: JsonValue) -> Iterator[Finding]:
    if isinstance(modalities, list) and {"audio", "text"} <= set(texts_of(modalities)):
        yield Finding(
            (),
            "GA answers in audio or in text, never in both. Audio brings its transcript along.",
            writing(["audio"]),
            safe=_are_modalities(modalities),
        )


def modalities_unclear(modalities: JsonValue) -> Iterator[Finding]:
    texts = texts_of(items_of(modalities))
    if modalities == []:
        yield Finding(
            (),
            "Nobody has written down what an empty list means here: leave it out.",
            removing(""),
        )
    elif len(texts) != len(set(texts)):
        yield Finding(
            (),
            "The same modality stands here twice: once is enough.",
            writing([*dict.fromkeys(texts)]) if len(texts) == len(items_of(modalities)) else None,
            safe=True,
        )


def no_sound(modalities: JsonValue) -> Iterator[Finding]:
    if modalities == ["text"]:
        yield Finding((), "No audio will come: this response is text only.")


def voice_with_text_only(params: JsonValue) -> Iterator[Finding]:
    if at(params, "modalities") == ["text"] or at(params, "output_modalities") == ["text"]:
        for path in _OF_SOUND:
            if at(params, *path) is not None:
                yield Finding(path, "No audio will come: the answer is text only.")


_OF_SOUND = (
    ("voice",),
    ("output_audio_format",),
    ("audio", "output", "voice"),
    ("audio", "output", "format"),
)


def words_before_sound(params: JsonValue) -> Iterator[Finding]:
    """Say where earlier answers in writing may make the model write again."""
    items = items_of(at(params, "input"))
    if "assistant" not in names_of(items, "role") or not _asks_for_sound(params):
        return
    for place, item in enumerate(items):
        kinds = names_of(at(item, "content"), "type")
        if at(item, "role") == "assistant" and ("output_text" in kinds or "text" in kinds):
            yield Finding(
                ("input", place),
                "After earlier answers in writing models have answered in writing again, although "
                "audio was asked for. If yours does, tell it what was said in a system message "
                "instead.",
            )
            return


def _asks_for_sound(params: JsonValue) -> bool:
    asked = (at(params, "modalities"), at(params, "output_modalities"))
    return any("audio" in items_of(modalities) for modalities in asked)


def instructions_wiped(instructions: JsonValue) -> Iterator[Finding]:
    if instructions == "":
        yield Finding(
            (),
            "Empty text wipes the session's instructions for this response. Leave the member out "
            "to keep them.",
            removing(""),
        )


def said_exactly(params: JsonValue) -> Iterator[Finding]:
    told = at(params, "instructions")
    if not (isinstance(told, str) and _is_exact(told)):
        return
    if at(params, "input") == [] and at(params, "tool_choice") == "none":
        return
    wanted: tuple[tuple[str, JsonValue], ...] = (("input", []), ("tool_choice", "none"))
    missing = [(name, value) for name, value in wanted if name not in members_of(params)]
    yield Finding(
        ("instructions",),
        "Models paraphrase what they are told to say exactly. They stay closest with nothing else "
        "to read and nothing to call: an empty “input” and “tool_choice” none.",
        tuple(step for name, value in missing for step in adding(name, value))
        if len(missing) == len(wanted)
        else None,
        does="add an empty input and tool_choice none",
    )


def _is_exact(told: str) -> bool:
    lower = told.lower()
    return any(word in lower for word in _EXACT_WORDS) and bool(_EXACTLY.search(told))


def instructions_replace(instructions: JsonValue) -> Iterator[Finding]:
    if isinstance(instructions, str) and instructions:
        yield Finding(
            (),
            "For this response these stand in for the session's instructions, its persona included;"
            " they add nothing to them.",
        )


def voice_unlisted(voice: JsonValue) -> Iterator[Finding]:
    if isinstance(voice, str) and voice not in BUILT_IN_VOICES:
        meant = nearest(voice, BUILT_IN_VOICES)
        yield Finding(
            (),
            f"OpenAI lists no voice {excerpt(voice)}; other servers have names of their own."
            + (f" Did you mean “{meant}”?" if meant else "")
            if voice
            else "No voice has an empty name: leave the member out for the session's own voice.",
            writing(meant) if meant else None if voice else removing(""),
        )


def format_without_type(audio_format: JsonValue) -> Iterator[Finding]:
    if isinstance(audio_format, dict) and "type" not in audio_format:
        yield Finding(
            ("type",),
            "The format does not say which one it is: audio/pcm, audio/pcmu or audio/pcma.",
            adding("type", "audio/pcm"),
        )


def pcm_without_rate(audio_format: JsonValue) -> Iterator[Finding]:
    if at(audio_format, "type") == "audio/pcm" and "rate" not in members_of(audio_format):
        yield Finding(
            ("rate",),
            "Servers ask for the rate although only 24000 exists: add it.",
            adding("rate", 24000),
        )


def whole_number_with_point(number: JsonValue) -> Iterator[Finding]:
    if isinstance(number, float) and number.is_integer():
        yield Finding(
            (),
            "Write a whole number without a point: servers that look at the text refuse this one.",
            writing(int(number)),
            safe=True,
        )


def reasoning_models_only(_: JsonValue) -> Iterator[Finding]:
    yield Finding((), "Only reasoning models take this; others may refuse the whole event for it.")


def conversation_unknown(conversation: JsonValue) -> Iterator[Finding]:
    if isinstance(conversation, str) and conversation not in _WHERE:
        meant = nearest(conversation, _WHERE)
        yield Finding(
            (),
            "Servers know auto and none only. Leave it out for auto.",
            writing(meant) if meant else removing(""),
            safe=meant != "" and same_letters(conversation, meant),
        )


def out_of_band_unnamed(params: JsonValue) -> Iterator[Finding]:
    if at(params, "conversation") == "none" and not at(params, "metadata"):
        yield Finding(
            ("metadata",),
            "Metadata is the only thing an out-of-band response can be told by: add a pair.",
        )


RULES: tuple[Rule, ...] = (
    Rule(
        ("response", "modalities"),
        audio_without_text,
        Severity.ERROR,
        INVALID,
        "BerriAI/litellm#14887",
        BETA,
    ),
    Rule(
        ("response", "output_modalities"),
        audio_and_text,
        Severity.ERROR,
        INVALID,
        f"{PROSE} of output_modalities",
        GA,
    ),
    Rule(
        ("response", "modalities"),
        modalities_unclear,
        Severity.WARNING,
        "modalities_unclear",
        "no source says what it means",
        BETA,
    ),
    Rule(
        ("response", "output_modalities"),
        modalities_unclear,
        Severity.WARNING,
        "modalities_unclear",
        "no source says what it means",
        GA,
    ),
    Rule(
        ("response", "modalities"),
        no_sound,
        Severity.NOTE,
        "text_only",
        "twilio-samples/speech-assistant-openai-realtime-api-python#9",
        BETA,
    ),
    Rule(
        ("response", "output_modalities"),
        no_sound,
        Severity.NOTE,
        "text_only",
        "twilio-samples/speech-assistant-openai-realtime-api-python#9",
        GA,
    ),
    Rule(
        PARAMS,
        voice_with_text_only,
        Severity.NOTE,
        "no_audio",
        "twilio-samples/speech-assistant-openai-realtime-api-python#9",
        given=("voice", "output_audio_format", "audio"),
    ),
    Rule(
        PARAMS,
        words_before_sound,
        Severity.NOTE,
        "words_before_sound",
        "openai/openai-realtime-api-beta#58",
        given=("input",),
    ),
    Rule(
        ("response", "instructions"),
        instructions_wiped,
        Severity.NOTE,
        "instructions_wiped",
        "livekit/agents#1469",
    ),
    Rule(
        PARAMS,
        said_exactly,
        Severity.NOTE,
        "said_exactly",
        "livekit/agents#5569",
        given=("instructions",),
    ),
    Rule(
        ("response", "instructions"),
        instructions_replace,
        Severity.NOTE,
        "instructions_replace",
        "livekit/agents#5394",
    ),
    Rule(
        ("response", "voice"),
        voice_unlisted,
        Severity.NOTE,
        "voice_unlisted",
        "OpenAPI document 2.3.0, VoiceIdsShared",
        BETA,
    ),
    Rule(
        (*OUTPUT, "voice"),
        voice_unlisted,
        Severity.NOTE,
        "voice_unlisted",
        "OpenAPI document 2.3.0, VoiceIdsShared",
        GA,
    ),
    Rule(
        (*OUTPUT, "format"),
        format_without_type,
        Severity.ERROR,
        MISSED,
        "inferred: the schema tells the formats apart by it",
        GA,
    ),
    Rule(
        (*OUTPUT, "format"),
        pcm_without_rate,
        Severity.ERROR,
        MISSED,
        "answers of OpenAI's GA service",
        GA,
    ),
    Rule(
        ("response", "max_output_tokens"),
        whole_number_with_point,
        Severity.WARNING,
        "whole_number_with_point",
        "inferred: clients send it, strictly typed servers cannot read it",
    ),
    Rule(
        (*OUTPUT, "format", "rate"),
        whole_number_with_point,
        Severity.WARNING,
        "whole_number_with_point",
        "inferred: clients send it, strictly typed servers cannot read it",
        GA,
    ),
    Rule(
        ("response", "parallel_tool_calls"),
        reasoning_models_only,
        Severity.NOTE,
        "reasoning_models_only",
        f"{PROSE} of parallel_tool_calls",
        GA,
    ),
    Rule(
        ("response", "reasoning"),
        reasoning_models_only,
        Severity.NOTE,
        "reasoning_models_only",
        f"{PROSE} of reasoning",
        GA,
    ),
    Rule(
        ("response", "conversation"),
        conversation_unknown,
        Severity.WARNING,
        INVALID,
        f"{PROSE} of conversation",
    ),
    Rule(
        PARAMS,
        out_of_band_unnamed,
        Severity.NOTE,
        "out_of_band_unnamed",
        "livekit/agents#7352",
        given=("conversation",),
    ),
)
