"""Settings: one frozen dataclass read from the environment, every value with default and unit."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 1024 * 1024
MIN_PASSWORD_CHARS = 8

_HOST_NAME = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?")
_LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\]")
_AZURE = re.compile(r"(?i)(?:(?:https://)?[a-z0-9-]{1,63}(?:\.openai\.azure\.com)?/?)?")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingError(ValueError):
    """A setting that cannot be used; the message names it and says what it may be."""


def _setting(env: str, default: object, unit: str, meaning: str, *, secret: bool = False) -> Any:
    """Describe one setting; the README's table is made from these words."""
    words = {"env": env, "unit": unit, "meaning": meaning}
    return field(default=default, repr=not secret, metadata=words)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside, checked on creation.

    Raises:
        SettingError: if a value is unusable, or if all of them would serve strangers by mistake.
    """

    host: str = _setting(
        "CUECARD_HOST", "127.0.0.1", "address", "where to listen; beyond loopback name your hosts"
    )
    port: int = _setting("PORT", 8000, "port", "where to listen; 0 takes any free port")
    allowed_hosts: tuple[str, ...] = _setting(
        "CUECARD_ALLOWED_HOSTS",
        (),
        "names, comma-separated",
        "host[:port] that visitors use; empty means localhost with our own port",
    )
    log_level: str = _setting(
        "CUECARD_LOG_LEVEL", "WARNING", "level", "least severe line that is logged to stderr"
    )

    password: str = _setting(
        "CUECARD_PASSWORD",
        "",
        "text",
        "what visitors log in with; has to be set where others can connect and a key is set here",
        secret=True,
    )
    keys: tuple[tuple[str, str], ...] = _setting(
        "OPENAI_API_KEY, AZURE_OPENAI_API_KEY, …_API_KEY",
        (),
        "keys",
        "keys of this server, each for its own preset's address only; visitors may use them",
        secret=True,
    )
    azure_endpoint: str = _setting(
        "AZURE_OPENAI_ENDPOINT",
        "",
        "address",
        "the resource that `AZURE_OPENAI_API_KEY` is for: `https://NAME.openai.azure.com`",
    )
    endpoints: str = _setting(
        "CUECARD_ENDPOINTS",
        "",
        "file or JSON",
        "a `.toml` or `.json` file, or JSON itself, with endpoints and addresses to allow",
    )
    custom_endpoints: str = _setting(
        "CUECARD_CUSTOM_ENDPOINTS",
        "",
        "on or off",
        "whether visitors may write addresses; empty: on unless others than this machine visit",
    )

    data_dir: str = _setting(
        "CUECARD_DATA_DIR",
        "~/.local/share/cuecard",
        "folder",
        "where the sounds and pictures of drafts are kept, 30 days or 1 GiB",
    )

    # One set: what may be pasted is what a form can hold, and a form may hold 1,000 input items of
    # 8 to 10 fields each. Long sounds and pictures are stored and leave the form, so only the open
    # text needs room for them: 15 MiB of sound are 20 MiB of base64.
    max_form_bytes: int = _setting(
        "CUECARD_MAX_FORM_BYTES",
        8 * MIB,
        "bytes",
        "largest form, stored sounds and pictures not counted",
    )
    max_fields: int = _setting("CUECARD_MAX_FIELDS", 20_000, "fields", "most fields in one form")
    max_name_chars: int = _setting(
        "CUECARD_MAX_NAME_CHARS", 200, "characters", "longest name of a field"
    )
    max_text_chars: int = _setting(
        "CUECARD_MAX_TEXT_CHARS", MIB, "characters", "longest text in an event, typed or pasted"
    )
    max_json_bytes: int = _setting(
        "CUECARD_MAX_JSON_BYTES",
        20 * MIB,
        "bytes",
        "largest pasted or posted JSON text, sounds included",
    )
    max_media_bytes: int = _setting(
        "CUECARD_MAX_MEDIA_BYTES", 20 * MIB, "bytes", "largest uploaded sound or picture"
    )
    max_other_bytes: int = _setting(
        "CUECARD_MAX_OTHER_BYTES", 64 * 1024, "bytes", "largest body of any other request"
    )

    # One person on his own machine may do everything at any pace.
    previews_per_s: int = _setting(
        "CUECARD_PREVIEWS_PER_S",
        20,
        "1/s",
        "previews and edits of one client, twice as many at once; where others connect; 0: any",
    )
    sends_per_s: int = _setting(
        "CUECARD_SENDS_PER_S", 5, "1/s", "events that one client sends, twice as many at once"
    )
    connects_per_min: int = _setting(
        "CUECARD_CONNECTS_PER_MIN", 10, "1/min", "connections that one client opens"
    )
    saves_per_min: int = _setting(
        "CUECARD_SAVES_PER_MIN", 60, "1/min", "sounds and pictures that one client stores"
    )
    trusted_proxies: tuple[str, ...] = _setting(
        "FORWARDED_ALLOW_IPS",
        ("127.0.0.1", "::1"),
        "addresses, comma-separated",
        "proxies that are believed who asks through them, and whether over https",
    )

    def __post_init__(self) -> None:
        _check_log_level(self.log_level)
        _check_numbers(self)
        for host in self.allowed_hosts:
            if not _HOST_NAME.fullmatch(host):
                raise SettingError(
                    f"CUECARD_ALLOWED_HOSTS: {host[:80]!r} is not a host name;"
                    " write names like cuecard.example or cuecard.example:8443"
                )
        if not self.host:
            raise SettingError("CUECARD_HOST is empty: name an address such as 127.0.0.1")
        if not self.allowed_hosts and not is_loopback(self.host):
            raise SettingError(
                f"CUECARD_ALLOWED_HOSTS is empty while listening on {self.host[:80]}, which others"
                " can reach: set it to the host names that visitors will use"
            )
        if not _AZURE.fullmatch(self.azure_endpoint):
            raise SettingError("AZURE_OPENAI_ENDPOINT must look like https://NAME.openai.azure.com")
        if self.custom_endpoints not in ("", "on", "off"):
            raise SettingError("CUECARD_CUSTOM_ENDPOINTS must be on or off")
        if self.hosted:
            _check_hosted(self)

    @property
    def hosted(self) -> bool:
        """Whether others than this machine can connect."""
        return not is_loopback(self.host)

    @property
    def has_strangers(self) -> bool:
        """Whether others than this machine may visit: by themselves, or through a proxy here."""
        names = (name.rpartition(":")[0] or name for name in self.allowed_hosts)
        return self.hosted or not all(map(is_loopback, names))

    @property
    def takes_addresses(self) -> bool:
        """Whether visitors may write addresses of their own."""
        return self.custom_endpoints == "on" or not (self.custom_endpoints or self.has_strangers)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> "Settings":
        """Read the settings from ``environ`` (the process's own by default).

        A variable that is empty counts as unset; ``overrides`` win over both.
        """
        given = os.environ if environ is None else environ
        values: dict[str, Any] = {
            setting.name: _read(setting.metadata["env"], text, setting.default)
            for setting in fields(cls)
            if (text := given.get(setting.metadata["env"], ""))
        }
        keys = tuple(
            (name, value.strip())
            for name, value in sorted(given.items())
            if name.endswith("_API_KEY") and value.strip()
        )
        settings = cls(**{"keys": keys, **values, **overrides})
        if settings.hosted and given.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
            raise SettingError("FLASK_DEBUG must not be set where others can connect")
        return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``; other spellings of loopback count as not."""
    return _LOOPBACK.fullmatch(host) is not None


def _read(env: str, text: str, default: object) -> object:
    match default:
        case int():
            if not (text.isascii() and text.isdecimal() and len(text) <= 12):
                raise SettingError(f"{env} must be a whole number, not {text[:40]!r}")
            return int(text)
        case tuple():
            return tuple(name.strip().lower() for name in text.split(",") if name.strip())
        case _:
            if env == "CUECARD_PASSWORD":
                return text
            return text.upper() if env == "CUECARD_LOG_LEVEL" else text.strip()


def _check_hosted(settings: Settings) -> None:
    """Refuse to give a key of ours to whoever comes by."""
    if settings.keys and not settings.password:
        name = settings.keys[0][0]
        raise SettingError(
            f"CUECARD_PASSWORD is empty while listening on {settings.host[:80]} with a key"
            f" ({name}): set it, or unset {name}"
        )
    if settings.password and len(settings.password) < MIN_PASSWORD_CHARS:
        raise SettingError(f"CUECARD_PASSWORD must have {MIN_PASSWORD_CHARS} characters or more")


def _check_log_level(level: str) -> None:
    if level not in _LEVELS:
        raise SettingError(
            f"CUECARD_LOG_LEVEL must be one of {', '.join(_LEVELS)}, not {level[:40]!r}"
        )


def _check_numbers(settings: Settings) -> None:
    if not 0 <= settings.port <= 65_535:
        raise SettingError(f"PORT must be 0 to 65535, not {settings.port}")
    for setting in fields(settings):
        value = getattr(settings, setting.name)
        if setting.name.startswith("max_") and value < 1:
            raise SettingError(f"{setting.metadata['env']} must be at least 1")
