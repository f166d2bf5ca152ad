"""The endpoint guard: which addresses a session is opened at, from the text to the packet."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
import trustme
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.uri import parse_uri

from tests.realtime_servers import CREATED, IMPATIENT, answering, playing_raw, upgraded
from webapp.endpoints import (
    PRESETS,
    BadAddress,
    Endpoint,
    Key,
    Place,
    endpoint_of,
    origin_of,
    read_address,
)
from webapp.endpoints.endpoint import Target, target_with
from webapp.endpoints.policy import Policy, Refused, check_reaches
from webapp.endpoints.reach import Reach, reach_of
from webapp.events.server import ServerEvent
from webapp.outbound import dial
from webapp.outbound.guard import Guard
from webapp.sessions.connection import Connection, Patience
from webapp.sessions.protocol import read_received

CANARY = "sk-canary-7d3f0a915c"
LOCAL = Policy(own=frozenset({("localhost", 8000), ("localhost", 9999)}))
HOSTED = Policy(hosted=True, own=frozenset({("cards.example", 443), ("localhost", 8000)}))
CLOSED = Policy(custom=False, hosted=True)
MODES = {"local": LOCAL, "hosted": HOSTED, "closed": CLOSED}


def admits(policy: Policy, address: str) -> bool:
    """Whether an address gets past the text; a name is then looked up as a public one."""
    try:
        admitted = policy.admit(address)
        hosts = [] if admitted.origin.host[0] in "[0123456789" else ["93.184.216.34"]
        if admitted.origin.host == "localhost":
            hosts = ["127.0.0.1"]
        check_reaches(admitted, hosts or [admitted.origin.host.strip("[]")])
    except BadAddress:
        return False
    return True


# -- section S: spellings, and in which mode each is taken -----------------------------------------

NOWHERE = (
    # S01: what is no host, S03: what hands out credentials
    "wss://0.0.0.0/", "wss://[::]/", "wss://0.0.0.1/", "wss://255.255.255.255/",
    "wss://169.254.169.254/", "ws://169.254.169.254/", "wss://169.254.170.2/",
    "wss://169.254.0.1/", "wss://169.254.255.254/", "wss://[fd00:ec2::254]/",
    "wss://[fd00:ec2::23]/", "wss://[fd20:ce::254]/", "wss://100.100.100.200/",
    "wss://168.63.129.16/", "wss://192.0.0.192/", "wss://metadata.google.internal/",
    "wss://METADATA.google.internal/", "wss://metadata/", "wss://metadata.goog/",
    "wss://instance-data.ec2.internal/", "wss://metadata.azure.internal/",
    "wss://metadata.tencentyun.com/",
    # S04, S05: IPv4 inside IPv6
    "wss://[::ffff:127.0.0.1]/", "wss://[::ffff:7f00:1]/", "wss://[::ffff:a9fe:a9fe]/",
    "wss://[::ffff:10.0.0.1]/", "wss://[::ffff:93.184.216.34]/", "wss://[::127.0.0.1]/",
    "wss://[::7f00:1]/", "wss://[::a9fe:a9fe]/", "wss://[::ffff:0:127.0.0.1]/",
    "wss://[64:ff9b::7f00:1]/", "wss://[64:ff9b::a9fe:a9fe]/", "wss://[64:ff9b:1::7f00:1]/",
    "wss://[2002:7f00:1::]/", "wss://[2002:a9fe:a9fe::]/", "wss://[2002:a00:1::]/",
    "wss://[2001:0:7f00:1::]/", "wss://[2001:0:53aa:64c::1]/",
    # link-local, site-local, multicast, reserved
    "wss://[fe80::1]/", "wss://[febf::1]/", "wss://[fec0::1]/", "wss://[feff::1]/",
    "wss://[ff02::1]/", "wss://224.0.0.1/", "wss://239.255.255.255/", "wss://240.0.0.1/",
    # S06: numbers that only some read as addresses
    "wss://2130706433/", "wss://0x7f000001/", "wss://0x7f.1/", "wss://0177.0.0.1/",
    "wss://127.1/", "wss://127.0.1/", "wss://0/", "wss://0x0/", "wss://00/", "wss://1/",
    "wss://127.0.0.01/", "wss://0127.0.0.1/", "wss://256.1.1.1/", "wss://1.2.3.256/",
    "wss://1.2.3/", "wss://0x7f.0x0.0x0.0x1/", "wss://017700000001/", "wss://4294967296/",
    "wss://1.2.3.4.5/x y", "wss://①②⑦.⓪.⓪.①/", "wss://127。0。0。1/", "wss://１２７.0.0.1/",
    # S08: user info, fragment, backslash
    "wss://api.openai.com@127.0.0.1/", "wss://user:pw@server.example/", "wss://@server.example/",
    "wss://127.0.0.1#@server.example/", "wss://server.example/#", "wss://server.example#x",
    "wss://127.0.0.1\\@server.example/", "wss://server.example\\x/", "wss:\\\\server.example/",
    "wss://server.example/%5c", "wss://server.example%2f@127.0.0.1/", "wss://a%2eexample/",
    # S09: blanks and controls, which parsers take out in silence
    "wss://server.example/\t", "wss://serv\ner.example/", "wss://server.example/\r\n",
    "wss://server.example/\0", " wss://server.example/", "wss://server.example/ ",
    "wss:// server.example/", "w\tss://server.example/", "wss://server.example/%00",
    "wss://server.example/%0d%0aHost:x", "wss://server.example/%0A", "wss://server.example/%1b",
    "wss://server.example/\u2028", "wss://server.example/\x7f", "wss://server.example/%7f",
    # S10: other schemes
    "http://server.example/", "https://server.example/", "file:///etc/passwd", "gopher://x.example",
    "ws+unix:///tmp/x", "javascript:alert(1)", "//server.example/", "server.example", "",
    "wss:server.example", "wss:/server.example", "wss:///server.example", "wsss://server.example",
    "ftp://server.example/", "data:text/plain,x", "unix:///run/x.sock",
    # S11: ports
    "wss://server.example:0/", "wss://server.example:99999/", "wss://server.example:-1/",
    "wss://server.example:65536/", "wss://server.example:４４３/", "wss://server.example:80:90/",
    "wss://server.example:/", "wss://server.example:+443/", "wss://server.example:4 43/",
    "wss://server.example:22/", "wss://server.example:25/", "wss://server.example:5432/",
    "wss://server.example:6379/", "wss://server.example:3306/", "wss://server.example:11211/",
    "wss://server.example:2375/", "ws://127.0.0.1:6379/", "ws://localhost:22/",
    # S12: in the clear
    "ws://server.example/", "ws://93.184.216.34/", "ws://10.0.0.1/", "ws://192.168.1.5:8000/",
    "ws://[2606:2800:220:1::1]/", "ws://localhost.example/", "ws://127.0.0.1.nip.io/",
    # S15: names that are no whole names
    "wss://server/", "wss://intranet/", "wss://server.example./", "wss://.example/",
    "wss://server..example/", "wss://-a.example/", "wss://a-.example/", "wss://a_b.example/",
    "wss://*.example/", "wss://sérver.example/", "wss://" + "a" * 64 + ".example/",
    # S23: keys in the address, twice the same, too long
    "wss://server.example/?api-key=x", "wss://server.example/?api_key=x",
    "wss://server.example/?key=x", "wss://server.example/?access_token=x",
    "wss://server.example/?Authorization=x", "wss://server.example/?model=a&model=b",
    "wss://server.example/?x=" + "a" * 8_192, "wss://server.example/?a=b?c=d",
    # brackets
    "wss://[::1/", "wss://::1/", "wss://[::1]]/", "wss://[::1%25eth0]/", "wss://[fe80::1%eth0]/",
    "wss://[1.2.3.4]/", "wss://[::g]/", "wss://[]/", "wss://[v1.x]/", "wss://[1:2:3]/",
    # private networks, each end of each
    "wss://10.0.0.0/", "wss://10.255.255.255/", "wss://172.16.0.0/", "wss://172.31.255.255/",
    "wss://192.168.0.0/", "wss://192.168.255.255/", "wss://100.64.0.0/", "wss://100.127.255.255/",
    "wss://[fc00::]/", "wss://[fdff:ffff::1]/", "wss://198.18.0.0/", "wss://198.19.255.255/",
    "wss://192.0.2.1/", "wss://198.51.100.1/", "wss://203.0.113.1/", "wss://[2001:db8::1]/",
    "wss://[100::1]/", "wss://[4000::1]/", "wss://[5f00::1]/",
    # S26: the app itself
    "ws://localhost:8000/", "ws://127.0.0.1:8000/", "wss://127.8.8.8:8000/", "ws://[::1]:8000/",
)  # fmt: skip

HERE = (
    "ws://127.0.0.1:8080/v1/realtime", "ws://localhost:8080/v1/realtime?model=m",
    "ws://LOCALHOST:8080/", "ws://[::1]:8080/", "ws://127.8.8.8:4000/", "wss://localhost:8443/",
    "wss://127.0.0.1/", "WS://localhost:8080/",
)  # fmt: skip

ANYWHERE_BUT_443 = (
    "wss://server.example:8443/v1/realtime", "wss://93.184.216.34:444/", "wss://server.example:80/",
)  # fmt: skip

ANYWHERE = (
    "wss://server.example/v1/realtime?model=m", "WSS://Server.Example/", "wss://server.example:443/",
    "wss://93.184.216.34/", "wss://[2606:2800:220:1:248:1893:25c8:1946]/", "wss://xn--bcher-kva.de/",
    "wss://9.255.255.255/", "wss://11.0.0.0/", "wss://172.15.255.255/", "wss://172.32.0.0/",
    "wss://192.167.255.255/", "wss://192.169.0.0/", "wss://100.63.255.255/", "wss://100.128.0.0/",
    "wss://126.255.255.255/", "wss://128.0.0.0/", "wss://169.253.255.255/", "wss://169.255.0.0/",
    "wss://223.255.255.255/", "wss://198.17.255.255/", "wss://198.20.0.0/", "wss://1.1.1.1/",
    "wss://a.b.c.example/x/y~z?model=a%20b&intent=x",
)  # fmt: skip

TABLE = {
    **dict.fromkeys(NOWHERE, ""),
    **dict.fromkeys(HERE, "local"),
    **dict.fromkeys(ANYWHERE_BUT_443, "local"),
    **dict.fromkeys(ANYWHERE, "local hosted"),
}


def test_the_table_has_no_spelling_twice() -> None:
    assert len(TABLE) == len(NOWHERE) + len(HERE) + len(ANYWHERE_BUT_443) + len(ANYWHERE)
    assert len(TABLE) > 200


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("address", TABLE, ids=ascii)
def test_an_address_is_taken_only_where_it_may_be(address: str, mode: str) -> None:
    assert admits(MODES[mode], address) == (mode in TABLE[address].split())


@pytest.mark.parametrize("address", NOWHERE, ids=ascii)
def test_a_refusal_says_why_and_repeats_nothing(address: str) -> None:
    with pytest.raises(BadAddress) as refused:
        check_reaches(LOCAL.admit(address), ["127.0.0.1"])
    assert 10 < len(str(refused.value)) < 200
    assert len(address) < 23 or address not in str(refused.value)


METADATA = [
    "169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "[fe80::1]",
    "metadata.google.internal", "0.0.0.0", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
]  # fmt: skip


@pytest.mark.parametrize("host", METADATA)
@pytest.mark.parametrize("trusted", [True, False])
def test_what_is_never_dialled_is_not_even_when_listed(host: str, trusted: bool) -> None:
    listed = frozenset({origin_of(f"wss://{host}/"), origin_of(f"wss://{host}:8443/")})
    for policy in (Policy(listed=listed, trusted=trusted), Policy(hosted=True, listed=listed)):
        with pytest.raises(BadAddress):
            policy.admit(f"wss://{host}/")


def test_a_listed_origin_is_that_host_and_port_and_nothing_else() -> None:
    listed = frozenset({origin_of("ws://192.168.1.5:8000/"), origin_of("wss://gw.internal/")})
    policy = Policy(custom=False, hosted=True, listed=listed)
    admitted = policy.admit("ws://192.168.1.5:8000/v1/realtime?model=m")
    assert check_reaches(admitted, ["192.168.1.5"]) == ("192.168.1.5",)
    gateway = policy.admit("wss://gw.internal/")
    assert check_reaches(gateway, ["10.0.0.7"]) == ("10.0.0.7",)
    with pytest.raises(Refused):
        check_reaches(gateway, ["10.0.0.7", "169.254.169.254"])
    for other in (
        "ws://192.168.1.5:8001/", "ws://192.168.1.6:8000/", "wss://192.168.1.5:8000/",
        "ws://gw.internal/", "wss://gw.internal:8443/", "wss://server.example/",
    ):  # fmt: skip
        with pytest.raises(Refused, match="CUECARD_ENDPOINTS"):
            policy.admit(other)


def test_presets_of_services_are_admitted_in_every_mode() -> None:
    for preset in PRESETS.values():
        if preset.embedded:
            continue
        url = endpoint_of(preset, "ga").url
        for policy in MODES.values():
            offered = not preset.local or policy.custom
            assert policy.offers(preset) == offered
            if not preset.local:
                assert policy.admit(url, preset=preset).origin == origin_of(url)
        assert Policy().admit(url, preset=preset)


def test_a_command_may_go_where_its_user_may_but_not_in_the_clear() -> None:
    policy = Policy(trusted=True)
    assert check_reaches(policy.admit("wss://10.0.0.1:8443/"), ["10.0.0.1"])
    assert policy.admit("ws://127.0.0.1:1/")
    with pytest.raises(Refused, match="Without encryption"):
        policy.admit("ws://10.0.0.1/")


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("93.184.216.34", Reach.PUBLIC),
        ("2606:2800:220:1:248:1893:25c8:1946", Reach.PUBLIC),
        ("2001:200::1", Reach.PUBLIC),
        ("127.0.0.1", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("10.1.2.3", Reach.PRIVATE),
        ("fd12::1", Reach.PRIVATE),
        ("169.254.169.254", Reach.NEVER),
        ("fe80::1%eth0", Reach.NEVER),
        ("2001:0:1::1", Reach.NEVER),
        ("not an address", Reach.NEVER),
        ("", Reach.NEVER),
    ],
)
def test_where_an_address_leads(address: str, reach: Reach) -> None:
    assert reach_of(address) is reach


HOSTS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9.:@\[\]\\%#_-]{1,20}", fullmatch=True),
    st.sampled_from(["127.0.0.1", "localhost", "[::1]", "a.example", "2130706433", "0x7f.1"]),
    st.text(max_size=8),
)
REST = st.from_regex(r"(:[0-9]{0,6})?([/?#@\\%a-z0-9.=&\t ]{0,12})", fullmatch=True)


@given(st.sampled_from(["ws", "wss", "WSS", "http", ""]), HOSTS, REST)
@example("wss", "a.example", "\\\\@b.example")
def test_what_is_read_is_what_is_dialled(scheme: str, host: str, rest: str) -> None:
    """No two parsers see another host or port in an address that is taken."""
    text = f"{scheme}://{host}{rest}"
    try:
        url = read_address(text)
    except BadAddress:
        return
    origin, dialled = origin_of(url), parse_uri(url)
    assert origin.host.strip("[]") == dialled.host.lower()
    assert origin.port == dialled.port
    assert dialled.secure == (origin.scheme == "wss")
    assert dialled.user_info is None
    assert url.isascii()
    assert url.isprintable()
    assert len(url) == len(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_guard(text: str) -> None:
    for policy in MODES.values():
        with suppress(BadAddress):
            policy.admit(text)
    reach_of(text)


# -- looking names up ------------------------------------------------------------------------------


@dataclass
class Names:
    """A resolver whose answers a test sets; it counts how often it is asked."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)
    wait_s: float = 0

    def __call__(self, name: str, port: int) -> list[str]:
        self.asked.append(name)
        time.sleep(self.wait_s)
        found = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return found


