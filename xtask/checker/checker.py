"""Judges a run by its records. It shares no code with the server, nor with the harness that made the records.

The invariants, each of which names what it finds:

I1   What was acknowledged is stored as acknowledged, and every complete view shows it.
I2   Nothing appears twice: not in the store, not in a view, not on one connection.
I3   Nothing appears that nobody tried to say.
I4   All views and the store agree on the order, which is the order of `seq`.
I5   No holes: in the store's numbers, in a complete view, on a connection.
I6   Bodies arrive as they were sent.
I7   One id is never acknowledged with two places.
I8   What was not acknowledged is in every complete view and in the store, or in none.
I9   Each sender's own order is kept.
I10  A connection's wire holds no event of a room that it is not in.
I11  After the last fault every complete view has everything within the patience.
I12  A page shows of each message what the changes in the log make of it.
I13  Of an upload the server never says more than was sent, never less than it had said, and a kill takes nothing of it.
I14  The files of an acknowledged message are given out byte for byte, whatever was killed since; a whole file is taken.
I15  A message has the files that were said with it, and no file is in two messages.
I16  What a row names is on the disk, whole; after a sweep there is nothing else but what waits to be deleted.
I17  What was taken out stays out: no view, page, search or fetch has it. Nothing else goes.
I18  Soon after a start nothing that was taken out is in any file of the data directory.

Edits, reactions and deletions are events like messages: to I1 to I11 an edit is its text, a reaction or a deletion what it
says, and what is gone is what it was. I13 to I18 are in `files_checker`.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import files_checker
from records import Change, Connection, Event, Records, Shown, View, Violation, name, token


def check(records: Records) -> list[Violation]:
    """All violations, in the order of the invariants."""
    return _Check(records).run()


class _Check:
    def __init__(self, records: Records) -> None:
        self.records = records
        self.found: list[Violation] = []
        self.stored = {(event.room, event.seq): event for event in records.store.events}
        self.stored_by_body: dict[str, list[Event]] = defaultdict(list)
        for event in records.store.events:
            self.stored_by_body[event.body].append(event)
        self.complete = [view for view in records.views if view.complete]

    def run(self) -> list[Violation]:
        self.acknowledged_is_stored()
        self.nothing_twice()
        self.nothing_invented()
        self.one_order()
        self.no_holes()
        self.one_place_per_id()
        self.all_or_none()
        self.senders_order()
        self.rooms_kept_apart()
        self.converged()
        self.pages_are_folded()
        self.found += files_checker.check(self.records)
        return sorted(set(self.found), key=lambda found: (int(found.invariant[1:]), found.text))

    def tell(self, invariant: str, text: str) -> None:
        self.found.append(Violation(invariant, text))

    def acknowledged_is_stored(self) -> None:
        for ack in self.records.acks:
            what = f"{ack.sender}'s {token(ack.body)!r} in {ack.room}"
            if ack.seq is None:
                if not self.stored_by_body[ack.body]:
                    self.tell("I1", f"{what} was acknowledged and is not stored")
            else:
                event = self.stored.get((ack.room, ack.seq))
                if event is None or (event.id, event.body) != (ack.id, ack.body):
                    self.tell("I1", f"{what} was acknowledged as {ack.seq}, where the store has {name(event)}")
                if ack.epoch != self.records.store.epoch:
                    self.tell("I1", f"{what} was acknowledged in epoch {ack.epoch}, not the store's")
        for body in self.records.promised:
            if not self.stored_by_body[body]:
                self.tell("I1", f"{token(body)!r} was in an outbox and is not stored")
        acked = {ack.body for ack in self.records.acks} | self.records.promised
        for view in self.complete:
            shown = {event.body for event in view.shown}
            for event in self.records.store.events:
                if event.room in view.rooms and event.body in acked and event.body not in shown:
                    self.tell("I1", f"{view.name} does not show {name(event)}, which was acknowledged")

    def nothing_twice(self) -> None:
        for body, events in self.stored_by_body.items():
            if len(events) > 1:
                self.tell("I2", f"{token(body)!r} is stored {len(events)} times")
        for (identity, user), count in Counter((e.id, e.user) for e in self.records.store.events).items():
            if count > 1:
                self.tell("I2", f"id {identity} of {user} is stored {count} times")
        for view in self.records.views:
            self.twice(view.name, "shows", view.shown)
        for connection in self.records.connections:
            self.twice(connection.view, "got on one connection", connection.live)

    def twice(self, who: str, does: str, events: list[Event]) -> None:
        for body, count in Counter(event.body for event in events).items():
            if count > 1:
                self.tell("I2", f"{who} {does} {token(body)!r} {count} times")

    def nothing_invented(self) -> None:
        attempted = {attempt.body for attempt in self.records.attempts}
        tokens = {token(body) for body in attempted}
        for who, event in self.everywhere():
            if event.body in attempted:
                continue
            if token(event.body) in tokens:
                self.tell("I6", f"{who} has {token(event.body)!r} with another body than was sent")
            else:
                self.tell("I3", f"{who} has {name(event)}, which nobody said")
        for body in self.records.refused:
            if self.stored_by_body[body]:
                self.tell("I3", f"{token(body)!r} was refused and is stored")

    def one_order(self) -> None:
        for who, event in self.everywhere():
            stored = self.stored.get((event.room, event.seq))
            if stored is not None and stored != event:
                self.tell("I4", f"{who} has {name(event)}, where the store has {name(stored)}")
        for who, events in self.sequences():
            last: dict[str, int] = {}
            for event in events:
                if event.seq < last.get(event.room, 0):
                    self.tell("I4", f"{who} has {name(event)} after {last[event.room]}")
                last[event.room] = max(event.seq, last.get(event.room, 0))

    def no_holes(self) -> None:
        places: dict[str, set[int]] = defaultdict(set)
        for room, seq in self.stored:
            places[room].add(seq)
        for room, head in self.records.store.heads.items():
            if places[room] != set(range(1, head + 1)):
                self.tell("I5", f"the store's {room} is not 1 to {head} without holes")
            for view in self.complete:
                if room in view.rooms:
                    shown = {event.seq for event in view.shown if event.room == room}
                    if missing := set(range(1, head + 1)) - shown:
                        self.tell("I5", f"{view.name} has {len(missing)} holes in {room}: {_some(missing)}")
        for connection in self.records.connections:
            self.no_holes_on(connection)

    def no_holes_on(self, connection: Connection) -> None:
        cursors = dict(connection.cursors)
        for event in connection.live:
            cursor = cursors.get(event.room)
            if cursor is not None and event.seq > cursor + 1:
                self.tell("I5", f"{connection.view} got {name(event)} right after {cursor} on one connection")
            cursors[event.room] = event.seq

    def one_place_per_id(self) -> None:
        places: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
        for ack in self.records.acks:
            if ack.id is not None and ack.seq is not None:
                places[ack.sender, ack.id].add((ack.room, ack.seq))
        for (sender, identity), seen in places.items():
            if len(seen) > 1:
                self.tell("I7", f"{sender}'s id {identity} was acknowledged as {sorted(seen)}")

    def all_or_none(self) -> None:
        acked = {ack.body for ack in self.records.acks} | self.records.promised
        seen_by: dict[str, set[str]] = defaultdict(set)
        for view in self.complete:
            for event in view.shown:
                seen_by[event.body].add(view.name)
        for attempt in self.records.attempts:
            if attempt.body in acked:
                continue
            must = {view.name for view in self.complete if attempt.room in view.rooms}
            seen = seen_by[attempt.body] & must
            if seen and seen != must:
                self.tell("I8", f"{token(attempt.body)!r} was not acknowledged; shown by {seen}, not by {must - seen}")
        for who, event in self.everywhere():
            if not self.stored_by_body[event.body] and token(event.body):
                self.tell("I8", f"{who} has {name(event)}, which is not stored")
        for body in {attempt.body for attempt in self.records.attempts} - acked:
            for event in self.stored_by_body[body]:
                for view in self.complete:
                    if event.room in view.rooms and view.name not in seen_by[body]:
                        self.tell("I8", f"{name(event)} is stored and {view.name} does not show it")

    def senders_order(self) -> None:
        said: dict[tuple[str, str], list[str]] = defaultdict(list)
        for attempt in self.records.attempts:
            said[attempt.sender, attempt.room].append(attempt.body)
        for (sender, room), bodies in said.items():
            last = 0
            for body in bodies:
                for event in self.stored_by_body[body]:
                    if event.room != room:
                        self.tell("I10", f"{name(event)} was said in {room}")
                    elif event.seq < last:
                        self.tell("I9", f"{sender} said {name(event)} after what is at {last}")
                    last = max(last, event.seq) if event.room == room else last

    def rooms_kept_apart(self) -> None:
        for connection in self.records.connections:
            for event in connection.live:
                if event.room not in connection.cursors:
                    self.tell("I10", f"{connection.view} got {name(event)} and is not in that room")

    def converged(self) -> None:
        for view in self.complete:
            if view.converged is None:
                self.tell("I11", f"{view.name} never had everything")
            elif view.converged > self.records.patience:
                self.tell("I11", f"{view.name} had everything only after {view.converged:.1f} s")

    def pages_are_folded(self) -> None:
        changes: dict[tuple[str, int], list[Change]] = defaultdict(list)
        for change in sorted(self.records.store.changes, key=lambda change: change.seq):
            changes[change.room, change.target].append(change)
        for place, shown in self.records.pages.items():
            said = self.stored.get(place)
            if said is None or shown != (wanted := _folded(said, changes[place])):
                self.tell("I12", f"a page shows {name(said)} as {shown}, not as {wanted if said else 'nothing'}")

    def sequences(self) -> list[tuple[str, list[Event]]]:
        """Everything that is in an order."""
        views = [(view.name, view.shown) for view in self.records.views]
        return views + [(f"{connection.view}'s wire", connection.live) for connection in self.records.connections]

    def everywhere(self) -> list[tuple[str, Event]]:
        """Every event at every place where it was seen."""
        seen = [(who, event) for who, events in self.sequences() for event in events]
        return seen + [("the store", event) for event in self.records.store.events]


def _folded(said: Event, changes: list[Change]) -> Shown:
    if any(change.deletes for change in changes):
        return Shown("", gone=True)
    text = said.body
    reactions: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.emoji is None:
            text = change.text or ""
        elif not change.on:
            reactions[change.emoji] = [user for user in reactions[change.emoji] if user != change.user]
        elif change.user not in reactions[change.emoji]:
            reactions[change.emoji].append(change.user)
    put = sorted((emoji, tuple(users)) for emoji, users in reactions.items() if users)
    return Shown(text, tuple(put), said.files)


def _some(numbers: set[int]) -> str:
    first = sorted(numbers)[:5]
    return ", ".join(map(str, first)) + (", …" if len(numbers) > 5 else "")


def summary(records: Records) -> str:
    """One line for people: what was looked at."""
    live = sum(len(connection.live) for connection in records.connections)
    parts = [
        f"{len(records.attempts)} attempts",
        f"{len(records.acks)} acks",
        f"{len(records.promised)} in a terminal's outbox",
        f"{len(records.store.events)} stored, {len(records.store.changes)} of them changes",
        f"{len(records.views)} views ({sum(view.complete for view in records.views)} complete)",
        f"{live} events on {len(records.connections)} connections",
        files_checker.summary(records),
    ]
    return ", ".join(parts)


__all__ = ["Violation", "View", "check", "summary"]
