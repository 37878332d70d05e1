"""Plain mode with a client library that is not ours: `websockets` from PyPI, against the real server."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import websockets
from websockets.asyncio.client import ClientConnection, connect

from harness import new_run
from processes import Server

PATIENCE = 10.0
MESSAGE_BYTES = 64 * 1024


async def frame(socket: ClientConnection, kind: str) -> dict:
    """The next frame of this type; notices and the like are passed over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            text = await socket.recv()
            if isinstance(text, str) and text.startswith("{") and (found := json.loads(text))["type"] == kind:
                return found


async def binary(socket: ClientConnection) -> bytes:
    async with asyncio.timeout(PATIENCE):
        while True:
            data = await socket.recv()
            if isinstance(data, bytes):
                return data


class Plain(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.run_context = new_run(random.Random(1), terminals=False)
        run = await self.run_context.__aenter__()
        self.server: Server = run.server
        await self.server.start()
        self.ana = await self.enter("ana")
        self.bo = await self.enter("bo")

    async def asyncTearDown(self) -> None:
        await self.ana.close()
        await self.bo.close()
        await self.run_context.__aexit__(None, None, None)

    async def enter(self, name: str) -> ClientConnection:
        socket = await connect(f"ws://127.0.0.1:{self.server.port}/ws?name={name}", max_size=None)
        async with asyncio.timeout(PATIENCE):
            self.assertEqual("Welcome!", await socket.recv())
        return socket

    async def both_see(self, text: str) -> dict:
        seen = [await frame(socket, "message") for socket in (self.ana, self.bo)]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(text, seen[0]["message"])
        return seen[0]

    async def test_every_form_of_a_message_reaches_everybody_the_sender_too(self) -> None:
        forms = [
            ("Hello, world!", "Hello, world!"),
            ('{"message":"no type"}', "no type"),
            ('{"type":"message","message":"full","timestamp":"1999-01-01T00:00:00Z"}', "full"),
            ("żółć 李雷 👩\u200d👩\u200d👧", "żółć 李雷 👩\u200d👩\u200d👧"),
            ('"a JSON text is a line"', '"a JSON text is a line"'),
        ]
        for number, (sent, text) in enumerate(forms, start=1):
            await self.ana.send(sent)
            event = await self.both_see(text)
            self.assertEqual(("lobby", number, "ana", True), (event["room"], event["seq"], event["sender"], event["guest"]))
            self.assertNotIn("1999", event["timestamp"])

    async def test_a_sender_is_a_nickname(self) -> None:
        await self.ana.send('{"message":"hi","sender":"anna"}')
        self.assertEqual("anna", (await self.both_see("hi"))["sender"])
        await self.bo.send('{"message":"me too","sender":"anna"}')
        self.assertNotEqual("anna", (await self.both_see("me too"))["sender"])

    async def test_an_own_id_is_acknowledged_and_a_repeat_is_not_shown_again(self) -> None:
        for dup in (False, True):
            await self.ana.send('{"type":"message","message":"once","id":"x-1"}')
            ack = await frame(self.ana, "ack")
            self.assertEqual(("x-1", 1, dup), (ack["id"], ack["seq"], ack.get("dup", False)))
        await self.ana.send("next")
        self.assertEqual([1, 2], [(await frame(self.bo, "message"))["seq"] for _ in range(2)])

    async def test_binary_is_relayed_as_it_is(self) -> None:
        data = bytes(range(256))
        await self.ana.send(data)
        self.assertEqual([data, data], [await binary(self.ana), await binary(self.bo)])

    async def test_a_message_of_the_limit_is_fine_and_one_byte_more_is_refused_by_name(self) -> None:
        await self.ana.send(json.dumps({"message": "x" * MESSAGE_BYTES, "id": "fits"}))
        await self.both_see("x" * MESSAGE_BYTES)
        await self.ana.send(json.dumps({"message": "x" * (MESSAGE_BYTES + 1), "id": "large"}))
        error = await frame(self.ana, "error")
        self.assertEqual(("too_long", "large"), (error["code"], error["id"]))
        await self.ana.send("still here")
        await self.both_see("still here")

    async def test_a_frame_over_the_limit_closes_with_1009(self) -> None:
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(PATIENCE):
                await self.ana.send("x" * (512 * 1024 + 1))
                while True:
                    await self.ana.recv()
        self.assertEqual(1009, closed.exception.rcvd.code)

    async def test_junk_is_refused_and_the_connection_lives_on(self) -> None:
        junk = ["{", '{"type":"explode"}', '{"message":7}', '{"message":{"$gt":""}}', "{}", '{"type":["message"]}']
        for text in junk:
            await self.ana.send(text)
            error = await frame(self.ana, "error")
            self.assertIn(error["code"], ("bad_frame", "unknown_type"), text)
            self.assertNotIn("message", error)
        await self.ana.send("still here")
        await self.both_see("still here")

    async def test_invalid_utf8_closes_with_1007(self) -> None:
        with self.assertRaises(websockets.ConnectionClosed) as closed:
            async with asyncio.timeout(PATIENCE):
                await self.ana.send(b"\xff\xfe", text=True)
                while True:
                    await self.ana.recv()
        self.assertEqual(1007, closed.exception.rcvd.code)

    async def test_another_room_is_asked_for_in_the_address(self) -> None:
        await self.ana.send('{"type":"create","ref":1,"room":"ops"}')
        self.assertEqual("ops", (await frame(self.ana, "ok"))["room"]["room"])
        cy = await connect(f"ws://127.0.0.1:{self.server.port}/ws?room=ops&name=cy")
        await cy.send("in ops")
        self.assertEqual("ops", (await frame(cy, "message"))["room"])
        await cy.close()


if __name__ == "__main__":
    unittest.main()