NAMED = "wss://server.example/"


def looked_up(names: Names, policy: Policy = LOCAL, address: str = NAMED) -> tuple[str, ...]:
    return asyncio.run(Guard(names, resolve_s=0.3).hosts(policy.admit(address)))


PUBLIC, PUBLIC_6, PRIVATE = "93.184.216.34", "2606:2800:220:1::1", "10.0.0.1"


@pytest.mark.parametrize(
    "found",
    [
        [PUBLIC, PRIVATE], [PRIVATE, PUBLIC], [PUBLIC, "127.0.0.1"], ["::1", PUBLIC],
        [PUBLIC, "fd12::1"], [PUBLIC_6, "169.254.169.254"], ["fe80::1", PUBLIC_6],
        ["127.0.0.1"], ["0.0.0.0"], ["::ffff:10.0.0.1"], ["64:ff9b::7f00:1"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["local", "hosted"])
def test_one_bad_record_refuses_the_name(found: list[str], mode: str) -> None:
    names = Names([found])
    with pytest.raises(Refused, match="This name leads to"):
        looked_up(names, MODES[mode])
    assert names.asked == ["server.example."]


def test_a_name_is_asked_for_once_and_its_addresses_are_kept() -> None:
    names = Names([[PUBLIC, PUBLIC_6, PUBLIC], ["127.0.0.1"]])
    assert looked_up(names) == (PUBLIC, PUBLIC_6)
    assert names.asked == ["server.example."]


@pytest.mark.parametrize("address", ["wss://1.1.1.1/", "ws://localhost:8080/", "ws://[::1]:8080/"])
def test_what_needs_no_look_up_gets_none(address: str) -> None:
    names = Names([[PRIVATE]])
    assert looked_up(names, address=address)
    assert names.asked == []


def test_a_name_without_an_answer_is_said_to_be_unknown() -> None:
    with pytest.raises(Refused, match="not known"):
        looked_up(Names([[]]))


def test_a_slow_resolver_ends_in_time_and_takes_no_more_than_its_threads() -> None:
    names = Names([[PUBLIC]], wait_s=1.0)
    guard = Guard(names, resolve_s=0.2)
    admitted = LOCAL.admit("wss://server.example/")

    async def ask() -> list[BaseException | tuple[str, ...]]:
        return await asyncio.gather(
            *(guard.hosts(admitted) for _ in range(30)), return_exceptions=True
        )

    before, began_s = threading.active_count(), time.monotonic()
    answers = asyncio.run(ask())
    assert time.monotonic() - began_s < 1
    assert threading.active_count() - before <= 8
    assert len(names.asked) <= 8
    words = [str(answer) for answer in answers]
    assert sum("within" in each for each in words) == 8
    assert sum("Too many names" in each for each in words) == 22
    time.sleep(1.1)
    assert threading.active_count() <= before
    names.wait_s = 0
    assert asyncio.run(guard.hosts(admitted)) == (PUBLIC,)


# -- on the wire -----------------------------------------------------------------------------------


@dataclass
class Heard:
    """What a connection tells, and how it ended."""

    events: list[ServerEvent] = field(default_factory=list)
    words: str = ""

    def sending(self, text: str) -> None: ...

    def received(self, payload: str | bytes, event: ServerEvent | None) -> None:
        self.events.append(event or read_received(payload))

    async def caught_up(self) -> None: ...

    def failed(self, words: str) -> None:
        self.words = words

    def closed(self, code: int, reason: str, words: str) -> None:
        self.words = f"{code} {reason} {words}"


async def heard_from(target: Target, patience: Patience = IMPATIENT) -> Heard:
    """Connect, wait for the first event or the end, and close."""
    heard = Heard()

    async def find() -> Target:
        return target

    connection = Connection(find, patience)
    running = asyncio.create_task(connection.run(heard))
    while not (running.done() or heard.events):
        await asyncio.sleep(0.01)
    await connection.close()
    await running
    return heard


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A listener that counts every byte and connection."""
    got: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(65_536))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


WAYS = (
    Key("K"),
    Key("K", "api-key", ""),
    Key("K", "X-API-Key", ""),
    Key("K", "api_key", "", place=Place.QUERY),
    Key("K", "realtime", "openai-insecure-api-key.", place=Place.SUBPROTOCOL),
)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("key", WAYS, ids=lambda key: f"{key.place}-{key.header}")
def test_a_redirect_is_refused_and_nobody_else_hears_a_byte(key: Key, status: int) -> None:
    async def play() -> None:
        async with counting() as (other, got):
            location = f"Location: ws://127.0.0.1:{other}/v1/realtime\r\nContent-Length: 0\r\n\r\n"
            moved = answering(f"HTTP/1.1 {status} Moved\r\n{location}".encode())
            async with playing_raw(moved)() as first:
                endpoint = Endpoint("x", first.url, "ga", ("ga",), key)
                heard = await heard_from(target_with(endpoint, CANARY))
            await asyncio.sleep(0.05)
            assert got == []
            assert f"Redirect refused (HTTP status {status})" in heard.words
            assert CANARY not in heard.words

    asyncio.run(play())


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with counting() as (proxy, got):
            for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
            async with playing_raw(upgraded(b""))() as server:
                heard = await heard_from(Target(server.url))
            assert [event.type for event in heard.events] == ["session.created"]
            assert got == []

    asyncio.run(play())


def test_a_name_that_turns_to_this_machine_is_not_dialled_again() -> None:
    """Public at the first look, loopback at the second: there is no second."""

    async def play() -> None:
        async with counting() as (port, got):
            names = Names([[PUBLIC], ["127.0.0.1"]])
            admitted = LOCAL.admit(f"wss://server.example:{port}/")
            hosts = await Guard(names).hosts(admitted)
            patience = Patience(open_s=0.3)
            await heard_from(Target(admitted.url, hosts=hosts), patience)
            assert names.asked == ["server.example."]
            assert got == []

    asyncio.run(play())


def test_without_a_checked_address_no_name_is_dialled() -> None:
    heard = asyncio.run(heard_from(Target("ws://localhost:1/")))
    assert "not as a Realtime server" in heard.words


# -- TLS -------------------------------------------------------------------------------------------


@dataclass
class Secure:
    """A server behind TLS: where it listens, and which name it was asked for."""

    port: int
    names: list[str | None]
    hosts: list[str]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Make the tests' own authority one that this machine knows."""
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        dial.tls.cache_clear()
        yield lambda: None
    dial.tls.cache_clear()


@asynccontextmanager
async def secure(certificate: trustme.LeafCert, **options: object) -> AsyncIterator[Secure]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    found = Secure(0, [], [])
    context.sni_callback = lambda _, name, __: found.names.append(name)  # type: ignore[assignment]
    if "maximum" in options:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = options["maximum"]  # type: ignore[assignment]
        context.set_ciphers("ALL:@SECLEVEL=0")

    async def play(session: ServerConnection) -> None:
        assert session.request is not None
        found.hosts.append(session.request.headers["Host"])
        await session.send(CREATED)
        await session.wait_closed()

    async with serve(play, "127.0.0.1", 0, ssl=context) as server:
        found.port = server.sockets[0].getsockname()[1]
        yield found


async def heard_securely(server: Secure, name: str = "server.example") -> Heard:
    target = Target(f"wss://{name}:{server.port}/v1/realtime?model=m", hosts=("127.0.0.1",))
    return await heard_from(target)


@pytest.mark.usefixtures("trusting")
def test_a_checked_address_is_dialled_under_its_name(authority: trustme.CA) -> None:
    async def play() -> None:
        async with secure(authority.issue_cert("server.example")) as server:
            heard = await heard_securely(server)
            assert [event.type for event in heard.events] == ["session.created"]
            assert server.names == ["server.example"]
            assert server.hosts == [f"server.example:{server.port}"]

    asyncio.run(play())


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("another authority", "authority"),
        ("another name", "belongs to another name"),
        ("expired", "has expired"),
        ("not yet", "not valid yet"),
    ],
)
def test_a_bad_certificate_is_refused_with_its_reason(
    authority: trustme.CA, fault: str, words: str
) -> None:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    issuer = trustme.CA() if fault == "another authority" else authority
    now = datetime.now(UTC)
    times = {
        "expired": {"not_before": now - timedelta(9), "not_after": now - timedelta(1)},
        "not yet": {"not_before": now + timedelta(1), "not_after": now + timedelta(9)},
    }
    name = "other.example" if fault == "another name" else "server.example"
    certificate = issuer.issue_cert(name, **times.get(fault, {}))

    async def play() -> None:
        async with secure(certificate) as server:
            heard = await heard_securely(server)
            assert heard.words.startswith("The server's certificate was not accepted: ")
            assert words in heard.words
            assert server.hosts == []

    asyncio.run(play())


