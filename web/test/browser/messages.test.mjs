// What is done to messages: changed, taken out, answered, reacted to, pinned, and found again; by pointer and by keys.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Office, about, closed, goTo, only, say, settled, shoot, shown, staged } from './harness.mjs';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
// The owner's account is made before a story has the server stop.
const stage = staged({ prepare: async (stage) => (stage.office = await Office.open(stage.server)) });
const row = (page, text) => page.locator('main .message', { hasText: text }).first();
/** Does something at a message by its key. */
async function press(page, text, key) {
  await row(page, text).locator('.more').focus();
  await page.keyboard.press(key);
}
/** Notes in `told` what the browser would show. */
function watchNotifications(page) {
  return page.evaluate(() => {
    globalThis.told = [];
    globalThis.Notification = class {
      static permission = 'granted';
      constructor(title, { body }) {
        globalThis.told.push([title, body]);
      }
    };
  });
}
/** Makes a room of one's own for a story. */
async function makeRoom(page, room) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(room);
  await page.getByRole('option', { name: 'create this room' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: room }).waitFor();
}

test('what one said last is changed by the arrow key, and says so with what it said before', async () => {
  const ana = await stage.guest('ana');
  const bo = await stage.guest('bo');
  await say(ana, 'Lunch at twelv');
  await shown(bo, 'Lunch at twelv');
  await settled(ana);
  await ana.keyboard.press('ArrowUp');
  await ana.getByText('You change a message').waitFor();
  await shoot(ana, 'message-edit');
  await ana.keyboard.press('Escape');
  await ana.waitForFunction(() => document.querySelector('.composer textarea').value === '');
  await ana.keyboard.press('ArrowUp');
  await ana.waitForFunction(() => document.querySelector('.composer textarea').value === 'Lunch at twelv');
  await ana.keyboard.type('e');
  await ana.keyboard.press('Enter');
  await shown(bo, 'Lunch at twelve');
  await only(bo, ['Lunch at twelve (edited)'], 'Lunch');
  await about(bo, 'Lunch at twelve');
  assert.equal(await bo.getByRole('button', { name: 'Edit', exact: true }).count(), 0, 'another\'s');
  await bo.getByRole('button', { name: 'What it said before' }).click();
  await bo.locator('.versions li').nth(1).waitFor();
  assert.deepEqual(await bo.locator('.versions .text').allTextContents(), ['Lunch at twelve', 'Lunch at twelv']);
  await shoot(bo, 'message-versions');
  await closed(bo);

  await about(ana, 'Lunch at twelve');
  await ana.getByRole('button', { name: 'Delete', exact: true }).click();
  await ana.locator('.sure').getByRole('button', { name: 'Delete' }).click();
  await bo.getByText('This message was deleted.').waitFor();
  await ana.getByText('This message was deleted.').waitFor();
  await bo.reload();
  await bo.getByText('This message was deleted.').waitFor();
});

test('an answer shows what it answers and leads there', async () => {
  const cy = await stage.guest('cy');
  const dee = await stage.person('dee');
  await dee.say('The first of many lines');
  for (let i = 0; i < 60; i++) await dee.say(`line ${i} of them`);
  await shown(cy, 'line 59 of them');
  await cy.locator('.scroller').hover();
  await cy.evaluate(() => (document.querySelector('.scroller').scrollTop = 0));
  await shown(cy, 'The first of many lines');
  await press(cy, 'The first of many lines', 'r');
  await cy.locator('.aim', { hasText: 'You answer dee: The first of many lines' }).waitFor();
  await cy.keyboard.type('I answer that');
  await cy.keyboard.press('Enter');
  await shown(cy, 'I answer that');
  await settled(cy);
  await row(cy, 'I answer that').locator('.quote', { hasText: 'dee The first of many lines' }).waitFor();
  await shoot(cy, 'message-reply');
  await row(cy, 'I answer that').locator('.quote').click();
  await cy.locator('.sought', { hasText: 'The first of many lines' }).waitFor();
  await cy.waitForFunction(() => {
    const box = [...document.querySelectorAll('.message')].find((each) => each.textContent.includes('The first of many')).getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
  });
});

