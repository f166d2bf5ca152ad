"""What the server takes: previews per second, the time of one by size of event, and its start."""

import gc
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks import served
from benchmarks.builder_page import PATH, form_of, last_item_of, text_to_post
from benchmarks.figures import Measured, Row, growth, median_and_p95, verdict
from benchmarks.sample_events import event_of_forty, event_of_items
from webapp import create_app

PREVIEW = f"{PATH}/preview"
CONNECTIONS = 4
ROUNDS = 5
ROUND_S = 5.0
SIZES = (1, 10, 100, 1000)
CALLS = 200  # of the smallest event; fewer of the larger ones
STARTS = 5


def throughput() -> Measured:
    """Compare previews of a forty-value event with a bare view, round by round, both warm."""
    port, bare_port = served.free_port(), served.free_port()
    with served.served(served.gunicorn("webapp:create_app()", port), port, "/healthz"):
        form = form_of(served.post(port, f"{PATH}/raw", text_to_post(event_of_forty())))
        size = len(served.post(port, PREVIEW, form).encode())
        body = urlencode(form).encode()
        bare = served.gunicorn("benchmarks.bare:create_app()", bare_port, "benchmarks.bare_conf")
        with served.served(bare, bare_port, "/", BENCH_BODY_BYTES=str(size)):
            ours = served.raw_request(port, PREVIEW, body)
            least = served.raw_request(bare_port, "/", body)
            load(port, ours, 1), load(bare_port, least, 1)
            rounds = [
                Round(load(port, ours, ROUND_S), load(bare_port, least, ROUND_S))
                for _ in range(ROUNDS)
            ]
    return Measured(throughput_rows(rounds))


@dataclass(frozen=True, slots=True)
class Round:
    """The time in ms of every request of one round, of Cuecard's and of the bare view's."""

    ours: list[float]
    bare: list[float]


def throughput_rows(rounds: Sequence[Round]) -> list[Row]:
    ratio = statistics.median(len(r.ours) / len(r.bare) for r in rounds)
    times = [time for r in rounds for time in r.ours]
    bare_times = [time for r in rounds for time in r.bare]
    return [
        Row(
            "Previews per second, 40 values",
            *rates([r.ours for r in rounds]),
            "bare Flask view",
            *rates([r.bare for r in rounds]),
            f"{ratio:.2f}",
            verdict(ratio, at_least=0.40),
        ),
        Row(
            f"Time of one, {CONNECTIONS} at once",
            *median_and_p95(times),
            "bare Flask view",
            *median_and_p95(bare_times),
            f"{statistics.median(times) / statistics.median(bare_times):.2f}",
        ),
    ]


def rates(rounds: Sequence[list[float]]) -> tuple[str, str]:
    """Return requests per second in the median round and in the slowest."""
    counts = [len(times) / ROUND_S for times in rounds]
    return f"{statistics.median(counts):.0f}/s", f"{min(counts):.0f}/s"


def load(port: int, request: bytes, seconds: float) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.load", str(port), str(CONNECTIONS), str(seconds)]
    done = subprocess.run(
        command, input=request, stdout=subprocess.PIPE, check=True, cwd=served.ROOT
    )
    times: list[float] = json.loads(done.stdout)
    return times


def preview_by_size() -> Measured:
    """Time the WSGI application alone, without socket or server, over sizes of event."""
    app = create_app()
    whole, block = {}, {}
    for size in SIZES:
        text = urlencode(text_to_post(event_of_items(size))).encode()
        form = form_of(call(app, f"{PATH}/raw", text)[1])
        calls = max(20, CALLS // size)
        whole[size] = call_times(app, PREVIEW, form, calls)
        block[size] = call_times(app, *last_item_of(form), calls)
    return Measured([*size_rows("Whole", whole), *size_rows("Block", block)])


def size_rows(measured: str, times: Mapping[int, Sequence[float]]) -> list[Row]:
    medians = {size: statistics.median(taken) for size, taken in times.items()}
    exponent = growth(medians)
    return [
        *(
            Row(
                f"{measured}, {size:,} item{'s' * (size > 1)}",
                *median_and_p95(times[size]),
                ratio=f"{median / medians[1]:.1f}",
            )
            for size, median in medians.items()
        ),
        Row(f"{measured}, growth exponent", f"{exponent:.2f}", goal=verdict(exponent, at_most=1.0)),
    ]


def call_times(app: Flask, path: str, form: Sequence[tuple[str, str]], calls: int) -> list[float]:
    body = urlencode(form).encode()
    call(app, path, body)
    gc.collect()
    return [call(app, path, body)[0] for _ in range(calls)]


def call(app: Flask, path: str, body: bytes) -> tuple[float, str]:
    """Post the body to the application; return the time in ms and the answer's text."""
    environ = EnvironBuilder(
        path,
        method="POST",
        base_url="http://127.0.0.1:8000",
        headers=list(served.headers_of_a_page(8000).items()),
        input_stream=io.BytesIO(body),
        content_length=len(body),
    ).get_environ()
    statuses: list[str] = []

    def start_response(
        status: str, headers: Any, exc_info: Any = None
    ) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda written: None

    begun = time.perf_counter()
    answer = b"".join(app(environ, start_response))
    taken = (time.perf_counter() - begun) * 1000
    if not statuses[-1].startswith("200 "):
        raise RuntimeError(f"{path} answered {statuses[-1]}: {answer[:500].decode()}")
    return taken, answer.decode()


def start() -> Measured:
    """Time `cuecard run` from its being called to its first page, with warm file caches."""
    times = [start_once() * 1000 for _ in range(STARTS + 1)][1:]
    goal = verdict(max(times) / 1000, at_most=3)
    return Measured([Row("Start to first page", *median_and_p95(times), goal=f"{goal} s")])


def start_once() -> float:
    port = served.free_port()
    with served.served(run_command(port), port, PATH) as seconds:
        return seconds


def run_command(port: int) -> list[str]:
    """Return the command that runs Cuecard on the port."""
    return [str(Path(sys.executable).with_name("cuecard")), "run", "--port", str(port)]
