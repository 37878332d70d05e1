"""The harness's own clients: they keep journals of what they tried, what they were told and what they saw."""

from __future__ import annotations

import asyncio
import json
import random
from collections import OrderedDict

from records import Ack, Attempt, Connection, Event, Searched, Shown, View, deletion, reaction
from uploads import Shelf, Uploader
from wire import Closed, Socket

# Bodies hold what is easily damaged on the way: several scripts, joined emoji, quotes, backslashes, line ends.
_SPICE = ["plain", "żółć", "李雷", "👩\u200d👩\u200d👧", '"quoted"', "back\\slash", "two\nlines", "</b>&amp;", "\u05d0\u05d1"]
_EMOJI = ["👍", "🎉", "👩\u200d🚀"]
# So many unanswered messages a writer has at most, as a person's client would after a while offline.
_WINDOW = 24


class Journal:
    """What all clients of a run note down."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.attempts: list[Attempt] = []
        self.acks: list[Ack] = []
        self.connections: list[Connection] = []
        self.refused: set[str] = set()
        self.promised: set[str] = set()
        self.shelf = Shelf()
        self._numbers: dict[str, int] = {}
        self._bodies: dict[str, str] = {}
        self._clock = 0

    def attempt(
        self,
        sender: str,
        room: str,
        named: bool,
        reacts: tuple | None = None,
        files: tuple[str, ...] = (),
        takes_out: int | None = None,
    ) -> Attempt:
        """Something new to say, a text or a reaction (an emoji, whether it is put on, and to which message) or a deletion.
        The second word of a text is in no other."""
        number = self._numbers[sender] = self._numbers.get(sender, 0) + 1
        identity = f"{sender}-{number:06d}-{self.luck.getrandbits(40):010x}" if named else None
        if identity and reacts:
            body = reaction(identity, *reacts)
        elif identity and takes_out is not None:
            body = deletion(identity, takes_out)
        else:
            words = [f"zq{self.luck.getrandbits(64):016x}", *self.luck.choices(_SPICE, k=self.luck.randint(1, 12))]
            body = f"{sender}-{number:06d} {' '.join(words)}"
        attempt = Attempt(sender, room, identity, body, files, takes_out, self.tick())
        self.attempts.append(attempt)
        self._bodies[identity or ""] = body
        return attempt

    def tick(self) -> int:
        """A moment later than all before."""
        self._clock += 1
        return self._clock

    def body_of(self, identity: str) -> str:
        """What was said by this id; nothing where nobody did."""
        return self._bodies.get(identity, "")


class ChatClient:
    """A `chat.v1` client: reconnects by itself, resumes from its cursors, repeats what was not acknowledged. In the room
    `board` it also changes and takes out what it said, reacts to what it sees, and says what its uploader has ready."""

    def __init__(
        self, name: str, port: int, rooms: tuple[str, ...], journal: Journal, pace: float = 0.0, board: str = ""
    ) -> None:
        self.view = View(name, True, rooms)
        self.ready = asyncio.Event()  # it is in all its rooms, from their beginning
        self._name, self._port, self._journal, self._pace = name, port, journal, pace
        self._luck = random.Random(journal.luck.random())
        self._conn = f"conn-{name}"
        self._token: str | None = None
        self._epoch: str | None = None
        self._cursors: dict[str, int] = {}
        self._waiting: OrderedDict[str, Attempt] = OrderedDict()
        self._files: dict[int, tuple[str, ...]] = {}  # of its own messages on the board, by their seq
        self._frames: dict[str, dict] = {}  # those of the changes that wait
        self._board = board
        self.uploader = Uploader(name, port, board, journal.shelf, self._luck, pace / 8 or 1.0)
        self.uploader.token = lambda: self._token
        self._taken: list[str] = []  # files that are in messages
        self._own: list[int] = []  # the places of messages on the board: its own,
        self._seen: list[int] = []  # and all
        self._socket: Socket | None = None

    @property
    def idle(self) -> bool:
        """Nothing waits for its acknowledgement."""
        return not self._waiting

    def cursor(self, room: str) -> int:
        return self._cursors.get(room, 0)

    async def live(self) -> None:
        """Connects again and again, until cancelled."""
        while True:
            try:
                await self._session()
            except Closed:
                self._socket = None
            # The harness's clients come back at once: the worst case for the server.
            await asyncio.sleep(self._luck.uniform(0.02, 0.2))

    async def write(self, traffic: asyncio.Event) -> None:
        """Says things at about its pace for as long as there is to be traffic."""
        while True:
            await traffic.wait()
            await asyncio.sleep(self._luck.expovariate(self._pace))
            if len(self._waiting) < _WINDOW and traffic.is_set():
                attempt = self._attempt(self._luck.choice(self.view.rooms))
                self._waiting[attempt.id or ""] = attempt
                try:
                    await self._say(attempt)
                except Closed:
                    self._socket = None

    def _attempt(self, room: str) -> Attempt:
        kinds = ["message", "edit", "react", "react", "files", "files", "delete"]
        kind = self._luck.choice(kinds) if room == self._board else "message"
        if kind == "react" and self._seen:
            # Old and new ones: pages are folded of all of them.
            target = self._luck.choice(self._seen[:20] + self._seen[-5:])
            emoji, on = self._luck.choice(_EMOJI), self._luck.random() < 0.7
            attempt = self._journal.attempt(self._name, room, True, (emoji, on, target))
            return self._frame_of(attempt, {"type": "react", "target": target, "emoji": emoji, "on": on})
        if kind == "delete" and self._own:
            target = self._luck.choice(self._own)
            if self._luck.random() < 0.9:
                self._own.remove(target)  # otherwise it is changed, or taken out again, where it is no more
            for file in self._files.get(target, ()):
                self._journal.shelf.uploads[file].taken_out = True
            attempt = self._journal.attempt(self._name, room, True, takes_out=target)
            return self._frame_of(attempt, {"type": "delete", "target": target})
        if kind == "files" and (files := self._files_to_say()):
            attempt = self._journal.attempt(self._name, room, True, files=files)
            return self._frame_of(attempt, {"type": "message", "message": attempt.body, "files": files})
        attempt = self._journal.attempt(self._name, room, named=True)
        if kind == "edit" and self._own:
            target = self._luck.choice(self._own[:5] + self._own[-5:])
            self._frame_of(attempt, {"type": "edit", "target": target, "text": attempt.body})
        return attempt

    def _frame_of(self, attempt: Attempt, frame: dict) -> Attempt:
        self._frames[attempt.id or ""] = frame
        return attempt

    def _files_to_say(self) -> tuple[str, ...]:
        """Some of those that are ready; now and then one that a message has already, which must be refused."""
        ready = self.uploader.ready
        if self._taken and self._luck.random() < 0.1:
            return (self._luck.choice(self._taken),)
        files = tuple(ready[: self._luck.randint(1, 3)])
        del ready[: len(files)]
        self._taken += files
        return files

    async def _say(self, attempt: Attempt) -> None:
        if self._socket is not None:
            await self._socket.send(self._frame(attempt))

    def _frame(self, attempt: Attempt) -> str:
        frame = self._frames.get(attempt.id or "", {"type": "message", "message": attempt.body})
        return json.dumps(frame | {"room": attempt.room, "id": attempt.id})

    async def _session(self) -> None:
        socket = await Socket.connect(self._port, protocol="chat.v1")
        try:
            await self._greet(socket)
            while True:
                frame = json.loads(await socket.receive())
                await self._handle(socket, frame)
        finally:
            self._socket = None
            socket.drop()

    async def _greet(self, socket: Socket) -> None:
        hello = {"type": "hello", "client": "harness/1", "conn": self._conn, "name": self._name}
        if self._token:
            hello["token"] = self._token
            hello["resume"] = {"epoch": self._epoch, "rooms": self._cursors}
        await socket.send(json.dumps(hello))
        welcome = json.loads(await socket.receive())
        if welcome.get("type") != "welcome":
            raise Closed
        first_time = self._token is None
        self._token, self._epoch = welcome["token"], welcome["epoch"]
        self._record = Connection(self._name, self._epoch, dict(self._cursors))
        self._journal.connections.append(self._record)
        if first_time:
            for room in welcome["rooms"]:
                self._enter(room)
            for room in self.view.rooms:
                await socket.send(json.dumps({"type": "join", "ref": 1, "room": room}))
        else:
            # Repeats go out in their order, before anything new.
            for attempt in list(self._waiting.values()):
                await socket.send(self._frame(attempt))
        self._socket = socket

    def _enter(self, room: dict) -> None:
        if room["room"] in self._record.cursors:
            return  # joined before; the answer's head must not move the cursor
        self._cursors[room["room"]] = self._record.cursors[room["room"]] = room["head"]
        if all(name in self._cursors for name in self.view.rooms):
            self.ready.set()

    async def _handle(self, socket: Socket, frame: dict) -> None:
        match frame.get("type"):
            case "message":
                files = tuple(file["file"] for file in frame.get("files", ()))
                self._see(frame, frame["message"], files, frame.get("folded", {}).get("deleted", False))
                if frame["room"] == self._board:
                    self._seen.append(frame["seq"])
            case "edit":
                # Those of a message that was taken out have no text any more.
                self._see(frame, frame["text"], gone=not frame["text"])
            case "react":
                self._see(frame, reaction(frame["id"], frame["emoji"], frame["on"], frame["target"]))
            case "delete":
                self._see(frame, deletion(frame["id"], frame["target"]))
                if frame["target"] in self._seen:
                    self._seen.remove(frame["target"])
            case "ack":
                self._acknowledged(frame)
            case "ok" if frame.get("room"):
                self._enter(frame["room"])
            case "reset":
                self._cursors[frame["room"]] = self._record.cursors[frame["room"]] = frame["head"]
            case "ping":
                await socket.send('{"type":"pong"}')
            case "error":
                await self._refused(socket, frame)

    def _acknowledged(self, frame: dict) -> None:
        attempt = self._waiting.pop(frame["id"], None)
        said = self._frames.pop(frame["id"], {"type": "message"})
        if attempt and frame["room"] == self._board and said["type"] == "message":
            self._own.append(frame["seq"])
            self._files[frame["seq"]] = attempt.files
        body = attempt.body if attempt else self._journal.body_of(frame["id"])
        moment = self._journal.tick()
        ack = Ack(self._name, frame["room"], body, frame["id"], frame["seq"], self._epoch, moment)
        self._journal.acks.append(ack)

    def _see(self, frame: dict, body: str, files: tuple[str, ...] = (), gone: bool = False) -> None:
        body = self._journal.body_of(frame["id"]) if gone else body
        event = Event(frame["room"], frame["seq"], frame["id"], frame["user"], body, files, gone)
        self._record.live.append(event)
        if event.seq > self._cursors.get(event.room, 0):
            self._cursors[event.room] = event.seq
            self.view.shown.append(event)

    async def _refused(self, socket: Socket, frame: dict) -> None:
        attempt = self._waiting.get(frame.get("id", ""))
        if attempt is None:
            return
        if not frame.get("retry"):
            self._journal.refused.add(attempt.body)
            del self._waiting[frame["id"]]
            self._frames.pop(frame["id"], None)
            return
        # What follows a refused message is refused as well: come back with all of it, in order.
        await asyncio.sleep(frame.get("retry_ms", 100) / 1000)
        raise Closed


async def read_pages(port: int, room: str, size: int) -> dict[tuple[str, int], Shown]:
    """All messages of a room as pages of so many events show them."""
    socket = await Socket.connect(port, protocol="chat.v1")
    await socket.send(json.dumps({"type": "hello", "client": "harness/1", "conn": "page-reader"}))
    pages: dict[tuple[str, int], Shown] = {}
    after, more = 0, True
    while more:
        await socket.send(json.dumps({"type": "history", "ref": 1, "room": room, "after": after, "limit": size}))
        while (page := json.loads(await socket.receive())).get("type") != "history":
            pass
        for message in (event for event in page["events"] if event["type"] == "message"):
            folded = message.get("folded", {})
            reactions = sorted((emoji, tuple(users)) for emoji, users in folded.get("reactions", {}).items())
            files = tuple(file["file"] for file in message.get("files", ()))
            text = folded.get("text", message["message"])
            pages[room, message["seq"]] = Shown(text, tuple(reactions), files, folded.get("deleted", False))
        after, more = page["last"], page["more"]
    socket.drop()
    return pages


async def search(port: int, room: str, words: dict[int, str]) -> list[Searched]:
    """Whether the messages at these places of a room are found by these words."""
    socket = await Socket.connect(port, protocol="chat.v1")
    await socket.send(json.dumps({"type": "hello", "client": "harness/1", "conn": "searcher"}))
    searched = []
    for seq, word in words.items():
        behind = None
        while behind != 0:
            await socket.send(json.dumps({"type": "search", "ref": 1, "query": word}))
            while (found := json.loads(await socket.receive())).get("type") != "found":
                if found.get("type") == "error":
                    raise RuntimeError(f"searching for {word} was answered {found}")
            # The index follows the log by some tenths of a second.
            if (behind := found.get("behind", 0)) != 0:
                await asyncio.sleep(0.05)
        places = {(hit["message"]["room"], hit["message"]["seq"]) for hit in found["hits"]}
        searched.append(Searched(room, seq, (room, seq) in places))
    socket.drop()
    return searched


class PlainClient:
    """A client without the subprotocol: it does not resume and repeats nothing, so what it sees may have gaps."""

    def __init__(self, name: str, port: int, room: str, journal: Journal, pace: float = 0.0) -> None:
        self.view = View(name, False, (room,))
        self.ready = asyncio.Event()
        self._name, self._port, self._room, self._journal, self._pace = name, port, room, journal, pace
        self._luck = random.Random(journal.luck.random())
        self._socket: Socket | None = None

    async def live(self) -> None:
        while True:
            try:
                socket = await Socket.connect(self._port, f"/ws?room={self._room}&name={self._name}")
                try:
                    await self._listen(socket)
                finally:
                    self._socket = None
                    socket.drop()
            except Closed:
                pass
            await asyncio.sleep(self._luck.uniform(0.02, 0.2))

    async def _listen(self, socket: Socket) -> None:
        if await socket.receive() != "Welcome!":
            raise Closed
        self._socket = socket
        self.ready.set()
        record = Connection(self._name, None, {self._room: None})
        self._journal.connections.append(record)
        while True:
            text = await socket.receive()
            frame = json.loads(text)
            if frame.get("type") == "message":
                event = Event(frame["room"], frame["seq"], frame["id"], frame["user"], frame["message"])
                record.live.append(event)
                self.view.shown.append(event)

    async def write(self, traffic: asyncio.Event) -> None:
        while True:
            await traffic.wait()
            await asyncio.sleep(self._luck.expovariate(self._pace))
            if (socket := self._socket) is not None and traffic.is_set():
                attempt = self._journal.attempt(self._name, self._room, named=False)
                try:
                    await socket.send(self._luck.choice([_bare, _short, _full])(attempt.body))
                except Closed:
                    self._socket = None


def _bare(body: str) -> str:
    return body


def _short(body: str) -> str:
    return json.dumps({"message": body})


def _full(body: str) -> str:
    return json.dumps({"type": "message", "message": body, "timestamp": "1999-01-01T00:00:00Z"}, ensure_ascii=False)
