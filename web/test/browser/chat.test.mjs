// Two people in two browsers, and a third with a few lines of JavaScript, share one room.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { named, only, say, settled, shoot, shown, staged, texts } from './harness.mjs';

const stage = staged();

test('two pages share the lobby: names, messages, typing, coming and going', async () => {
  const ana = await stage.visit();
  await ana.getByText('This is the beginning of').waitFor();
  await shoot(ana, 'first-visit');
  await named(ana, 'ana');
  await say(ana, 'Is anybody here?');
  await settled(ana);

  const bo = await stage.visit();
  await shown(bo, 'Is anybody here?');
  await named(bo, 'bo');
  await ana.locator('.people li', { hasText: 'bo' }).waitFor();
  await bo.locator('.people li', { hasText: 'ana' }).waitFor();
  await ana.locator('.quiet', { hasText: 'bo joined' }).waitFor();

  await bo.locator('.composer textarea').pressSequentially('Yes, I am');
  await ana.locator('.typing', { hasText: 'bo is typing…' }).waitFor();
  await shoot(ana, 'typing');
  await bo.keyboard.press('Shift+Enter');
  await bo.keyboard.type('and this is a second line');
  await bo.keyboard.press('Enter');
  await shown(ana, 'Yes, I am\nand this is a second line');
  await ana.waitForFunction(() => !document.querySelector('.typing')?.textContent);

  for (let i = 1; i <= 10; i++) await say(i % 2 ? ana : bo, `line ${i}`).then(() => shown(i % 2 ? bo : ana, `line ${i}`));
  await settled(ana);
  await settled(bo);
  await only(bo, await texts(ana));

  const cy = await stage.person('cy');
  await cy.say('Hello from ten lines of JavaScript');
  await shown(ana, 'Hello from ten lines');
  await ana.locator('.people li', { hasText: 'cy' }).waitFor();
  await shoot(ana, 'conversation');
  cy.leave();
  await bo.context().close();
  await ana.locator('.quiet', { hasText: 'left' }).first().waitFor();
  await ana.waitForFunction(() => document.querySelectorAll('.people li').length === 1);
});

test('rooms: made by one, joined by the other, counted while not looked at', async () => {
  const dee = await stage.guest('dee');
  const eve = await stage.guest('eve');
  await dee.keyboard.press('Control+k');
  await dee.getByRole('combobox').fill('ops');
  await dee.getByRole('option', { name: 'create this room' }).waitFor();
  await dee.keyboard.press('Enter');
  await dee.locator('h1', { hasText: 'ops' }).waitFor();
  await say(dee, 'First in ops');
  await settled(dee);

  await eve.getByRole('button', { name: 'Go to, join or create a room' }).click();
  await eve.getByRole('option', { name: 'ops' }).click();
  await shown(eve, 'First in ops');
  await eve.keyboard.press('Alt+ArrowUp');
  await eve.locator('h1', { hasText: 'Lobby' }).waitFor();
  await say(dee, 'Second');
  await say(dee, 'Third');
  await eve.locator('.room', { hasText: 'ops' }).locator('.badge', { hasText: '2' }).waitFor();
  assert.match(await eve.title(), /^\(2\) Lobby/);
  await shoot(eve, 'unread');
  await eve.keyboard.press('Alt+ArrowDown');
  await eve.getByText('New since you looked').waitFor();
  await shown(eve, 'Third');
  await eve.waitForFunction(() => document.title === 'ops · Chat');
  await shoot(eve, 'new-since');

  await eve.locator('.leave').click();
  await eve.locator('h1', { hasText: 'Lobby' }).waitFor();
  assert.equal(await eve.locator('.room').count(), 1);
  await dee.waitForFunction(() => document.querySelectorAll('.people li').length === 1);
});

test('names: changed later, refused with the reason, remembered', async () => {
  const one = await stage.guest('fay');
  const two = await stage.visit();
  await two.getByLabel('What should we call you?').fill('fay');
  await two.keyboard.press('Enter');
  await two.locator('#name-error', { hasText: /./ }).waitFor();
  await two.getByLabel('What should we call you?').fill('not a name!');
  await two.keyboard.press('Enter');
  await two.locator('#name-error', { hasText: 'letters' }).waitFor();
  await shoot(two, 'name-refused');
  await named(two, 'gil');
  await one.locator('.me > button').first().click();
  await one.getByLabel('Your name').fill('fern');
  await one.keyboard.press('Enter');
  await two.locator('.people li', { hasText: 'fern' }).waitFor();
  await one.locator('.me .name', { hasText: 'fern' }).waitFor();
  await one.reload();
  await one.locator('.me .name', { hasText: 'fern' }).waitFor();
  await one.locator('.composer textarea').waitFor();
});

test('a text with a million spaces in it is measured at once', async () => {
  const page = await stage.guest('ivo');
  await page.locator('.composer textarea').fill(`a${' '.repeat(1_000_000)}b`);
  await page.getByText('bytes too long').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.composer textarea').fill('a b');
  await page.keyboard.press('Enter');
  await shown(page, 'a b');
});

test('a message over the limit is not sent, drafts are kept per room and over a reload', async () => {
  const page = await stage.guest('hal');
  await page.locator('.composer textarea').fill('x'.repeat(65_537));
  await page.getByText('1 bytes too long').waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.message.own').count(), 0);
  await page.locator('.composer textarea').fill('é'.repeat(32_768));
  await page.keyboard.press('Enter');
  await settled(page);
  await page.locator('.composer textarea').pressSequentially('half a sen');
  await page.reload();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'half a sen');
});
