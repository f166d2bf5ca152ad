"""What the way of an event through Cuecard costs, beside a WebSocket client at the same source."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from benchmarks import served
from benchmarks.builder_page import PATH, form_of, text_to_post
from benchmarks.figures import Measured, Row, growth, median_and_p95, ms, p95, verdict
from benchmarks.load import Connection
from benchmarks.sample_events import event_of_forty

ROUNDS = 3
RATES = (1_000, 10_000)
FLOW_S = 2.0
WARM_UP = 0.1  # of the events of a flow
FLOOD_EVENTS = 100_000
SESSIONS = (1, 10, 50)
IDLE_BEFORE, IDLE = 10, 60
PREVIEWS_PER_S = 20
MOST_ADDED_MS = {"median": 0.5, "p95": 1.0}
MOST_KIB = 120
LEAST_PER_S = 50_000
KIB = 1024
Flows = Sequence[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Rig:
    """A source of events and the app before it."""

    url: str
    port: int

    def direct(self, flows: Flows) -> dict[str, Any]:
        return read({"url": self.url, "flows": flows})

    def relayed(self, flows: Flows, idle: int = 0) -> dict[str, Any]:
        return read({"port": self.port, "flows": flows, "idle": idle})


def relay() -> Measured:
    """Measure the relay: time added, events per second, memory, sessions, previews beside it."""
    with rig() as ours:
        ours.relayed([("text", 1, 1_000, 500)])
        rows = [row for rate in RATES for row in latency_rows(ours, rate)]
        rows += [flood_row(ours), memory_row(ours)]
        rows += growth_rows(ours)
        rows += beside_previews(ours)
    return Measured(rows)


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    port = served.free_port()
    app = served.gunicorn("benchmarks.relay_app:create_app()", port)
    command = [sys.executable, "-m", "benchmarks.relay_source"]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=served.ROOT, stdout=subprocess.PIPE, text=True) as source,
    ):
        try:
            url = source.stdout.readline().strip() if source.stdout else ""
            with served.served(app, port, "/healthz", BENCH_SOURCE=url, CUECARD_DATA_DIR=folder):
                yield Rig(url, port)
        finally:
            source.kill()


def read(wanted: dict[str, Any]) -> dict[str, Any]:
    """Run a reader in a process of its own and return what came of its flows.

    Raises:
        RuntimeError: if an event was lost, came twice, out of order or to another session.
    """
    command = [sys.executable, "-m", "benchmarks.relay_reader"]
    told: dict[str, Any] = json.loads(
        subprocess.run(
            command, cwd=served.ROOT, input=json.dumps(wanted), stdout=subprocess.PIPE,
            text=True, check=True,
        ).stdout
    )  # fmt: skip
    wrong = {name: told[name] for name in ("lost", "twice", "crossed", "unordered")}
    if any(wrong.values()):
        raise RuntimeError(f"not every event came once and in order: {wrong}")
    return told


def warm(told: dict[str, Any]) -> list[float]:
    times: list[float] = told["ms"]
    return times[int(len(times) * WARM_UP) :]


def latency_rows(ours: Rig, rate: int) -> list[Row]:
    flows = [("text", 1, rate, int(rate * FLOW_S))]
    direct: list[float] = []
    relayed: list[float] = []
    added: dict[str, list[float]] = {"median": [], "p95": []}
    for _ in range(ROUNDS):
        alone, through = warm(ours.direct(flows)), warm(ours.relayed(flows))
        direct, relayed = direct + alone, relayed + through
        added["median"].append(statistics.median(through) - statistics.median(alone))
        added["p95"].append(p95(through) - p95(alone))
    typical = {name: statistics.median(values) for name, values in added.items()}
    kept = all(typical[name] <= most for name, most in MOST_ADDED_MS.items())
    goal = f"{'✓' if kept else '✗'} at most 0.5 ms, p95 1 ms"
    return [
        Row(
            f"From source to reader, {rate:,} events/s",
            *median_and_p95(relayed),
            "WebSocket client",
            *median_and_p95(direct),
        ),
        Row(f"Added, {rate:,} events/s", ms(typical["median"]), ms(typical["p95"]), goal=goal),
    ]


def flood_row(ours: Rig) -> Row:
    flows = [("text", 1, 0, FLOOD_EVENTS)]
    direct, relayed = [], []
    for _ in range(ROUNDS):
        direct.append(FLOOD_EVENTS / ours.direct(flows)["seconds"])
        relayed.append(FLOOD_EVENTS / ours.relayed(flows)["seconds"])
    middle, against = statistics.median(relayed), statistics.median(direct)
    return Row(
        f"Flood of {FLOOD_EVENTS:,} events, none lost",
        f"{middle:,.0f}/s",
        f"{min(relayed):,.0f}/s",
        "WebSocket client",
        f"{against:,.0f}/s",
        f"{min(direct):,.0f}/s",
        f"{middle / against:.2f}",
        verdict(middle, at_least=LEAST_PER_S),
    )


def memory_row(ours: Rig) -> Row:
    """Tell how much the app grows with sessions that are open and watched, and where nothing is."""
    flows = [("text", 1, 10, 10)]
    grown = []
    for idle in (IDLE_BEFORE, IDLE):
        reading = threading.Thread(target=ours.relayed, args=(flows, idle))
        reading.start()
        largest = 0
        while reading.is_alive():
            largest = max(largest, resident_bytes(ours.port))
            time.sleep(0.05)
        reading.join()
        grown.append(largest)
    each_kib = (grown[1] - grown[0]) / (IDLE - IDLE_BEFORE) / KIB
    goal = verdict(each_kib, at_most=MOST_KIB)
    return Row("Memory of an idle session with its viewer", f"{each_kib:.0f} KiB", goal=goal)


def resident_bytes(port: int) -> int:
    """Return what the processes that serve the port hold in memory."""
    total = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and f":{port}\0".encode() in (folder / "cmdline").read_bytes():
                total += int((folder / "statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE")


def growth_rows(ours: Rig) -> list[Row]:
    rows, medians = [], {}
    for count in SESSIONS:
        rate = 1_000 // count
        times = warm(
            ours.relayed([("text", tag, rate, int(rate * FLOW_S)) for tag in range(count)])
        )
        medians[count] = statistics.median(times)
        label = f"1,000 events/s over {count} session{'s' * (count > 1)}"
        rows.append(Row(label, *median_and_p95(times)))
    rows.append(Row("Growth exponent, sessions", f"{growth(medians):.2f}"))
    return rows


def beside_previews(ours: Rig) -> list[Row]:
    """Relay 1,000 events a second while someone types, and each of them alone."""
    form = form_of(served.post(ours.port, f"{PATH}/raw", text_to_post(event_of_forty())))
    request = served.raw_request(ours.port, f"{PATH}/preview", urlencode(form).encode())
    flows = [("text", 1, 1_000, 4_000)]
    previews(ours.port, request, 0.5)
    alone = previews(ours.port, request, 3.0)
    relayed_alone = warm(ours.relayed(flows))
    together: list[float] = []
    reading = threading.Thread(target=lambda: together.extend(warm(ours.relayed(flows))))
    reading.start()
    time.sleep(1.0)  # until the reader has its session
    beside = previews(ours.port, request, 3.0)
    reading.join()
    return [
        Row(
            f"{PREVIEWS_PER_S} previews/s beside 1,000 events/s",
            *median_and_p95(beside),
            "without them",
            *median_and_p95(alone),
        ),
        Row(
            f"1,000 events/s beside {PREVIEWS_PER_S} previews/s",
            *median_and_p95(together),
            "without them",
            *median_and_p95(relayed_alone),
        ),
    ]


def previews(port: int, request: bytes, seconds: float) -> list[float]:
    """Ask for previews at an even pace; return the times in ms from when each was due."""
    times = []
    connection = Connection(port, request)
    begun = time.perf_counter()
    with contextlib.closing(connection.stream):
        for number in range(int(seconds * PREVIEWS_PER_S)):
            due = begun + number / PREVIEWS_PER_S
            time.sleep(max(due - time.perf_counter(), 0))
            connection.send(number)
            while connection.receive() is None:
                pass
            times.append((time.perf_counter() - due) * 1000)
    return times
