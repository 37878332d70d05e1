// Rooms and the people in them: who gets in, who decides, and what those who keep order can do.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { about, card, closed, goTo, say, settled, shoot, shown, staged, texts } from './harness.mjs';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const stage = staged();

async function newRoom(page, title, { isPrivate = false, topic = '' } = {}) {
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'A private room' }).click();
  const dialog = page.locator('dialog.form');
  await dialog.getByLabel('Name').fill(title);
  if (topic) await dialog.getByLabel('Topic').fill(topic);
  if (isPrivate) await dialog.getByLabel('Only who is invited').check();
  await dialog.getByRole('button', { name: 'Make room' }).click();
  await page.locator('h1', { hasText: title }).waitFor();
}

async function invite(page, name) {
  await page.getByRole('button', { name: /^About/ }).click();
  await page.locator('.picker').getByText(name, { exact: true }).click();
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByText('✓ Invited').waitFor();
  await closed(page);
}

async function inRoom(page, room) {
  await page.locator('nav .room', { hasText: room }).click();
  await page.locator('h1', { hasText: room }).waitFor();
}

async function ruled(page, change) {
  await page.getByRole('button', { name: /^About/ }).click();
  await change(page.locator('dialog'));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('✓ Saved').waitFor();
  await closed(page);
}

test('a private room: found only by who is invited, left by who wants to', async () => {
  const ana = await stage.account('ana');
  const bo = await stage.account('bo');
  const cy = await stage.account('cy');
  await newRoom(ana, 'Plans', { isPrivate: true, topic: 'For spring' });
  await ana.getByText('For spring').waitFor();
  await say(ana, 'nobody knows');
  await settled(ana);
  await invite(ana, 'bo');
  await bo.getByText('from ana').waitFor();
  await shoot(bo, 'invitation');
  await bo.getByRole('button', { name: 'Join Plans' }).click();
  await shown(bo, 'nobody knows');
  await say(bo, 'now I do');
  await shown(ana, 'now I do');
  await cy.keyboard.press('Control+k');
  await cy.getByRole('combobox').fill('Plans');
  await cy.locator('[role=option] .hint', { hasText: /^create this room$/ }).waitFor();
  assert.equal(await cy.getByRole('option', { name: /join/ }).count(), 0);
  await closed(cy);
  await invite(ana, 'cy');
  await cy.getByRole('button', { name: 'Decline Plans' }).click();
  await cy.getByText('from ana').waitFor({ state: 'detached' });
  await bo.getByRole('button', { name: 'Leave Plans' }).click();
  await bo.locator('h1', { hasText: 'Lobby' }).waitFor();
  await bo.reload();
  await bo.locator('.link.live').waitFor();
  assert.equal(await bo.locator('nav .room', { hasText: 'Plans' }).count(), 0);

  // Whoever signs out leaves nothing of it on the device.
  await ana.locator('.composer textarea').fill('half a secret');
  await ana.locator('.me > button').first().click();
  await ana.getByRole('button', { name: 'Sign out' }).click();
  await ana.getByLabel('What should we call you?').waitFor();
  const kept = await ana.evaluate(() => new Promise((resolve) => {
    const open = indexedDB.open('chat');
    open.onsuccess = () => {
      const all = open.result.transaction(['events', 'rooms']);
      const read = [all.objectStore('events').getAll(), all.objectStore('rooms').getAll()];
      all.oncomplete = () => {
        open.result.close();
        resolve(JSON.stringify([read.map(({ result }) => result), { ...localStorage }]));
      };
    };
  }));
  assert.doesNotMatch(kept, /nobody knows|Plans|half a secret/);
});

test('conversations: with one, and with a few', async () => {
  const dee = await stage.account('dee');
  const eve = await stage.account('eve');
  const fay = await stage.account('fay');
  await eve.locator('aside li button', { hasText: 'dee' }).waitFor();
  await card(eve, 'dee');
  await eve.getByRole('button', { name: 'Write to them' }).click();
  await eve.locator('h1', { hasText: 'dee' }).waitFor();
  await say(eve, 'just between us');
  await dee.locator('nav .room', { hasText: 'eve' }).click();
  await shown(dee, 'just between us');
  await dee.keyboard.press('Control+k');
  await dee.getByRole('option', { name: /conversation/ }).click();
  for (const name of ['eve', 'fay']) await dee.locator('.picker').getByText(name, { exact: true }).click();
  await shoot(dee, 'new-conversation');
  await dee.getByRole('button', { name: 'Write to them' }).click();
  await dee.locator('h1', { hasText: 'fay' }).waitFor();
  await say(dee, 'all three of us');
  await fay.locator('nav .room', { hasText: 'dee' }).click();
  await shown(fay, 'all three of us');
  assert.deepEqual(await texts(fay), ['all three of us']);
});

