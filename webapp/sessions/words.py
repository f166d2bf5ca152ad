"""What codes of the protocol mean in plain words, and what to do next."""

import re
from typing import NamedTuple


class Words(NamedTuple):
    """What happened, and what helps; either may be empty."""

    meaning: str
    advice: str


NO_WORDS = Words("", "")

ERRORS = {
    "conversation_already_has_active_response": Words(
        "The conversation is still being answered, so a second answer was refused.",
        "Wait until the response is done, cancel it and send again, or send this event "
        "out-of-band (conversation: none), which may run beside it.",
    ),
    "response_cancel_not_active": Words(
        "There was nothing left to cancel.", "Nothing to do: the response had already ended."
    ),
    "invalid_json": Words(
        "The server could not read the event as JSON.", "Look at the wire text of the event."
    ),
    "invalid_event": Words(
        "The server does not take this as an event.", "Check that it has a type."
    ),
    "unknown_event": Words(
        "The server does not know this type of event.",
        "Not every Realtime server answers with responses: check what this one supports.",
    ),
    "unknown_parameter": Words(
        "The event has a member that the server does not know.",
        "Remove it, or check that the dialect fits the server.",
    ),
    "invalid_value": Words(
        "A member has a value that the server does not take.", "Pick one of the values it lists."
    ),
    "invalid_type": Words(
        "A member has a value of the wrong type.", "Write it as the type that is named."
    ),
    "missing_required_parameter": Words("A member is missing that the server needs.", "Add it."),
    "decimal_below_min_value": Words("A number is too small.", "Raise it to the named bound."),
    "decimal_above_max_value": Words("A number is too large.", "Lower it to the named bound."),
    "integer_below_min_value": Words("A number is too small.", "Raise it to the named bound."),
    "integer_above_max_value": Words("A number is too large.", "Lower it to the named bound."),
    "string_above_max_length": Words("A text is too long.", "Shorten it to the named length."),
    "object_above_max_properties": Words("An object has too many members.", "Remove some."),
    "property_name_above_max_length": Words("A name is too long.", "Shorten it."),
    "string_below_min_length": Words("A text is too short.", "Write more of it."),
    "array_below_min_length": Words("A list is too short.", "Add what is missing."),
    "array_above_max_length": Words("A list is too long.", "Remove some of it."),
    "item_create_duplicate_item_id": Words(
        "The conversation has an item of this id already.", "Give another id, or none."
    ),
    "invalid_tool_call_id": Words(
        "No function call of this id is in the conversation.",
        "Take the call_id of the call, or return the output from the transcript.",
    ),
    "input_audio_buffer_commit_empty": Words(
        "There is hardly any sound to make an item of.", "Append sound first, 100 ms at least."
    ),
    "input_audio_buffer_full": Words("The buffer holds no more sound.", "Commit or clear it."),
    "cannot_update_voice": Words(
        "The voice cannot change any more once the session has spoken.",
        "Open a new session for another voice.",
    ),
    "invalid_api_key": Words("The key is not valid at this server.", "Check the key."),
    "missing_key": Words("No key came with the connection.", "Give the key of this endpoint."),
    "invalid_model": Words("The server does not know this model.", "Pick another model."),
    "missing_model": Words("The address names no model.", "Pick a model."),
    "beta_api_shape_disabled": Words(
        "This server has switched the Beta dialect off.", "Convert the event to GA."
    ),
    "session_expired": Words("The session has reached its longest age.", "Open a new session."),
    "insufficient_quota": Words(
        "The account has no quota left.", "Check plan and billing of the account."
    ),
    "rate_limit_exceeded": Words(
        "Too many requests or tokens in a short time.", "Wait, then send."
    ),
    "inference_rate_limit_exceeded": Words(
        "The model is being asked too often.", "Wait, then send again."
    ),
    "server_error": Words("The server failed on its own side.", "Send the event again."),
}

ENDINGS = {
    "client_cancelled": "cancelled on request",
    "turn_detected": "interrupted by speech",
    "max_output_tokens": "the token limit was reached",
    "content_filter": "stopped by the content filter",
}

REDIRECTED = Words(
    "The server sends on to another address, which is not followed: the key was not meant for it.",
    "Use the address it leads to, if you trust it.",
)
REFUSALS = {
    400: Words("The request was not understood.", "Check address, model and API version."),
    401: Words("The key was not accepted.", "Check the key, and that it belongs to this server."),
    403: Words("The key may not do this.", "Check what the key is allowed, and the region."),
    404: Words(
        "There is nothing at this address, or no such model or deployment.",
        "Check address and model.",
    ),
    407: Words("A proxy in between wants a login.", "Ask whoever runs the network."),
    408: Words("The server took too long.", "Try again."),
    426: Words("The server wants another protocol.", "Check the address."),
    429: Words("Too many requests, or no quota left.", "Wait, or check plan and billing."),
    500: Words("The server failed on its own side.", "Try again later."),
    502: Words("The gateway got no good answer from the server behind it.", "Try again later."),
    503: Words("The server is overloaded or under repair.", "Try again later."),
    504: Words("The server behind the gateway took too long.", "Try again later."),
}

_CLOSINGS = {
    1000: "closed in the usual way",
    1001: "the server went away, or ended the session",
    1002: "a rule of WebSocket was broken",
    1003: "a kind of frame was sent that is not taken here",
    1007: "a text was not UTF-8",
    1008: "refused by a rule of the server",
    1009: "a frame was too large",
    1010: "an extension is missing",
    1011: "the server failed",
    1012: "the server restarts",
    1013: "the server is overloaded; try later",
    1014: "a gateway got a bad answer",
    3000: "the key was refused, or there was none",
    4000: "the request was refused",
}
_RESERVED = frozenset({1004, 1005, 1006, 1015})
_NO_ITEM = Words(
    "The conversation has no item of this id.", "Look for it in the transcript or in all events."
)
_NO_KEY = re.compile(r"missing bearer|provide an API key|no api[ _-]?key", re.IGNORECASE)


def explain_error(code: str, message: str) -> Words:
    """Return plain words for an error's code; older servers only write the message."""
    if code in ERRORS:
        return ERRORS[code]
    if code.endswith("_invalid_item_id"):
        return _NO_ITEM
    if "already has an active response" in message:
        return ERRORS["conversation_already_has_active_response"]
    if _NO_KEY.search(message):
        return ERRORS["missing_key"]
    return NO_WORDS


def explain_refusal(status: int) -> Words:
    """Return plain words for the HTTP status of a handshake that was refused."""
    if status in REFUSALS:
        return REFUSALS[status]
    if status < 300:
        return Words("It is a web server, but no Realtime server.", "Check the address.")
    if status < 400:
        return REDIRECTED
    return REFUSALS[500] if status >= 500 else Words("The server refused.", "Check the address.")


def explain_close(code: int, reason: str, words: str = "") -> str:
    """Return plain words for a WebSocket close code, and for an error's code in the reason.

    ``words`` are ours, where it was not the server's doing; the reason is then what we found.
    """
    if words:
        return f"{words.removesuffix('.')}: {reason}." if reason else words
    meaning, advice = ERRORS.get(reason.rpartition(".")[2], NO_WORDS)
    said = f"The server said: “{reason}”." if reason else ""
    return " ".join(filter(None, (f"{_closing(code)}.", meaning, advice, said)))


def _closing(code: int) -> str:
    if code in _CLOSINGS:
        return _CLOSINGS[code]
    if code in _RESERVED or not 1000 <= code <= 4999:
        return "a close code that no server may send"
    return "a code of the server's own" if code >= 3000 else "a code with no agreed meaning"
