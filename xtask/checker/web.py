"""An HTTP client over asyncio's streams: one request to a connection, and nothing shared with the server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from wire import Closed

# Longer than an upload waits for an earlier request that was broken off (10 s).
PATIENCE = 20.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)


async def request(
    port: int,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    cut: int | None = None,
) -> Answer:
    """Asks, and gives the answer. With `cut` only so many bytes of the body are sent, and then the link breaks. Every
    failure of the link is `Closed`, also where the answer is shorter than it says."""
    writer = None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in {"Content-Length": len(body), **(headers or {})}.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body[:cut])
            await writer.drain()
            if cut is not None:
                raise Closed
            return await read_answer(reader)
    except (OSError, EOFError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
        raise Closed from error
    finally:
        if writer is not None:
            writer.close()


async def ask(port: int, method: str, path: str, token: str, said: dict | None = None) -> Answer:
    """Asks as whoever has this token, in JSON."""
    headers = {"Authorization": f"Bearer {token}"}
    if said is None:
        return await request(port, method, path, headers=headers)
    return await request(port, method, path, json.dumps(said).encode(), headers | {"Content-Type": "application/json"})


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The answer on a connection that is closed after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(head[0].split(" ")[1]), body)