test('rules: renamed, slow, for announcements, archived; everybody sees it at once', async () => {
  const gus = await stage.account('gus');
  const hal = await stage.account('hal');
  await newRoom(gus, 'harbour');
  await goTo(hal, 'harbour');
  await ruled(gus, async (dialog) => {
    await dialog.getByLabel('Name').fill('Harbour news');
    await dialog.getByLabel('Topic').fill('What comes in');
  });
  await hal.locator('h1', { hasText: 'Harbour news' }).waitFor();
  await hal.getByText('What comes in', { exact: true }).first().waitFor();
  await ruled(gus, (dialog) => dialog.getByLabel('Slow mode').selectOption('30'));
  await hal.locator('.slow', { hasText: '30 s' }).waitFor();
  await ruled(gus, async (dialog) => {
    await dialog.getByLabel('Slow mode').selectOption('0');
    await dialog.getByLabel('Only announcements').check();
  });
  await hal.getByText('Only its owners and moderators write in this room.').waitFor();
  assert.equal(await hal.locator('.composer').count(), 0);
  await say(gus, 'a ship');
  await shown(hal, 'a ship');
  await shoot(hal, 'announcements');
  await gus.getByRole('button', { name: /^About/ }).click();
  const link = await gus.getByLabel('Link to this room').inputValue();
  await gus.getByRole('button', { name: 'Archive this room' }).click();
  await gus.getByRole('button', { name: 'Archive', exact: true }).click();
  await hal.getByText('This room is archived').waitFor();
  await gus.getByRole('button', { name: 'Open it again' }).click();
  await gus.getByRole('button', { name: 'Save' }).waitFor();
  const ida = await stage.account('ida');
  await ida.goto(link);
  await ida.locator('h1', { hasText: 'Harbour news' }).waitFor();
});

