// A chat that lets no guests in.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { PASSWORD, shoot, staged } from './harness.mjs';

const stage = staged({ flags: ['--guests', 'off'] });

test('whoever is not signed in is asked to, and sees nothing of the chat', async () => {
  const member = await stage.account('ana');
  const page = await stage.visit();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByText('go on as a guest').count(), 0);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog').count(), 1, 'there is nothing behind it');
  await page.locator('.people li').first().waitFor({ state: 'detached' });
  await shoot(page, 'no-guests');
  const dialog = page.locator('dialog');
  await dialog.getByLabel('Name').fill('ana');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('.me .name', { hasText: 'ana' }).waitFor();
  await member.locator('.people li').first().waitFor();
});
