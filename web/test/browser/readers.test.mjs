// A chat in which guests read along.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { say, settled, shoot, shown, staged } from './harness.mjs';

const stage = staged({ flags: ['--guests', 'read-only'] });

for (const [look, options] of Object.entries({ 'light desktop': {}, 'dark phone': { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true } })) {
  test(`a guest reads along, is told why there is nothing to write in, and how that changes: ${look}`, async () => {
    const member = await stage.account(`ana-${look.slice(-5)}`);
    await say(member, `read this on a ${look}`);
    await settled(member);
    const page = await stage.visit(options);
    await shown(page, `read this on a ${look}`);
    await page.getByText('Guests only read here. Sign in to write.').waitFor();
    assert.equal(await page.locator('textarea, .name-form').count(), 0);
    await shoot(page, `read-only-${look.replace(' ', '-')}`);
    await page.locator('main').getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await member.getByText('Guests only read here.').count(), 0);
  });
}