test('reactions are put and taken off, counted, and say whose they are', async () => {
  const eve = await stage.guest('eve');
  const fay = await stage.guest('fay');
  await say(eve, 'Shall we ship it?');
  await shown(fay, 'Shall we ship it?');
  await press(fay, 'Shall we ship it?', '+');
  await fay.getByLabel('Find or type an emoji').fill('rocket');
  await fay.keyboard.press('Enter');
  const chip = row(eve, 'Shall we ship it?').locator('.reaction', { hasText: '🚀' });
  await chip.waitFor();
  assert.equal(await chip.getAttribute('title'), 'fay');
  await chip.click();
  await row(fay, 'Shall we ship it?').locator('.reaction .number', { hasText: '2' }).waitFor();
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  assert.match(await chip.getAttribute('title'), /^fay, you$/);
  await shoot(eve, 'message-reactions');
  await row(fay, 'Shall we ship it?').locator('.reaction', { hasText: '🚀' }).click();
  await row(eve, 'Shall we ship it?').locator('.reaction .number', { hasText: '1' }).waitFor();
  await chip.click();
  await chip.waitFor({ state: 'detached' });
});

test('a thread opens at the side, with its own composer and its own unread', async () => {
  const gil = await stage.guest('gil');
  const hal = await stage.guest('hal');
  await say(gil, 'Where do we meet?');
  await shown(hal, 'Where do we meet?');
  await settled(gil);
  await press(hal, 'Where do we meet?', 't');
  const answer = hal.locator('aside.thread textarea');
  await answer.waitFor();
  await answer.fill('At the');
  await answer.pressSequentially(' fountain');
  await answer.press('Enter');
  await hal.locator('aside.thread .message', { hasText: 'At the fountain' }).waitFor();
  assert.equal(await hal.locator('main .message', { hasText: 'At the fountain' }).count(), 0, 'not in the room');
  const replies = row(gil, 'Where do we meet?').locator('.replies');
  await replies.locator('.badge', { hasText: '1' }).waitFor();
  await shoot(gil, 'thread-unread');
  await gil.keyboard.press('Alt+a');
  await gil.locator('aside.thread .message', { hasText: 'At the fountain' }).waitFor();
  await gil.locator('aside.thread textarea').fill('Good');
  await hal.locator('aside.thread .typing', { hasText: 'gil is typing' }).waitFor();
  await gil.locator('aside.thread textarea').press('Enter');
  await hal.locator('aside.thread .message', { hasText: 'Good' }).waitFor();
  await shoot(hal, 'thread');
  await replies.locator('.badge').waitFor({ state: 'detached' });
  await gil.locator('aside.thread textarea').fill('half an ans');
  await gil.keyboard.press('Escape');
  await gil.locator('aside.thread').waitFor({ state: 'detached' });
  await gil.reload();
  await row(gil, 'Where do we meet?').locator('.replies').click();
  await gil.waitForFunction(() => document.querySelector('aside.thread textarea')?.value === 'half an ans');
  await gil.locator('aside.thread .message', { hasText: 'At the fountain' }).waitFor();
});

test('what one does without a link waits, over a reload too, in order', async () => {
  const ida = await stage.guest('ida');
  await say(ida, 'First thought');
  await settled(ida);
  await press(ida, 'First thought', '+');
  await ida.getByLabel('Find or type an emoji').waitFor();
  await closed(ida);
  await stage.server.kill();
  await ida.locator('.link.down').waitFor();
  await say(ida, 'Second thougt');
  await ida.keyboard.press('ArrowUp');
  await ida.getByText('You change a message').waitFor();
  await ida.locator('.composer textarea').fill('Second thought');
  await ida.keyboard.press('Enter');
  await press(ida, 'First thought', '+');
  await ida.getByRole('button', { name: 'React with 🎉' }).click();
  await row(ida, 'First thought').locator('.reaction', { hasText: '🎉' }).waitFor();
  await only(ida, ['Second thought'], 'Second');
  await shoot(ida, 'changes-wait');
  await stage.server.again();
  await ida.locator('.link.live').waitFor();
  await settled(ida);
  await only(ida, ['Second thought (edited)'], 'Second');
  const kim = await stage.guest('kim');
  await only(kim, ['Second thought (edited)'], 'Second');
  await row(kim, 'First thought').locator('.reaction', { hasText: '🎉' }).waitFor();
});

