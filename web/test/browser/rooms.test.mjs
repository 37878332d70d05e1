// Rooms that come and go behind one's back: what they hold is shown whole, and what was written for them is not lost.

import { beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { goTo, only, say, settled, shown, staged, texts } from './harness.mjs';

const stage = staged();
let writer;
beforeEach(async () => (writer = await stage.person('writer')));

test('a room of which only the last lines are held loads what was before them', async () => {
  writer.send({ type: 'create', ref: 1, room: 'vault' });
  await writer.frame(({ type, ref }) => type === 'ok' && ref === 1);
  for (let i = 1; i <= 60; i++) await writer.say(`vault ${i}`, 'vault');
  const one = await stage.guest('ana');
  const two = await stage.tab(one.context());
  await two.locator('.composer textarea').waitFor();
  await goTo(one, 'vault');
  await shown(one, 'vault 60');
  const room = two.locator('.room', { hasText: 'vault' });
  await room.waitFor();
  await say(one, 'mine 1');
  await say(one, 'mine 2');
  await settled(one);
  // One connection has one order: what is said now is there after them.
  await writer.say('and in the lobby');
  await shown(two, 'and in the lobby');
  await room.click();
  await shown(two, 'mine 2');
  await two.locator('.text', { hasText: /^vault 1$/ }).waitFor({ state: 'attached' });
  await two.getByText('This is the beginning of').waitFor({ state: 'attached' });
  await only(two, [...Array.from({ length: 60 }, (_, i) => `vault ${i + 1}`), 'mine 1', 'mine 2']);
});

test('the title of a tab that hides goes on counting', async () => {
  const page = await stage.guest('bea');
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
});

test('a room is not left with lines that wait, unless they are to be discarded', async () => {
  const page = await stage.guest('cleo');
  await goTo(page, 'cellar');
  await say(page, 'cellar 1');
  await settled(page);
  await stage.server.kill();
  await page.locator('.link.down').waitFor();
  await say(page, 'cellar 2');
  await page.locator('.fate.queued').waitFor();
  await page.getByRole('button', { name: 'Leave cellar' }).click();
  await page.getByText('1 message is not sent yet.').waitFor();
  await page.getByRole('button', { name: 'Stay' }).click();
  await shown(page, 'cellar 2');
  await page.getByRole('button', { name: 'Leave cellar' }).click();
  await page.getByRole('button', { name: 'Discard and leave' }).click();
  await page.locator('h1', { hasText: 'Lobby' }).waitFor();
  await stage.server.again();
  await page.locator('.link.live').waitFor();
  await page.reload();
  await page.locator('.link.live').waitFor();
  assert.equal(await page.locator('.room').count(), 1, 'no ghost of the room');
});

test('on a phone Enter makes a new line and the button sends; a word being composed is not sent', async () => {
  const phone = await stage.guest('dora', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const field = phone.locator('.composer textarea');
  assert.equal(await field.getAttribute('enterkeyhint'), 'enter');
  await field.pressSequentially('one');
  await phone.keyboard.press('Enter');
  await phone.keyboard.type('two');
  await phone.getByRole('button', { name: 'Send' }).tap();
  await settled(phone);
  assert.equal((await texts(phone)).at(-1), 'one\ntwo');

  const desk = await stage.guest('edda');
  await desk.locator('.composer textarea').fill('half a word');
  await desk.locator('.composer textarea').evaluate((field) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })));
  assert.equal(await desk.locator('.composer textarea').inputValue(), 'half a word');
  await desk.keyboard.press('Enter');
  await settled(desk);
});

test('what is today is yesterday after midnight', async () => {
  await writer.say('written today');
  const page = await stage.tab(await stage.browser.newContext(), '');
  await page.clock.install();
  await page.goto(stage.server.url);
  await page.locator('.rule', { hasText: 'Today' }).waitFor();
  const now = await page.evaluate(() => Date.now());
  const today = new Date(now);
  await page.clock.fastForward(new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1).getTime() - now + 5_000);
  await page.locator('.rule', { hasText: 'Yesterday' }).waitFor();
});

test('a draft outlives what another tab of the browser sends in the same room', async () => {
  const one = await stage.guest('fenja');
  const two = await stage.tab(one.context());
  await two.locator('.composer textarea').waitFor();
  await one.locator('.composer textarea').fill('half a thought');
  await one.waitForFunction(() => localStorage['chat.draft.lobby'] === 'half a thought');
  await say(two, 'a whole one');
  await settled(two);
  await one.reload();
  await one.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'half a thought');
});
