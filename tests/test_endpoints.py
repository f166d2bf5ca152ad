"""Endpoints: presets and addresses, and what each is told in the handshake."""

import pytest

from webapp.endpoints import PRESETS, BadAddress, endpoint_at, is_loopback, read_address

GOOD = (
    "ws://localhost:8080/v1/realtime?model=m",
    "wss://server.example",
    "wss://server.example/",
    "wss://server.example/v1/realtime?model=a%20b&intent=x",
    "wss://[2001:db8::1]:4443/v1/realtime",
    "wss://10.0.0.1/a/b.c~d/e_f",
)


@pytest.mark.parametrize("address", GOOD)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert read_address(address) == address
    assert endpoint_at(address, "beta").url == address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "looks like"),
        ("https://server.example/v1/realtime", "looks like"),
        ("wss://user:pw@server.example/", "looks like"),
        ("wss://server.example/#part", "looks like"),
        ("wss://server.example/a b", "looks like"),
        ("wss://server.example/'$(x)`", "looks like"),
        ("wss://server.example/\n", "looks like"),
        ("wss://sérver.example/", "looks like"),
        ("wss://server.example\\x", "looks like"),
        ("wss://-x.example/", "looks like"),
        ("wss://server.example:0/", "no such port"),
        ("wss://server.example:65536/", "no such port"),
        ("wss://server.example/?api-key=x", "Leave the key out"),
        ("wss://server.example/?model=m&access_token", "Leave the key out"),
        ("wss://server.example/?sig=x", "Leave the key out"),
        ("wss://server.example/" + "a" * 2_048, "too long"),
    ],
)
def test_what_is_no_address_is_told_apart(address: str, words: str) -> None:
    with pytest.raises(BadAddress, match=words):
        endpoint_at(address, "ga")


@pytest.mark.parametrize("slug", PRESETS)
@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_a_preset_speaks_its_own_dialect(slug: str, dialect: str) -> None:
    endpoint = endpoint_at(slug, dialect, model="a b/c")
    assert endpoint.dialect in PRESETS[slug].dialects
    assert "a+b%2Fc" in endpoint.url
    assert endpoint.headers == (
        (("OpenAI-Beta", "realtime=v1"),) if (slug, dialect) == ("sandbox", "beta") else ()
    )


@pytest.mark.parametrize(
    ("address", "spoken", "variable"),
    [
        ("wss://api.openai.com/v1/realtime?model=m", "ga", "OPENAI_API_KEY"),
        ("wss://x.openai.azure.com/openai/v1/realtime?model=m", "ga", "AZURE_OPENAI_API_KEY"),
        ("wss://x.openai.azure.com/openai/realtime?deployment=m", "beta", "AZURE_OPENAI_API_KEY"),
        ("ws://api.openai.com/v1/realtime", "beta", "REALTIME_API_KEY"),
        ("wss://server.example/v1/realtime", "beta", "REALTIME_API_KEY"),
    ],
)
def test_an_address_tells_whose_it_is(address: str, spoken: str, variable: str) -> None:
    endpoint = endpoint_at(address, "beta")
    assert endpoint.dialect == spoken
    assert endpoint.key
    assert endpoint.key.variable == variable


def test_a_model_takes_the_place_of_the_one_in_the_address() -> None:
    endpoint = endpoint_at("wss://server.example/v1/realtime?model=a&x=1", "ga", model="b")
    assert endpoint.url == "wss://server.example/v1/realtime?x=1&model=b"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(f"ws://{host}:1/")


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "[::2]", "127.0.0.1.example"])
def test_other_machines_are_known(host: str) -> None:
    assert not is_loopback(f"ws://{host}:1/")