test('what is pinned is listed for all, and leads to its place', async () => {
  const lea = await stage.account('lea');
  await makeRoom(lea, 'pinned');
  const max = await stage.guest('max');
  await goTo(max, 'pinned');
  await say(lea, 'The door code is 1234');
  await settled(lea);
  await press(lea, 'The door code', 'p');
  await row(max, 'The door code').locator('.mark', { hasText: 'Pinned' }).waitFor();
  await max.getByRole('button', { name: 'Pinned messages: 1' }).click();
  await max.locator('.hit', { hasText: 'The door code is 1234' }).waitFor();
  await shoot(max, 'pins');
  assert.equal(await max.getByRole('button', { name: 'Take off the pins' }).count(), 0);
  await max.locator('.hit').click();
  await max.locator('.sought', { hasText: 'The door code' }).waitFor();
  await press(lea, 'The door code', 'p');
  await row(max, 'The door code').locator('.mark').waitFor({ state: 'detached' });
  await max.getByRole('button', { name: /Pinned messages/ }).waitFor({ state: 'detached' });
});

test('a message is marked as unread, until one comes back to the room', async () => {
  const nia = await stage.account('nia');
  await makeRoom(nia, 'later');
  const olaf = await stage.person('olaf');
  olaf.send({ type: 'join', ref: 1, room: 'later' });
  await olaf.frame(({ type, ref }) => type === 'ok' && ref === 1);
  for (const text of ['one', 'two', 'three']) await olaf.say(text, 'later');
  await shown(nia, 'three');
  await press(nia, 'two', 'u');
  await nia.getByText('New since you looked').waitFor();
  await goTo(nia, 'Lobby');
  await nia.locator('.room', { hasText: 'later' }).locator('.badge', { hasText: '2' }).waitFor();
  await nia.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await goTo(nia, 'later');
  await press(nia, 'two', 'l');
  await nia.getByText('The link to this message is copied.').waitFor();
  assert.match(await nia.evaluate(() => navigator.clipboard.readText()), /\/r\/later\/\d+$/);
});

test('who is named is told: completed, counted, listed and notified, unless it is in view', async () => {
  const pia = await stage.account('pia');
  await makeRoom(pia, 'calls');
  const quin = await stage.account('quin');
  await goTo(quin, 'calls');
  await watchNotifications(pia);
  await say(quin, 'before anything');
  await shown(pia, 'before anything');
  await quin.locator('.composer textarea').pressSequentially('Are you there @pi');
  await quin.getByRole('option', { name: '@pia' }).waitFor();
  await shoot(quin, 'completion');
  await quin.keyboard.press('Enter');
  assert.equal(await quin.locator('.composer textarea').inputValue(), 'Are you there @pia ');
  await quin.keyboard.type('?');
  await quin.keyboard.press('Enter');
  await pia.locator('.message.called', { hasText: 'Are you there' }).waitFor();
  assert.deepEqual(await pia.evaluate(() => globalThis.told), [], 'in view');
  await shoot(pia, 'mentioned');
  await goTo(pia, 'Lobby');
  await say(quin, 'only words');
  await say(quin, 'and again @pia');
  await pia.locator('.room', { hasText: 'calls' }).locator('.badge.called', { hasText: '@2' }).waitFor();
  await pia.waitForFunction(() => globalThis.told.length > 0);
  assert.deepEqual(await pia.evaluate(() => globalThis.told), [['quin in calls', 'and again @pia']]);
  assert.match(await pia.title(), /^\(2\) /);
  await pia.keyboard.press('Alt+a');
  await pia.locator('.sought', { hasText: 'and again' }).waitFor();
  await pia.keyboard.press('Alt+m');
  await pia.locator('.hit', { hasText: 'Are you there' }).waitFor();
  await shoot(pia, 'mentions');
  await pia.locator('.hit', { hasText: 'Are you there' }).click();
  await pia.locator('.sought', { hasText: 'Are you there' }).waitFor();
});

