"""Kills the server again and again under load, then has the checker judge what everybody saw.

    python3 -m harness --rounds 20 --seed 7

CHAT_SERVER and CHAT_TUI name the programs. Clients of all kinds talk in two rooms: `chat.v1` clients of our own (raw,
journalled; in a room of their own they also edit, react, upload files and delete), plain-mode clients, `chat-tui send` processes, `chat-tui tail` recorders and the chat itself in a
pseudo-terminal. Each round is 0.2 to 1.5 seconds of traffic, `kill -9`, and a restart on the same directory; everybody
reconnects by their own means. At the end traffic stops, everybody catches up, and the records go to `checker.check`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import checker
import crowd
import database
import leftovers
from clients import ChatClient, Journal, PlainClient, read_pages, search
from processes import Sender, Server, Tail, Typist
from records import Records, Searched, Store, word
from uploads import fetch
from wire import Socket

ROOMS = ("lobby", "ops")
# Where messages are also changed; only clients that note changes are in it.
BOARD = "board"
# Longer than the terminal client's longest wait between two attempts to reconnect (30 s).
PATIENCE = 45.0
# Seconds after a start within which nothing is left of what was taken out.
SWEPT = 15.0


class Run:
    """One run: the server, its clients, their journal. Given another port, raw clients go there (through a proxy)."""

    def __init__(self, directory: Path, luck: random.Random, terminals: bool, crowd_size: int = 0) -> None:
        self.luck = luck
        self._crowd_size = crowd_size
        self._crowd: asyncio.subprocess.Process | None = None
        self.journal = Journal(luck)
        self.server = Server(directory)
        self._directory = directory
        self._terminals = terminals
        self._traffic = asyncio.Event()
        self._tasks: list[asyncio.Task] = []
        self._typists: list[Typist] = []
        # Tests of the test damage the data directory here, after a kill and after the last start.
        self.meddle: Callable[[str, Path], None] = lambda when, data: None

    async def begin(self, port: int | None = None) -> None:
        """Starts everything; all complete views are in their rooms before anybody speaks."""
        await self.server.start()
        await self._make_room(ROOMS[1])
        await self._make_room(BOARD)
        raw = self._raw = port or self.server.port
        pairs = [("writer-a", 40.0), ("writer-b", 40.0), ("writer-c", 25.0), ("reader-a", 0.0), ("reader-b", 0.0)]
        self.chats = [ChatClient(name, raw, (*ROOMS, BOARD), self.journal, pace, BOARD) for name, pace in pairs]
        self.plains = [
            PlainClient("plain-a", raw, ROOMS[0], self.journal, 10.0),
            PlainClient("plain-b", raw, ROOMS[1], self.journal, 10.0),
            PlainClient("plain-c", raw, ROOMS[0], self.journal),
        ]
        self.tails: list[Tail] = []
        senders: list[Sender] = []
        if self._terminals:
            own = self.server.port
            self.tails = [Tail(f"tail-{room}", self._directory, own, room) for room in ROOMS]
            senders = [Sender(f"sender-{room}", self._directory, own, room, self.journal) for room in ROOMS]
            self._typists = [Typist("typist", self._directory, own, ROOMS[0], self.journal)]
            for typist in self._typists:
                await typist.start()
        for client in [*self.chats, *self.plains, *self.tails]:
            self._spawn(client.live())
        async with asyncio.timeout(30):
            await asyncio.gather(*(client.ready.wait() for client in [*self.chats, *self.plains]))
        if self._crowd_size:
            await self._make_room(crowd.ROOM)
            await self._gather_crowd()
        writers = [client for client in [*self.chats, *self.plains] if client._pace]
        uploaders = [client.uploader for client in self.chats if client._pace]
        for writer in [*writers, *uploaders, *senders, *self._typists]:
            self._spawn(writer.write(self._traffic))
        self._spawn(self._fetch(raw))

    def _spawn(self, work) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _fetch(self, port: int) -> None:
        """Fetches one file after the other that somebody uploads or has uploaded."""
        while True:
            await self._traffic.wait()
            await asyncio.sleep(0.02)
            if files := list(self.journal.shelf.uploads):
                await fetch(port, self.luck.choice(files), self.journal.shelf, self.journal.tick)

    async def _gather_crowd(self) -> None:
        here = Path(__file__).parent
        arguments = [str(here / "crowd.py"), str(self.server.port), str(self._crowd_size), "8"]
        pipe = asyncio.subprocess.PIPE
        self._crowd = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=pipe)

    async def _dismiss_crowd(self) -> None:
        if self._crowd is not None:
            self._crowd.stdin.close()
            if (code := await self._crowd.wait()) != 0:
                raise RuntimeError(f"the crowd ended with {code}")
            self._crowd = None

    async def _make_room(self, room: str) -> None:
        socket = await Socket.connect(self.server.port, protocol="chat.v1")
        await socket.send(json.dumps({"type": "hello", "client": "harness/1", "conn": "maker"}))
        await socket.send(json.dumps({"type": "create", "ref": 1, "room": room}))
        while json.loads(await socket.receive()).get("type") != "ok":
            pass
        socket.drop()

    async def talk(self, seconds: float) -> None:
        self._traffic.set()
        await asyncio.sleep(seconds)
        self.check_tasks()

    def check_tasks(self) -> None:
        """A client that has ended has failed; that is told at once."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def kill_and_restart(self) -> float:
        """Kills the server; gives the seconds that the next one needed to be well."""
        await self.server.kill()
        self.meddle("killed", self.server.directory)
        self.journal.shelf.look(self.server.directory)
        begin = time.monotonic()
        await self.server.start()
        return time.monotonic() - begin

    async def settle(self, patience: float = PATIENCE) -> None:
        """Traffic stops; waits until all are acknowledged and have caught up, for as long as the patience lasts."""
        self._traffic.clear()
        await self._dismiss_crowd()
        begin = time.monotonic()
        views = [*self.chats, *self.tails]
        quiet_since, before = begin, -1
        while time.monotonic() - begin < patience:
            self.check_tasks()
            now = time.monotonic()
            heads = {room: max(view.cursor(room) for view in self.chats) for room in (*ROOMS, BOARD)}
            total = sum(heads.values())
            if total != before:
                quiet_since, before = now, total
            for client in views:
                behind = any(client.cursor(room) < heads[room] for room in client.view.rooms)
                client.view.converged = None if behind else client.view.converged or now - begin
            done = all(client.view.converged is not None for client in views)
            shown = {event.body for event in self.chats[-1].view.shown}
            unsaid = self.journal.promised - shown
            # A sender that is still waiting for its answer may yet make one more event.
            if done and not unsaid and all(chat.idle for chat in self.chats) and now - quiet_since > 1.0:
                return
            await asyncio.sleep(0.05)

    async def end(self, patience: float = PATIENCE) -> Records:
        """Stops everything and gives the records."""
        for typist in self._typists:
            if (code := await typist.stop()) != 0:
                raise RuntimeError(f"the chat in the terminal ended with {code}")
        await self._cancel()
        journal, raw = self.journal, self._raw
        pages = await read_pages(raw, BOARD, self.luck.randint(1, 200))
        for file in journal.shelf.uploads:
            await fetch(raw, file, journal.shelf, journal.tick)
        await self._stop()
        store = database.read(self.server.directory, (*ROOMS, BOARD), journal.body_of)
        # What a server that was killed left behind is swept up by the next one, soon after its start.
        rows, waiting = database.files(self.server.directory)
        await self.server.start()
        searched = await self._search(raw, store)
        self.meddle("started", self.server.directory)
        words = leftovers.words(store, BOARD)
        disk = await leftovers.look(self.server.directory, rows, waiting, words, min(patience, SWEPT))
        await self._stop()
        views = [client.view for client in [*self.chats, *self.plains, *self.tails]]
        for view in views:
            last = {room: max((event.seq for event in view.shown if event.room == room), default=0) for room in view.rooms}
            # Whoever is as far as all others, and not as far as the store, has not caught up.
            if any(last[room] < store.heads[room] for room in view.rooms):
                view.converged = None
        return Records(
            journal.attempts,
            journal.acks,
            journal.connections,
            views,
            store,
            journal.promised,
            journal.refused,
            pages,
            patience,
            journal.shelf.uploads,
            journal.shelf.answered,
            journal.shelf.survived,
            journal.shelf.fetched,
            searched,
            disk,
        )

    async def _stop(self) -> None:
        if (code := await self.server.stop()) != 0:
            raise RuntimeError(f"the server ended with {code}: {self.server.log_end()}")

    async def _search(self, port: int, store: Store) -> list[Searched]:
        """Searches for some of what stands on the board and some of what does not, each by its own word."""
        targets = {change.target for change in store.changes}
        changes = {change.seq for change in store.changes}
        board = [event for event in store.events if event.room == BOARD]
        gone = {event.seq: word(event.body) for event in board if event.gone and event.seq in targets}
        said = {event.seq: word(event.body) for event in board if event.seq not in targets | changes}
        some = [*self._some(gone, 30), *self._some(said, 10)]
        return await search(port, BOARD, dict(some))

    def _some(self, of: dict[int, str], most: int) -> list[tuple[int, str]]:
        return self.luck.sample(sorted(of.items()), min(most, len(of)))

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def abandon(self) -> None:
        await self._cancel()
        if self._crowd is not None and self._crowd.returncode is None:
            self._crowd.kill()
        for process in [*self._typists, self.server]:
            await process.abandon()

    def keep(self) -> Path:
        """Saves what the programs have on disk from being removed, for whoever looks into a failure."""
        return Path(shutil.copytree(self._directory, tempfile.mkdtemp(prefix="chat-kill-failed-"), dirs_exist_ok=True))


