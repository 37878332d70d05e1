// Hostile text is shown and does nothing; the page is small, keeps to its origin, and can be used by everybody.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { calm, named, say, settled, shoot, shown, staged, texts } from './harness.mjs';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

const stage = staged();

const HOSTILE = [
  '<script>globalThis.owned = 1</script>', '<img src=x onerror="globalThis.owned = 1">', '"><svg onload=globalThis.owned=1>',
  '<svg><animate onbegin=globalThis.owned=1 attributeName=x dur=1s>', '<iframe srcdoc="<script>top.owned=1</script>">', '<a href="javascript:owned=1">x</a>',
  'javascript:globalThis.owned=1', 'https://example.invalid/"onmouseover="owned=1', 'data:text/html,<script>owned=1</script>', '<style>*{display:none}</style>',
  '<base href=//example.invalid>', '<form action=//example.invalid><button>', '${globalThis.owned = 1}', '{{constructor.constructor("owned=1")()}}', '<math><mi xlink:href="javascript:owned=1">',
  '<template><script>owned=1</script></template>', '__proto__', '{"type":"message"}', '&lt;b&gt;', '</textarea></title><script>owned=1</script>',
];

test('the first load is at most 12 requests and 100 KB, all of them from here', async () => {
  const page = await stage.tab(await stage.browser.newContext(), '');
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  let bytes = 0;
  network.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(stage.server.url);
  await page.getByText('Connected').waitFor();
  await page.waitForLoadState('networkidle');
  const requested = page.requested.filter((url) => !url.startsWith('data:'));
  assert.ok(requested.length <= 12, requested.join('\n'));
  assert.ok(bytes > 5_000 && bytes <= 100 * 1024, `${bytes} bytes`);
});

test('W01 hostile texts are shown as they are, run nothing and ask for nothing', async () => {
  const page = await stage.guest('ana');
  const eve = await stage.person('eve');
  for (const text of HOSTILE) await eve.say(text);
  await eve.say('before \u202eevil\u202c \u200bzero\u001b[31m \u0007bell');
  await eve.say(`tower ${'a' + '\u0301'.repeat(500)}`);
  // For those who look for what not everybody can use, below.
  await eve.say('# Title\n1. one\n- [x] done\n\n> quoted `code` @bo @here :tada:\n\n|a|b|\n|-|-:|\n|1|2|\n\n```rust\n// note\nlet x: Y = f("s", 1);\n```\n```diff\n-old\n+new\n```\n---');
  await eve.say(Array.from({ length: 16 }, (_, i) => `\u001b[38;5;${i}mcolour\u001b[0m \u001b[48;5;${i}mground\u001b[0m`).join('\n'));
  await eve.say('see https://example.invalid/path?q=1). And (http://example.invalid/a_(b)) or ftp://example.invalid');
  await shown(page, 'see https://');
  // What reads markup is fetched with the first text that has any.
  await page.locator('.text strong').first().waitFor();
  const all = await texts(page);
  // The one that is markup loses its signs, and a program's colours those of its sequences.
  for (const text of HOSTILE) assert.ok(all.includes(text.replace(/^__(.*)__$/, '$1')), text);
  assert.ok(all.includes('before \ufffdevil\ufffd zero bell'));
  assert.ok(all.some((text) => text === `tower a${'\u0301'.repeat(8)}`));
  assert.deepEqual(await page.locator('.text a').evaluateAll((links) => links.map((link) => [link.getAttribute('href'), link.rel, link.target])), [
    ['https://example.invalid/', 'noopener noreferrer', '_blank'],
    ['https://example.invalid/path?q=1', 'noopener noreferrer', '_blank'],
    ['http://example.invalid/a_(b)', 'noopener noreferrer', '_blank'],
  ]);
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  const tags = await page.locator('.rows').evaluate((rows) => [...new Set([...rows.querySelectorAll('*')].map(({ localName }) => localName))].sort());
  assert.deepEqual(tags, ['a', 'article', 'blockquote', 'button', 'code', 'div', 'header', 'hr', 'li', 'ol', 'p', 'pre', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'time', 'tr', 'ul']);
  await shoot(page, 'hostile');
});

test('W02 the page may run nothing but its own files', async () => {
  const page = await stage.visit();
  await page.getByText('Connected').waitFor();
  const policy = (await page.request.get(stage.server.url)).headers()['content-security-policy'];
  assert.ok(policy);
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(policy, /require-trusted-types-for 'script'/);
  await calm(page);
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<b>x</b>';
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(refused, 'text cannot become HTML by mistake');
  await page.close();
});

async function violations(page) {
  // The policy forbids scripts in the page's world that are not its own; the devtools' world may.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
}

for (const [look, options] of Object.entries({
  'light desktop': {},
  'dark desktop': { colorScheme: 'dark' },
  'light phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  'dark phone': { viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true, isMobile: true },
})) {
  test(`everybody can use it: ${look}`, async () => {
    const name = look.replace(' ', '-');
    const page = await stage.visit({ reducedMotion: 'reduce', ...options });
    await page.getByText('What should we call you?').waitFor();
    await shown(page, 'see https://');
    assert.deepEqual(await violations(page), [], 'first visit');
    await shoot(page, `first-visit-${name}`);
    await named(page, `user-${name}`);
    await say(page, 'Good morning! A line of ordinary text, and a link: https://example.org/a/very/long/path/that/has/to/wrap/somewhere/on/a/phone');
    await settled(page);
    assert.deepEqual(await violations(page), [], 'chatting');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the window');
    await shoot(page, `chat-${name}`);
    if (look.includes('phone')) {
      await page.getByRole('button', { name: 'Rooms' }).click();
      await page.locator('.me .name').waitFor();
      assert.deepEqual(await violations(page), [], 'rooms');
      await shoot(page, `rooms-${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^People/ }).click();
      await page.locator('.people li').first().waitFor();
      await shoot(page, `people-${name}`);
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.getByRole('option').first().waitFor();
    assert.deepEqual(await violations(page), [], 'going to a room');
    await shoot(page, `switcher-${name}`);
    await page.keyboard.press('Escape');
  });
}

test('the keyboard alone is enough', async () => {
  const page = await stage.visit();
  await page.getByText('Connected').waitFor();
  await page.keyboard.type('kai');
  await page.keyboard.press('Enter');
  await page.locator('.composer textarea:focus').waitFor();
  await page.keyboard.type('no mouse');
  await page.keyboard.press('Enter');
  await shown(page, 'no mouse');
  await page.keyboard.press('Control+k');
  await page.locator('dialog input:focus').waitFor();
  await page.keyboard.type('keys');
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: 'keys' }).waitFor();
  await page.locator('.composer textarea:focus').waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await page.locator('h1', { hasText: 'Lobby' }).waitFor();
  // Every stop of the tab key is visible and named.
  const stops = new Set();
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const { activeElement: element } = document;
      const box = element.getBoundingClientRect();
      return element === document.body ? null : { name: element.getAttribute('aria-label') ?? element.textContent, seen: box.width > 0 && box.height > 0 };
    });
    if (stop === null) continue;
    assert.ok(stop.seen && stop.name, JSON.stringify(stop));
    stops.add(stop.name);
  }
  assert.ok(stops.size >= 6, [...stops].join(', '));
});
