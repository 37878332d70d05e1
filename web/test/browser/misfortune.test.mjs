// A server that refuses, forgets and loses on demand: the page tells the truth about it and offers what can be done.

import { afterEach, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { FakeServer } from '../fake_server.mjs';
import { only, say, settled, shoot, shown, staged, texts } from './harness.mjs';

const stage = staged({ real: false });
let server;
let page;
beforeEach(async () => {
  server = stage.server = await new FakeServer().listen();
  for (let i = 1; i <= 3; i++) server.say('lobby', 'g-bo', 'bo', `message ${i}`);
  page = await stage.guest('ana');
  await shown(page, 'message 3');
});
afterEach(() => server.close());

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
  await page.locator('.message.failed', { hasText: 'bad two' }).getByRole('button', { name: 'Retry' }).click();
  await settled(page);
  await only(page, ['message 1', 'message 2', 'message 3', 'good', 'bad two']);
  assert.equal(await page.locator('.failure').count(), 0);
});

test('a hole is shown until it is filled, and filled without being asked', async () => {
  const hole = server.rooms.get('lobby').log;
  for (let i = 4; i <= 9; i++) hole.push({ ...hole[0], seq: hole.length + 1, id: `h${i}`, message: `message ${i}` });
  server.say('lobby', 'g-bo', 'bo', 'message 10');
  await only(page, Array.from({ length: 10 }, (_, i) => `message ${i + 1}`));
  assert.equal(await page.locator('.gap').count(), 0);
});

test('a history that was restored from a backup replaces what is shown', async () => {
  await server.close();
  server.epoch = 'e2';
  server.rooms.get('lobby').log.length = 1;
  server.say('lobby', 'g-bo', 'bo', 'another second message');
  await server.listen(new URL(server.url).port);
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

test('a reset that comes while an older page is on its way leaves no hole', async () => {
  const { log } = server.rooms.get('lobby');
  for (let i = 4; i <= 250; i++) server.say('lobby', 'g-bo', 'bo', `message ${i}`);
  const late = await stage.guest('cy');
  await shown(late, 'message 250');
  server.holds = ({ type }) => type === 'history';
  await late.waitForFunction(() => {
    const scroller = document.querySelector('.scroller');
    scroller.scrollTop = 0;
    return scroller.ariaBusy === 'true';
  });
  for (let i = 251; i <= 260; i++) log.push({ ...log[0], seq: i, id: `r${i}`, message: `message ${i}` });
  server.tell('lobby', { type: 'reset', room: 'lobby', epoch: server.epoch, first: 1, head: 260, why: 'too_old' });
  await late.locator('.gap').waitFor({ state: 'attached' });
  server.release();
  await late.waitForFunction(() => !document.querySelector('.gap'));
  await late.getByRole('button', { name: /new messages|Latest messages/ }).click();
  await shown(late, 'message 260');
});

test('what is loaded later is loaded again after it failed', async () => {
  const late = await stage.visit();
  await late.locator('.link.live').waitFor();
  server.withholds = (path) => path.endsWith('switcher.js');
  await late.keyboard.press('Control+k');
  await late.getByText('This could not be loaded.').waitFor();
  server.withholds = () => false;
  await late.keyboard.press('Control+k');
  await late.getByRole('combobox').waitFor();
  assert.deepEqual(late.trouble.splice(0).filter((text) => !/ERR_EMPTY_RESPONSE|dynamically imported/.test(text)), []);
});

test('a page that is older than the chat offers to be loaded anew, whatever of it is gone', async () => {
  const changes = {
    'a module that moved': null,
    'one that gives something else': 'export const Other = 1;',
    'one that wants more than this page has': "import { newer } from '../room.js';\nexport class SignIn {}",
    'one that does not fit': 'export function SignIn({ chat }) { return chat.newer.thing; }',
  };
  for (const [change, source] of Object.entries(changes)) {
    const old = await stage.visit();
    await old.locator('.link.live').waitFor();
    server.renewed.set('/js/later/sign_in.js', source);
    await old.getByRole('button', { name: 'Sign in' }).click();
    await old.getByText('The chat may have been updated since this page was opened.').waitFor();
    assert.equal(await old.locator('dialog').count(), 0, change);
    if (source === null) await shoot(old, 'out-of-date');
    await old.locator('.composer textarea, .welcome input').first().waitFor();
    server.renewed.clear();
    await old.getByRole('button', { name: 'Reload' }).click();
    await old.getByText('The chat may have been updated').waitFor({ state: 'detached' });
    await old.locator('.link.live').waitFor();
    await old.getByRole('button', { name: 'Sign in' }).click();
    await old.getByRole('heading', { name: 'Sign in' }).waitFor();
    old.trouble.length = 0;
  }
});

test('a room whose name is typed faster than the list of rooms comes is joined, not made', async () => {
  server.say('vault', 'g-bo', 'bo', 'in the vault');
  server.holds = ({ type }) => type === 'rooms';
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('Vault');
  await page.keyboard.press('Enter');
  server.release();
  await shown(page, 'in the vault');
});

test('a name taken while the greeting is on its way is told to the server after it', async () => {
  const slow = await stage.tab(await stage.browser.newContext(), '');
  await slow.clock.install();
  server.holds = ({ type }) => type === 'welcome';
  await slow.goto(server.url);
  await slow.getByLabel('What should we call you?').fill('cy');
  await slow.keyboard.press('Enter');
  // Longer than a name waits for its first answer.
  await slow.clock.runFor(4_000);
  await slow.locator('.composer textarea').waitFor();
  server.release();
  await page.locator('.people li', { hasText: 'cy' }).waitFor();
  await slow.locator('.me .name', { hasText: /^cy$/ }).waitFor();
});
