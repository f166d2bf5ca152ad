"""Templates compiled once for all applications of a test run: every test makes its own one."""

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Compiled(BytecodeCache):
    """Compiled templates by name and content, as long as the process lives."""

    def __init__(self) -> None:
        self._code: dict[str, object] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)  # type: ignore[assignment]

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key + bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def share_compiled(app: Flask) -> Flask:
    """Let an application use what others of this process have compiled."""
    app.jinja_env.bytecode_cache = _COMPILED
    return app
