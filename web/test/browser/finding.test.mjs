// Finding what was said: by words, by a link, by its day, by where one stopped reading; and reading on from there both ways.

import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { PATIENCE, Person, named, say, settled, shoot, shown, staged } from './harness.mjs';

const COUNT = 900;
let writer;
const stage = staged({
  prepare: async ({ server }) => {
    writer = await Person.join(server.url, 'writer');
    await Promise.all(Array.from({ length: COUNT }, (_, i) => writer.say(`message ${i + 1} ${['apples', 'pears', 'plums'][i % 3]}${i === 411 ? ' and a needle' : ''}${i % 7 === 0 ? '\nwith a second line' : ''}`)));
  },
});
after(() => writer?.leave());

/** The text is on screen: not only in the document. */
async function inSight(page, text) {
  await page.waitForFunction((text) => {
    const view = document.querySelector('.scroller')?.getBoundingClientRect();
    const found = [...document.querySelectorAll('.message')].find((row) => row.querySelector('.text')?.textContent.startsWith(text));
    const box = found?.getBoundingClientRect();
    return view !== undefined && box !== undefined && box.top >= view.top && box.bottom <= view.bottom;
  }, text);
}

async function find(page, query) {
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'What to look for' }).fill(query);
  await page.keyboard.press('Enter');
}

/** Scrolls in steps until `done`, and says every number that was in the document and whether the place was kept. */
function wander(page, by, end) {
  return page.locator('.scroller').evaluate(async (element, { by, end, patience }) => {
    const numbers = new Set();
    const note = () => element.querySelectorAll('.text').forEach((text) => numbers.add(Number(/message (\d+)/.exec(text.textContent)?.[1] ?? 0)));
    const frame = () => new Promise(requestAnimationFrame);
    const late = performance.now() + patience;
    let jumps = 0;
    let most = 0;
    for (note(); performance.now() < late; note()) {
      const there = end === 'begin' ? document.querySelector('.begin') && element.scrollTop < 2 : element.scrollHeight - element.scrollTop - element.clientHeight < 2 && !document.querySelector('.jump:not(.up)') && !document.querySelector('.gap');
      if (there) break;
      element.scrollTop += by;
      const { top, bottom } = element.getBoundingClientRect();
      const watched = [...element.querySelectorAll('[data-key^="m"]')].find((row) => row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom);
      const [key, before] = [watched?.dataset.key, watched?.getBoundingClientRect().top];
      for (let i = 0; i < 4; i++) await frame();
      const now = key && element.querySelector(`[data-key="${key}"]`);
      if (!now || Math.abs(now.getBoundingClientRect().top - before) > 2) jumps += 1;
      most = Math.max(most, element.querySelectorAll('.rows > *').length);
    }
    return { numbers: [...numbers].filter((n) => n > 0).sort((a, b) => a - b), jumps, most };
  }, { by, end, patience: PATIENCE });
}

const through = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a search finds by words and what narrows them, tells what is wrong in words, and jumps into the room', async () => {
  const page = await stage.guest('ana');
  await find(page, 'needle');
  await page.locator('.hit').waitFor();
  assert.match(await page.locator('.hit .said').textContent(), /message 412 .*needle/);
  assert.equal(await page.locator('.hit mark').textContent(), 'needle');
  // With what was said before it and after.
  assert.deepEqual((await page.locator('.hit .beside').allTextContents()).map((text) => /message \d+/.exec(text)[0]), ['message 411', 'message 413']);
  await shoot(page, 'search');
  const field = page.getByRole('searchbox', { name: 'What to look for' });
  for (const [query, words] of [['from:', 'from: needs a name'], ['"never closed', 'quotation mark'], ['x has:cheese', 'has: knows'], ['x before:soon', 'needs a day']]) {
    await field.fill(query);
    await page.keyboard.press('Enter');
    await page.locator('#search-error', { hasText: words }).waitFor();
  }
  await shoot(page, 'search-error');
  // What may stand there is offered.
  await field.fill('plums fr');
  await page.locator('.suggestions').getByRole('button', { name: 'from:' }).click();
  await page.locator('.suggestions').getByRole('button', { name: 'writer' }).click();
  assert.equal(await field.inputValue(), 'plums from:writer ');
  await page.locator('.hit mark', { hasText: 'plums' }).first().waitFor();
  assert.equal(await page.locator('.hit').count(), 30);
  await page.getByRole('button', { name: 'More' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.hit').length === 60);
  await page.getByRole('button', { name: 'Best' }).click();
  await page.locator('.orders [aria-pressed=true]', { hasText: 'Best' }).waitFor();
  await field.fill('plums from:nobody');
  await page.getByText('Nothing was found.').waitFor();
  await field.fill('"message 412"');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.hit').length === 1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
  // Marked only for a moment.
  await page.locator('.message.sought', { hasText: 'message 412' }).waitFor();
  await inSight(page, 'message 412');
  await shoot(page, 'jumped');
  // To come back to what was found.
  await page.keyboard.press('Control+Shift+F');
  await page.waitForFunction(() => document.querySelectorAll('.hit').length === 1);
  assert.equal(await field.inputValue(), '"message 412"');
});

