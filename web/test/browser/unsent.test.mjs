// What was written and not sent outlives the session it was written in: it is never lost without a question.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PASSWORD, closed, goTo, only, say, settled, shoot, shown, staged, texts } from './harness.mjs';

const stage = staged();

/** Writes lines, each in its room, while the server is away. */
async function unheard(page, lines) {
  await stage.server.kill();
  await page.locator('.link.down').waitFor();
  for (const [room, text] of lines) {
    await page.locator('nav .room', { hasText: room }).click();
    await page.locator('h1', { hasText: room }).waitFor();
    await say(page, text);
    await page.locator('.message', { hasText: text }).locator('.fate.queued').waitFor();
  }
}

async function signIn(page, name) {
  await page.locator('dialog').getByLabel('Name', { exact: true }).fill(name);
  await page.locator('dialog').getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.me .name', { hasText: name }).waitFor();
  await page.locator('.link.live').waitFor();
}

test('a session that ends by itself: what waits is shown, kept, and sent when the same person is back; nobody else sees it', async () => {
  const ana = await stage.account('ana');
  await stage.account('bo').then((page) => page.close());
  await goTo(ana, 'attic');
  await unheard(ana, [['Lobby', 'for all of you'], ['attic', 'up here']]);
  stage.server.offline('user', 'deactivate', 'ana');
  stage.server.offline('user', 'reactivate', 'ana');
  await stage.server.again();
  await ana.getByRole('heading', { name: 'Sign in' }).waitFor();
  await ana.getByText('2 messages are not sent yet.').waitFor();
  await shown(ana, 'for all of you');
  await shoot(ana, 'unsent-signed-out');

  // Whoever goes on as a guest would lose them, and is asked.
  await ana.getByRole('button', { name: 'go on as a guest' }).click();
  await ana.getByText('2 of your messages are not sent yet and would be lost.').waitFor();
  await ana.getByRole('button', { name: 'Cancel' }).click();

  // Also a page that is opened anew has them.
  await ana.reload();
  await ana.getByText('2 messages are not sent yet.').waitFor();
  await signIn(ana, 'bo');
  await ana.locator('.composer textarea').waitFor();
  assert.deepEqual((await texts(ana)).filter((text) => /for all|up here/.test(text)), []);
  await ana.locator('.me > button').first().click();
  await ana.getByRole('button', { name: 'Sign out' }).click();
  await ana.getByLabel('What should we call you?').waitFor();

  const watcher = await stage.person('watcher');
  await ana.getByRole('button', { name: 'Sign in' }).click();
  await signIn(ana, 'ana');
  await watcher.frame(({ type, message }) => type === 'message' && message === 'for all of you');
  await only(ana, ['for all of you']);
  await goTo(ana, 'attic');
  await only(ana, ['up here']);
  await settled(ana);
  await ana.reload();
  await ana.locator('.link.live').waitFor();
  await settled(ana);
  assert.equal(watcher.frames.filter(({ message }) => message === 'for all of you').length, 1);
});

test('a session that the browser itself forgot is over, not silently a guest', async () => {
  const cy = await stage.account('cy');
  await unheard(cy, [['Lobby', 'cy was here']]);
  await cy.context().clearCookies();
  await stage.server.again();
  await cy.getByText('1 message is not sent yet.').waitFor();
  await cy.getByText('Your session has ended.').waitFor();
  await signIn(cy, 'cy');
  await settled(cy);
  await shown(cy, 'cy was here');
});

test('signing out by hand asks about what waits: here, everywhere, and as a guest', async () => {
  const dee = await stage.account('dee');
  const second = await stage.tab(dee.context());
  await second.locator('.link.live').waitFor();
  await stage.server.kill();
  await dee.locator('.link.down').waitFor();
  await say(dee, 'dee waits');
  await second.locator('.message', { hasText: 'dee waits' }).waitFor();
  // No tab gets a link any more, so that the line goes on waiting.
  for (const page of [dee, second]) await page.evaluate(() => (globalThis.WebSocket.prototype.send = () => {}));
  await stage.server.again();
  await dee.locator('.me > button').first().click();
  await dee.getByRole('tab', { name: 'Devices' }).click();
  await dee.getByRole('button', { name: 'Sign out everywhere' }).click();
  await dee.getByText('1 of your messages is not sent yet and would be lost.').waitFor();
  await shoot(dee, 'unsent-everywhere');
  await dee.getByRole('button', { name: 'Cancel' }).click();
  await dee.getByRole('tab', { name: 'Profile' }).click();
  await dee.getByRole('button', { name: 'Sign out' }).click();
  await dee.getByText('1 of your messages is not sent yet and would be lost.').waitFor();
  await dee.getByRole('button', { name: 'Cancel' }).click();
  await closed(dee);
  await shown(dee, 'dee waits');
  await dee.locator('.me > button').first().click();
  await dee.getByRole('button', { name: 'Sign out' }).click();
  await dee.getByRole('button', { name: 'Sign out anyway' }).click();
  await dee.getByLabel('What should we call you?').waitFor();
  assert.equal(await dee.locator('.message.own').count(), 0);
  await second.locator('.message', { hasText: 'dee waits' }).waitFor({ state: 'detached' });
});