@pytest.mark.usefixtures("trusting")
def test_a_self_signed_certificate_is_refused(authority: trustme.CA) -> None:
    certificate = trustme.CA().issue_cert("server.example")

    async def play() -> None:
        async with secure(certificate) as server:
            assert "not accepted" in (await heard_securely(server)).words

    asyncio.run(play())


@pytest.mark.usefixtures("trusting")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(authority: trustme.CA) -> None:
    async def play() -> None:
        certificate = authority.issue_cert("server.example")
        async with secure(certificate, maximum=ssl.TLSVersion.TLSv1_1) as server:
            heard = await heard_securely(server)
            assert "No encrypted" in heard.words or "broke off" in heard.words
            assert server.hosts == []

    asyncio.run(play())


def test_tls_to_a_plain_port_is_said_to_be_none() -> None:
    async def play() -> None:
        async with playing_raw(upgraded(b""))() as server:
            url = server.url.replace("ws://127.0.0.1", "wss://server.example")
            heard = await heard_from(Target(url, hosts=("127.0.0.1",)))
            assert heard.words

    asyncio.run(play())


# -- what servers say of keys ----------------------------------------------------------------------


@pytest.mark.parametrize("key", WAYS, ids=lambda key: f"{key.place}-{key.header}")
def test_a_key_that_a_server_says_is_taken_out(key: Key) -> None:
    async def echo(session: ServerConnection) -> None:
        assert session.request is not None
        heard = [session.request.path, *map(str, session.request.headers.raw_items())]
        assert any(CANARY in one for one in heard)
        await session.send(json.dumps({"type": "error", "error": {"message": f"no {CANARY}!"}}))
        await session.close(4000, f"bad {CANARY}")

    async def play() -> None:
        async with serve(
            echo, "127.0.0.1", 0, select_subprotocol=lambda _, offered: next(iter(offered), None)
        ) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"ws://127.0.0.1:{port}/v1/realtime?model=m"
            got: list[str | bytes] = []
            target = target_with(Endpoint("x", url, "ga", ("ga",), key), CANARY)

            class Ear(Heard):
                def received(self, payload: str | bytes, event: ServerEvent | None) -> None:
                    got.append(payload)

            async def find() -> Target:
                return target

            ear = Ear()
            await Connection(find, IMPATIENT).run(ear)
            assert got == ['{"type": "error", "error": {"message": "no [key]!"}}']
            assert CANARY not in ear.words
            assert "bad [key]" in ear.words

    asyncio.run(play())
