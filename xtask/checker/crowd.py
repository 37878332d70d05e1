"""A crowd that keeps the server busy while others are watched: many readers, and a few who never stop talking.

    python3 -m crowd PORT READERS SPEAKERS

All are plain connections in the room `crowd`. Nothing that they see is looked at. Whoever loses its connection comes
back, so the server is as busy soon after a kill as it was before. Ends when its standard input does.
"""

from __future__ import annotations

import base64
import os
import select
import socket
import sys

ROOM = "crowd"
_BATCH = 16
_TEXT = b"x" * 100
_MASKED = bytes([0x81, 0x80 | len(_TEXT)]) + bytes(4) + _TEXT


def _connect(port: int) -> socket.socket | None:
    try:
        link = socket.create_connection(("127.0.0.1", port), timeout=5)
        key = base64.b64encode(os.urandom(16)).decode()
        link.sendall(
            f"GET /ws?room={ROOM} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        if not link.recv(4096).startswith(b"HTTP/1.1 101"):
            return None
        link.setblocking(False)
        return link
    except OSError:
        return None


def main(port: int, readers: int, speakers: int) -> None:
    links: dict[int, socket.socket] = {}
    speaking: set[int] = set()
    unsaid: dict[int, bytes] = {}
    poll = select.epoll()
    poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)

    def lose(number: int) -> None:
        speaking.discard(number)
        unsaid.pop(number, None)
        links.pop(number).close()

    while True:
        # A few at a time, so that those who are there go on meanwhile.
        for _ in range(min(16, readers + speakers - len(links))):
            if (link := _connect(port)) is None:
                break
            links[link.fileno()] = link
            poll.register(link.fileno(), select.EPOLLIN)
            if len(speaking) < speakers:
                speaking.add(link.fileno())
        for number in list(speaking):
            # What of a frame was not taken goes first the next time.
            rest = unsaid.get(number, b"")
            said = rest + _MASKED * _BATCH
            try:
                sent = links[number].send(said)
                unsaid[number] = said[sent : sent + (len(rest) - sent) % len(_MASKED)]
            except BlockingIOError:
                pass
            except OSError:
                lose(number)
        for number, _ in poll.poll(0.02):
            if number == sys.stdin.fileno():
                return
            try:
                if not links[number].recv(1 << 18):
                    lose(number)
            except BlockingIOError:
                pass
            except OSError:
                lose(number)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
