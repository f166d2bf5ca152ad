"""Exported programs run, and what arrives is the event, to the byte."""

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.server import serve

from tests.naughty import MARK, STRINGS
from tests.node_modules import NODE, installed
from tests.recorded_sandbox import RecordedSandbox, recorded_sandbox
from webapp.endpoints import PRESETS, Endpoint, Key, Place, endpoint_at
from webapp.exact_json.reader import Unreadable, read_json
from webapp.exact_json.writer import write
from webapp.exports import LANGUAGES, CannotExport, export, javascript, python, rust, shell
from webapp.exports.pieces import order
from webapp.forms.problems import Problem, Severity

HERE = Path(__file__).parent
PATIENCE_S = 60
WEBSOCAT = Path(sysconfig.get_path("scripts"), "websocat")
DIALECTS = ("beta", "ga")
CANARY = "sk-canary-6f1c"
PROGRAMS = ("shell", "python", "python-openai", "node", "browser", "rust")
RUNNABLE = ("shell", "python", "python-openai", "node")

EVENT = '{\n  "event_id": "mine",\n  "type": "response.create"\n}'
TEXT_ONLY = {
    "beta": {"modalities": ["text"]},
    "ga": {"output_modalities": ["text"]},
}


def event_of(params: object, *, indent: int | None = 2) -> str:
    event = {"type": "response.create", "response": params}
    return json.dumps(event, ensure_ascii=False, indent=indent)


@dataclass
class Ran:
    """How a program ended."""

    code: int
    out: str
    err: str

    @property
    def kinds(self) -> list[str]:
        return [json.loads(line)["type"] for line in self.out.split("\n") if line]


