// A chat that lets no guests in.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PASSWORD, say, settled, shoot, staged } from './harness.mjs';

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
