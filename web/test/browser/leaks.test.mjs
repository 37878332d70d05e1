// What was told to somebody is not on their screen or their disk any more, once it is not theirs to see.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { closed, goTo, say, settled, shoot, shown, staged, texts } from './harness.mjs';
import { painting } from './pictures.mjs';

const stage = staged();

/** Everything that the page has on disk, as one text. */
const disk = (page) => page.evaluate(async () => {
  const asked = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  for (const { name } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name));
    for (const each of database.objectStoreNames) all.push(name, JSON.stringify(await asked(database.transaction([each]).objectStore(each).getAll())));
    database.close();
  }
  return all.join('\n');
});

/** A room of two, in which a picture and a secret were said. */
async function vault(owner, member, room) {
  await owner.keyboard.press('Control+k');
  await owner.getByRole('option', { name: 'A private room' }).click();
  await owner.locator('dialog').getByLabel('Name').fill(room);
  await owner.getByLabel('Only who is invited').check();
  await owner.getByRole('button', { name: 'Make room' }).click();
  await owner.getByRole('button', { name: `About ${room}` }).click();
  await owner.locator('.picker').getByText(member.name, { exact: true }).click();
  await owner.getByRole('button', { name: 'Invite' }).click();
  await owner.getByText('✓ Invited').waitFor();
  await closed(owner);
  await member.page.getByRole('button', { name: `Join ${room}` }).click();
  await member.page.locator('h1', { hasText: room }).waitFor();
  await say(owner, `the combination of ${room} is 4711`);
  await shown(member.page, '4711');
}

/** Looks for it until it is found: what was just said is found a moment later. */
async function find(page, query) {
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'What to look for' }).fill(query);
  for (let i = 0; (await page.locator('.hit').count()) === 0; i++) {
    assert.ok(i < 100, 'it is never found');
    const answered = page.locator('.found-head [role=status]', { hasText: /found/ });
    await page.keyboard.press('Enter');
    await answered.waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

test('whoever is put out of a room sees nothing of it any more, but what they wrote and could not send', async () => {
  const owner = await stage.account('olaf');
  const page = await stage.account('mira');
  await vault(owner, { page, name: 'mira' }, 'vault');
  await find(page, 'combination');
  await closed(page);
  await page.locator('.clip input').setInputFiles([{ name: 'mine.png', mimeType: 'image/png', buffer: painting(60, 40) }]);
  await page.locator('.going.whole').waitFor();
  await say(page, 'a picture');
  await page.getByRole('button', { name: 'Open the picture mine.png' }).click();
  await page.locator('dialog.lightbox').waitFor();
  // A line that is refused stays, and keeps the room in sight.
  await page.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      if (!String(text).includes('never sent')) send.call(this, text);
    };
  });
  await closed(page);
  await say(page, 'never sent');
  await page.locator('.message', { hasText: 'never sent' }).waitFor();
  await page.getByRole('button', { name: 'Open the picture mine.png' }).click();
  await page.locator('dialog.lightbox').waitFor();
  await owner.locator('aside li button', { hasText: 'mira' }).first().click();
  await owner.getByRole('button', { name: 'Kick…' }).click();
  await owner.getByRole('button', { name: 'Put out of the room' }).click();
  await page.getByText('You are not in vault any more').first().waitFor();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(await texts(page), ['never sent']);
  await page.getByText('Loading…').waitFor({ state: 'detached' });
  await shoot(page, 'put-out');
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'What to look for' }).waitFor();
  assert.equal(await page.getByText('4711').count(), 0, 'nor what was found there');
  await closed(page);
  await page.waitForFunction(() => new Promise((resolve) => {
    const open = indexedDB.open('chat');
    open.onsuccess = () => {
      const get = open.result.transaction('events').objectStore('events').getAll();
      get.onsuccess = () => {
        open.result.close();
        resolve(!JSON.stringify(get.result).includes('4711'));
      };
    };
  }));
  assert.ok((await disk(page)).includes('never sent'));
});

test('a room that one left is still searched where everybody may read it', async () => {
  const page = await stage.account('rosa');
  await goTo(page, 'beach');
  await say(page, 'a pearl at the beach');
  await settled(page);
  await find(page, 'pearl');
  await closed(page);
  await page.getByRole('button', { name: 'Leave beach' }).click();
  await page.locator('h1', { hasText: 'Lobby' }).waitFor();
  await page.keyboard.press('Control+Shift+F');
  await page.getByText('Nothing was found.').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.hit', { hasText: 'a pearl at the beach' }).waitFor();
});

test('when a session ends, what was looked for is not there for whoever comes next', async () => {
  const page = await stage.account('nina');
  await say(page, 'a needle for nina');
  await settled(page);
  await find(page, 'needle');
  await closed(page);
  await stage.server.kill();
  await page.locator('.link.down').waitFor();
  stage.server.offline('user', 'deactivate', 'nina');
  stage.server.offline('user', 'reactivate', 'nina');
  await stage.server.again();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'What to look for' }).waitFor();
  assert.equal(await page.getByText('a needle for nina').count(), 0);
});

test('signing out leaves nothing on the disk: no message, no draft, no file that waits, not what was used', async () => {
  const page = await stage.account('otto');
  await goTo(page, 'attic');
  await say(page, 'up in the attic');
  await settled(page);
  await page.locator('.message', { hasText: 'up in the attic' }).locator('.more').focus();
  await page.keyboard.press('+');
  await page.getByRole('button', { name: 'React with 🎉' }).click();
  await page.locator('.reaction', { hasText: '🎉' }).waitFor();
  await page.route('**/api/files/*', (route) => (route.request().method() === 'PATCH' ? route.abort() : route.continue()));
  await page.locator('.clip input').setInputFiles([{ name: 'payslip.txt', mimeType: 'text/plain', buffer: Buffer.from('a lot') }]);
  await page.locator('.going', { hasText: 'payslip.txt' }).waitFor();
  await page.locator('.composer textarea').fill('half a thought');
  await page.waitForFunction(() => new Promise((resolve) => {
    const open = indexedDB.open('chat.uploads');
    open.onsuccess = () => {
      const count = open.result.transaction('blobs').objectStore('blobs').count();
      count.onsuccess = () => {
        open.result.close();
        resolve(count.result === 1 && JSON.stringify(localStorage).includes('half a thought'));
      };
    };
  }));
  await page.locator('.me > button').first().click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('What should we call you?').waitFor();
  assert.doesNotMatch(await disk(page), /otto|attic|payslip|half a thought|🎉|chat\.uploads/);
  page.trouble = page.trouble.filter((text) => !/ERR_FAILED/.test(text));
});

test('what is one\'s own alone is no room that a link leads to', async () => {
  const page = await stage.account('pia');
  await page.goto(`${stage.server.url}r/@self/1`);
  await page.locator('.link.live').waitFor();
  await page.waitForFunction(() => location.pathname === '/');
  await say(page, 'where am I?');
  await settled(page);
  assert.deepEqual(await page.locator('nav .room .name').allTextContents(), ['Lobby']);
});