test('from a place in the middle one scrolls to the end and to the beginning, without a hole and without a jump', async () => {
  const page = await stage.visit({ hidden: true });
  await page.goto(`${stage.server.url}r/lobby/300`);
  await inSight(page, 'message 300');
  const up = await wander(page, -700, 'begin');
  assert.equal(up.jumps, 0, 'the place is kept on the way up');
  const down = await wander(page, 700, 'end');
  assert.equal(down.jumps, 0, 'the place is kept on the way down');
  assert.deepEqual(down.numbers.filter((n) => n <= COUNT), through(1, COUNT));
  assert.ok(up.most <= 420 && down.most <= 420, 'the DOM is bounded');
});

test('a link to a message opens there, in a new page and in this one', async () => {
  const page = await stage.visit({ hidden: true });
  await page.goto(`${stage.server.url}r/lobby/150`);
  await inSight(page, 'message 150');
  assert.equal(new URL(page.url()).pathname, '/');
  await shoot(page, 'permalink');
  await named(page, 'bea');
  const link = `${stage.server.url}r/lobby/20`;
  await say(page, `see ${link}`);
  await page.getByRole('link', { name: link }).click();
  await inSight(page, 'message 20');
  assert.equal(page.context().pages().length, 1);
  // What is not there is told.
  await page.goto(`${stage.server.url}r/lobby/99999999`);
  await page.getByText('This message is not there').waitFor();
  await page.goto(`${stage.server.url}r/nowhere/1`);
  await page.locator('.banner').waitFor();
  await page.locator('.composer textarea').waitFor();
});

/** What is at the top of the timeline, and where. */
const spot = (page) => page.evaluate(() => {
  const scroller = document.querySelector('.scroller');
  const { top } = scroller.getBoundingClientRect();
  const row = [...scroller.querySelectorAll('[data-key^="m"]')].find((each) => each.getBoundingClientRect().bottom > top);
  return [row?.querySelector('.text')?.textContent ?? '', Math.round(row?.getBoundingClientRect().top - top)];
});

test('the place in a room is kept: over another room and back, and over a reload', async () => {
  const page = await stage.guest('finn');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('aside');
  await page.getByRole('option', { name: 'create this room' }).waitFor();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: 'aside' }).waitFor();
  await say(page, 'a room beside');
  await settled(page);
  await page.keyboard.press('Alt+ArrowUp');
  await shown(page, 'message');
  await page.evaluate(() => dispatchEvent(new HashChangeEvent('hashchange', void history.replaceState(null, '', '/r/lobby/300'))));
  await inSight(page, 'message 300');
  await page.locator('.sought').waitFor({ state: 'detached' });
  const before = await spot(page);
  assert.match(before[0], /^message 2\d\d/);
  const isThere = async (what) => {
    await page.waitForFunction((text) => [...document.querySelectorAll('.message .text')].some((row) => row.textContent === text), before[0]);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const [text, at] = await spot(page);
    assert.deepEqual([text, Math.abs(at - before[1]) <= 2], [before[0], true], `${what}: ${at} for ${before[1]}`);
  };
  await page.keyboard.press('Alt+ArrowDown');
  await shown(page, 'a room beside');
  // What comes meanwhile is counted, and is not what one finds.
  await writer.say('something new meanwhile');
  await page.locator('.room', { hasText: 'Lobby' }).locator('.badge').waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await isThere('back from another room');
  await page.getByRole('button', { name: '1 new message' }).waitFor();
  await shoot(page, 'place-kept');
  await page.reload();
  await isThere('after a reload');
  await page.getByRole('button', { name: '1 new message' }).click();
  await inSight(page, 'something new meanwhile');
  await page.reload();
  await inSight(page, 'something new meanwhile');
});

test('a day opens at its first message', async () => {
  const page = await stage.guest('cleo');
  await page.locator('.rule button', { hasText: 'Today' }).first().waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('button', { name: 'choose it' }).click();
  await page.getByRole('textbox', { name: 'Day' }).fill('2021-03-04');
  await shoot(page, 'date');
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await inSight(page, 'message 1 ');
  await page.locator('.rule button', { hasText: 'Today' }).first().click();
  await page.getByRole('heading', { name: 'Go to a day in Lobby' }).waitFor();
});

test('whoever was away goes to the first message that they did not read, and on from there', async () => {
  const page = await stage.guest('dora');
  await say(page, 'dora was here');
  await settled(page);
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  await page.waitForFunction(() => new Promise((resolve) => {
    const open = indexedDB.open('chat');
    open.onsuccess = () => {
      const get = open.result.transaction('events').objectStore('events').getAll();
      get.onsuccess = () => {
        open.result.close();
        resolve(get.result.some(({ message }) => message === 'dora was here'));
      };
    };
  }));
  await page.goto('about:blank');
  for (let i = 1; i <= 400; i++) await writer.say(`message ${COUNT + i} while away`);
  await page.goto(stage.server.url);
  await shown(page, `message ${COUNT + 400}`);
  await page.getByRole('button', { name: 'First unread' }).click();
  await inSight(page, `message ${COUNT + 1} `);
  await page.getByText('New since you looked').waitFor();
  await shoot(page, 'first-unread');
  const down = await wander(page, 700, 'end');
  assert.equal(down.jumps, 0);
  assert.deepEqual(down.numbers.filter((n) => n > COUNT), through(COUNT + 1, COUNT + 400));
});

test('on a phone the search fits', async () => {
  const page = await stage.guest('eve', { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await page.getByRole('button', { name: 'Search' }).tap();
  await page.getByRole('searchbox', { name: 'What to look for' }).fill('needle');
  await page.locator('.hit').waitFor();
  await shoot(page, 'phone-search');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator('.hit').tap();
  await inSight(page, 'message 412');
});