test('order: muted, put out, banned; roles; what was said is taken out; all of it in the audit log', async () => {
  const jo = await stage.account('jo');
  const kim = await stage.account('kim');
  const lea = await stage.account('lea');
  await newRoom(jo, 'quay');
  for (const page of [kim, lea]) await goTo(page, 'quay');
  await say(kim, 'buy my coins');
  await shown(jo, 'buy my coins');
  await about(jo, 'buy my coins');
  await jo.getByRole('button', { name: 'Delete for everybody' }).click();
  await shoot(jo, 'delete');
  await jo.getByRole('button', { name: 'Delete', exact: true }).click();
  await kim.getByText('This message was deleted.').waitFor();
  await lea.getByText('This message was deleted.').waitFor();

  await card(jo, 'kim');
  await jo.getByRole('button', { name: 'Mute…' }).click();
  await jo.locator('dialog').getByLabel('For', { exact: true }).selectOption('600');
  await jo.getByLabel('Reason').fill('coins');
  await shoot(jo, 'mute');
  await jo.getByRole('button', { name: 'Mute', exact: true }).click();
  await jo.getByText('Muted.').waitFor();
  await kim.locator('.quiet', { hasText: 'jo muted kim' }).waitFor();
  await say(kim, 'but my coins');
  await kim.locator('.failure').waitFor();
  await kim.getByRole('button', { name: 'Discard' }).click();

  await jo.getByRole('button', { name: 'Kick…' }).click();
  await jo.getByLabel('Reason').fill('still coins');
  await jo.getByRole('button', { name: 'Put out of the room' }).click();
  await kim.locator('h1', { hasText: 'Lobby' }).waitFor();
  await kim.getByText('You are not in quay any more: still coins').waitFor();
  await closed(jo);
  await goTo(kim, 'quay');
  await jo.locator('aside li button', { hasText: 'kim' }).waitFor();
  await card(jo, 'kim');
  await jo.getByRole('button', { name: 'Ban…' }).click();
  await jo.getByRole('button', { name: 'Ban', exact: true }).click();
  await kim.locator('h1', { hasText: 'Lobby' }).waitFor();
  await kim.keyboard.press('Control+k');
  await kim.getByRole('combobox').fill('quay');
  await kim.keyboard.press('Enter');
  await kim.locator('.switcher .error', { hasText: /./ }).waitFor();
  await closed(kim);

  // Both are listed, however long ago that was, until they are lifted.
  await closed(jo);
  for (let i = 0; i < 3; i++) await say(jo, `ship ${i}`);
  await settled(jo);
  await jo.getByRole('button', { name: /^About/ }).click();
  await jo.getByRole('list', { name: 'Muted' }).getByText('coins').waitFor();
  await shoot(jo, 'sentences');
  await jo.getByRole('button', { name: 'Lift the ban: kim' }).click();
  await jo.getByRole('list', { name: 'Banned' }).waitFor({ state: 'detached' });
  await jo.getByRole('button', { name: 'Let write again: kim' }).click();
  await jo.getByRole('list', { name: 'Muted' }).waitFor({ state: 'detached' });
  await goTo(kim, 'quay');
  await say(kim, 'no coins');
  await shown(jo, 'no coins');

  await closed(jo);
  await card(jo, 'lea');
  await jo.getByRole('button', { name: 'Make moderator' }).click();
  await jo.getByText('Now moderator of this room.').waitFor();
  await lea.locator('.people li', { hasText: 'lea' }).getByText('moderator').waitFor();
  await closed(jo);

  const max = await stage.account('max', { role: 'admin' });
  await max.getByRole('button', { name: 'Administration' }).click();
  await max.getByRole('tab', { name: 'Audit log' }).click();
  for (const done of ['mute', 'kick', 'ban', 'delete']) await max.locator('td', { hasText: new RegExp(`^${done}`) }).first().waitFor();
  await shoot(max, 'audit');
  const [file] = await Promise.all([max.waitForEvent('download'), max.getByRole('button', { name: 'Export' }).click()]);
  const entries = readFileSync(await file.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.ok(entries.some(({ action }) => action === 'ban') && entries.some(({ action }) => action === 'register'));
});

test('a report reaches those who keep order; a blocked person is not seen any more, on no device', async () => {
  const nia = await stage.account('nia');
  const guest = await stage.guest('pest');
  const mod = await stage.account('ola', { role: 'moderator' });
  await say(guest, 'very good coins');
  await shown(nia, 'very good coins');
  await about(nia, 'very good coins');
  await nia.getByRole('button', { name: 'Report…' }).click();
  await nia.getByLabel('What is wrong with it?').fill('This is spam');
  await nia.getByRole('button', { name: 'Report', exact: true }).click();
  await nia.getByText('Thank you.').waitFor();
  await closed(nia);
  await mod.getByRole('button', { name: 'Administration' }).click();
  await mod.locator('.list li', { hasText: 'This is spam' }).getByText('very good coins').waitFor();
  await shoot(mod, 'reports');
  await mod.getByRole('button', { name: 'Done', exact: true }).click();
  await mod.locator('.list .tag', { hasText: 'done' }).waitFor();

  await card(nia, 'pest');
  await nia.getByRole('button', { name: 'Block' }).click();
  await nia.getByText('You do not see what they write any more.').waitFor();
  await closed(nia);
  await nia.getByText('Somebody you blocked wrote here.').waitFor();
  await nia.reload();
  await nia.getByText('Somebody you blocked wrote here.').waitFor();
  assert.ok(!(await texts(nia)).includes('very good coins'));
  await card(nia, 'pest');
  await nia.getByRole('button', { name: 'Unblock' }).click();
  await closed(nia);
  await shown(nia, 'very good coins');
});

for (const [look, options] of Object.entries({ 'light desktop': {}, 'dark phone': { viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true, isMobile: true } })) {
  test(`everybody can use the dialogs: ${look}`, async () => {
    const isPhone = look.includes('phone');
    const page = await stage.account(isPhone ? 'petra' : 'quinn', { role: 'admin', reducedMotion: 'reduce', ...options });
    const check = async (name) => {
      await page.getByText('Loading…').waitFor({ state: 'detached' });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`), [], name);
      assert.ok(await page.evaluate(() => document.querySelector('dialog').scrollWidth <= innerWidth), `${name} fits`);
      await shoot(page, `${name.toLowerCase().replace(/\W/g, '-')}-${look.replace(' ', '-')}`);
    };
    const nav = () => isPhone && page.getByRole('button', { name: 'Rooms', exact: true }).click();
    await nav();
    await page.locator('.me > button').first().click();
    for (const tab of ['Profile', 'Devices', 'Password', 'Bots']) {
      await page.getByRole('tab', { name: tab }).click();
      await check(`you ${tab}`);
    }
    await page.locator('[role=tab][aria-selected=true]').focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('[role=tab]:focus', { hasText: 'Profile' }).waitFor();
    await closed(page);
    if (isPhone) await page.keyboard.press('Escape');
    await nav();
    await page.getByRole('button', { name: 'Administration' }).click();
    for (const tab of ['People', 'Invites', 'Reports', 'Audit log']) {
      await page.getByRole('tab', { name: tab }).click();
      await check(`office ${tab}`);
    }
    await closed(page);
    if (isPhone) await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^About/ }).click();
    await check('room');
    await closed(page);
  });
}
