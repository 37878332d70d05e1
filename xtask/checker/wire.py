"""A WebSocket client over asyncio's streams: just enough of RFC 6455 to talk to the server, and nothing shared with it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
# Longer than the server stays silent (10 s); a client gives a link up after this.
PATIENCE = 20.0


class Closed(Exception):
    """The connection is over; `code` is the close code if the server gave one."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket:
    """A connected WebSocket. Every failure of the link is `Closed`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @staticmethod
    async def connect(port: int, path: str = "/ws", protocol: str | None = None) -> Socket:
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                socket = Socket(reader, writer)
                try:
                    await socket._shake_hands(port, path, protocol)
                except BaseException:
                    writer.close()
                    raise
                return socket
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Closed from error

    async def _shake_hands(self, port: int, path: str, protocol: str | None) -> None:
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
        ]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: {protocol}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        wanted = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode().lower()
        if not head[0].startswith("HTTP/1.1 101") or headers.get("sec-websocket-accept") != wanted:
            raise Closed
        if headers.get("sec-websocket-protocol") != protocol:
            raise Closed

    async def send(self, text: str) -> None:
        await self._write(_TEXT, text.encode())

    async def _write(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | opcode, 0x80 | length])
        elif length < 1 << 16:
            head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + length.to_bytes(8, "big")
        mask = os.urandom(4)
        try:
            self._writer.write(head + mask + _masked(payload, mask))
            await self._writer.drain()
        except (OSError, RuntimeError) as error:
            raise Closed from error

    async def receive(self) -> str | bytes:
        """The next message. Pings are answered on the way."""
        parts: list[bytes] = []
        kind = 0
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    final, opcode, payload = await self._frame()
            except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
                raise Closed from error
            if opcode == _CLOSE:
                self.drop()
                raise Closed(int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None)
            if opcode == _PING:
                await self._write(_PONG, payload)
            elif opcode != _PONG:
                kind = opcode or kind
                parts.append(payload)
                if final:
                    whole = b"".join(parts)
                    return whole.decode() if kind == _TEXT else whole

    async def _frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._reader.readexactly(2)
        if first & 0x70 or second & 0x80:
            raise Closed  # reserved bits, or a masked frame from a server
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self._reader.readexactly(8), "big")
        return bool(first & 0x80), first & 0x0F, await self._reader.readexactly(length)

    def drop(self) -> None:
        """Lets go of the connection without ceremony."""
        self._writer.close()


def _masked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
