// The server is killed in the middle of a conversation, the page is reloaded, tabs share what is unsent: what was typed
// goes out once and in order.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { only, say, settled, shoot, shown, staged, texts, warm } from './harness.mjs';

const stage = staged();

const mine = (all, mark) => all.filter((text) => text.startsWith(mark));
const numbered = (mark, count) => Array.from({ length: count }, (_, i) => `${mark} ${i}`);

test('R01 kill -9 while two people type on: all of it is there once, in order, in both views', async () => {
  const ana = await stage.guest('ana');
  const bo = await stage.guest('bo');
  for (let round = 0; round < 3; round++) {
    await say(ana, `ana ${round * 4}`);
    await say(bo, `bo ${round * 4}`);
    await stage.server.kill();
    for (let i = 1; i < 4; i++) {
      await say(ana, `ana ${round * 4 + i}`);
      await say(bo, `bo ${round * 4 + i}`);
    }
    await ana.locator('.link.down', { hasText: /Offline: \d messages? waiting/ }).waitFor();
    if (round === 0) await shoot(ana, 'offline');
    await stage.server.again();
    for (const page of [ana, bo]) {
      await page.locator('.link.live').waitFor();
      await settled(page);
      await shown(page, `ana ${round * 4 + 3}`);
      await shown(page, `bo ${round * 4 + 3}`);
    }
  }
  const view = await texts(ana);
  await only(bo, view);
  assert.deepEqual(mine(view, 'ana'), numbered('ana', 12));
  assert.deepEqual(mine(view, 'bo'), numbered('bo', 12));
  await shoot(ana, 'after-crashes');
});

test('R04 a page that is closed with unsent lines sends them when it is opened again', async () => {
  const page = await stage.guest('cy');
  await say(page, 'cy 0');
  await settled(page);
  await stage.server.kill();
  await page.locator('.link.down').waitFor();
  for (let i = 1; i < 5; i++) await say(page, `cy ${i}`);
  await page.locator('.fate.queued').nth(3).waitFor();
  await page.close();
  await stage.server.again();
  const again = await stage.tab(page.context());
  await settled(again);
  await only(again, numbered('cy', 5), 'cy');
  assert.equal(await again.locator('.me .name').textContent(), 'cy', 'the same guest, without asking');
});

test('R05 tabs of one browser share the lines that wait, and send each once', async () => {
  const first = await stage.guest('dee');
  const second = await stage.tab(first.context());
  await second.locator('.composer textarea').waitFor();
  await warm(second);
  await stage.server.kill();
  for (const page of [first, second]) await page.locator('.link.down').waitFor();
  await say(first, 'dee 0');
  await shown(second, 'dee 0');
  await say(second, 'dee 1');
  await shown(first, 'dee 1');
  await say(first, 'dee 2');
  await shown(second, 'dee 2');
  await stage.server.again();
  const watcher = await stage.person('watcher');
  for (const page of [first, second]) {
    await settled(page);
    await only(page, numbered('dee', 3), 'dee');
  }
  await say(second, 'dee 3');
  await shown(first, 'dee 3');
  watcher.send({ type: 'history', ref: 1, room: 'lobby', limit: 100 });
  const { events } = await watcher.frame(({ type }) => type === 'history');
  assert.deepEqual(mine(events.map(({ message }) => message), 'dee').slice(0, 3), numbered('dee', 3));
});
