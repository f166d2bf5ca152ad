"""Keys in memory: one visitor, one origin, half an hour, and no trace in any text."""

import copy
import json
import logging
import pickle
import time
from dataclasses import dataclass

import pytest

from webapp import redaction
from webapp.config import SettingError, Settings
from webapp.endpoints import PRESETS, origin_of
from webapp.endpoints.catalogue import own_keys
from webapp.logs import JsonLines
from webapp.outbound.keyring import BadKey, Keyring, ShownKey, checked

KEY, OTHER = "sk-canary-keyring-0001", "sk-canary-keyring-0002"
HERE, THERE = origin_of("wss://a.example/"), origin_of("wss://a.example:8443/")


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_key_is_for_one_visitor_and_one_origin() -> None:
    ring = Keyring()
    ring.keep("anna", HERE, KEY)
    assert ring.use("anna", HERE) == KEY
    assert ring.use("anna", THERE) == ""
    assert ring.use("anna", origin_of("ws://a.example:443/")) == ""
    assert ring.use("otto", HERE) == ""
    ring.clear()


def test_a_key_goes_half_an_hour_after_its_last_use() -> None:
    clock = Clock()
    ring = Keyring(clock)
    ring.keep("anna", HERE, KEY)
    clock.now_s += 29 * 60
    assert ring.use("anna", HERE) == KEY
    clock.now_s += 29 * 60
    assert ring.use("anna", HERE) == KEY
    clock.now_s += 31 * 60
    assert ring.shown("anna", HERE) is None
    assert ring.use("anna", HERE) == ""
    assert redaction.without(KEY, tuple(redaction._known)) == KEY


def test_an_unused_key_goes_by_itself() -> None:
    clock = Clock()
    ring = Keyring(clock, look_s=0.02)
    ring.keep("anna", HERE, KEY)
    time.sleep(0.1)
    assert ring._typed
    clock.now_s += 31 * 60
    until_s = time.monotonic() + 5
    while ring._typed and time.monotonic() < until_s:
        time.sleep(0.01)
    assert not ring._typed
    ring.clear()


def test_a_key_can_be_forgotten() -> None:
    ring = Keyring()
    ring.keep("anna", HERE, KEY)
    ring.keep("anna", THERE, OTHER)
    assert ring.forget("anna", HERE)
    assert not ring.forget("anna", HERE)
    assert (ring.use("anna", HERE), ring.use("anna", THERE)) == ("", OTHER)
    assert ring.forget("anna")
    assert ring.use("anna", THERE) == ""


def test_the_own_key_is_for_its_origin_and_gives_way_to_a_typed_one() -> None:
    ring = Keyring()
    ring.provide(HERE, "A_API_KEY", KEY)
    assert ring.use("anna", HERE) == KEY
    assert ring.use("anna", HERE, own=False) == ""
    assert ring.use("anna", THERE) == ""
    assert ring.shown("anna", HERE) == ShownKey("A_API_KEY", "0001")
    assert ring.shown("anna", HERE, own=False) is None
    ring.keep("anna", HERE, OTHER)
    assert ring.use("anna", HERE) == OTHER
    assert ring.shown("anna", HERE) == ShownKey("", "0002")
    assert ring.use("otto", HERE) == KEY
    ring.forget("anna")
    assert ring.use("anna", HERE) == KEY
    ring.clear()
    assert ring.use("anna", HERE) == ""


def test_of_a_short_key_nothing_is_shown() -> None:
    ring = Keyring()
    ring.keep("anna", HERE, "short-key")
    assert ring.shown("anna", HERE) == ShownKey("", "")
    ring.clear()


def test_a_keyring_does_not_tell() -> None:
    ring = Keyring()
    ring.keep("anna", HERE, KEY)
    assert KEY not in repr(ring)
    assert KEY not in repr(vars(ring))
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(ring)
        with pytest.raises(TypeError):
            write(ring._typed["anna", HERE])
    ring.clear()


@pytest.mark.parametrize(
    "value",
    ["", "  ", "ab cd", "a\nb", "a\tb", "“key”", "key\u2019s", "x" * 4_097, "k\0y", "schlüssel"],
)
def test_what_cannot_be_a_key_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(BadKey) as refused:
        checked(value)
    assert not value.strip() or value not in str(refused.value)


def test_blanks_around_a_key_do_not_count() -> None:
    assert checked(f" {KEY}\r\n") == KEY


