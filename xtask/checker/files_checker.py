"""The part of the checker that looks at files and at what was taken out: I13 to I18, which `checker` states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from records import Attempt, Event, Fetched, Records, Violation, blob_of, name, token

Place = tuple[str, int]


def check(records: Records) -> list[Violation]:
    """All violations of these invariants."""
    facts = _Facts(records)
    checks = [_uploads, _given_out, _taken, _attached, _on_disk, _gone, _nothing_else_is_gone, _left_nothing]
    return [Violation(invariant, text) for find in checks for invariant, text in find(records, facts)]


class _Facts:
    """What was said, and when it was told to be so."""

    def __init__(self, records: Records) -> None:
        self.attempts = {attempt.body: attempt for attempt in records.attempts}
        self.acked: dict[str, int] = {}
        self.place_of: dict[str, Place] = {}
        for ack in records.acks:
            self.acked.setdefault(ack.body, ack.moment)
            if ack.seq is not None:
                self.place_of[ack.body] = (ack.room, ack.seq)
        # From when on a message may be gone, and from when on it must be.
        self.may_be_gone: dict[Place, int] = {}
        self.is_gone: dict[Place, int] = {}
        for attempt in records.attempts:
            if attempt.takes_out is not None:
                place = (attempt.room, attempt.takes_out)
                self.may_be_gone.setdefault(place, attempt.moment)
                if attempt.body in self.acked:
                    self.is_gone.setdefault(place, self.acked[attempt.body])
        # The acknowledged message of each file.
        self.of_file: dict[str, Attempt] = {}
        for attempt in records.attempts:
            if attempt.body in self.place_of:
                for file in attempt.files:
                    self.of_file.setdefault(file, attempt)
        self.deleted = {(change.room, change.target) for change in records.store.changes if change.deletes}
        self.edits = {(change.room, change.seq): change.target for change in records.store.changes if change.text is not None}


Found = Iterator[tuple[str, str]]


def _uploads(records: Records, _: _Facts) -> Found:
    for said in records.answered:
        if not said.before <= said.offset <= said.sent:
            what = f"of {said.file} {said.offset} bytes, where {said.sent} were sent and it had said {said.before}"
            yield "I13", f"the server said that it has {what}"
    for left in records.survived:
        if left.held < left.said:
            yield "I13", f"a kill left {left.held} bytes of {left.file}, of which the server had said {left.said}"


def _given_out(records: Records, facts: _Facts) -> Found:
    for fetch in records.fetched:
        upload = records.uploads[fetch.file]
        if fetch.status == 200 and fetch.sha256 != upload.sha256:
            yield "I14", f"{fetch.file} was given out with other bytes than were sent"
        attempt = facts.of_file.get(fetch.file)
        if attempt is None:
            if fetch.status == 200 and upload.cancelled:
                yield "I17", f"{fetch.file} was taken back and is given out"
            continue
        place = facts.place_of[attempt.body]
        if facts.is_gone.get(place, fetch.begin) < fetch.begin and fetch.status != 404:
            yield "I17", f"{fetch.file} of {place} was asked for after that was deleted, and answered {fetch.status}"
        if _must_be_there(fetch, place, attempt, facts) and fetch.status != 200:
            yield "I14", f"{fetch.file} of {place}, which was acknowledged, was answered {fetch.status}"


def _must_be_there(fetch: Fetched, place: Place, attempt: Attempt, facts: _Facts) -> bool:
    return facts.acked[attempt.body] < fetch.begin and facts.may_be_gone.get(place, fetch.end) >= fetch.end


def _taken(records: Records, _: _Facts) -> Found:
    first: dict[str, str] = {}
    for attempt in records.attempts:
        for file in attempt.files:
            first.setdefault(file, attempt.body)
    for body in records.refused:
        files = [file for file, named_in in first.items() if named_in == body]
        for file in files:
            yield "I14", f"{file} was whole, and the message that had it, {token(body)!r}, was refused"


def _attached(records: Records, facts: _Facts) -> Found:
    places: dict[str, set[Place]] = defaultdict(set)
    for who, event in _everywhere(records):
        for file in event.files:
            places[file].add((event.room, event.seq))
        attempt = facts.attempts.get(event.body)
        if attempt and not event.gone and event.files != attempt.files:
            yield "I15", f"{who} has {name(event)} with {event.files}, which was said with {attempt.files}"
    for file, seen in places.items():
        if len(seen) > 1:
            yield "I15", f"{file} is in {sorted(seen)}"
    rows = {row.file: row for row in records.disk.rows}
    for event in records.store.events:
        for file in event.files:
            row = rows.get(file)
            if row is None or (row.seq, row.sha256) != (event.seq, records.uploads[file].sha256):
                yield "I15", f"{name(event)} has {file}, whose row is {row}"


def _on_disk(records: Records, _: _Facts) -> Found:
    disk = records.disk
    needed = {row.sha256 for row in disk.rows if row.sha256}
    for digest in sorted(needed):
        if disk.blobs.get(digest) != digest:
            yield "I16", f"a row names {digest}, which is {'damaged' if digest in disk.blobs else 'not on the disk'}"
    for blob in sorted(disk.blobs):
        if blob_of(blob) not in needed | disk.waiting:
            yield "I16", f"{blob} is on the disk and in no row"
    uploads = {row.file for row in disk.rows if row.sha256 is None}
    for part in sorted(disk.parts - uploads):
        yield "I16", f"the upload {part} is on the disk and in no row"


def _gone(records: Records, facts: _Facts) -> Found:
    for event in records.store.events:
        place = (event.room, event.seq)
        if (place in facts.deleted or _target(event, facts) in facts.deleted) and not event.gone:
            yield "I17", f"{name(event)} was taken out, and its text is stored"
    for place in facts.is_gone.keys() - facts.deleted:
        yield "I17", f"that {place} is taken out was acknowledged, and is not stored"
    for place, shown in records.pages.items():
        if place in facts.deleted and (shown.text or shown.files or not shown.gone):
            yield "I17", f"{place} was taken out, and a page shows {shown}"
    for searched in records.searched:
        if searched.found == ((searched.room, searched.seq) in facts.deleted):
            does = "is" if searched.found else "is not"
            yield "I17", f"{searched.room}/{searched.seq} {does} found by its word, and should {'not ' * searched.found}be"


def _nothing_else_is_gone(records: Records, facts: _Facts) -> Found:
    for who, event in _everywhere(records):
        if event.gone and not {(event.room, event.seq), _target(event, facts)} & facts.deleted:
            yield "I17", f"{who} has {name(event)} as gone, and nobody took it out"


def _left_nothing(records: Records, _: _Facts) -> Found:
    for leak in sorted(records.disk.leaks):
        yield "I18", f"of what was taken out there is {leak}"


def _target(event: Event, facts: _Facts) -> Place:
    """The message that an edit is about; the event itself, where it is none."""
    return (event.room, facts.edits.get((event.room, event.seq), event.seq))


def _everywhere(records: Records) -> Iterator[tuple[str, Event]]:
    for event in records.store.events:
        yield "the store", event
    for view in records.views:
        for event in view.shown:
            yield view.name, event


def summary(records: Records) -> str:
    """What was looked at."""
    whole = sum(upload.whole for upload in records.uploads.values())
    going = sum(left.said < records.uploads[left.file].size for left in records.survived)
    gone = sum(change.deletes for change in records.store.changes)
    return (
        f"{len(records.uploads)} uploads ({whole} whole; {going} under way at a kill), {len(records.fetched)} fetches, "
        f"{gone} messages taken out ({records.disk.looked_for} words looked for on the disk), {len(records.searched)} searches"
    )
