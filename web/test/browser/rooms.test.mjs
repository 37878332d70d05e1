// Rooms that come and go behind one's back: what they hold is shown whole, and what was written for them is not lost.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Person, Server, calm, launch, named, say, settled, shown, tab, texts, visit } from './harness.mjs';

let server;
let browser;
let writer;
before(async () => {
  server = await Server.start();
  browser = await launch();
  writer = await Person.join(server.url, 'writer');
});
after(async () => {
  writer?.leave();
  await browser?.close();
  await server?.stop();
});

async function goTo(page, room) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(room);
  await page.getByRole('option', { name: room }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: room }).waitFor();
}

test('a room of which only the last lines are held loads what was before them', async () => {
  writer.send({ type: 'create', ref: 1, room: 'vault' });
  await writer.frame(({ type, ref }) => type === 'ok' && ref === 1);
  for (let i = 1; i <= 60; i++) await writer.say(`vault ${i}`, 'vault');
  const one = await named(await visit(browser, server.url), 'ana');
  const two = await tab(one.context(), server.url);
  await two.locator('.composer textarea').waitFor();
  await goTo(one, 'vault');
  await shown(one, 'vault 60');
  const room = two.locator('.room', { hasText: 'vault' });
  await room.waitFor();
  await say(one, 'mine 1');
  await say(one, 'mine 2');
  await settled(one);
  await writer.say('for you', 'vault');
  await room.locator('.badge', { hasText: '1' }).waitFor();
  await room.click();
  await shown(two, 'mine 2');
  await two.locator('.text', { hasText: /^vault 1$/ }).waitFor({ state: 'attached' });
  await two.getByText('This is the beginning of').waitFor({ state: 'attached' });
  assert.deepEqual(await texts(two), [...Array.from({ length: 60 }, (_, i) => `vault ${i + 1}`), 'mine 1', 'mine 2', 'for you']);
  await calm(two);
  await one.context().close();
});

test('the title of a tab that hides goes on counting', async () => {
  const page = await named(await visit(browser, server.url), 'bea');
  // As in a tab that is hidden: no frame ever comes, also not the one asked for while it hid.
  await page.evaluate(() => {
    globalThis.requestAnimationFrame = () => 0;
    document.hasFocus = () => false;
    dispatchEvent(new Event('blur'));
  });
  await writer.say('one');
  await page.waitForFunction(() => document.title.startsWith('(1)'), null, { polling: 100 });
  await writer.say('two');
  await page.waitForFunction(() => document.title.startsWith('(2)'), null, { polling: 100 });
  await calm(page);
  await page.context().close();
});
