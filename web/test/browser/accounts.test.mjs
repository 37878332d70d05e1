// Coming in: the owner's link, invites, passwords, devices; and what people tell of themselves.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PASSWORD, Person, card, closed, say, settled, shoot, shown, staged, texts, warm } from './harness.mjs';

const stage = staged();
/** A picture of 4 × 4 pixels. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAJklEQVR4nBWIQQEAQBBExJk44oh/e16AWBgFtDVb7cKlWV78eXo8VEMPAd8LZZ8AAAAASUVORK5CYII=', 'base64');

async function fillIn(page, fields) {
  for (const [label, value] of Object.entries(fields)) await page.locator('dialog').getByLabel(label, { exact: true }).fill(value);
  await page.keyboard.press('Enter');
}

async function signedIn(page, name) {
  await page.locator('.me .name', { hasText: name }).waitFor();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.locator('.link.live').waitFor();
}

async function settings(page, tab) {
  await page.locator('.me > button').first().click();
  await page.getByRole('tab', { name: tab }).click();
}

test('the first link makes the owner, once, and does not stay in the address', async () => {
  const link = await stage.server.ownerLink;
  const page = await stage.tab(await stage.browser.newContext(), link);
  await page.getByRole('heading', { name: 'Make the owner account' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await shoot(page, 'owner-link');
  await fillIn(page, { Name: 'olga', Password: 'short' });
  await page.locator('dialog input[name=password]:invalid').waitFor();
  await fillIn(page, { Name: 'olga', Password: PASSWORD });
  await signedIn(page, 'olga');
  assert.equal(page.requested.filter((url) => url.endsWith('/api/register')).length, 1, 'a password has ten characters: less is not even asked for');
  await page.getByRole('button', { name: 'Administration' }).waitFor();
  const late = await stage.tab(await stage.browser.newContext(), link);
  await fillIn(late, { Name: 'mallory', Password: PASSWORD });
  await late.locator('dialog .error', { hasText: /./ }).waitFor();
  late.trouble.length = 0;

  // The owner invites the others; a guest who follows the link goes on as the same person.
  await page.getByRole('button', { name: 'Administration' }).click();
  await page.getByRole('tab', { name: 'Invites' }).click();
  await page.locator('dialog').getByLabel('For', { exact: true }).fill('bo');
  await page.getByRole('button', { name: 'Make invite' }).click();
  const invite = await page.getByLabel('The new invite').inputValue();
  await shoot(page, 'invite');
  await closed(page);
  const bo = await stage.guest('bo');
  await say(bo, 'written as a guest');
  await settled(bo);
  await bo.goto(invite.replace('localhost', '127.0.0.1'));
  await bo.getByText('You go on as you are').waitFor();
  assert.equal(await bo.locator('dialog').getByLabel('Name', { exact: true }).inputValue(), 'bo');
  await shoot(bo, 'invited');
  await fillIn(bo, { Password: PASSWORD });
  await signedIn(bo, 'bo');
  await bo.locator('.message.own', { hasText: 'written as a guest' }).waitFor();
  assert.ok(!(await bo.evaluate(() => document.cookie)).includes('chat'), 'no script reads the session');
});

test('signing out and in again; a wrong password is told, and leaves nothing behind', async () => {
  const page = await stage.tab(await stage.browser.newContext());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await fillIn(page, { Name: 'bo', Password: 'not the password' });
  await page.locator('dialog .error', { hasText: 'wrong' }).waitFor();
  page.trouble.length = 0;
  await shoot(page, 'sign-in');
  await fillIn(page, { Name: 'bo', Password: PASSWORD });
  await signedIn(page, 'bo');
  await shown(page, 'written as a guest');
  await settings(page, 'Profile');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('What should we call you?').waitFor();
  assert.equal(await page.locator('.message.own').count(), 0);
});

test('devices: listed, ended one by one and all at once; a new password ends the others', async () => {
  const one = await stage.tab(await stage.browser.newContext());
  const two = await stage.tab(await stage.browser.newContext());
  for (const page of [one, two]) {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await fillIn(page, { Name: 'bo', Password: PASSWORD });
    await signedIn(page, 'bo');
  }
  await settings(one, 'Devices');
  await one.locator('.list li', { hasText: 'This device' }).waitFor();
  await shoot(one, 'devices');
  for (const other = one.locator('.list li:not(:has-text("This device")) button'); (await other.count()) > 0; ) {
    const before = await other.count();
    await other.first().click();
    await one.waitForFunction((before) => document.querySelectorAll('dialog .list li').length <= before, before);
  }
  await two.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await texts(two), [], 'nothing of the account is left on the screen');
  await shoot(two, 'signed-out');
  await fillIn(two, { Name: 'bo', Password: PASSWORD });
  await signedIn(two, 'bo');
  await closed(one);
  await settings(one, 'Password');
  await one.getByLabel('Password until now').fill(PASSWORD);
  await one.getByLabel('New password').fill(`${PASSWORD} more`);
  await one.keyboard.press('Enter');
  await one.getByText('Changed.').waitFor();
  await two.getByRole('heading', { name: 'Sign in' }).waitFor();
  await one.getByRole('tab', { name: 'Devices' }).click();
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByLabel('What should we call you?').waitFor();
});

test('a forgotten password: an admin makes a link, which works once', async () => {
  const admin = await stage.tab(await stage.browser.newContext());
  await admin.getByRole('button', { name: 'Sign in' }).click();
  await fillIn(admin, { Name: 'olga', Password: PASSWORD });
  await signedIn(admin, 'olga');
  await admin.getByRole('button', { name: 'Administration' }).click();
  await admin.getByRole('button', { name: 'Manage bo' }).click();
  await admin.getByRole('button', { name: 'Link for a new password' }).click();
  const link = (await admin.getByLabel('Link for bo').inputValue()).replace('localhost', '127.0.0.1');
  await shoot(admin, 'manage');
  const page = await stage.tab(await stage.browser.newContext(), link);
  await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await fillIn(page, { 'New password': `${PASSWORD} again` });
  await signedIn(page, 'bo');
  const again = await stage.tab(await stage.browser.newContext(), link);
  await fillIn(again, { 'New password': `${PASSWORD} stolen` });
  await again.locator('dialog .error', { hasText: /./ }).waitFor();
  again.trouble.length = 0;

  // Who leaves the team is signed out at once.
  await admin.getByRole('button', { name: 'End the account' }).click();
  await admin.getByRole('button', { name: 'End it' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('profile: name, picture, colour, status, away, seen by the others at once', async () => {
  const link = await stage.tab(await stage.browser.newContext());
  await link.getByRole('button', { name: 'Sign in' }).click();
  await fillIn(link, { Name: 'olga', Password: PASSWORD });
  await signedIn(link, 'olga');
  const watcher = await stage.guest('wim');
  await warm(link);
  await say(link, 'Here I am');
  await settled(link);
  await settings(link, 'Profile');
  await link.getByLabel('Status').fill('on call');
  await link.getByLabel('Colour 3').check();
  await link.getByRole('button', { name: 'Save' }).click();
  await link.getByText('Saved').waitFor();
  await link.locator('dialog input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: PICTURE });
  await link.locator('dialog .portrait img').waitFor();
  await shoot(link, 'profile');
  await watcher.locator('.people li', { hasText: 'on call' }).waitFor();
  await watcher.locator('.message', { hasText: 'Here I am' }).locator('.avatar img').waitFor();
  await watcher.waitForFunction(() => [...document.querySelectorAll('.message .avatar img')].every(({ complete, naturalWidth }) => complete && naturalWidth > 0));
  assert.equal(await watcher.locator('.message', { hasText: 'Here I am' }).locator('.name').getAttribute('data-hue'), '2');
  await link.getByLabel('I am away').check();
  await link.getByRole('dialog').getByLabel('Name', { exact: true }).fill('olga.first');
  await link.getByRole('button', { name: 'Save' }).click();
  await watcher.locator('.people li.idle', { hasText: 'olga.first' }).waitFor();
  await card(watcher, 'olga.first');
  await watcher.locator('dialog', { hasText: 'Away' }).waitFor();
  await shoot(watcher, 'person');
});

test('a token lets a script in until it is withdrawn', async () => {
  const page = await stage.tab(await stage.browser.newContext());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await fillIn(page, { Name: 'olga.first', Password: PASSWORD });
  await signedIn(page, 'olga.first');
  await settings(page, 'Bots');
  await page.getByLabel('What it is for').fill('deploy');
  await page.getByRole('button', { name: 'Make token' }).click();
  const token = await page.getByLabel('The new token').inputValue();
  await shoot(page, 'tokens');
  const bot = await Person.join(stage.server.url, undefined, token);
  await bot.say('deployed');
  const over = new Promise((resolve) => bot.socket.once('close', resolve));
  await page.getByRole('button', { name: 'Withdraw deploy' }).click();
  assert.equal(await over, 4001);
  await closed(page);
  await shown(page, 'deployed');
});
