"""A WebSocket connection that gives messages in batches: plain text frames cost it little."""

import asyncio
from typing import TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, CloseCode, Frame, Opcode
from websockets.protocol import Event
from websockets.protocol import State as SocketState

HEAD_END = b"\r\n\r\n"
WHOLE_TEXT = 0x81  # the first byte of a text frame that is a message by itself, as nearly all are
SIZE_BYTES = {126: 2, 127: 8}
MAX_WAITING_BYTES = 256 * 1024
MAX_FRAGMENTS = 16 * 1024

Message: TypeAlias = "str | bytes"


class BatchingConnection(ClientConnection):
    """Reads unfragmented text frames itself and leaves all other bytes to the library.

    The library's parser costs ten times as much per frame. It is given every other frame from its
    first byte to its last, so it is always known where the next one begins; what it does with
    them (pings, closing, fragments, violations) and how the connection ends stays as it is.
    """

    _head = b""  # the last bytes of the handshake's answer so far
    _rest = b""  # the beginning of a frame that nobody has read
    _owed = 0  # bytes of a frame that the library has begun to read
    _waiting_bytes = 0
    _arrival: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._messages: list[Message] = []
        self._fragments: list[Frame] = []
        super().connection_made(transport)

    async def batch(self) -> list[Message]:
        """Return the messages that have arrived since, in order and at least one.

        Raises:
            ConnectionClosed: when the connection has ended and all messages were given.
        """
        while not self._messages:
            if self.connection_lost_waiter.done():
                await self.recv()  # which says how it ended
            self._arrival = self.loop.create_future()
            await self._arrival
        messages, self._messages = self._messages, []
        self._waiting_bytes = 0
        self.transport.resume_reading()
        return messages

    def data_received(self, data: bytes) -> None:
        self._waiting_bytes += len(data)
        if self.response is None:
            data = self._shake_hands(data)
        if self._owed:
            data = self._pay(data)
        if data and self.protocol.state is SocketState.OPEN:
            data = self._scan(self._rest + data if self._rest else data)
            self._rest = b""
        if self.protocol.state is SocketState.OPEN:
            self._rest += data
        elif data or self._rest:
            super().data_received(self._rest + data)
            self._rest = b""
        if self._messages:
            self._wake()
            if self._waiting_bytes >= MAX_WAITING_BYTES:
                self.transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wake()

    def process_event(self, event: Event) -> None:
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
            return
        self._fragments.append(event)
        if event.fin:
            frames, self._fragments = self._fragments, []
            message = b"".join(frame.data for frame in frames)
            try:
                text = frames[0].opcode is Opcode.TEXT
                self._messages.append(message.decode() if text else message)
            except UnicodeDecodeError as error:
                self._fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
        elif len(self._fragments) >= MAX_FRAGMENTS:
            self._fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")

    def _shake_hands(self, data: bytes) -> bytes:
        """Give the library the answer to the handshake, and return what comes behind it."""
        seen = self._head + data
        end = seen.find(HEAD_END)
        size = len(data) if end < 0 else end + len(HEAD_END) - len(self._head)
        self._head = seen[1 - len(HEAD_END) :]
        super().data_received(data[:size])
        return data[size:]

    def _pay(self, data: bytes) -> bytes:
        """Give the library what belongs to the frame it reads, and return the rest."""
        due = data[: self._owed]
        self._owed -= len(due)
        super().data_received(due)
        return data[len(due) :]

    def _scan(self, data: bytes) -> bytes:
        """Read frame by frame, and return the beginning of one whose size is not known yet."""
        at, end = 0, len(data)
        while self.protocol.state is SocketState.OPEN:
            if self.protocol.current_size is None:  # no text may stand between fragments of another
                at = self._read_texts(data, at)
            if end - at < 2:
                break
            size = data[at + 1]
            head = 2 + SIZE_BYTES.get(size, 0)
            if end - at < head:
                break
            if size in SIZE_BYTES:
                size = int.from_bytes(data[at + 2 : at + head], "big")
            stop = min(at + head + size, end)
            self._owed = at + head + size - stop
            super().data_received(data[at:stop])
            at = stop
        return data[at:]

    def _read_texts(self, data: bytes, at: int) -> int:
        """Take whole text frames from ``at`` on, and return where something else begins."""
        end, add = len(data), self._messages.append
        while end - at > 4 and data[at] == WHOLE_TEXT:
            start, size = at + 2, data[at + 1]
            if size == 126:
                start, size = at + 4, data[at + 2] << 8 | data[at + 3]
            elif size > 126:
                break
            stop = start + size
            if stop > end:
                break
            try:
                add(data[start:stop].decode())
            except UnicodeDecodeError:
                break  # the library says what is wrong with it
            at = stop
        return at

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.protocol.fail(code, reason)
        self.send_data()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
