// The server is killed in the middle of a conversation, the page is reloaded, tabs share what is unsent: what was typed
// goes out once and in order.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { Person, Server, calm, launch, named, say, settled, shoot, shown, tab, texts, visit } from './harness.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const mine = (all, mark) => all.filter((text) => text.startsWith(mark));
const numbered = (mark, count) => Array.from({ length: count }, (_, i) => `${mark} ${i}`);

test('R01 kill -9 while two people type on: all of it is there once, in order, in both views', async () => {
  const ana = await named(await visit(browser, server.url), 'ana');
  const bo = await named(await visit(browser, server.url), 'bo');
  for (let round = 0; round < 3; round++) {
    await say(ana, `ana ${round * 4}`);
    await say(bo, `bo ${round * 4}`);
    await server.kill();
    for (let i = 1; i < 4; i++) {
      await say(ana, `ana ${round * 4 + i}`);
      await say(bo, `bo ${round * 4 + i}`);
    }
    await ana.locator('.link.down', { hasText: /Offline: \d messages? waiting/ }).waitFor();
    if (round === 0) await shoot(ana, 'offline');
    await server.again();
    for (const page of [ana, bo]) {
      await page.locator('.link.live').waitFor();
      await settled(page);
      await shown(page, `ana ${round * 4 + 3}`);
      await shown(page, `bo ${round * 4 + 3}`);
    }
  }
  const view = await texts(ana);
  assert.deepEqual(view, await texts(bo));
  assert.deepEqual(mine(view, 'ana'), numbered('ana', 12));
  assert.deepEqual(mine(view, 'bo'), numbered('bo', 12));
  await shoot(ana, 'after-crashes');
  for (const page of [ana, bo]) {
    await calm(page);
    await page.context().close();
  }
});

test('R04 a page that is closed with unsent lines sends them when it is opened again', async () => {
  const page = await named(await visit(browser, server.url), 'cy');
  await say(page, 'cy 0');
  await settled(page);
  const { context, url } = { context: page.context(), url: server.url };
  await server.kill();
  await page.locator('.link.down').waitFor();
  for (let i = 1; i < 5; i++) await say(page, `cy ${i}`);
  await page.locator('.fate.queued').nth(3).waitFor();
  await page.close();
  await server.again();
  const again = await tab(context, url);
  await settled(again);
  assert.deepEqual(mine(await texts(again), 'cy'), numbered('cy', 5));
  assert.equal(await again.locator('.me .name').textContent(), 'cy', 'the same guest, without asking');
  await calm(again);
  await context.close();
});

test('R05 tabs of one browser share the lines that wait, and send each once', async () => {
  const first = await named(await visit(browser, server.url), 'dee');
  const second = await tab(first.context(), server.url);
  await second.locator('.composer textarea').waitFor();
  await server.kill();
  for (const page of [first, second]) await page.locator('.link.down').waitFor();
  await say(first, 'dee 0');
  await shown(second, 'dee 0');
  await say(second, 'dee 1');
  await shown(first, 'dee 1');
  await say(first, 'dee 2');
  await shown(second, 'dee 2');
  await server.again();
  const watcher = await Person.join(server.url, 'watcher');
  for (const page of [first, second]) {
    await settled(page);
    await page.waitForFunction(() => document.querySelectorAll('.message.own').length === 3);
    assert.deepEqual(mine(await texts(page), 'dee'), numbered('dee', 3));
  }
  await say(second, 'dee 3');
  await shown(first, 'dee 3');
  watcher.send({ type: 'history', ref: 1, room: 'lobby', limit: 100 });
  const { events } = await watcher.frame(({ type }) => type === 'history');
  assert.deepEqual(mine(events.map(({ message }) => message), 'dee').slice(0, 3), numbered('dee', 3));
  watcher.leave();
  await calm(first);
  await first.context().close();
});
