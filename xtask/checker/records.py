"""What a run leaves behind, as plain data: the only thing that harness and checker share."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attempt:
    """Something a sender tried to say, noted before the first try. The body is unique in the run and begins with a
    token that no other body has."""

    sender: str
    room: str
    id: str | None  # None where the client makes its own
    body: str


@dataclass(frozen=True)
class Ack:
    """What a sender was told. A headless client tells only that it succeeded: then `id`, `seq` and `epoch` are None."""

    sender: str
    room: str
    body: str
    id: str | None = None
    seq: int | None = None
    epoch: str | None = None


@dataclass(frozen=True)
class Event:
    room: str
    seq: int
    id: str
    user: str
    body: str


@dataclass(frozen=True)
class Change:
    """An event that is about an earlier message: an edit has a text, a reaction an emoji."""

    room: str
    seq: int
    target: int
    user: str
    text: str | None = None
    emoji: str | None = None
    on: bool = True


@dataclass(frozen=True)
class Shown:
    """A message as a page of the history shows it at the end: its newest text, and who reacted with what, in order."""

    text: str
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()


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


def reaction(identity: str, emoji: str, on: bool, target: int) -> str:
    """What stands for the body of a reaction, of which all but its id is short: unique like a body that was typed."""
    return f"{identity.rsplit('-', 1)[0]} {'reacts' if on else 'takes back'} {emoji} to {target}"


def token(body: str) -> str:
    """What tells a body from all others even if the rest of it is damaged."""
    return body.split(" ", 1)[0]
