// A long room: opened at its end, read back to its first message with the place kept, and there again at once.

import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { PATIENCE, Person, say, shoot, shown, staged, texts } from './harness.mjs';

const COUNT = 640;
let writer;
const stage = staged({
  prepare: async ({ server }) => {
    writer = await Person.join(server.url, 'writer');
    await Promise.all(Array.from({ length: COUNT }, (_, i) => writer.say(`message ${i + 1}${i % 7 === 0 ? '\nwith a second line' : ''}`)));
  },
});
after(() => writer?.leave());

const number = (text) => Number(/message (\d+)/.exec(text)?.[1]);

test('scrolling up reaches the first message, keeps the place, and the page stays small', async () => {
  const page = await stage.visit();
  await shown(page, `message ${COUNT}`);
  const scroller = page.locator('.scroller');
  let first = Infinity;
  let jumps = 0;
  for (let turns = 0; first > 1; turns++) {
    assert.ok(turns < 100, `still at ${first}`);
    // What is at the top before more comes in is at the same place after it came.
    const moved = await scroller.evaluate(async (element) => {
      const rows = () => [...element.querySelectorAll('[data-key^="m"]')];
      const top = element.getBoundingClientRect().top;
      element.scrollTop = Math.max(0, element.scrollTop - 900);
      const watched = rows().find((row) => row.getBoundingClientRect().bottom > top);
      const before = watched.getBoundingClientRect().top;
      const key = watched.dataset.key;
      for (let frame = 0; frame < 8; frame++) await new Promise(requestAnimationFrame);
      const now = element.querySelector(`[data-key="${key}"]`);
      return now ? Math.abs(now.getBoundingClientRect().top - before) : Infinity;
    });
    if (moved > 2) jumps += 1;
    await page.locator('.scroller[aria-busy=false]').waitFor();
    first = number((await texts(page))[0]);
    assert.ok((await page.locator('.rows > *').count()) <= 420, 'the DOM is bounded');
  }
  assert.equal(jumps, 0, 'the place is kept');
  await scroller.evaluate((element) => element.scrollTo(0, 0));
  await page.getByText('This is the beginning of').waitFor();
  await shoot(page, 'beginning');

  // While one reads back, what is new is counted and does not move the page.
  await writer.say('something new');
  await page.getByRole('button', { name: '1 new message' }).waitFor();
  assert.equal(await scroller.evaluate((element) => element.scrollTop), 0);
  await shoot(page, 'reading-back');
  await page.getByRole('button', { name: '1 new message' }).click();
  await shown(page, 'something new');
  await page.waitForFunction(() => {
    const element = document.querySelector('.scroller');
    return element.scrollHeight - element.scrollTop - element.clientHeight < 60 && !document.querySelector('.jump');
  });
});

test('scrolling down again passes every message without a hole', async () => {
  const page = await stage.visit();
  await shown(page, 'something new');
  const seen = await page.locator('.scroller').evaluate(async (element, patience) => {
    const numbers = new Set();
    const note = () => element.querySelectorAll('.text').forEach((text) => numbers.add(Number(/message (\d+)/.exec(text.textContent)?.[1] ?? 0)));
    const frame = () => new Promise(requestAnimationFrame);
    const end = performance.now() + patience;
    while (!document.querySelector('.begin') && performance.now() < end) {
      element.scrollTop -= 700;
      await frame();
      await frame();
    }
    while (performance.now() < end) {
      note();
      element.scrollTop += 400;
      await frame();
      await frame();
      if (element.scrollHeight - element.scrollTop - element.clientHeight < 2 && !document.querySelector('.jump')) break;
    }
    note();
    return [...numbers].filter((n) => n > 0).sort((a, b) => a - b);
  }, PATIENCE);
  assert.deepEqual(seen, Array.from({ length: COUNT }, (_, i) => i + 1));
});

test('a page that is opened again shows the last screen before anything is asked, also without the server', async () => {
  const page = await stage.guest('ana');
  await say(page, 'I was here');
  await page.locator('.fate.stored').waitFor();
  // Written to disk a moment after it is shown, or when the page is hidden.
  await page.waitForFunction(() => new Promise((resolve) => {
    const open = indexedDB.open('chat');
    open.onsuccess = () => {
      const get = open.result.transaction('events').objectStore('events').getAll();
      get.onsuccess = () => {
        open.result.close();
        // What was said before it may come after it, on a page of its own.
        resolve(get.result.length > 100 && get.result.some(({ message }) => message === 'I was here'));
      };
    };
  }));
  // The server answers for the page's files only: nothing that is shown came over a WebSocket.
  const cold = await stage.tab(page.context(), '');
  await cold.routeWebSocket(/\/ws$/, () => {});
  await cold.goto(stage.server.url);
  await shown(cold, 'I was here');
  await shown(cold, 'something new');
  assert.equal(await cold.locator('.link.live').count(), 0);
  assert.ok((await texts(cold)).length >= 100);
  await cold.locator('.composer textarea').waitFor();
  await shoot(cold, 'from-cache');
});