@dataclass
class Workshop:
    """A folder to run programs in, with what they need in reach and no key of this machine."""

    folder: Path
    tools: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, language: str, source: str) -> Ran:
        source.encode("ascii")
        path = self.folder / NAMES[language]
        path.write_text(source)
        done = subprocess.run(
            [*COMMANDS[language], path.name],
            cwd=self.folder,
            env={"PATH": f"{self.tools}:{os.environ['PATH']}", **self.variables},
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    @property
    def untouched(self) -> bool:
        return not any(path.name == MARK for path in self.folder.rglob("*"))


NAMES = {
    "shell": "event.sh",
    "python": "event.py",
    "python-openai": "event.py",
    "node": "event.mjs",
}
COMMANDS = {
    "shell": ["bash"],
    "python": [sys.executable],
    "python-openai": [sys.executable],
    "node": [NODE],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RecordedSandbox]:
    with recorded_sandbox() as recorded:
        yield recorded


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    tools, folder = tmp_path / "tools", tmp_path / "here"
    tools.mkdir()
    folder.mkdir()
    put_websocat(tools / "websocat", real=WEBSOCAT.exists())
    (folder / "node_modules").symlink_to(installed() / "node_modules")
    return Workshop(folder, tools)


def put_websocat(path: Path, *, real: bool) -> None:
    path.unlink(missing_ok=True)
    if real:
        path.symlink_to(WEBSOCAT)
    else:
        stand_in = f"'{sys.executable}' -I '{HERE}/websocat_stand_in.py'"
        path.write_text(f'#!/bin/sh\nexec {stand_in} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def at(sandbox: RecordedSandbox, dialect: str) -> Endpoint:
    return endpoint_at(sandbox.url, dialect)


# -- they run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("language", RUNNABLE)
def test_a_program_sends_the_very_bytes_and_prints_what_comes_back(
    language: str, dialect: str, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    naughty = {"instructions": "\n".join(STRINGS), "metadata": {"q": "'\"\\$(x)`é😀\u2028"}}
    text = event_of(TEXT_ONLY[dialect] | naughty)
    workshop.variables["REALTIME_API_KEY"] = CANARY
    source = export(language, text, at(sandbox, dialect), dialect=dialect)
    ran = workshop.run(language, source)
    assert ran.code == 0, ran.err
    assert ran.kinds[0] == "session.created"
    assert ran.kinds[-1] == "response.done"
    visit = sandbox.visits[-1]
    assert visit.frames == [text]
    assert sandbox.frames_before_opening == 0
    assert visit.headers["authorization"] == f"Bearer {CANARY}"
    assert visit.headers.get("openai-beta") == ("realtime=v1" if dialect == "beta" else None)
    assert visit.path == "/v1/realtime?model=rehearsal"
    assert json.loads(ran.out.strip().split("\n")[-1])["response"]["status"] == "completed"
    assert workshop.untouched


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("language", RUNNABLE)
def test_a_program_shows_its_key_where_the_server_looks_for_it(
    language: str, place: Place, required: bool, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    key = Key("MY_API_KEY", "X-My-Key", "p.", required, place)
    if place is Place.QUERY:
        key = replace(key, prefix="")
    endpoint = Endpoint("mine", sandbox.url, "ga", ("ga",), key)
    source = export(language, event_of(TEXT_ONLY["ga"]), endpoint, dialect="ga")
    workshop.variables["MY_API_KEY"] = CANARY if place is Place.SUBPROTOCOL else f"{CANARY}&/"
    ran = workshop.run(language, source)
    assert ran.code == 0, ran.err
    visit = sandbox.visits[-1]
    shown = {
        Place.HEADER: visit.headers.get("x-my-key", "").removeprefix("p."),
        Place.QUERY: dict(parse_qsl(urlsplit(visit.path).query)).get("X-My-Key", ""),
        Place.SUBPROTOCOL: visit.headers.get("sec-websocket-protocol", "").replace(" ", ""),
    }
    value = workshop.variables["MY_API_KEY"]
    assert shown == dict.fromkeys(Place, "") | {
        place: f"X-My-Key,p.{value}" if place is Place.SUBPROTOCOL else value
    }
    if not required:
        del workshop.variables["MY_API_KEY"]
        assert workshop.run(language, source).code == 0 or language == "python-openai"


@pytest.mark.parametrize("real", [True, False], ids=["websocat", "stand-in"])
@pytest.mark.parametrize("lines", [1, 20, 6_000])
def test_websocat_and_its_stand_in_send_one_message_however_long_it_is(
    lines: int, real: bool, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    if real and not WEBSOCAT.exists():
        pytest.skip("the wheel of websocat does not run here")
    put_websocat(workshop.tools / "websocat", real=real)
    text = event_of({"instructions": "", "metadata": {}, "output_modalities": ["text"]})
    text = text.replace('""', json.dumps("é" * 30)).replace("{}", "{" + "\n" * lines * 10 + "}")
    ran = workshop.run("shell", export("shell", text, at(sandbox, "ga"), dialect="ga"))
    assert ran.code == 0, ran.err
    assert sandbox.visits[-1].frames == [text]


@pytest.mark.parametrize("real", [True, False], ids=["websocat", "stand-in"])
def test_a_server_that_hangs_up_before_the_session_is_not_waited_for_forever(
    real: bool, workshop: Workshop
) -> None:
    if real and not WEBSOCAT.exists():
        pytest.skip("the wheel of websocat does not run here")
    put_websocat(workshop.tools / "websocat", real=real)
    with hanging_up() as url:
        source = export("shell", EVENT, endpoint_at(url, "ga"), dialect="ga")
        ran = workshop.run("shell", source.replace("patience=30", "patience=1"))
    assert ran.code == 1
    assert "The session ended before response.done." in ran.err


@contextmanager
def hanging_up() -> Iterator[str]:
    """Serve sessions that are closed before they begin."""
    with serve(lambda session: session.close(1008), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/realtime"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("language", RUNNABLE)
def test_a_program_fails_when_the_event_is_refused(
    language: str, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    text = event_of({"temperature": "hot"}, indent=None)
    ran = workshop.run(language, export(language, text, at(sandbox, "beta"), dialect="beta"))
    assert ran.code == 1
    assert ran.kinds[-1] == "error"
    assert sandbox.visits[-1].frames == [text]
    assert "authorization" not in sandbox.visits[-1].headers or language == "python-openai"


@pytest.mark.parametrize("language", RUNNABLE)
def test_a_program_fails_when_the_session_breaks(
    language: str, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    text = event_of({"metadata": {"sandbox": "close:1011"}})
    ran = workshop.run(language, export(language, text, at(sandbox, "ga"), dialect="ga"))
    assert ran.code == 1
    assert "response.done" not in ran.kinds
    assert ran.err


@pytest.mark.parametrize("language", RUNNABLE)
def test_a_long_event_arrives_whole(
    language: str, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    lines = {f"k{number:05}": "x'é" * 5 for number in range(6_000)}
    text = event_of({"instructions": "y'" * 150_000, "tools": [{"type": "function", "name": "f"}]})
    text = text.replace('"name": "f"', f'"name": "f", "parameters": {json.dumps(lines, indent=1)}')
    assert len(text) > 500_000
    assert text.count("\n") > 6_000
    source = export(language, text, at(sandbox, "beta"), dialect="beta")
    ran = workshop.run(language, source)
    assert sandbox.visits[-1].frames == [text]
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("language", RUNNABLE)
def test_secrets_come_from_the_environment_when_it_runs(
    language: str, sandbox: RecordedSandbox, workshop: Workshop
) -> None:
    tool = {
        "type": "mcp",
        "server_label": "mail-box",
        "server_url": "https://mail.example/mcp",
        "authorization": CANARY,
        "headers": {"X-User": CANARY, "x user": CANARY},
    }
    text = event_of({"tools": [tool], "output_modalities": ["text"]})
    source = export(language, text, at(sandbox, "ga"), dialect="ga")
    assert CANARY not in source
    values = ("a'b\"c\\d$(touch touched)", "plain", "`x`")
    names = ("AUTHORIZATION", "HEADERS_X_USER", "HEADERS_X_USER_2")
    workshop.variables |= {
        f"MCP_MAIL_BOX_{name}": value for name, value in zip(names, values, strict=True)
    }
    ran = workshop.run(language, source)
    assert ran.code == 0, ran.err
    (sent,) = sandbox.visits[-1].frames
    expected = text
    for value in values:
        expected = expected.replace(f'"{CANARY}"', json.dumps(value), 1)
    assert sent == expected
    assert workshop.untouched


@pytest.mark.parametrize("language", RUNNABLE)
def test_a_program_says_which_variable_is_missing(language: str, workshop: Workshop) -> None:
    source = export(language, EVENT, endpoint_at("openai", "ga"), dialect="ga")
    ran = workshop.run(language, source)
    assert ran.code != 0
    assert "OPENAI_API_KEY" in ran.err


def test_the_old_azure_address_gets_its_deployment_and_its_header(workshop: Workshop) -> None:
    with recorded_sandbox("/openai/realtime") as azure:
        url = azure.url.replace("?model=", "?api-version=2024-10-01-preview&deployment=")
        preview = endpoint_at("azure-preview", "beta")
        there = Endpoint("Azure", url, "beta", ("beta",), preview.key)
        workshop.variables["AZURE_OPENAI_API_KEY"] = CANARY
        text = event_of({"modalities": ["text"]})
        for language in RUNNABLE:
            # The address alone says Beta there; the sandbox goes by the header.
            ran = workshop.run(language, export(language, text, there, dialect="beta"))
            visit = azure.visits[-1]
            assert "session.created" in ran.kinds
            assert visit.path.startswith("/openai/realtime?")
            assert "deployment=rehearsal" in visit.path
            assert "api-version=2024-10-01-preview" in visit.path
            assert visit.headers["api-key"] == CANARY
            assert "authorization" not in visit.headers
            assert "openai-beta" not in visit.headers
            assert visit.frames == [text]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "name", [*PRESETS, "wss://server.example/v1/realtime?model=m&intent=x", "ws://[::1]/realtime"]
)
def test_a_program_is_well_formed_for_every_endpoint(
    name: str, dialect: str, tmp_path: Path
) -> None:
    text = event_of({"é": "'"})
    for language, check in (
        ("shell", ["bash", "-n"]),
        ("python", [sys.executable, "-m", "py_compile"]),
        ("python-openai", [sys.executable, "-m", "py_compile"]),
        ("node", [NODE, "--check"]),
    ):
        path = tmp_path / NAMES[language]
        path.write_text(export(language, text, endpoint_at(name, dialect), dialect=dialect))
        subprocess.run([*check, path], timeout=PATIENCE_S, check=True)


# -- what they hold --------------------------------------------------------------------------------


def decoded_in_python(text: str) -> str:
    value = ast.literal_eval(python.event(order(text, endpoint_at("sandbox", "ga"), "ga").pieces))
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_naughty_string_keeps_its_bytes_in_python(ascii_only: bool) -> None:
    for string in STRINGS:
        text = json.dumps({"instructions": string, string: [string]}, ensure_ascii=ascii_only)
        assert decoded_in_python(text) == text


@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_naughty_string_keeps_its_bytes_in_node(ascii_only: bool, workshop: Workshop) -> None:
    texts = [json.dumps([string, {string: 1}], ensure_ascii=ascii_only) for string in STRINGS]
    pieces = [order(text, endpoint_at("sandbox", "ga"), "ga").pieces for text in texts]
    literals = ",\n".join(javascript.event(each, "process.env.") for each in pieces)
    ran = workshop.run("node", f"console.log(JSON.stringify([{literals}]));")
    assert json.loads(ran.out) == texts
    assert workshop.untouched


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_every_naughty_string_keeps_its_bytes_in_bash(
    ascii_only: bool, locale: str, workshop: Workshop
) -> None:
    texts = [json.dumps([string, {string: 1}], ensure_ascii=ascii_only) for string in STRINGS]
    pieces = [order(text, endpoint_at("sandbox", "ga"), "ga").pieces for text in texts]
    workshop.variables["LC_ALL"] = locale
    ran = workshop.run("shell", "".join(f"{shell.event(each)}\nevent\n" for each in pieces))
    assert ran.code == 0, ran.err
    assert ran.out.split("\0") == [*texts, ""]
    assert workshop.untouched


@pytest.mark.parametrize("sh", [sh for sh in ("dash", "sh", "bash") if shutil.which(sh)])
def test_other_shells_write_the_same_bytes(sh: str, tmp_path: Path) -> None:
    texts = [json.dumps([string], ensure_ascii=False) for string in STRINGS]
    pieces = [order(text, endpoint_at("sandbox", "ga"), "ga").pieces for text in texts]
    path = tmp_path / "all.sh"
    path.write_text("".join(f"{shell.event(each)}\nevent\n" for each in pieces))
    done = subprocess.run([sh, path], capture_output=True, timeout=PATIENCE_S, check=True)
    assert done.stdout.decode().split("\0") == [*texts, ""]


@pytest.mark.skipif(not shutil.which("rustc"), reason="no Rust compiler on this machine")
@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_naughty_string_keeps_its_bytes_in_rust(ascii_only: bool, tmp_path: Path) -> None:
    texts = [json.dumps([string, {string: 1}], ensure_ascii=ascii_only) for string in STRINGS]
    pieces = [order(text, endpoint_at("sandbox", "ga"), "ga").pieces for text in texts]
    prints = "".join(f'print!("{{}}\\0", {rust.event(each)});\n' for each in pieces)
    source, program = tmp_path / "all.rs", tmp_path / "all"
    source.write_text(f"fn main() {{\n{prints}}}\n", encoding="ascii")
    subprocess.run(["rustc", "--edition=2021", source, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, timeout=PATIENCE_S, check=True)
    assert done.stdout.decode().split("\0") == [*texts, ""]


@pytest.mark.skipif(not shutil.which("rustc"), reason="no Rust compiler on this machine")
@pytest.mark.parametrize("name", [*PRESETS, "wss://server.example/v1/realtime"])
def test_the_rust_program_is_rust(name: str, tmp_path: Path) -> None:
    path = tmp_path / "event.rs"
    path.write_text(export("rust", event_of({"é": 1}), endpoint_at(name, "beta"), dialect="beta"))
    done = subprocess.run(
        ["rustc", "--edition=2021", "-Zparse-crate-root-only", path],
        env=os.environ | {"RUSTC_BOOTSTRAP": "1"},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("dialect", "members", "models"),
    [
        (
            "beta",
            ["modalities", "temperature", "tools"],
            "{RealtimeBetaClientEventResponseCreate, RealtimeBetaResponseCreateParams}",
        ),
        (
            "ga",
            ["audio", "reasoning", "tools"],
            "{RealtimeClientEventResponseCreate, RealtimeResponseCreateParams}",
        ),
    ],
)
def test_the_clients_builder_is_given_every_member_that_it_knows(
    dialect: str, members: list[str], models: str
) -> None:
    tool = {"type": "mcp", "server_label": "s", "authorization": CANARY}
    params = dict.fromkeys(members, 1) | {"tools": [tool], "odd\n\x7fé": 1, "model": "m"}
    source = export("rust", event_of(params), endpoint_at("openai", "ga"), dialect=dialect)
    built = source.partition("fn built(")[2]
    assert re.findall(r"\.(\S+)\(from_value\(params\[\"(\S+)\"\]", built) == [
        (member, member) for member in members
    ]
    assert '.r#type(from_value(event["type"].take())?)' in built
    assert f"use openai_client_base::models::{models};" in source
    assert CANARY not in source
    told = source.replace("\n// ", " ")
    assert 'The client has no such members: "odd\\n\\u007f\\u00e9", "model"' in told


@pytest.mark.parametrize("text", ["[]", '"x"', "{}", '{"response": {}}', '{"a": 1, "response": 5}'])
def test_the_clients_builder_makes_do_with_any_json(text: str) -> None:
    source = export("rust", text, endpoint_at("openai", "ga"), dialect="ga")
    built = source.partition("fn built(")[2]
    assert ("::builder()" in built) is ("response" in text)
    assert 'params["' not in built


@pytest.mark.parametrize("name", ["openai", "azure", "wss://server.example/v1/realtime"])
def test_the_program_for_a_page_is_javascript(name: str, tmp_path: Path) -> None:
    path = tmp_path / "event.mjs"
    text = event_of({"instructions": "</script>'\u2028"})
    source = export("browser", text, endpoint_at(name, "ga"), dialect="ga")
    path.write_text(source, encoding="ascii")
    subprocess.run([NODE, "--check", path], timeout=PATIENCE_S, check=True)
    assert "</script" not in source


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(JSON, st.booleans(), st.sampled_from(PROGRAMS), st.sampled_from(DIALECTS))
def test_a_program_has_printable_ascii_only(
    value: object, pretty: bool, language: str, dialect: str
) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2 if pretty else None)
    try:
        read_json(text)
    except Unreadable:
        return
    source = export(language, text, endpoint_at("openai", dialect), dialect=dialect)
    assert re.fullmatch(r"[\n -~]*", source)
    assert decoded_in_python(text) == text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["openai", "azure", "wss://server.example/v1/realtime"])
def test_no_secret_stands_in_an_export(language: str, name: str) -> None:
    label = f"é$({MARK})"
    tools = [
        {"type": "mcp", "server_label": label, "authorization": CANARY, "headers": {"a": CANARY}},
        {"type": "mcp", "authorization": {"nested": [CANARY]}, "headers": CANARY},
        {"type": "mcp", "authorization": None, "headers": None},
        {"authorization": {"tools": [{"authorization": CANARY, "headers": {"a": CANARY}}]}},
        {"headers": {"x": [CANARY, {"y": CANARY}], "b": 1}, "server_label": "b"},
    ]
    for text in (event_of({"tools": tools}), event_of({"tools": tools}, indent=None)):
        escaped = text.replace('"authorization"', '"\\u0061uthorization"')
        for each in (text, escaped):
            source = export(language, each, endpoint_at(name, "ga"), dialect="ga")
            assert CANARY not in source
            assert f"$({MARK})" not in source or "server_label" in source
            assert "MCP_E" not in source
            assert "MCP_TOUCHED_AUTHORIZATION" in source


def test_what_is_left_out_is_the_secrets_and_nothing_else() -> None:
    tools = [{"type": "mcp", "authorization": "A", "headers": {"x": "B", "y": ["C"]}, "z": "D"}]
    text = event_of({"tools": tools, "authorization": "E", "headers": {"x": "F"}, "input": []})
    found = order(text, endpoint_at("openai", "ga"), "ga")
    under = "/response/tools/0"
    assert [(each.at, each.variable) for each in found.secrets] == [
        (f"{under}/authorization", "MCP_AUTHORIZATION"),
        (f"{under}/headers/x", "MCP_HEADERS_X"),
        (f"{under}/headers/y", "MCP_HEADERS_Y"),
    ]
    assert json.loads(found.text)["response"]["tools"][0]["z"] == "D"
    assert json.loads(found.text)["response"]["headers"] == {"x": "F"}


# -- what they say ---------------------------------------------------------------------------------


def test_json_is_the_event_as_pretty_or_compact_text() -> None:
    text = '{"type":"response.create", "n": 1.50, "e": [],\t"s":"é\\u00e9"}'
    there = endpoint_at("openai", "ga")
    assert export("json", text, there, dialect="ga") == write(read_json(text)) + "\n"
    compact = export("json-compact", text, there, dialect="ga")
    assert compact == '{"type":"response.create","n":1.50,"e":[],"s":"éé"}\n'


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_event_with_a_name_twice_is_exported_as_it_stands(language: str) -> None:
    text = '{"type": "response.create", "response": {"metadata": {"a": "1", "a": "2"}}}'
    source = export(language, text, endpoint_at("openai", "ga"), dialect="ga")
    assert "".join(source.split()).replace("\\", "").count('"a":') == 2


def test_a_foreign_dialect_is_remarked_on() -> None:
    source = export("python", EVENT, endpoint_at("openai", "beta"), dialect="beta")
    assert "written in Beta and this server speaks GA" in source.replace("\n# ", " ")
    assert "OpenAI-Beta" not in source


def test_the_sandbox_needs_no_key_and_is_to_be_started() -> None:
    source = export("python", EVENT, endpoint_at("sandbox", "ga"), dialect="ga")
    assert "cuecard sandbox" in source
    assert "environ[" not in source


def test_openais_client_reaches_no_address_that_ends_otherwise() -> None:
    there = endpoint_at("wss://server.example/v1/realtime/session?protocol=realtime", "ga")
    with pytest.raises(CannotExport, match="ends otherwise"):
        export("python-openai", EVENT, there, dialect="ga")


@pytest.mark.parametrize("name", ["sandbox", "azure-preview"])
def test_a_page_reaches_only_what_has_webrtc(name: str) -> None:
    with pytest.raises(CannotExport, match="WebRTC"):
        export("browser", EVENT, endpoint_at(name, "beta"), dialect="beta")


def test_a_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        export("python", '{"type": }', endpoint_at("sandbox", "ga"), dialect="ga")


def test_the_bug_report_has_event_endpoint_problems_and_versions() -> None:
    problems = (
        Problem("/response/x", Severity.ERROR, "unknown_parameter", "No `x` *here*.", "schema"),
        Problem("", Severity.NOTE, "n", "All\nof it."),
    )
    text = event_of({"x": "````\u202e|", "y": "é"})
    told = export(
        "markdown",
        text,
        endpoint_at("openai", "ga"),
        dialect="beta",
        problems=problems,
        version="1.2",
    )
    fenced = re.search(r"(?ms)^(`{5,})json\n(.*?)\n\1$", told)
    assert fenced
    assert json.loads(fenced[2]) == json.loads(text)
    assert "\u202e" not in told
    assert "`wss://api.openai.com/v1/realtime?model=gpt-realtime`" in told
    assert "- error at `/response/x`: No \\`x\\` \\*here\\*. (schema)" in told
    assert "- note at `the event`: All of it." in told
    assert "event Beta, session GA" in told
    assert "Cuecard 1.2" in told


def test_a_bug_report_without_problems_says_so() -> None:
    told = export("markdown", EVENT, endpoint_at("sandbox", "ga"), dialect="ga")
    assert "None." in told
