"""Settings: read from the environment, checked, and safe by default."""

import dataclasses
import logging

import pytest

from webapp.config import SettingError, Settings, is_loopback


def test_without_an_environment_everything_has_a_default() -> None:
    assert Settings.from_environ({}) == Settings()
    assert Settings().host == "127.0.0.1"


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_environ({"PORT": "", "CUECARD_ALLOWED_HOSTS": ""}) == Settings()


def test_the_environment_is_read_and_overridden() -> None:
    environ = {
        "CUECARD_HOST": "0.0.0.0",
        "PORT": "80",
        "CUECARD_ALLOWED_HOSTS": "Cards.Example, other.example:8443,",
        "CUECARD_LOG_LEVEL": "debug",
        "CUECARD_MAX_FIELDS": "5",
    }
    settings = Settings.from_environ(environ, port=81)
    assert settings.allowed_hosts == ("cards.example", "other.example:8443")
    assert settings.port == 81
    assert settings.log_level == "DEBUG"
    assert settings.max_fields == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "8000 "),
        ("PORT", "٨٠"),
        ("CUECARD_LOG_LEVEL", "LOUD"),
        ("CUECARD_MAX_FORM_BYTES", "0"),
        ("CUECARD_MAX_FORM_BYTES", "8 MiB"),
        ("CUECARD_MAX_FIELDS", "9" * 13),
        ("CUECARD_ALLOWED_HOSTS", "*"),
        ("CUECARD_ALLOWED_HOSTS", "http://cards.example"),
        ("CUECARD_ALLOWED_HOSTS", "cards.example/x"),
        ("CUECARD_HOST", "   "),
        ("AZURE_OPENAI_ENDPOINT", "http://x.openai.azure.com"),
        ("AZURE_OPENAI_ENDPOINT", "https://x.evil.example"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environ({name: value})


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "0", "0x0", "::0", "::ffff:0.0.0.0", "192.168.1.5", "127.1", "my-box"]
)
def test_it_does_not_listen_to_strangers_without_knowing_its_names(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingError, match="CUECARD_ALLOWED_HOSTS"):
        Settings(host=host)
    assert Settings(host=host, allowed_hosts=("cards.example",)).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_loopback_needs_no_names(host: str) -> None:
    assert Settings(host=host).allowed_hosts == ()


def test_settings_never_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is() -> None:
    for setting in dataclasses.fields(Settings):
        assert setting.metadata["env"].isupper()
        assert setting.metadata["unit"]
        assert setting.metadata["meaning"]


def test_the_level_is_one_that_logging_knows() -> None:
    assert Settings().log_level in logging.getLevelNamesMapping()
