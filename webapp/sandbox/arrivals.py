"""Who comes in with which dialect, and who is turned away, told from an opening handshake."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from webapp.sandbox.ids import Ids
from webapp.sandbox.steps import Say
from webapp.sandbox.terms import Dialect
from webapp.sandbox.wording import Wording

PATH = "/v1/realtime"
WRONG_KEY = "sk-invalid"
BETA_PROTOCOL = "openai-beta.realtime-v1"
KEY_PROTOCOL = "openai-insecure-api-key."

# What ``?refuse=`` rehearses: the refusals of the real service, as it words and closes them.
REFUSALS = {
    "invalid_api_key": ("Incorrect API key provided, as the query asked.", 3000),
    "invalid_model": ("The model does not exist or you do not have access to it.", 4000),
    "missing_model": ("You must provide a model parameter.", 4000),
    "beta_api_shape_disabled": (
        "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
        4000,
    ),
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A session that may begin."""

    dialect: Dialect
    model: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A session that may not: what is said before the socket closes, and how it closes."""

    code: str | None
    message: str
    close_code: int

    @property
    def close_reason(self) -> str:
        return "invalid_request_error" + (f".{self.code}" if self.code else "")

    def say(self, ids: Ids) -> Say:
        return Wording("ga", ids).error(self.code, self.message)


def is_session_path(path: str) -> bool:
    """Tell whether a request path is where sessions are."""
    return urlsplit(path).path.rstrip("/") == PATH


def receive(
    path: str, headers: Mapping[str, str], protocols: Iterable[str], *, require_key: bool
) -> Arrival | TurnedAway:
    """Return the session that a handshake asks for; header names are read in lower case."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
    offered = list(protocols)
    key = _key(query, headers, offered)
    if asked := query.get("refuse"):
        return _refused(asked)
    if key == WRONG_KEY:
        message = "Incorrect API key provided. The sandbox takes every key but this one."
        return TurnedAway("invalid_api_key", message, 3000)
    if require_key and not key:
        return TurnedAway(None, "Missing bearer or basic authentication in header", 3000)
    model = query.get("model") or query.get("deployment")
    if not model:
        return TurnedAway("missing_model", "You must provide a model parameter.", 4000)
    dialect = query.get("dialect") or _dialect(headers, offered)
    match dialect:
        case "beta" | "ga":
            return Arrival(dialect, model)
        case _:
            message = f"Invalid value: '{dialect}'. Supported values are: 'beta' and 'ga'."
            return TurnedAway("invalid_dialect", message, 4000)


def refused_status(path: str) -> HTTPStatus | None:
    """Return the HTTP status that ``?refuse=`` asks for instead of a session."""
    asked = parse_qs(urlsplit(path).query).get("refuse", [""])[-1]
    refusals = (status for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
    return next((status for status in refusals if str(int(status)) == asked), None)


def chosen_protocol(offered: Iterable[str]) -> str | None:
    """Return the subprotocol to agree on: never the one that carries a key."""
    spoken = ("realtime", BETA_PROTOCOL)
    return next((protocol for protocol in offered if protocol in spoken), None)


def _refused(code: str) -> TurnedAway:
    if code in REFUSALS:
        return TurnedAway(code, *REFUSALS[code])
    known = ", ".join(f"'{name}'" for name in REFUSALS)
    message = f"Invalid value: '{code[:64]}'. Supported values are: {known}, and HTTP statuses."
    return TurnedAway("invalid_refusal", message, 4000)


def _dialect(headers: Mapping[str, str], offered: list[str]) -> str:
    asked = headers.get("openai-beta", "").replace(" ", "").split(",")
    return "beta" if "realtime=v1" in asked or BETA_PROTOCOL in offered else "ga"


def _key(query: Mapping[str, str], headers: Mapping[str, str], offered: list[str]) -> str:
    scheme, _, bearer = headers.get("authorization", "").strip().partition(" ")
    carried = (one.removeprefix(KEY_PROTOCOL) for one in offered if one.startswith(KEY_PROTOCOL))
    found = (
        bearer.strip() if scheme.lower() in ("bearer", "basic") else "",
        headers.get("api-key", ""),
        *(query.get(name, "") for name in ("api-key", "api_key")),
        *carried,
    )
    return next((key for key in found if key), "")