test('words of one\'s own and quiet hours are kept for all devices; a room tells who has seen what', async () => {
  const rut = await stage.account('rut');
  const sol = await stage.account('sol');
  await rut.locator('.me > button').first().click();
  await rut.getByRole('tab', { name: 'Notifications' }).click();
  await rut.getByLabel('Words of your own').fill('coffee, tea');
  await rut.getByLabel('Do not disturb me every day').check();
  await shoot(rut, 'alerts');
  await rut.getByRole('button', { name: 'Save' }).click();
  await rut.getByText('Saved').waitFor();
  await closed(rut);
  await makeRoom(rut, 'kitchen');
  await goTo(sol, 'kitchen');
  await say(sol, 'There is coffee');
  await rut.locator('.message.called', { hasText: 'There is coffee' }).waitFor();
  const phone = await stage.tab(rut.context());
  await phone.locator('.link.live').waitFor();
  await goTo(phone, 'kitchen');
  await phone.locator('.message.called', { hasText: 'There is coffee' }).waitFor();

  await rut.getByRole('button', { name: 'About kitchen' }).click();
  await rut.getByLabel('Show who has read what').check();
  await rut.getByRole('button', { name: 'Save' }).click();
  await rut.getByText('Saved').waitFor();
  await closed(rut);
  await sol.getByText('lets all see who has read what').waitFor();
  await say(sol, 'Who saw this?');
  await sol.locator('.message:has-text("Who saw this?") + .seen', { hasText: 'Seen by rut' }).waitFor();
  await shoot(sol, 'seen-by');
});

test('of each room one is told of everything, of what is for oneself, or of nothing, on all devices alike', async () => {
  const xena = await stage.account('xena');
  const yan = await stage.account('yan');
  for (const room of ['levels', 'loud']) {
    await makeRoom(xena, room);
    await goTo(yan, room);
  }
  await watchNotifications(xena);
  const told = () => xena.evaluate(() => globalThis.told.splice(0));
  const choose = async (page, room, level) => {
    await page.getByRole('button', { name: `About ${room}` }).click();
    await page.getByLabel('Tell me of').selectOption(level);
    await closed(page);
  };
  const entry = (page, room) => page.locator('nav .room', { hasText: room });
  await choose(xena, 'loud', 'all');
  await goTo(xena, 'Lobby');
  await goTo(yan, 'levels');

  // At first it is what is for oneself; the rest is counted, quietly.
  await say(yan, 'only words');
  await say(yan, 'and for you, @xena');
  await entry(xena, 'levels').locator('.badge.called', { hasText: '@2' }).waitFor();
  await xena.waitForFunction(() => globalThis.told.length > 0);
  assert.deepEqual(await told(), [['yan in levels', 'and for you, @xena']]);

  await goTo(yan, 'loud');
  await say(yan, 'only words, but loud');
  await xena.waitForFunction(() => globalThis.told.length > 0);
  assert.deepEqual(await told(), [['yan in loud', 'only words, but loud']]);
  await xena.waitForFunction(() => document.title.startsWith('(3) '));

  // Of nothing: no count, no sign, no notification, also where one is named.
  await goTo(xena, 'levels');
  await choose(xena, 'levels', 'none');
  await entry(xena, 'levels').getByText('muted').waitFor();
  await goTo(xena, 'Lobby');
  await goTo(yan, 'levels');
  await say(yan, 'not a word to @xena');
  await settled(yan);
  await goTo(yan, 'loud');
  await say(yan, 'loud again');
  await xena.waitForFunction(() => globalThis.told.length > 0);
  assert.deepEqual(await told(), [['yan in loud', 'loud again']]);
  assert.equal(await entry(xena, 'levels').locator('.badge').count(), 0);
  await xena.waitForFunction(() => document.title.startsWith('(2) '));
  await shoot(xena, 'levels');
  const phone = await stage.tab(xena.context());
  await entry(phone, 'levels').getByText('muted').waitFor();

  // Everything again: what came meanwhile is counted.
  await goTo(phone, 'loud');
  await phone.getByRole('button', { name: 'About loud' }).click();
  assert.equal(await phone.getByLabel('Tell me of').inputValue(), 'all');
  await closed(phone);
  await goTo(phone, 'levels');
  await shown(phone, 'not a word to @xena');
  await goTo(yan, 'levels');
  await choose(phone, 'levels', 'all');
  await goTo(phone, 'loud');
  await say(yan, 'all of it');
  await entry(xena, 'levels').locator('.badge').waitFor();
  await xena.waitForFunction(() => globalThis.told.some(([, body]) => body === 'all of it'));
});