@contextlib.asynccontextmanager
async def new_run(luck: random.Random, terminals: bool, crowd_size: int = 0):
    with tempfile.TemporaryDirectory(prefix="chat-kill-") as directory:
        run = Run(Path(directory), luck, terminals, crowd_size)
        try:
            yield run
        finally:
            await run.abandon()


async def torture(rounds: int, seed: int, crowd_size: int) -> list[checker.Violation]:
    luck = random.Random(seed)
    begin = time.monotonic()
    async with new_run(luck, terminals=True, crowd_size=crowd_size) as run:
        await run.begin()
        slowest = 0.0
        for number in range(1, rounds + 1):
            seconds = luck.uniform(0.2, 1.5)
            await run.talk(seconds)
            slowest = max(slowest, await run.kill_and_restart())
            print(f"kill {number}: after {seconds:.2f} s, {len(run.journal.attempts)} attempts so far", flush=True)
        await run.talk(0.5)
        await run.settle()
        records = await run.end()
        violations = checker.check(records)
        if violations:
            print(f"databases, outboxes and logs are kept in {run.keep()}")
    print(f"{rounds} kills in {time.monotonic() - begin:.0f} s, slowest start {slowest:.2f} s")
    print(checker.summary(records))
    waits = [f"{view.name} {view.converged:.1f}" for view in records.views if view.converged is not None]
    print(f"seconds to catch up at the end: {', '.join(waits)}")
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(description="The kill test.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--crowd", type=int, default=0, help="so many more connections keep the server busy")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    violations = asyncio.run(torture(options.rounds, options.seed, options.crowd))
    for violation in violations[:40]:
        print(violation)
    if len(violations) > 40:
        print(f"… and {len(violations) - 40} more")
    print(f"{len(violations)} violations, seed {options.seed}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
