"""What a response is made under: the session's settings overlaid with the response's params."""

import copy
from dataclasses import dataclass
from typing import Literal, TypeAlias

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.looks import mapping, member, objects, text, texts
from webapp.sandbox.steps import JsonObject

Dialect: TypeAlias = Literal["beta", "ga"]
SESSION_S = 3600

_PCM: JsonObject = {"type": "audio/pcm", "rate": 24000}
_SOUND_OF_TYPE = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
_NESTED = ("audio", "input", "output")
_FIXED = ("client_secret", "model", "type")


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings of one response, the same for both dialects.

    ``sound`` is the Beta name of the audio format. ``max_output_tokens`` is None for no limit.
    ``insists`` tells that the response itself, not the session, chose the tool.
    """

    modalities: tuple[str, ...]
    instructions: str
    voice: str
    sound: str
    speed: float
    tools: tuple[JsonObject, ...]
    tool_choice: JsonValue
    insists: bool
    temperature: float
    max_output_tokens: int | None
    prompt: str

    @property
    def speaks(self) -> bool:
        """Whether the answer is to be heard."""
        return "audio" in self.modalities


def read_terms(dialect: Dialect, session: JsonObject, params: JsonObject) -> Terms:
    """Return the terms that hold for a response with these params."""
    paths = _PATHS[dialect]

    def setting(name: str) -> JsonValue:
        for source, path in zip((params, session), paths[name], strict=True):
            if (value := member(source, *path)) is not None:
                return value
        return None

    limit = setting("max_output_tokens")
    temperature, speed = setting("temperature"), setting("speed")
    return Terms(
        modalities=tuple(texts(setting("modalities"))),
        instructions=text(setting("instructions")),
        voice=voice_name(setting("voice")),
        sound=sound_name(setting("format")),
        speed=speed if isinstance(speed, int | float) else 1.0,
        tools=tuple(objects(setting("tools"))),
        tool_choice=setting("tool_choice"),
        insists="tool_choice" in params,
        temperature=temperature if isinstance(temperature, int | float) else 0.8,
        max_output_tokens=int(limit) if isinstance(limit, int | float) else None,
        prompt=text(member(setting("prompt"), "id")),
    )


def terms_to_wire(dialect: Dialect, terms: Terms) -> JsonObject:
    """Return the members of a response object that repeat its terms."""
    limit: JsonValue = "inf" if terms.max_output_tokens is None else terms.max_output_tokens
    modalities: JsonValue = list(terms.modalities)
    if dialect == "beta":
        return {
            "modalities": modalities,
            "voice": terms.voice,
            "output_audio_format": terms.sound,
            "temperature": terms.temperature,
            "max_output_tokens": limit,
        }
    output: JsonObject = {"format": format_object(terms.sound), "voice": terms.voice}
    return {
        "output_modalities": modalities,
        "max_output_tokens": limit,
        "audio": {"output": output},
    }


def voice_name(voice: JsonValue) -> str:
    """Return the name of a built-in voice or the id of a custom one."""
    return text(voice) or text(member(voice, "id")) or "alloy"


def sound_name(audio_format: JsonValue) -> str:
    """Return the Beta name of an audio format given in either dialect."""
    if isinstance(audio_format, str):
        return audio_format
    return _SOUND_OF_TYPE.get(text(member(audio_format, "type")), "pcm16")


def format_object(sound: str) -> JsonObject:
    """Return the GA object for the Beta name of an audio format."""
    if sound == "pcm16":
        return dict(_PCM)
    return {"type": next(kind for kind, name in _SOUND_OF_TYPE.items() if name == sound)}


def opening_session(dialect: Dialect, session_id: str, model: str, expires_at: int) -> JsonObject:
    """Return the session object a new connection starts with."""
    session = copy.deepcopy(_BETA_SESSION if dialect == "beta" else _GA_SESSION)
    return {**session, "id": session_id, "model": model, "expires_at": expires_at}


def updated_session(session: JsonObject, change: JsonObject) -> JsonObject:
    """Return the session after a change: only what the change holds is different."""
    merged = dict(session)
    for name, value in change.items():
        if name in _NESTED and isinstance(value, dict):
            merged[name] = updated_session(mapping(merged.get(name)), value)
        elif name == "turn_detection" and isinstance(value, dict):
            defaults = _SEMANTIC if value.get("type") == "semantic_vad" else _TURN_DETECTION
            merged[name] = {**defaults, **value}
        elif name not in _FIXED:
            merged[name] = value
    return merged


_Path: TypeAlias = tuple[str, ...]
_SAME = ("tools", "tool_choice", "instructions", "temperature", "prompt")

# For each setting, where the params and where the session hold it.
_PATHS: dict[Dialect, dict[str, tuple[_Path, _Path]]] = {
    "beta": {
        **{name: ((name,), (name,)) for name in (*_SAME, "modalities", "voice")},
        "format": (("output_audio_format",), ("output_audio_format",)),
        "speed": (("speed",), ("speed",)),
        "max_output_tokens": (("max_output_tokens",), ("max_response_output_tokens",)),
    },
    "ga": {
        **{name: ((name,), (name,)) for name in (*_SAME, "max_output_tokens")},
        "modalities": (("output_modalities",), ("output_modalities",)),
        "voice": (("audio", "output", "voice"), ("audio", "output", "voice")),
        "format": (("audio", "output", "format"), ("audio", "output", "format")),
        "speed": (("audio", "output", "speed"), ("audio", "output", "speed")),
    },
}

_TURN_DETECTION: JsonObject = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC: JsonObject = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_BETA_SESSION: JsonObject = {
    "id": "",
    "object": "realtime.session",
    "model": "",
    "expires_at": 0,
    "modalities": ["audio", "text"],
    "instructions": "",
    "voice": "alloy",
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "input_audio_transcription": None,
    "input_audio_noise_reduction": None,
    "turn_detection": _TURN_DETECTION,
    "tools": [],
    "tool_choice": "auto",
    "temperature": 0.8,
    "max_response_output_tokens": "inf",
    "speed": 1.0,
    "tracing": None,
    "prompt": None,
    "include": None,
}
_GA_SESSION: JsonObject = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "",
    "model": "",
    "output_modalities": ["audio"],
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "expires_at": 0,
    "audio": {
        "input": {
            "format": _PCM,
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {**_TURN_DETECTION, "idle_timeout_ms": None},
        },
        "output": {"format": _PCM, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
}