test('a thread that is opened without a link says so, and has its answers when there is one', async () => {
  const zoe = await stage.guest('zoe');
  const abe = await stage.person('abe');
  const { seq } = await abe.say('Who brings what?');
  for (let i = 1; i <= 3; i++) {
    abe.send({ type: 'message', room: 'lobby', message: `answer ${i}`, id: `answer-${i}`, thread: seq });
    await abe.frame(({ type, id }) => type === 'ack' && id === `answer-${i}`);
  }
  await row(zoe, 'Who brings what?').locator('.replies', { hasText: '3 answers' }).waitFor();
  await zoe.reload();
  await row(zoe, 'Who brings what?').locator('.replies', { hasText: '3 answers' }).waitFor();
  await zoe.keyboard.press('Shift');
  await stage.server.kill();
  await zoe.locator('.link.down').waitFor();
  await row(zoe, 'Who brings what?').locator('.replies').click();
  const thread = zoe.locator('aside.thread');
  await thread.getByText('Not connected').waitFor();
  assert.equal(await thread.getByText(/Loading|No answers/).count(), 0);
  await stage.server.again();
  await thread.getByText('3 answers').waitFor();
  await thread.getByText('Not connected').waitFor({ state: 'detached' });
});

for (const [look, options] of Object.entries({ 'light desktop': {}, 'dark phone': { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true } })) {
  test(`everybody can use what is done to messages: ${look}`, async () => {
    const name = look.startsWith('dark') ? 'tove' : 'uma';
    const page = await stage.account(name, { role: 'admin', reducedMotion: 'reduce', ...options });
    const check = async (what) => {
      await page.getByText('Loading…').waitFor({ state: 'detached' });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`), [], what);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} fits`);
      await shoot(page, `${what}-${look.replace(' ', '-')}`);
    };
    const vic = await stage.person('vic');
    const text = `What do you think of it, @${name}?`;
    await vic.say(text);
    await shown(page, 'What do you think of it');
    await press(page, text, 'p');
    await row(page, text).locator('.mark').waitFor();
    await press(page, text, '+');
    await page.getByLabel('Find or type an emoji').waitFor();
    await check('react');
    await page.getByRole('button', { name: 'React with 👍' }).click();
    await row(page, text).locator('.reaction', { hasText: '👍' }).waitFor();
    await press(page, text, 'r');
    await page.locator('.aim').waitFor();
    await check('aimed');
    await say(page, 'A lot');
    await settled(page);
    await about(page, text);
    await check('message-menu');
    await page.getByRole('button', { name: 'Answer in a thread' }).click();
    await page.locator('aside.thread textarea').waitFor();
    await check('thread');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Pinned messages: 1' }).click();
    await page.locator('.hit').waitFor();
    await check('pins');
    await closed(page);
    await press(page, text, 'p');
    await page.getByRole('button', { name: /Pinned messages/ }).waitFor({ state: 'detached' });
  });
}
