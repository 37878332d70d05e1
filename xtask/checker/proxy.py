"""A TCP proxy between clients and server that plants bugs: it changes whole WebSocket text frames, and answers over HTTP,
on their way.

It stands in for a server (or client) with that bug, so that the checker and the harness are seen to find it on a real
run."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Protocol

from web import Answer, read_answer

# The frames to pass on in place of this one: to the other side, and back to where it came from.
Passed = tuple[list[str], list[str]]


class Plant(Protocol):
    """A bug. One is made for each connection."""

    def __call__(self, from_client: bool, frame: dict, text: str) -> Passed:
        """Is asked for every text frame."""

    def answered(self, asked: str, answer: Answer) -> Answer:
        """Is asked for every answer over HTTP; what was asked is as in `GET /api/files/…`."""


class Proxy:
    """Listens on a port of its own."""

    def __init__(self, server_port: int, new_plant: Callable[[], Plant]) -> None:
        self._server_port = server_port
        self._new_plant = new_plant
        self._tasks: set[asyncio.Task] = set()

    async def start(self) -> int:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        upstream = None
        try:
            up_reader, upstream = await asyncio.open_connection("127.0.0.1", self._server_port)
            # The refusal of foreign hosts is not what is tested here: the server must see its own port.
            head = await reader.readuntil(b"\r\n\r\n")
            upstream.write(_with_host(head, self._server_port))
            if b"\r\nupgrade: websocket" not in head.lower():
                await self._relay(head, reader, writer, up_reader, upstream)
                return
            writer.write(await up_reader.readuntil(b"\r\n\r\n"))
            plant = self._new_plant()
            pumps = [
                asyncio.ensure_future(_pump(reader, upstream, writer, plant, True)),
                asyncio.ensure_future(_pump(up_reader, writer, upstream, plant, False)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, EOFError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side is gone, or the test is over
        finally:
            writer.close()
            if upstream is not None:
                upstream.close()


    async def _relay(
        self,
        head: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:
        """One request, whose body goes on as it comes, and its answer as a whole."""
        lines = head.decode("latin-1").split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        while length > 0:
            if not (piece := await reader.read(min(length, 1 << 16))):
                return
            upstream.write(piece)
            await upstream.drain()
            length -= len(piece)
        answer = self._new_plant().answered(lines[0].rsplit(" ", 1)[0], await read_answer(up_reader))
        told = f"HTTP/1.1 {answer.status} -\r\nContent-Length: {len(answer.body)}\r\nConnection: close\r\n\r\n"
        writer.write(told.encode() + answer.body)
        await writer.drain()


async def _pump(
    reader: asyncio.StreamReader,
    onward: asyncio.StreamWriter,
    back: asyncio.StreamWriter,
    plant: Plant,
    from_client: bool,
) -> None:
    while True:
        head, payload = await _read_frame(reader)
        frame = None
        if head[0] & 0x0F == 1:
            try:
                frame = json.loads(payload)
            except ValueError:
                frame = None
        if not isinstance(frame, dict):
            onward.write(_frame(head[0], payload, masked=from_client))
        else:
            forward, backward = plant(from_client, frame, payload.decode())
            for text in forward:
                onward.write(_frame(0x81, text.encode(), masked=from_client))
            for text in backward:
                back.write(_frame(0x81, text.encode(), masked=not from_client))
        await onward.drain()


async def _read_frame(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    mask = await reader.readexactly(4) if head[1] & 0x80 else bytes(4)
    payload = await reader.readexactly(length)
    return head, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def _frame(first: int, payload: bytes, masked: bool) -> bytes:
    length = len(payload)
    flag = 0x80 if masked else 0
    if length < 126:
        head = bytes([first, flag | length])
    elif length < 1 << 16:
        head = bytes([first, flag | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([first, flag | 127]) + length.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def _with_host(head: bytes, port: int) -> bytes:
    lines = head.split(b"\r\n")
    return b"\r\n".join(b"Host: 127.0.0.1:%d" % port if line.lower().startswith(b"host:") else line for line in lines)