def test_the_own_keys_are_bound_to_their_presets() -> None:
    values = {
        "OPENAI_API_KEY": "a", "AZURE_OPENAI_API_KEY": "b", "XAI_API_KEY": "c", "OTHER_API_KEY": "d"
    }  # fmt: skip
    found = {str(origin): key for origin, key in own_keys(PRESETS, values, "").items()}
    assert found == {
        "wss://api.openai.com": ("OPENAI_API_KEY", "a"),
        "wss://api.x.ai": ("XAI_API_KEY", "c"),
    }
    found = {
        str(origin): key
        for origin, key in own_keys(PRESETS, values, "https://mine.openai.azure.com/").items()
    }
    assert found["wss://mine.openai.azure.com"] == ("AZURE_OPENAI_API_KEY", "b")


# -- redaction -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcdefghijklmnop", "ek_abcdefghijklmnop", "xai-abcdefghijklmnop",
        "Authorization: Bearer abcdefgh.ijkl", "bearer abcdefghijkl", "Basic dXNlcjpwYXNz",
        "api-key: 0123456789abcdef", '"api_key": "0123456789abcdef"', "?api_key=0123456789abcdef",
        "X-API-Key=0123456789abcdef", "eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc-_",
    ],
)  # fmt: skip
def test_what_looks_like_a_key_is_taken_out_of_texts(text: str) -> None:
    shown = redaction.redacted(f"before {text} after")
    assert "[key]" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    secret = text.rsplit(maxsplit=1)[-1].rsplit("=", maxsplit=1)[-1].strip('"')
    assert secret not in shown


def test_ordinary_words_stay() -> None:
    text = "The key is missing. Ask for api keys; a bearer of news, basic rules, sk- and ek_."
    assert redaction.redacted(text) == text


def test_known_keys_leave_the_log_whatever_they_look_like() -> None:
    odd = "correct-horse-battery"
    redaction.remember(odd)
    redaction.remember(odd)
    redaction.forget(odd)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it was %s", (odd,), None)
    assert json.loads(JsonLines().format(record))["message"] == "it was [key]"
    redaction.forget(odd)
    assert json.loads(JsonLines().format(record))["message"] == f"it was {odd}"


# -- starting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "0", "0x0", "::0", "::ffff:0.0.0.0", "192.168.1.5", "127.1", "my-box"]
)
def test_it_does_not_give_its_key_to_whoever_comes_by(host: str) -> None:
    environ = {
        "CUECARD_ALLOWED_HOSTS": "cards.example",
        "OPENAI_API_KEY": KEY,
        "CUECARD_HOST": host,
    }
    with pytest.raises(SettingError, match=r"CUECARD_PASSWORD is empty.*OPENAI_API_KEY") as refused:
        Settings.from_environ(environ)
    assert KEY not in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(SettingError, match="CUECARD_PASSWORD must have 8"):
        Settings.from_environ({**environ, "CUECARD_PASSWORD": "short"})
    settings = Settings.from_environ({**environ, "CUECARD_PASSWORD": "long enough"})
    assert settings.hosted
    assert not settings.takes_addresses
    assert KEY not in repr(settings)
    assert "long enough" not in repr(settings)
    with pytest.raises(SettingError, match="FLASK_DEBUG"):
        Settings.from_environ({**environ, "CUECARD_PASSWORD": "long enough", "FLASK_DEBUG": "1"})


def test_on_loopback_a_key_needs_no_password_and_addresses_are_taken() -> None:
    settings = Settings.from_environ({"OPENAI_API_KEY": KEY})
    assert not settings.hosted
    assert settings.takes_addresses
    assert settings.keys == (("OPENAI_API_KEY", KEY),)
    assert not Settings(custom_endpoints="off").takes_addresses
    assert Settings(allowed_hosts=("localhost:3000", "127.0.0.1", "[::1]:8000")).takes_addresses
    assert not Settings(allowed_hosts=("localhost", "cards.example")).takes_addresses
    assert not Settings(allowed_hosts=("cards.example:8443",)).takes_addresses
    assert Settings(host="0", allowed_hosts=("x",), custom_endpoints="on").takes_addresses
    with pytest.raises(SettingError, match="CUECARD_CUSTOM_ENDPOINTS"):
        Settings(custom_endpoints="maybe")
