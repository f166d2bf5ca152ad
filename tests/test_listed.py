"""CUECARD_ENDPOINTS: endpoints that the operator adds, and faults that say where they are."""

import json
from pathlib import Path

import pytest

from webapp.app import create_app
from webapp.config import SettingError, Settings
from webapp.endpoints import Key, Place, endpoint_of
from webapp.outbound.operator_list import load_listed
from webapp.views.current import parts

TOML = """
allow = ["ws://192.168.1.5:8000", "wss://other.example"]

[[endpoints]]
slug = "gateway"
title = "Our gateway"
summary = "For everybody here."
address = "wss://gateway.internal/v1/realtime?model={model}"
dialects = ["ga", "beta"]
models = ["small", "large"]
auth = "header:X-Gateway"
key = "GATEWAY_API_KEY"
notes = ["Speaks slowly."]

[[endpoints]]
slug = "open"
address = "ws://10.0.0.7:8000/v1/realtime"
auth = "none"
"""


def test_a_toml_file_adds_endpoints_and_origins(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.toml"
    path.write_text(TOML, "utf-8")
    listed = load_listed(str(path))
    gateway, bare = listed.presets.values()
    assert (gateway.slug, gateway.title, gateway.models) == (
        "gateway",
        "Our gateway",
        ("small", "large"),
    )
    assert gateway.key == Key("GATEWAY_API_KEY", "X-Gateway", "")
    assert gateway.notes[0].text == "Speaks slowly."
    assert endpoint_of(gateway, "ga").url == "wss://gateway.internal/v1/realtime?model=small"
    assert (bare.title, bare.key, bare.dialects) == ("open", None, ("ga",))
    assert {str(origin) for origin in listed.allowed} == {
        "ws://192.168.1.5:8000",
        "wss://other.example",
        "wss://gateway.internal",
        "ws://10.0.0.7:8000",
    }


def test_json_does_the_same_in_a_file_and_by_itself(tmp_path: Path) -> None:
    row = {"slug": "x", "address": "wss://x.example/", "auth": "query:api_key"}
    text = json.dumps({"endpoints": [row]})
    path = tmp_path / "endpoints.json"
    path.write_text(text, "utf-8")
    for setting in (text, str(path)):
        (preset,) = load_listed(setting).presets.values()
        assert preset.key == Key("REALTIME_API_KEY", "api_key", "", False, Place.QUERY)
    assert load_listed("").presets == {}


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ("bearer", Key("X_API_KEY")),
        ("none", None),
        ("header:api-key", Key("X_API_KEY", "api-key", "")),
        ("query:key", Key("X_API_KEY", "key", "", place=Place.QUERY)),
        ("subprotocol:tok.", Key("X_API_KEY", "realtime", "tok.", place=Place.SUBPROTOCOL)),
    ],
)
def test_every_way_to_show_a_key_can_be_listed(auth: str, key: Key | None) -> None:
    row = {"slug": "x", "address": "wss://x.example/", "auth": auth, "key": "X_API_KEY"}
    assert load_listed(json.dumps({"endpoints": [row]})).presets["x"].key == key


FINE = {"slug": "x", "address": "wss://x.example/"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"endpoint": []}, "endpoint: there is no such member; did you mean endpoints?"),
        ({"endpoints": {}}, "endpoints: a list"),
        ({"endpoints": [FINE, 3]}, "endpoint 2: an endpoint is an object"),
        ({"endpoints": [{}]}, "endpoint 1, slug: has to be there"),
        ({"endpoints": [{**FINE, "slug": "A B"}]}, "endpoint 1, slug: 1 to 40 small letters"),
        ({"endpoints": [{**FINE, "slug": "openai"}]}, "endpoint 1, slug: openai is taken"),
        ({"endpoints": [FINE, FINE]}, "endpoint 2, slug: x is taken"),
        ({"endpoints": [{"slug": "x"}]}, "endpoint 1, address: has to be there"),
        ({"endpoints": [{**FINE, "address": "http://x"}]}, "endpoint 1, address: An address looks"),
        ({"endpoints": [{**FINE, "address": "wss://x.example/{a}"}]}, "address: the only place"),
        ({"endpoints": [{**FINE, "adress": 1}]}, "adress: there is no such member; did you"),
        ({"endpoints": [{**FINE, "dialects": ["latin"]}]}, "endpoint 1, dialects: a list of beta"),
        ({"endpoints": [{**FINE, "dialects": "ga"}]}, "endpoint 1, dialects: a list of texts"),
        ({"endpoints": [{**FINE, "models": [1]}]}, "endpoint 1, models: a list of texts"),
        ({"endpoints": [{**FINE, "auth": "magic"}]}, "endpoint 1, auth: bearer, none, header:NAME"),
        ({"endpoints": [{**FINE, "auth": "header:"}]}, "endpoint 1, auth: bearer"),
        ({"endpoints": [{**FINE, "auth": "header:a b"}]}, "endpoint 1, auth: bearer"),
        ({"endpoints": [{**FINE, "key": "PATH"}]}, "endpoint 1, key: the name of an environment"),
        ({"endpoints": [{**FINE, "beta_header": 1}]}, "endpoint 1, beta_header: true or false"),
        ({"endpoints": [{**FINE, "title": 1}]}, "endpoint 1, title: a text"),
        ({"allow": ["server.example"]}, "allow 1: An address looks like"),
        ({"allow": [1]}, "allow 1: write an origin"),
        ({"allow": "wss://x.example"}, "allow: a list"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_file_row_and_member(
    content: object, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(SettingError) as refused:
        load_listed(str(path))
    assert str(refused.value).startswith(f"CUECARD_ENDPOINTS: {path}")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("setting", ["nowhere.toml", "list.yaml", "{", "{]", '{"a": 1'])
def test_what_is_no_list_is_said_to_be_none(setting: str) -> None:
    with pytest.raises(SettingError, match="CUECARD_ENDPOINTS"):
        load_listed(setting)


def test_faults_in_files_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("a = [\n1,,\n", "utf-8")
    with pytest.raises(SettingError, match="line 2"):
        load_listed(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(SettingError, match="UTF-8"):
        load_listed(str(path))


def test_listed_endpoints_get_their_key_and_can_be_picked(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.toml"
    path.write_text(TOML, "utf-8")
    app = create_app(
        Settings(
            data_dir=str(tmp_path),
            endpoints=str(path),
            keys=(("GATEWAY_API_KEY", "sk-canary-gateway-01"),),
            custom_endpoints="off",
        )
    )
    found = parts(app)
    catalogue, keyring = found.departures.catalogue, found.departures.keyring
    offered = [preset.slug for preset in catalogue.offered]
    assert "gateway" in offered
    assert offered[-1] == "address", "listed origins can be written"
    gateway = catalogue.presets["gateway"]
    assert keyring.use("anna", endpoint_of(gateway, "ga").origin) == "sk-canary-gateway-01"
    keyring.clear()
