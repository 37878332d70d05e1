// A chat that lets no guests in.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Office, PASSWORD, Person, Server, say, settled, shoot, shown, staged } from './harness.mjs';

const stage = staged({ flags: ['--guests', 'off'] });

test('whoever is not signed in is asked to, and sees nothing of the chat', async () => {
  const member = await stage.account('ana');
  await say(member, 'among ourselves');
  await settled(member);
  const page = await stage.visit();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  // What the chat lets in is known with this.
  await page.getByRole('button', { name: 'Use an invite' }).waitFor();
  assert.equal(await page.getByText('go on as a guest').count(), 0);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Escape');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }
  assert.equal(await page.locator('dialog[open]').count(), 1, 'there is nothing behind it');
  assert.equal(await page.locator('.people li, .message').count(), 0);
  await shoot(page, 'no-guests');
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('ana');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.me .name', { hasText: 'ana' }).waitFor();
  await member.locator('.people li').first().waitFor();
});

test('a link to a message leads there through signing in', async () => {
  stage.office ??= await Office.open(stage.server);
  const writer = await Person.join(stage.server.url, undefined, stage.office.token);
  const places = [];
  for (let i = 1; i <= 150; i++) places.push((await writer.say(`line ${i} of many`)).seq);
  writer.leave();
  await stage.account('bea').then((page) => page.close());
  const page = await stage.visit({ hidden: true });
  await page.goto(`${stage.server.url}r/lobby/${places[19]}`);
  const dialog = page.locator('dialog');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  // Whoever mistypes, or comes back later, still gets there.
  await dialog.getByLabel('Name').fill('bea');
  await dialog.getByLabel('Password', { exact: true }).fill('not the password');
  await page.keyboard.press('Enter');
  await dialog.locator('.error', { hasText: 'wrong' }).waitFor();
  page.trouble = page.trouble.filter((text) => !/401/.test(text));
  assert.equal(new URL(page.url()).pathname, `/r/lobby/${places[19]}`);
  await page.reload();
  await dialog.getByLabel('Name').fill('bea');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.me .name', { hasText: 'bea' }).waitFor();
  await page.waitForFunction(() => {
    const row = [...document.querySelectorAll('.message')].find((each) => each.querySelector('.text')?.textContent === 'line 20 of many');
    const [box, view] = [row?.getBoundingClientRect(), document.querySelector('.scroller')?.getBoundingClientRect()];
    return box && view && box.top >= view.top && box.bottom <= view.bottom;
  });
  assert.equal(new URL(page.url()).pathname, '/');
  await shoot(page, 'link-through-sign-in');
});

test('where everybody may register, a stranger makes an account in the page', async () => {
  const open = await Server.start('--guests', 'off', '--registration', 'open');
  try {
    const page = await stage.tab(await stage.browser.newContext(), open.url);
    const dialog = page.locator('dialog');
    const enter = async (page, name, password) => {
      const dialog = page.locator('dialog');
      await page.getByRole('button', { name: 'Create one' }).click();
      await dialog.getByLabel('Name', { exact: true }).fill(name);
      await dialog.getByLabel('Password', { exact: true }).fill(password);
      assert.equal(await dialog.getByLabel('Invite').count(), 0);
      await page.keyboard.press('Enter');
    };
    await enter(page, 'cleo', PASSWORD);
    await page.locator('.me .name', { hasText: 'cleo' }).waitFor();
    await dialog.waitFor({ state: 'detached' });
    await say(page, 'I let myself in');
    await settled(page);
    // Who is first is nobody special: the owner has the link that the server printed.
    assert.equal(await page.getByRole('button', { name: 'Administration' }).count(), 0);
    const late = await stage.tab(await stage.browser.newContext(), open.url);
    await enter(late, 'Cleo', PASSWORD);
    await late.locator('dialog .error', { hasText: 'name' }).waitFor();
    await shoot(late, 'register-open');
    await late.locator('dialog').getByLabel('Name', { exact: true }).fill('dora');
    await late.keyboard.press('Enter');
    await late.locator('.me .name', { hasText: 'dora' }).waitFor();
    await shown(late, 'I let myself in');
    late.trouble = late.trouble.filter((text) => !/409|422|400/.test(text));
  } finally {
    await open.stop();
  }
});
