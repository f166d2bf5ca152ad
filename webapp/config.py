"""Settings: one frozen dataclass read from the environment, every value with default and unit."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 1024 * 1024

_HOST_NAME = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?")
_LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\]")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingError(ValueError):
    """A setting that cannot be used; the message names it and says what it may be."""


def _setting(env: str, default: object, unit: str, meaning: str) -> Any:
    """Describe one setting; the README's table is made from these words."""
    return field(default=default, metadata={"env": env, "unit": unit, "meaning": meaning})


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

    data_dir: str = _setting(
        "CUECARD_DATA_DIR",
        "~/.local/share/cuecard",
        "folder",
        "where the sounds and pictures of drafts are kept, 30 days or 1 GiB",
    )

    # An event of 1,000 input items has 8 to 10 fields per item, and the whole form is posted for
    # its preview: hence limits well above what a form is usually allowed.
    max_form_bytes: int = _setting(
        "CUECARD_MAX_FORM_BYTES", 8 * MIB, "bytes", "largest form: builder, preview, send"
    )
    max_fields: int = _setting("CUECARD_MAX_FIELDS", 20_000, "fields", "most fields in one form")
    max_name_chars: int = _setting(
        "CUECARD_MAX_NAME_CHARS", 200, "characters", "longest name of a field"
    )
    max_text_chars: int = _setting(
        "CUECARD_MAX_TEXT_CHARS", MIB, "characters", "longest text in one field"
    )
    max_json_bytes: int = _setting(
        "CUECARD_MAX_JSON_BYTES", 20 * MIB, "bytes", "largest pasted or posted JSON text"
    )
    max_media_bytes: int = _setting(
        "CUECARD_MAX_MEDIA_BYTES", 20 * MIB, "bytes", "largest uploaded sound or picture"
    )
    max_other_bytes: int = _setting(
        "CUECARD_MAX_OTHER_BYTES", 64 * 1024, "bytes", "largest body of any other request"
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
        return cls(**{**values, **overrides})


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
            return text.upper() if env == "CUECARD_LOG_LEVEL" else text.strip()


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
