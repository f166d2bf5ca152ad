"""Endpoints that the operator adds: TOML or JSON, each fault named by file, row and member."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from webapp.endpoints.address import BadAddress, Origin, origin_of, read_address
from webapp.endpoints.endpoint import endpoint_of
from webapp.endpoints.preset import Key, Note, Place, Preset
from webapp.endpoints.presets import PRESETS
from webapp.spelling import nearest

ROWS, ALLOW = "endpoints", "allow"
_MEMBERS = (
    "slug",
    "title",
    "summary",
    "address",
    "dialects",
    "models",
    "auth",
    "key",
    "beta_header",
    "notes",
)
_SLUG_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_DIALECTS = frozenset({"beta", "ga"})
_AUTH = "bearer, none, header:NAME, query:NAME or subprotocol:PREFIX"


class BadList(ValueError):  # noqa: N818  # it says what the list is
    """A list of endpoints that cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the operator adds: endpoints to pick from, and origins that visitors may write."""

    presets: Mapping[str, Preset] = field(default_factory=dict)
    allowed: frozenset[Origin] = frozenset()


def read_listed(text: str, name: str, *, toml: bool) -> Listed:
    """Return what a list holds; ``name`` is what its faults call it.

    Raises:
        BadList: if it cannot be used.
    """
    try:
        content: object = tomllib.loads(text) if toml else json.loads(text)
    except ValueError as fault:
        raise BadList(f"{name}: {fault}") from fault
    if not isinstance(content, dict):
        raise BadList(f"{name}: the list is an object with the members {ROWS} and {ALLOW}")
    _check_members(name, content, (ROWS, ALLOW))
    presets: dict[str, Preset] = {}
    for number, row in enumerate(_list(name, content, ROWS), start=1):
        preset = _Row(f"{name}, endpoint {number}", row).preset()
        if preset.slug in PRESETS or preset.slug in presets:
            raise BadList(f"{name}, endpoint {number}, slug: {preset.slug} is taken")
        presets[preset.slug] = preset
    allowed = {origin_of(endpoint_of(each, "ga").url) for each in presets.values()}
    for number, address in enumerate(_list(name, content, ALLOW), start=1):
        allowed.add(_origin(f"{name}, {ALLOW} {number}", address))
    return Listed(MappingProxyType(presets), frozenset(allowed))


def _origin(where: str, address: object) -> Origin:
    if not isinstance(address, str):
        raise BadList(f"{where}: write an origin like wss://server.example")
    try:
        return origin_of(read_address(address))
    except BadAddress as fault:
        raise BadList(f"{where}: {fault}") from fault


class _Row:
    """One endpoint of the list, member by member."""

    def __init__(self, where: str, row: object) -> None:
        if not isinstance(row, dict):
            raise BadList(f"{where}: an endpoint is an object")
        _check_members(where, row, _MEMBERS)
        self._where = where
        self._row = row

    def preset(self) -> Preset:
        slug = self._text("slug")
        if not slug or set(slug) - _SLUG_CHARS or len(slug) > 40:
            self._fault("slug", "1 to 40 small letters, digits and hyphens")
        address = self._text("address")
        if "{" in address.replace("{model}", ""):
            self._fault("address", "the only place to be filled in is {model}")
        try:
            read_address(address.replace("{model}", "m"))
        except BadAddress as fault:
            raise BadList(f"{self._where}, address: {fault}") from fault
        dialects = self._texts("dialects", ("ga",))
        if not dialects or set(dialects) - _DIALECTS:
            self._fault("dialects", "a list of beta, ga or both")
        beta_header = self._row.get("beta_header", False)
        if not isinstance(beta_header, bool):
            self._fault("beta_header", "true or false")
        return Preset(
            slug=slug,
            title=self._text("title", slug),
            summary=self._text("summary", "Added by whoever runs this Cuecard."),
            dialects=dialects,
            models=self._texts("models", ()),
            address=address,
            key=self._key(),
            beta_header=beta_header,
            notes=tuple(map(Note, self._texts("notes", ()))),
        )

    def _key(self) -> Key | None:
        way, _, name = self._text("auth", "bearer").partition(":")
        variable = self._text("key", "REALTIME_API_KEY")
        if not variable.isascii() or not variable.isupper() or not variable.endswith("_API_KEY"):
            self._fault("key", "the name of an environment variable that ends in _API_KEY")
        required = "key" in self._row
        if name and not (
            name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        ):
            self._fault("auth", _AUTH)
        match way, name:
            case "none", "":
                return None
            case "bearer", "":
                return Key(variable, required=required)
            case "header", _ if name:
                return Key(variable, name, "", required)
            case "query", _ if name:
                return Key(variable, name, "", required, Place.QUERY)
            case "subprotocol", _ if name:
                return Key(variable, "realtime", name, required, Place.SUBPROTOCOL)
        return self._fault("auth", _AUTH)

    def _text(self, member: str, default: str | None = None) -> str:
        text = self._row.get(member, default)
        if not isinstance(text, str):
            self._fault(member, "a text" if member in self._row else "has to be there")
        return text

    def _texts(self, member: str, default: tuple[str, ...]) -> tuple[str, ...]:
        texts = self._row.get(member, default)
        if not isinstance(texts, list | tuple) or not all(isinstance(one, str) for one in texts):
            self._fault(member, "a list of texts")
        return tuple(texts)

    def _fault(self, member: str, wanted: str) -> NoReturn:
        raise BadList(f"{self._where}, {member}: {wanted}")


def _list(where: str, content: Mapping[str, object], member: str) -> list[object]:
    found = content.get(member, [])
    if not isinstance(found, list):
        raise BadList(f"{where}, {member}: a list")
    return found


def _check_members(where: str, content: Mapping[str, object], known: tuple[str, ...]) -> None:
    for member in content:
        if member not in known:
            slip = nearest(member, known)
            meant = f"; did you mean {slip}?" if slip else f"; there are {', '.join(known)}"
            raise BadList(f"{where}, {member[:40]}: there is no such member{meant}")
