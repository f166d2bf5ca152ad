"""The answer to a handshake: no more of it is read than is told, whatever the server sends."""

import re

from webapp.sessions.batches import BatchingConnection

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 16 * 1024

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_WAIT = re.compile(rb"(?i)\nretry-after:[ \t]*([0-9]{1,5})[ \t]*\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class HandshakeRefused(Exception):  # noqa: N818  # it says what the server did
    """The server answered with a status other than that of a WebSocket."""

    def __init__(self, status: int, wait_s: str, body: bytes) -> None:
        """Keep the status, after how many seconds to come again, and the body's beginning."""
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.wait_s = wait_s
        self.body = body
        self.said = ""


class Handshake(BatchingConnection):
    """Hangs up on an answer that is none, or that goes on for longer than anybody reads."""

    _answer = b""

    def data_received(self, data: bytes) -> None:
        if self.response is not None:
            super().data_received(data)
            return
        self._answer += data[: MAX_HEAD_BYTES + MAX_BODY_BYTES - len(self._answer)]
        super().data_received(data)
        # The library waits for the peer to close, which it may never do.
        if self.response is None and (self.protocol.handshake_exc is not None or self._is_enough()):
            self.transport.abort()

    def refusal(self) -> HandshakeRefused | None:
        """Return what the server answered, if it was no WebSocket; None for what is no answer."""
        found = _STATUS.match(self._answer)
        if found is None or found[1] == b"101":
            return None
        end = _HEAD_END.search(self._answer)
        head = self._answer[: end.end()] if end else self._answer
        wait = _WAIT.search(head)
        return HandshakeRefused(
            int(found[1]), wait[1].decode() if wait else "", self._answer[len(head) :]
        )

    def _is_enough(self) -> bool:
        end = _HEAD_END.search(self._answer)
        size = len(self._answer)
        return size - end.end() >= MAX_BODY_BYTES if end else size >= MAX_HEAD_BYTES
