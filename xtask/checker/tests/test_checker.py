"""Tests of the test: the checker must be silent on a good run, and name each planted bug."""

from __future__ import annotations

import copy
import dataclasses
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from checker import check
from records import (
    Ack,
    Answered,
    Attempt,
    Change,
    Connection,
    Disk,
    Event,
    Fetched,
    Records,
    Row,
    Searched,
    Shown,
    Store,
    Survived,
    Upload,
    View,
    deletion,
    reaction,
)

ROOMS = ("lobby", "ops")
# Where in `ops` the message with a file is that stands; the one that is taken out follows it.
FILES = 17


def good_run(count: int = 40) -> Records:
    """Two senders in two rooms, two complete views and one that was away; some sends never acknowledged."""
    attempts, acks, events = [], [], []
    heads = dict.fromkeys(ROOMS, 0)
    for number in range(count):
        sender, room = f"w{number % 2}", ROOMS[number // 2 % 2]
        attempt = Attempt(sender, room, f"id-{number}", f"{sender}-{number} text ✓")
        attempts.append(attempt)
        if number % 7 == 3:
            continue  # lost in a kill: never stored, never acknowledged
        heads[room] += 1
        events.append(Event(room, heads[room], attempt.id, f"g-{sender}", attempt.body))
        if number % 5 != 4:  # otherwise stored, and the ack was lost in a kill
            acks.append(Ack(sender, room, attempt.body, attempt.id, heads[room], "e1"))
    changes, pages = said_anew(attempts, events, heads)
    uploads = with_files(attempts, acks, events, heads)
    changes.append(taken_out(attempts, acks, events, heads))
    pages["ops", FILES + 1] = Shown("", gone=True)
    pages["ops", FILES] = Shown("w0-800 zq800 kept", files=("f0",))
    views = [View(name, True, ROOMS, list(events), 0.5) for name in ("r0", "r1")]
    views.append(View("p0", False, ROOMS, events[10:20]))
    connections = [
        Connection("r0", "e1", dict.fromkeys(ROOMS, 0), events[:12]),
        Connection("r0", "e1", {room: max([e.seq for e in events[:12] if e.room == room]) for room in ROOMS}, events[12:]),
        Connection("p0", None, dict.fromkeys(ROOMS), events[10:20]),
    ]
    store = Store("e1", heads, list(events), changes)
    return Records(
        attempts,
        acks,
        connections,
        views,
        store,
        promised={events[0].body},
        pages=pages,
        uploads=uploads,
        answered=[Answered("f0", 0, 0, 0), Answered("f0", 500, 0, 700), Answered("f0", 900, 500, 900)],
        survived=[Survived("f0", 500, 600)],
        fetched=[Fetched("f0", 30, 31, 200, "a0"), Fetched("f1", 30, 31, 200, "a1"), Fetched("f1", 60, 61, 404, None)],
        searched=[Searched("ops", FILES, True), Searched("ops", FILES + 1, False)],
        disk=Disk([Row("f0", "a0", FILES), Row("f2", None, None)], {"a9"}, {"a0": "a0", "a9": "a9"}, {"f2"}, set(), 1),
    )


def with_files(attempts: list, acks: list, events: list, heads: dict) -> dict[str, Upload]:
    """Two messages with a file each, of which the second is taken out later; and an upload that is not whole."""
    for number, gone in enumerate([False, True]):
        heads["ops"] += 1
        body, files = f"w0-80{number} zq80{number} kept", (f"f{number}",)
        attempts.append(Attempt("w0", "ops", f"id-80{number}", body, files, None, 10 + number))
        event = Event("ops", heads["ops"], f"id-80{number}", "g-w0", body, () if gone else files, gone)
        events.append(event)
        acks.append(Ack("w0", "ops", body, event.id, event.seq, "e1", 20 + number))
    sizes = {"f0": 900, "f1": 900, "f2": 900}
    return {file: Upload(file, "w0", f"a{file[1]}", size, whole=file != "f2") for file, size in sizes.items()}


def taken_out(attempts: list, acks: list, events: list, heads: dict) -> Change:
    heads["ops"] += 1
    identity, seq = "w0-802-x", heads["ops"]
    body = deletion(identity, FILES + 1)
    attempts.append(Attempt("w0", "ops", identity, body, takes_out=FILES + 1, moment=40))
    events.append(Event("ops", seq, identity, "g-w0", body))
    acks.append(Ack("w0", "ops", body, identity, seq, "e1", 50))
    return Change("ops", seq, FILES + 1, "g-w0")


def said_anew(attempts: list, events: list, heads: dict) -> tuple[list[Change], dict]:
    """The first message of a room is edited, and reacted to by two, of whom one thinks better of it."""
    room, target = events[0].room, events[0].seq
    changes = []
    for number, (user, emoji, on) in enumerate([("g-w0", None, True), ("g-w0", "👍", True), ("g-w1", "👍", True), ("g-w0", "👍", False)]):
        sender, identity = user[2:], f"{user[2:]}-9{number}-x"
        body = reaction(identity, emoji, on, target) if emoji else f"{sender}-9{number} anew"
        heads[room] += 1
        attempts.append(Attempt(sender, room, identity, body))
        events.append(Event(room, heads[room], identity, user, body))
        changes.append(Change(room, heads[room], target, user, None if emoji else body, emoji, on))
    return changes, {(room, target): Shown("w0-90 anew", (("👍", ("g-w1",)),))}


class Planted(unittest.TestCase):
    def setUp(self) -> None:
        self.run_records = good_run()

    def caught(self, *invariants: str) -> None:
        found = {violation.invariant for violation in check(self.run_records)}
        for invariant in invariants:
            self.assertIn(invariant, found)

    def replace(self, events: list[Event], index: int, **changes: object) -> None:
        events[index] = dataclasses.replace(events[index], **changes)

    def test_a_good_run_is_clean(self) -> None:
        self.assertEqual([], check(self.run_records))

    def test_the_records_are_not_changed_by_checking(self) -> None:
        before = copy.deepcopy(self.run_records)
        check(self.run_records)
        self.assertEqual(before, self.run_records)

    def test_ack_before_commit(self) -> None:
        lost = next(event for event in reversed(self.run_records.store.events) if event.room == "ops")
        self.run_records.store.events.remove(lost)
        self.run_records.store.heads["ops"] -= 1
        for place in [*self.run_records.views, *self.run_records.connections]:
            events = place.shown if isinstance(place, View) else place.live
            events[:] = [event for event in events if event != lost]
        acked = Ack("w0", "ops", lost.body, lost.id, lost.seq, "e1")
        self.run_records.acks.append(acked)
        self.caught("I1")

    def test_an_outbox_that_was_never_sent(self) -> None:
        self.run_records.promised.add(self.run_records.attempts[3].body)
        self.caught("I1")

    def test_an_ack_of_a_history_that_is_gone(self) -> None:
        self.run_records.acks[0] = dataclasses.replace(self.run_records.acks[0], epoch="e0")
        self.caught("I1")

    def test_a_dropped_event(self) -> None:
        del self.run_records.views[0].shown[17]
        self.caught("I5")

    def test_an_event_dropped_from_a_wire(self) -> None:
        del self.run_records.connections[0].live[5]
        self.caught("I5")

    def test_events_lost_between_two_connections(self) -> None:
        del self.run_records.connections[1].live[:2]
        self.caught("I5")

    def test_a_repeat_in_a_view(self) -> None:
        shown = self.run_records.views[0].shown
        shown.insert(5, shown[4])
        self.caught("I2")

    def test_a_repeat_on_a_wire(self) -> None:
        live = self.run_records.connections[0].live
        live.insert(5, live[4])
        self.caught("I2")

    def test_an_id_stored_twice(self) -> None:
        event = self.run_records.store.events[-1]
        again = dataclasses.replace(event, seq=event.seq + 1)
        self.run_records.store.events.append(again)
        self.run_records.store.heads[event.room] += 1
        for view in self.run_records.views[:2]:
            view.shown.append(again)
        self.caught("I2")

    def test_a_phantom(self) -> None:
        event = Event("lobby", self.run_records.store.heads["lobby"] + 1, "x", "g-x", "nobody-1 said this")
        self.run_records.connections[1].live.append(event)
        self.caught("I3")

    def test_a_refused_message_that_was_stored(self) -> None:
        self.run_records.refused.add(self.run_records.store.events[0].body)
        self.caught("I3")

    def test_two_events_swapped_in_one_view(self) -> None:
        shown = self.run_records.views[1].shown
        first, second = (i for i, event in enumerate(shown) if event.room == "lobby" and event.seq in (3, 4))
        shown[first], shown[second] = shown[second], shown[first]
        self.caught("I4")

    def test_a_reused_seq(self) -> None:
        shown = self.run_records.views[0].shown
        first, second = (i for i, event in enumerate(shown) if event.room == "lobby" and event.seq in (3, 4))
        self.replace(shown, second, seq=3)
        self.caught("I4", "I5")

    def test_a_hole_in_the_store(self) -> None:
        event = self.run_records.store.events[8]
        for events in [self.run_records.store.events, *(view.shown for view in self.run_records.views)]:
            if event in events:
                events.remove(event)
        self.caught("I5")

    def test_a_changed_body(self) -> None:
        shown = self.run_records.views[0].shown
        self.replace(shown, 6, body=shown[6].body.replace("✓", "?"))
        self.caught("I6")

    def test_one_id_two_seqs(self) -> None:
        ack = self.run_records.acks[2]
        self.run_records.acks.append(dataclasses.replace(ack, seq=ack.seq + 1))
        self.caught("I7")

    def test_an_unacknowledged_message_in_one_view_only(self) -> None:
        acked = {ack.body for ack in self.run_records.acks} | self.run_records.promised
        unacked = next(event for event in self.run_records.store.events if event.body not in acked)
        self.run_records.views[1].shown.remove(unacked)
        self.caught("I8")

    def test_shown_and_never_stored(self) -> None:
        attempt = self.run_records.attempts[3]
        head = self.run_records.store.heads[attempt.room]
        self.run_records.connections[1].live.append(Event(attempt.room, head + 1, attempt.id, "g", attempt.body))
        self.caught("I8")

    def test_a_senders_order_broken(self) -> None:
        attempts = self.run_records.attempts
        attempts[0], attempts[4] = attempts[4], attempts[0]
        self.caught("I9")

    def test_a_leak_into_a_connection_that_is_not_in_the_room(self) -> None:
        del self.run_records.connections[2].cursors["ops"]
        self.caught("I10")

    def test_a_message_stored_in_another_room(self) -> None:
        attempt = self.run_records.attempts[0]
        self.run_records.attempts[0] = dataclasses.replace(attempt, room="ops")
        self.caught("I10")

    def test_a_view_that_never_catches_up(self) -> None:
        self.run_records.views[0].converged = None
        self.run_records.views[1].converged = self.run_records.patience + 1
        self.caught("I11")
        self.assertEqual(2, sum(violation.invariant == "I11" for violation in check(self.run_records)))

    def test_a_page_that_is_not_folded(self) -> None:
        place, shown = next(iter(self.run_records.pages.items()))
        said = next(event for event in self.run_records.store.events if (event.room, event.seq) == place)
        for wrong in (
            Shown(said.body, shown.reactions),
            Shown(shown.text),
            Shown(shown.text, (("👍", ("g-w1", "g-w0")),)),
            Shown(shown.text, (("👍", ("g-w1",)), ("🎉", ("g-w1",)))),
        ):
            self.run_records.pages[place] = wrong
            self.assertEqual(["I12"], [violation.invariant for violation in check(self.run_records)])

    def test_a_change_that_was_acknowledged_and_lost(self) -> None:
        edit = next(event for event in self.run_records.store.events if event.body.endswith(" anew"))
        self.run_records.acks.append(Ack("w0", edit.room, edit.body, edit.id, edit.seq, "e1"))
        self.assertEqual([], check(self.run_records))
        self.run_records.store.events.remove(edit)
        self.caught("I1", "I5", "I8")

    def only(self, invariant: str) -> None:
        self.assertEqual({invariant}, {violation.invariant for violation in check(self.run_records)})

    def test_an_offset_beyond_what_was_sent(self) -> None:
        self.run_records.answered.append(Answered("f2", 701, 500, 700))
        self.only("I13")

    def test_an_upload_that_forgets(self) -> None:
        for offset in (499, -1):
            self.run_records.answered[-1] = Answered("f2", offset, 500, 700)
            self.only("I13")

    def test_an_upload_of_which_a_kill_takes_something(self) -> None:
        self.run_records.survived.append(Survived("f2", 500, 499))
        self.only("I13")

    def test_a_file_with_other_bytes(self) -> None:
        self.run_records.fetched.append(Fetched("f0", 5, 6, 200, "a1"))
        self.only("I14")

    def test_a_file_that_is_not_there(self) -> None:
        for missing in (Fetched("f0", 30, 31, 404, None), Fetched("f1", 30, 31, 404, None)):
            self.run_records.fetched[0] = missing
            self.only("I14")

    def test_a_file_that_need_not_be_there(self) -> None:
        # Before the message was acknowledged, and while it is being taken out.
        self.run_records.fetched += [Fetched("f0", 5, 25, 404, None), Fetched("f1", 35, 45, 404, None)]
        self.assertEqual([], check(self.run_records))

    def test_a_whole_file_that_is_refused(self) -> None:
        self.run_records.uploads["f3"] = Upload("f3", "w0", "a3", 1, whole=True)
        self.run_records.attempts.append(Attempt("w0", "ops", "id-3", "w0-803 zq803", ("f3",)))
        self.run_records.refused.add("w0-803 zq803")
        self.only("I14")

    def test_a_file_that_is_refused_the_second_time(self) -> None:
        self.run_records.attempts.append(Attempt("w0", "ops", "id-3", "w0-803 zq803", ("f0",)))
        self.run_records.refused.add("w0-803 zq803")
        self.assertEqual([], check(self.run_records))

    def test_a_file_in_two_messages(self) -> None:
        shown = self.run_records.views[0].shown
        self.replace(shown, 0, files=("f0",))
        self.only("I15")

    def test_a_message_that_lost_its_file(self) -> None:
        index = next(i for i, event in enumerate(self.run_records.views[0].shown) if event.files)
        self.replace(self.run_records.views[0].shown, index, files=())
        self.only("I15")

    def test_a_row_of_another_message(self) -> None:
        self.run_records.disk.rows[0] = Row("f0", "a0", FILES + 1)
        self.only("I15")

    def test_a_blob_that_is_missing_or_damaged(self) -> None:
        self.run_records.disk.blobs["a0"] = "a1"
        self.only("I16")
        del self.run_records.disk.blobs["a0"]
        self.only("I16")

    def test_what_no_row_names(self) -> None:
        self.run_records.disk.blobs["a0.thumb"] = "x"
        self.assertEqual([], check(self.run_records))
        self.run_records.disk.blobs["a7.thumb"] = "x"
        self.only("I16")
        del self.run_records.disk.blobs["a7.thumb"]
        self.run_records.disk.parts.add("f7")
        self.only("I16")

    def test_what_was_taken_out_and_is_there(self) -> None:
        self.run_records.fetched[2] = Fetched("f1", 60, 61, 200, "a1")
        self.only("I17")
        self.run_records.fetched[2] = Fetched("f1", 60, 61, 404, None)
        self.run_records.searched[1] = Searched("ops", FILES + 1, True)
        self.only("I17")

    def test_what_was_taken_out_and_is_stored(self) -> None:
        events = self.run_records.store.events
        index = next(i for i, event in enumerate(events) if event.gone)
        self.replace(events, index, gone=False, files=("f1",))
        self.caught("I17")

    def test_what_was_taken_out_and_is_on_a_page(self) -> None:
        self.run_records.pages["ops", FILES + 1] = Shown("w0-801 zq801 kept", files=("f1",))
        self.caught("I12", "I17")

    def test_what_stands_and_is_not_found(self) -> None:
        self.run_records.searched[0] = Searched("ops", FILES, False)
        self.only("I17")

    def test_what_is_gone_and_nobody_took_out(self) -> None:
        for place in (self.run_records.store.events, self.run_records.views[1].shown):
            self.replace(place, 2, gone=True)
            self.only("I17")
            self.replace(place, 2, gone=False)

    def test_a_file_that_was_taken_back_and_is_given_out(self) -> None:
        self.run_records.uploads["f2"].cancelled = True
        self.run_records.fetched.append(Fetched("f2", 5, 6, 200, "a2"))
        self.only("I17")

    def test_what_was_taken_out_and_is_on_the_disk(self) -> None:
        self.run_records.disk.leaks.add("zq801 in chat.db-wal")
        self.only("I18")


if __name__ == "__main__":
    unittest.main()
