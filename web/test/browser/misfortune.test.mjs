// A server that refuses, forgets and loses on demand: the page tells the truth about it and offers what can be done.

import { after, before, beforeEach, afterEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { FakeServer } from '../fake_server.mjs';
import { calm, launch, named, only, say, settled, shoot, shown, texts, visit } from './harness.mjs';

let server;
let browser;
let page;
before(async () => (browser = await launch()));
after(() => browser?.close());
beforeEach(async () => {
  server = await new FakeServer().listen();
  for (let i = 1; i <= 3; i++) server.say('lobby', 'g-bo', 'bo', `message ${i}`);
  page = await named(await visit(browser, server.url), 'ana');
  await shown(page, 'message 3');
});
afterEach(async () => {
  await calm(page);
  await page.context().close();
  await server.close();
});

test('a refused line is kept, with the reason, and can be sent again or discarded; later lines go on', async () => {
  server.refuse = ({ message }) => (message.startsWith('bad') ? { code: 'too_long', reason: 'This is longer than a message may be.' } : null);
  await say(page, 'bad one');
  await say(page, 'bad two');
  await say(page, 'good');
  await page.locator('.fate.stored').waitFor();
  await page.locator('.failure').nth(1).waitFor();
  assert.deepEqual(await page.locator('.failure > span').allTextContents(), Array(2).fill('This is longer than a message may be.'));
  await shoot(page, 'refused');
  await page.reload();
  await page.locator('.failure').nth(1).waitFor();
  await page.locator('.message.failed', { hasText: 'bad one' }).getByRole('button', { name: 'Discard' }).click();
  server.refuse = () => null;
  await page.getByRole('button', { name: 'Retry' }).click();
  await settled(page);
  await page.waitForFunction(() => !document.querySelector('.failure'));
  assert.deepEqual((await texts(page)).slice(-2), ['good', 'bad two']);
});

test('a hole is shown until it is filled, and filled without being asked', async () => {
  const hole = server.rooms.get('lobby').log;
  for (let i = 4; i <= 9; i++) hole.push({ ...hole[0], seq: hole.length + 1, id: `h${i}`, message: `message ${i}` });
  server.say('lobby', 'g-bo', 'bo', 'message 10');
  await shown(page, 'message 7');
  assert.deepEqual(await texts(page), Array.from({ length: 10 }, (_, i) => `message ${i + 1}`));
  await page.waitForFunction(() => !document.querySelector('.gap'));
});

test('a history that was restored from a backup replaces what is shown', async () => {
  await server.close();
  server.epoch = 'e2';
  server.rooms.get('lobby').log.length = 1;
  server.say('lobby', 'g-bo', 'bo', 'another second message');
  await server.listen(new URL(server.url).port);
  await shown(page, 'another second message');
  await only(page, ['message 1', 'another second message']);
});

test('a page that was replaced by another stops, and can take over again', async () => {
  for (const { socket } of server.links) socket.close(4010, 'replaced');
  await page.getByText('This chat went on in another window.').waitFor();
  await shoot(page, 'replaced');
  await page.getByRole('button', { name: 'Use here' }).click();
  await page.locator('.link.live').waitFor();
});

test('a message that cannot be read is a quiet line, and all else goes on', async () => {
  const { log } = server.rooms.get('lobby');
  log.push({ type: 'message', room: 'lobby', seq: 4, message: { $gt: '' } });
  server.tell('lobby', log[3]);
  server.say('lobby', 'g-bo', 'bo', 'message 5');
  await page.getByText('Something happened here that this page cannot show.').waitFor();
  await shown(page, 'message 5');
});
