// One person, two devices: what was read and what is half written follows.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PASSWORD, goTo, say, settled, shoot, shown, staged } from './harness.mjs';

const stage = staged();

/** The same person on one more device. */
async function elsewhere(name) {
  const page = await stage.visit();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('dialog').getByLabel('Name', { exact: true }).fill(name);
  await page.locator('dialog').getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.me .name', { hasText: name }).waitFor();
  await page.locator('.link.live').waitFor();
  return page;
}

const holds = (page, text) => page.waitForFunction((text) => document.querySelector('.composer textarea')?.value === text, text);

test('a draft follows from device to device, is over where it was sent, and is never written over', async () => {
  const desk = await stage.account('ana');
  const phone = await elsewhere('ana');
  await desk.locator('.composer textarea').pressSequentially('half a thought');
  await holds(phone, 'half a thought');
  await phone.locator('.composer textarea').press('End');
  await phone.locator('.composer textarea').pressSequentially(', and the rest');
  await holds(desk, 'half a thought, and the rest');
  await say(desk, 'half a thought, and the rest');
  await settled(desk);
  await holds(phone, '');

  // A device that was away brings what it has, or takes what there is.
  await desk.locator('.composer textarea').pressSequentially('from the desk');
  await holds(phone, 'from the desk');
  await phone.goto('about:blank');
  await desk.locator('.composer textarea').pressSequentially(' while you were away');
  const third = await elsewhere('ana');
  await holds(third, 'from the desk while you were away');
  await phone.goto(stage.server.url);
  await holds(phone, 'from the desk while you were away');

  // What is written without a link is newer than what was known, and is kept.
  await stage.server.kill();
  for (const page of [desk, phone]) await page.locator('.link.down').waitFor();
  await phone.locator('.composer textarea').fill('something else');
  await stage.server.again();
  await holds(desk, 'something else');
  await holds(phone, 'something else');
});

test('what a draft answers follows with it, and is over where it was sent', async () => {
  const desk = await stage.account('cai');
  const phone = await elsewhere('cai');
  const writer = await stage.person('writer');
  await writer.say('Who comes along?');
  for (const page of [desk, phone]) await shown(page, 'Who comes along?');
  await desk.locator('.message', { hasText: 'Who comes along?' }).locator('.more').focus();
  await desk.keyboard.press('r');
  await desk.locator('.aim').waitFor();
  await desk.locator('.composer textarea').pressSequentially('I do');
  await holds(phone, 'I do');
  await phone.locator('.aim', { hasText: 'You answer writer: Who comes along?' }).waitFor();
  await shoot(phone, 'draft-answers');
  // It is there again over a reload, and on a device that comes later.
  await desk.reload();
  await desk.locator('.aim', { hasText: 'Who comes along?' }).waitFor();
  await holds(desk, 'I do');
  await phone.locator('.composer textarea').press('Enter');
  await settled(phone);
  await desk.locator('.aim').waitFor({ state: 'detached' });
  await holds(desk, '');
  await desk.locator('.message', { hasText: 'I do' }).locator('.quote', { hasText: 'Who comes along?' }).waitFor();
});

test('what is marked as unread on one device, a room or a thread, stays so on one that looks at it', async () => {
  const desk = await stage.account('dov');
  await goTo(desk, 'attic');
  await desk.keyboard.press('Alt+ArrowUp');
  const phone = await elsewhere('dov');
  const writer = await stage.person('writer');
  writer.send({ type: 'join', ref: 1, room: 'attic' });
  const { room } = await writer.frame(({ type, ref }) => type === 'ok' && ref === 1);
  await writer.say('four', 'attic');
  await writer.say('five', 'attic');
  const attic = (page) => page.locator('.room', { hasText: 'attic' });
  await attic(desk).locator('.badge', { hasText: /^2 / }).waitFor();
  await attic(phone).click();
  await shown(phone, 'five');
  await attic(desk).locator('.badge').waitFor({ state: 'detached' });
  await attic(desk).click();
  await shown(desk, 'five');
  await desk.locator('.message', { hasText: 'four' }).locator('.more').focus();
  await desk.keyboard.press('u');
  await phone.locator('.rule.new + .message', { hasText: 'four' }).waitFor();
  await phone.keyboard.press('Alt+ArrowUp');
  await phone.locator('h1', { hasText: 'Lobby' }).waitFor();
  await attic(phone).locator('.badge', { hasText: /^2 / }).waitFor();
  await shoot(phone, 'unread-elsewhere');

  // A thread of it goes the same way.
  await attic(phone).click();
  writer.send({ type: 'message', room: 'attic', message: 'an answer', id: 'answer', thread: room.head + 1 });
  await writer.frame(({ type, id }) => type === 'ack' && id === 'answer');
  const replies = (page) => page.locator('.message', { hasText: 'four' }).locator('.replies');
  for (const page of [desk, phone]) await replies(page).locator('.badge', { hasText: '1' }).waitFor();
  await desk.bringToFront();
  await replies(desk).click();
  await desk.locator('aside.thread .message', { hasText: 'an answer' }).waitFor();
  await replies(phone).locator('.badge').waitFor({ state: 'detached' });
  await desk.locator('aside.thread .message', { hasText: 'an answer' }).locator('.more').focus();
  await desk.keyboard.press('u');
  await replies(phone).locator('.badge', { hasText: '1' }).waitFor();
  await shoot(phone, 'thread-unread-elsewhere');
});

test('what was read on one device is not new on the other', async () => {
  const desk = await stage.account('bo');
  await goTo(desk, 'attic');
  await desk.keyboard.press('Alt+ArrowUp');
  await desk.locator('h1', { hasText: 'Lobby' }).waitFor();
  const phone = await elsewhere('bo');
  const writer = await stage.person('writer');
  writer.send({ type: 'join', ref: 1, room: 'attic' });
  await writer.frame(({ type, ref }) => type === 'ok' && ref === 1);
  for (const text of ['one', 'two']) await writer.say(text, 'attic');
  const badge = (page) => page.locator('.room', { hasText: 'attic' }).locator('.badge');
  await badge(desk).filter({ hasText: '2' }).waitFor();
  await badge(phone).filter({ hasText: '2' }).waitFor();
  await desk.locator('.room', { hasText: 'attic' }).click();
  await shown(desk, 'two');
  await badge(phone).waitFor({ state: 'detached' });
  await phone.reload();
  await phone.locator('.link.live').waitFor();
  await writer.say('three', 'attic');
  await badge(phone).filter({ hasText: /^1 / }).waitFor();
  await shoot(phone, 'read-elsewhere');
  assert.equal(await phone.locator('h1').textContent(), '#Lobby');
});
