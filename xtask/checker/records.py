"""What a run leaves behind, as plain data: the only thing that harness and checker share."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Violation:
    """What the checker found."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


@dataclass(frozen=True)
class Attempt:
    """Something a sender tried to say, noted before the first try. The body is unique in the run and begins with a
    token that no other body has."""

    sender: str
    room: str
    id: str | None  # None where the client makes its own
    body: str
    files: tuple[str, ...] = ()  # that the message is to have
    takes_out: int | None = None  # the seq of the message that is deleted
    moment: int = 0  # when it was first tried, of the journal's clock


@dataclass(frozen=True)
class Ack:
    """What a sender was told. A headless client tells only that it succeeded: then `id`, `seq` and `epoch` are None."""

    sender: str
    room: str
    body: str
    id: str | None = None
    seq: int | None = None
    epoch: str | None = None
    moment: int = 0


@dataclass(frozen=True)
class Event:
    room: str
    seq: int
    id: str
    user: str
    body: str  # of what is gone: what it was
    files: tuple[str, ...] = field(default=(), compare=False)
    gone: bool = field(default=False, compare=False)  # its place is there, its text and files are not


@dataclass(frozen=True)
class Change:
    """An event that is about an earlier message: an edit has a text, a reaction an emoji, a deletion neither."""

    room: str
    seq: int
    target: int
    user: str
    text: str | None = None
    emoji: str | None = None
    on: bool = True

    @property
    def deletes(self) -> bool:
        return self.text is None and self.emoji is None


@dataclass(frozen=True)
class Shown:
    """A message as a page of the history shows it at the end: its newest text, who reacted with what, in order, and its
    files. Of one that was taken out nothing is shown."""

    text: str
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    files: tuple[str, ...] = ()
    gone: bool = False


@dataclass
class Upload:
    """A file as its uploader knows it."""

    file: str
    sender: str
    sha256: str
    size: int
    said: int = 0  # bytes that the server said at most
    sent: int = 0  # up to where bytes were sent
    whole: bool = False  # the server said so
    cancelled: bool | None = None  # None: not tried; True: acknowledged
    taken_out: bool = False  # it was tried to delete the message that has it


@dataclass(frozen=True)
class Answered:
    """The server said how many bytes of an upload are there (-1: there is no such upload)."""

    file: str
    offset: int
    before: int  # what it had said at most
    sent: int


@dataclass(frozen=True)
class Survived:
    """After a kill: what had been said of an upload, and how many of its first bytes are on the disk."""

    file: str
    said: int
    held: int


@dataclass(frozen=True)
class Fetched:
    """Somebody asked for a file between two moments."""

    file: str
    begin: int
    end: int
    status: int
    sha256: str | None


@dataclass(frozen=True)
class Searched:
    """Whether the message at a place is found by its own word."""

    room: str
    seq: int
    found: bool


@dataclass(frozen=True)
class Row:
    """A file as the database has it; one that is not whole has no hash."""

    file: str
    sha256: str | None
    seq: int | None


@dataclass
class Disk:
    """What is in the data directory at the end, beside what the database says is there."""

    rows: list[Row] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)  # hashes of blobs that are about to be deleted
    blobs: dict[str, str] = field(default_factory=dict)  # names, without directories, and the hashes of what they hold
    parts: set[str] = field(default_factory=set)  # uploads that are not whole
    leaks: set[str] = field(default_factory=set)  # words of what was taken out, found in some file
    looked_for: int = 0  # so many words were looked for


@dataclass
class Connection:
    """All events on one connection's wire, raw and in order."""

    view: str
    epoch: str | None  # None in plain mode, which is not told
    # The cursor from which each room streams; None where only the connection's first event will tell (plain mode).
    cursors: dict[str, int | None] = field(default_factory=dict)
    live: list[Event] = field(default_factory=list)


@dataclass
class View:
    """What one client shows at the end, in its order."""

    name: str
    complete: bool  # it must hold every event of `rooms`; otherwise it was away without resuming
    rooms: tuple[str, ...]
    shown: list[Event] = field(default_factory=list)
    # Seconds from the last fault until the view had everything; None if that never came.
    converged: float | None = None


@dataclass
class Store:
    """The database after the run."""

    epoch: str
    heads: dict[str, int]
    events: list[Event]
    changes: list[Change] = field(default_factory=list)  # those of `events` that change messages


@dataclass
class Records:
    attempts: list[Attempt]  # of each sender in its own order
    acks: list[Ack]
    connections: list[Connection]
    views: list[View]
    store: Store
    promised: set[str] = field(default_factory=set)  # bodies typed into a client that keeps an outbox
    refused: set[str] = field(default_factory=set)  # bodies refused for good
    pages: dict[tuple[str, int], Shown] = field(default_factory=dict)  # messages by room and seq
    patience: float = 45.0  # seconds within which views must converge
    uploads: dict[str, Upload] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    survived: list[Survived] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    searched: list[Searched] = field(default_factory=list)
    disk: Disk = field(default_factory=Disk)


def reaction(identity: str, emoji: str, on: bool, target: int) -> str:
    """What stands for the body of a reaction, of which all but its id is short: unique like a body that was typed."""
    return f"{identity.rsplit('-', 1)[0]} {'reacts' if on else 'takes back'} {emoji} to {target}"


def deletion(identity: str, target: int) -> str:
    """The same of a deletion."""
    return f"{identity.rsplit('-', 1)[0]} takes out {target}"


def word(body: str) -> str:
    """The word of a body that is in no other, for whoever searches."""
    return body.split(" ", 2)[1]


def blob_of(name: str) -> str:
    """The hash that a file on the disk is called by; a small picture stands beside its own."""
    return name.removesuffix(".thumb")


def name(event: Event | None) -> str:
    """An event, to people."""
    return "nothing" if event is None else f"{token(event.body)!r} at {event.room}/{event.seq}"


def token(body: str) -> str:
    """What tells a body from all others even if the rest of it is damaged."""
    return body.split(" ", 1)[0]
