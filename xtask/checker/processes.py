"""The real programs under test: the server, and the terminal client in its three forms."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import random
import signal
import socket
import struct
import termios
import urllib.error
import urllib.request
from pathlib import Path

from clients import Journal
from records import Ack, Event, View


# `chat-tui send` was not answered in time: its line may be stored or not.
_LATE = 3


class Server:
    """`chat-server` on one port and one data directory, over its deaths."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "data"
        self.port = _free_port()
        self._log = directory / "server.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it and waits until it says that it is well."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                os.environ["CHAT_SERVER"],
                *("--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.directory), "--no-rate-limits"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(self._is_well):
                if self._process.returncode is not None:
                    raise RuntimeError(f"the server ended at its start: {self.log_end()}")
                await asyncio.sleep(0.02)

    def _is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    async def kill(self) -> None:
        """As `kill -9` does it. That the server has died by itself before is a failure of its own."""
        if self._process.returncode is not None:
            raise RuntimeError(f"the server died by itself with {self._process.returncode}: {self.log_end()}")
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Asks it to end, and gives its exit code."""
        self._process.terminate()
        async with asyncio.timeout(20):
            return await self._process.wait()

    async def abandon(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def log_end(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Terminal:
    """What the three forms of `chat-tui` share: a home of their own."""

    def __init__(self, name: str, directory: Path, port: int, room: str) -> None:
        self.name, self.room, self.port = name, room, port
        home = directory / name
        home.mkdir()
        self._errors = directory / f"{name}.log"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
            self.environment[f"XDG_{kind}_HOME"] = str(home / kind.lower())

    def command(self, *words: str) -> list[str]:
        url = f"http://127.0.0.1:{self.port}"
        return [os.environ["CHAT_TUI"], "--url", url, "--name", self.name, "--room", self.room, *words]

    async def spawn(self, *words: str, output: int) -> asyncio.subprocess.Process:
        with self._errors.open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *self.command(*words),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                limit=1 << 20,
            )


class Tail(Terminal):
    """`chat-tui tail --json`: a complete view of one room."""

    def __init__(self, name: str, directory: Path, port: int, room: str) -> None:
        super().__init__(name, directory, port, room)
        self.view = View(name, True, (room,))

    def cursor(self, room: str) -> int:
        return self.view.shown[-1].seq if self.view.shown else 0

    async def live(self) -> None:
        process = await self.spawn("tail", "--json", "--since", "start", output=asyncio.subprocess.PIPE)
        try:
            while line := await process.stdout.readline():
                event = json.loads(line)
                if event["type"] == "message":
                    seen = Event(event["room"], event["seq"], event["id"], event["user"], event["message"])
                    self.view.shown.append(seen)
            raise RuntimeError(f"{self.name} ended by itself: {self._errors.read_text()[-500:]}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


class Sender(Terminal):
    """`chat-tui send`, again and again: each tells only whether its line is stored."""

    def __init__(self, name: str, directory: Path, port: int, room: str, journal: Journal) -> None:
        super().__init__(name, directory, port, room)
        self._journal = journal

    async def write(self, traffic: asyncio.Event) -> None:
        while True:
            await traffic.wait()
            attempt = self._journal.attempt(self.name, self.room, named=False)
            process = await self.spawn("send", "--timeout", "60", "--", attempt.body, output=asyncio.subprocess.DEVNULL)
            try:
                code = await process.wait()
                if code == 0:
                    self._journal.acks.append(Ack(self.name, self.room, attempt.body))
                elif code != _LATE:
                    raise RuntimeError(f"{self.name} ended with {code}: {self._errors.read_text()[-500:]}")
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            await asyncio.sleep(0.05)


class Typist(Terminal):
    """The chat itself in a pseudo-terminal. What is typed and entered is in its outbox: it must get there."""

    ROWS, COLUMNS = 40, 120

    def __init__(self, name: str, directory: Path, port: int, room: str, journal: Journal) -> None:
        super().__init__(name, directory, port, room)
        self._journal = journal
        self._luck = random.Random(journal.luck.random())
        self._process: asyncio.subprocess.Process | None = None
        self._screen = bytearray()
        self._master = -1

    async def start(self) -> None:
        """Opens the chat and waits until it has drawn itself with the room's name."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.ROWS, self.COLUMNS, 0, 0))
        with self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *self.command(), env=self.environment, stdin=slave, stdout=slave, stderr=errors, start_new_session=True
            )
        os.close(slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        async with asyncio.timeout(30):
            while self.room.encode() not in self._screen:
                await asyncio.sleep(0.05)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
            return
        self._screen += data
        del self._screen[: -(1 << 18)]
        # It may ask what terminal this is, and wait for the answer.
        if b"\x1b[c" in data or b"\x1b[0c" in data:
            os.write(self._master, b"\x1b[?62;c")

    async def write(self, traffic: asyncio.Event) -> None:
        while True:
            await traffic.wait()
            await asyncio.sleep(self._luck.uniform(0.1, 0.4))
            if not traffic.is_set():
                continue
            attempt = self._journal.attempt(self.name, self.room, named=False)
            # Only what a line of the composer holds as it is.
            body = attempt.body.split("\n")[0]
            self._journal.attempts[-1] = type(attempt)(attempt.sender, attempt.room, None, body)
            self._journal.promised.add(body)
            os.write(self._master, b"\x1b[200~" + body.encode() + b"\x1b[201~")
            await asyncio.sleep(0.05)
            os.write(self._master, b"\r")

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            return await self._process.wait()

    async def abandon(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
