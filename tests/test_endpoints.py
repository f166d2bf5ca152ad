"""Endpoints: presets and addresses, and what each is told in the handshake."""

import pytest

from webapp.endpoints import (
    PRESETS,
    BadAddress,
    Endpoint,
    Key,
    Place,
    endpoint_at,
    endpoint_of,
    is_loopback,
    origin_of,
    read_address,
    target_with,
)

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
        ("wss://server.example/?model=a&model=b", "twice"),
        ("wss://server.example/%0d%0ax", "control character"),
        ("wss://server.example/%5Cx", "control character"),
        ("wss://2130706433/", "four decimal numbers"),
        ("wss://0x7f.1/", "four decimal numbers"),
        ("wss://0177.0.0.1/", "four decimal numbers"),
        ("wss://127.1/", "four decimal numbers"),
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
    assert ("a+b%2Fc" in endpoint.url) == bool(PRESETS[slug].models)
    told = dialect == "beta" and slug in ("sandbox", "litellm")
    assert endpoint.headers == ((("OpenAI-Beta", "realtime=v1"),) if told else ())


def test_every_preset_is_complete() -> None:
    slugs = "sandbox openai azure azure-preview localai speaches litellm qwen glm stepfun xai"
    assert list(PRESETS) == slugs.split()
    for preset in PRESETS.values():
        assert preset.title
        assert preset.summary.endswith(".")
        assert set(preset.dialects) <= {"beta", "ga"}
        assert preset.embedded or preset.notes
        assert read_address(endpoint_of(preset, "ga").url)
        assert all(note.text.endswith(".") for note in preset.notes)


def test_the_presets_show_a_key_in_every_way_there_is() -> None:
    ways = {(key.place, key.header) for each in PRESETS.values() for key in each.keys}
    assert ways >= {
        (Place.HEADER, "Authorization"),
        (Place.HEADER, "api-key"),
        (Place.HEADER, "X-API-Key"),
        (Place.QUERY, "api_key"),
        (Place.SUBPROTOCOL, "realtime"),
    }
    assert not PRESETS["sandbox"].keys


@pytest.mark.parametrize(
    ("key", "url", "headers", "protocols"),
    [
        (Key("K"), "wss://s.example/r?model=m", (("Authorization", "Bearer a/b"),), ()),
        (Key("K", "api-key", ""), "wss://s.example/r?model=m", (("api-key", "a/b"),), ()),
        (
            Key("K", "api_key", "", place=Place.QUERY),
            "wss://s.example/r?model=m&api_key=a%2Fb",
            (),
            (),
        ),
        (
            Key("K", "realtime", "key.", place=Place.SUBPROTOCOL),
            "wss://s.example/r?model=m",
            (),
            ("realtime", "key.a/b"),
        ),
    ],
)
def test_a_key_stands_where_the_server_looks_for_it(
    key: Key, url: str, headers: tuple[tuple[str, str], ...], protocols: tuple[str, ...]
) -> None:
    endpoint = Endpoint("s", "wss://s.example/r?model=m", "ga", ("ga",), key)
    target = target_with(endpoint, "a/b")
    assert (target.url, target.headers, target.protocols) == (url, headers, protocols)
    assert target.secrets == ("a/b", "a%2Fb")
    assert "a/b" not in repr(target)
    assert "a%2Fb" not in repr(target)
    without = target_with(endpoint, "")
    assert (without.url, without.headers, without.protocols) == (endpoint.url, (), ())


@pytest.mark.parametrize(
    ("slug", "gaps", "url"),
    [
        ("azure", {"resource": "mine"}, "wss://mine.openai.azure.com/openai/v1/realtime"),
        (
            "azure",
            {"resource": "https://mine.openai.azure.com/"},
            "wss://mine.openai.azure.com/openai/v1/realtime",
        ),
        ("localai", {"server": "ws://127.0.0.1:9"}, "ws://127.0.0.1:9/v1/realtime"),
        ("localai", {"server": " wss://a.example/ "}, "wss://a.example/v1/realtime"),
        ("localai", {"server": ""}, "ws://localhost:8080/v1/realtime"),
        ("qwen", {"region": "-intl"}, "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime"),
        ("qwen", {}, "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"),
    ],
)
def test_the_gaps_of_an_address_are_filled(slug: str, gaps: dict[str, str], url: str) -> None:
    assert endpoint_of(PRESETS[slug], "ga", gaps=gaps).url.partition("?")[0] == url


@pytest.mark.parametrize(
    ("slug", "gaps"),
    [
        ("azure", {"resource": "a.evil.example/"}),
        ("azure", {"resource": "a.b"}),
        ("azure", {"resource": "a@b"}),
        ("qwen", {"region": ".evil.example/?"}),
        ("localai", {"server": "http://localhost"}),
        ("localai", {"server": "ws://localhost/path"}),
        ("localai", {"server": "ws://user@localhost"}),
        ("localai", {"server": "ws://localhost?x="}),
    ],
)
def test_a_gap_takes_nothing_that_leads_elsewhere(slug: str, gaps: dict[str, str]) -> None:
    with pytest.raises(BadAddress):
        endpoint_of(PRESETS[slug], "ga", gaps=gaps)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("wss://Server.Example/x", "wss://server.example"),
        ("wss://server.example:443/x", "wss://server.example"),
        ("ws://localhost:8080/x", "ws://localhost:8080"),
        ("WSS://[2001:DB8::1]:4443/", "wss://[2001:db8::1]:4443"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert str(origin_of(read_address(url))) == origin


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
