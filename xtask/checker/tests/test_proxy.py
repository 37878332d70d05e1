"""Tests of the test, on the real server: a proxy stands in for a server with a bug, and the whole harness must see it.

Each planted bug is one class that changes frames; a connection has one of its own. The first test has none, and loses
only acknowledgements: that must be clean, because a repeat is answered and not stored again."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import checker
from harness import new_run
from proxy import Proxy
from web import Answer

# Each bug is planted at every so manyth occasion on a connection.
EVERY = 5
SECONDS = 1.2
# Nothing is killed, so that whoever has not caught up by then never will.
PATIENCE = 3.0


class Honest:
    """Passes everything on; the base of all plants."""

    def __init__(self) -> None:
        self.count = 0
        self.held: str | None = None

    def due(self) -> bool:
        self.count += 1
        return self.count % EVERY == 0

    def __call__(self, from_client: bool, frame: dict, text: str) -> tuple[list[str], list[str]]:
        kind = frame.get("type", "message" if "message" in frame else None)
        if from_client:
            return self.said(frame, text) if kind == "message" else ([text], [])
        if kind == "message":
            return self.shown(frame, text), []
        return (self.acked(frame, text) if kind == "ack" else [text]), []

    def said(self, frame: dict, text: str) -> tuple[list[str], list[str]]:
        return [text], []

    def shown(self, frame: dict, text: str) -> list[str]:
        return [text]

    def acked(self, frame: dict, text: str) -> list[str]:
        return [text]

    def answered(self, asked: str, answer: Answer) -> Answer:
        return answer


class AcksLost(Honest):
    def acked(self, frame: dict, text: str) -> list[str]:
        # Connections of the harness repeat only after a reconnect; the settling tolerates what is never answered.
        return [] if self.due() else [text]


class AckBeforeCommit(Honest):
    """Acknowledged, and then forgotten."""

    def said(self, frame: dict, text: str) -> tuple[list[str], list[str]]:
        if "id" not in frame or not self.due():
            return [text], []
        ack = {"type": "ack", "id": frame["id"], "room": frame["room"], "seq": 10**6 + self.count, "timestamp": ""}
        return [], [json.dumps(ack)]


class Drop(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        return [] if self.due() else [text]


class Repeat(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        return [text, text] if self.due() else [text]


class Swap(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        if self.held is not None:
            held, self.held = self.held, None
            return [text, held]
        if self.due():
            self.held = text
            return []
        return [text]


class ReusedSeq(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        return [json.dumps(frame | {"seq": max(1, frame["seq"] - 1)})] if self.due() else [text]


class ChangedBody(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        return [json.dumps(frame | {"message": frame["message"] + "."})] if self.due() else [text]


class Phantom(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        if not self.due():
            return [text]
        return [text, json.dumps(frame | {"seq": frame["seq"] + 1, "id": "x", "message": "ghost-1 boo"})]


class TwoPlaces(Honest):
    def acked(self, frame: dict, text: str) -> list[str]:
        return [text, json.dumps(frame | {"seq": frame["seq"] + 1})] if self.due() else [text]


class SeenAndForgotten(Honest):
    """The sender is shown its own message, which is stored nowhere."""

    def said(self, frame: dict, text: str) -> tuple[list[str], list[str]]:
        if "id" not in frame or not self.due():
            return [text], []
        event = {"room": frame["room"], "seq": 10**6 + self.count, "id": frame["id"], "user": "g-x", "sender": "x"}
        return [], [json.dumps({"type": "message", "message": frame["message"], "timestamp": ""} | event)]


class OrderBroken(Honest):
    def said(self, frame: dict, text: str) -> tuple[list[str], list[str]]:
        if self.held is not None:
            held, self.held = self.held, None
            return [text, held], []
        if self.due():
            self.held = text
            return [], []
        return [text], []


class Leak(Honest):
    def shown(self, frame: dict, text: str) -> list[str]:
        return [text, json.dumps(frame | {"room": "secret"})] if self.due() else [text]


class WrongRoom(Honest):
    """The server puts a message into another room than it was said in."""

    def said(self, frame: dict, text: str) -> tuple[list[str], list[str]]:
        if "room" not in frame or not self.due():
            return [text], []
        return [json.dumps(frame | {"room": "ops" if frame["room"] == "lobby" else "lobby"})], []


class Deaf(Honest):
    """After a while one connection hears nothing more, and nobody tells it."""

    def shown(self, frame: dict, text: str) -> list[str]:
        self.count += 1
        return [text] if self.count < 40 else []


class Careless(Honest):
    """Four bugs about files and deletions, each against an invariant of its own: offsets that are too large, files with
    another end, one file in all messages that have any, and files that are given out for ever."""

    given_out: dict[str, bytes] = {}
    attached: list[dict] = []
    asked = itertools.count()

    def answered(self, asked: str, answer: Answer) -> Answer:
        occasion = next(self.asked) % EVERY == 0
        if asked.endswith("/offset") or asked.startswith("PATCH"):
            return self.beyond(answer) if occasion and answer.status == 200 else answer
        if not asked.startswith("GET /api/files/"):
            return answer
        if answer.status == 200:
            self.given_out[asked] = answer.body
            return Answer(200, answer.body[:-1] + b"?") if occasion else answer
        return Answer(200, self.given_out.get(asked, b"")) if answer.status == 404 else answer

    @staticmethod
    def beyond(answer: Answer) -> Answer:
        uploaded = answer.json()
        return Answer(200, json.dumps(uploaded | {"offset": uploaded["offset"] + 1_000_000}).encode())

    def shown(self, frame: dict, text: str) -> list[str]:
        if "files" not in frame:
            return [text]
        self.attached += frame["files"]
        return [json.dumps(frame | {"files": self.attached[:1]})]


class DamagedDisk:
    """Somebody takes uploads and blobs away, leaves others, and writes down what was deleted."""

    def __init__(self) -> None:
        self.words = ""

    def __call__(self, when: str, data: Path) -> None:
        if when == "killed":
            for part in [*data.glob("uploads/*"), *data.glob("files/*/*")]:
                os.truncate(part, 0)
            return
        (data / "files/zz").mkdir()
        (data / "files/zz" / ("0" * 64)).write_bytes(b"nobody's")
        (data / "notes").write_text(self.words)


async def damaged(seed: int) -> set[str]:
    async with new_run(random.Random(seed), terminals=False) as run:
        run.meddle = plant = DamagedDisk()
        await run.begin()
        await run.talk(2 * SECONDS)
        await run.kill_and_restart()
        await run.talk(SECONDS / 2)
        await run.settle(PATIENCE)
        plant.words = " ".join(attempt.body for attempt in run.journal.attempts)
        return {violation.invariant for violation in checker.check(await run.end(PATIENCE))}


async def found_with(plant: type[Honest], seed: int, seconds: float = SECONDS) -> set[str]:
    async with new_run(random.Random(seed), terminals=False) as run:
        # The proxy needs the server's port, which is fixed before the server runs.
        proxy = Proxy(run.server.port, plant)
        port = await proxy.start()
        try:
            await run.begin(port)
            await run.talk(seconds)
            await run.settle(PATIENCE)
            records = await run.end(PATIENCE)
        finally:
            await proxy.stop()
        return {violation.invariant for violation in checker.check(records)}


class PlantedOnTheWire(unittest.TestCase):
    def caught(self, plant: type[Honest], *invariants: str) -> None:
        found = asyncio.run(found_with(plant, seed=11))
        for invariant in invariants:
            self.assertIn(invariant, found)

    def test_an_honest_proxy_is_clean(self) -> None:
        self.assertEqual(set(), asyncio.run(found_with(Honest, seed=11)))

    def test_lost_acknowledgements_do_no_harm(self) -> None:
        self.assertEqual(set(), asyncio.run(found_with(AcksLost, seed=11)))

    def test_ack_before_commit(self) -> None:
        self.caught(AckBeforeCommit, "I1")

    def test_drop(self) -> None:
        self.caught(Drop, "I5")

    def test_repeat(self) -> None:
        self.caught(Repeat, "I2")

    def test_swap(self) -> None:
        self.caught(Swap, "I4")

    def test_reused_seq(self) -> None:
        self.caught(ReusedSeq, "I4")

    def test_changed_body(self) -> None:
        self.caught(ChangedBody, "I6")

    def test_phantom(self) -> None:
        self.caught(Phantom, "I3")

    def test_one_id_with_two_places(self) -> None:
        self.caught(TwoPlaces, "I7")

    def test_seen_by_one_and_stored_nowhere(self) -> None:
        self.caught(SeenAndForgotten, "I8")

    def test_senders_order_broken(self) -> None:
        self.caught(OrderBroken, "I9")

    def test_leak_of_another_room(self) -> None:
        self.caught(Leak, "I10")

    def test_message_in_the_wrong_room(self) -> None:
        self.caught(WrongRoom, "I10")

    def test_a_connection_that_goes_deaf(self) -> None:
        self.caught(Deaf, "I11")

    def test_bugs_about_files_and_deletions(self) -> None:
        found = asyncio.run(found_with(Careless, seed=11, seconds=2 * SECONDS))
        self.assertLessEqual({"I13", "I14", "I15", "I17"}, found)

    def test_a_disk_that_somebody_damages(self) -> None:
        self.assertLessEqual({"I13", "I14", "I16", "I18"}, asyncio.run(damaged(seed=11)))


if __name__ == "__main__":
    unittest.main()
