// What a message's text means is seen: markup, code with its key, colours of programs; and nothing of it runs or leads astray.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { about, say, settled, shoot, shown, staged } from './harness.mjs';

const stage = staged();
const html = (page, text) => page.locator('.message .text', { hasText: text }).first().evaluate((body) => body.innerHTML);

test('markup is shown, code can be copied, and all stays in its place', async () => {
  const page = await stage.guest('ana');
  const bo = await stage.person('bo');
  await bo.say('only words');
  await shown(page, 'only words');
  assert.deepEqual(page.requested.filter((url) => url.includes('marked')), [], 'plain words need no reader of markup');

  await bo.say('**bold** _slanted_ ~~gone~~ `code` for @ana and @bo :tada: :nonsense:\nsecond line');
  await page.locator('.text strong', { hasText: 'bold' }).waitFor();
  assert.equal(await html(page, 'slanted'), '<p dir="auto"><strong>bold</strong> <em>slanted</em> <del>gone</del> <code>code</code> for <span class="mention call">@ana</span> and <span class="mention">@bo</span> <span class="emoji" role="img" aria-label="tada" title=":tada:">🎉</span> :nonsense:\nsecond line</p>');

  await bo.say('## Plan\n1. one\n   - inner\n2. two\n\n- [x] done\n- [ ] open\n\n> quoted\n\n|a|b|\n|-|-:|\n|1|2|\n\n```rust\nfn main() {\n    **raw**\n}\n```\n[the plan](https://example.invalid/plan) ![picture](https://example.invalid/p.png)');
  await shown(page, 'the plan');
  const text = page.locator('.message .text', { hasText: 'the plan' });
  assert.equal(await text.locator('ol > li > ul > li').textContent(), 'inner');
  assert.deepEqual(await text.locator('.task .box').evaluateAll((boxes) => boxes.map((box) => box.getAttribute('aria-label'))), ['done', 'to do']);
  assert.equal(await text.locator('td.right').textContent(), '2');
  assert.deepEqual(await text.locator('a').evaluateAll((links) => links.map(({ href, title, rel, textContent }) => [href, title, rel, textContent])), [
    ['https://example.invalid/plan', 'https://example.invalid/plan', 'noopener noreferrer', 'the plan'],
    ['https://example.invalid/p.png', 'https://example.invalid/p.png', 'noopener noreferrer', 'picture'],
  ]);
  assert.equal(await text.locator('.code .keyword').textContent(), 'fn');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await text.locator('.code').hover();
  await text.getByRole('button', { name: 'Copy this code' }).click();
  await text.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'fn main() {\n    **raw**\n}');
  await page.waitForFunction(() => {
    const scroller = document.querySelector('.scroller');
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= 1;
  });
  await shoot(page, 'markup');
  const bytes = await page.evaluate(() => performance.getEntriesByType('resource').reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
  assert.ok(bytes <= 144 * 1024, `the page, what reads markup, and what is fetched ahead: ${bytes} bytes`);

  await say(page, 'own *words*');
  await settled(page);
  assert.equal(await html(page, 'own words'), '<p dir="auto">own <em>words</em></p>');
});

test("a program's colours are kept, its other sequences are not, and copies are clean", async () => {
  const page = await stage.guest('cleo');
  const bo = await stage.person('di');
  await bo.say('\u001b[1;31merror\u001b[0m: **raw**\n\u001b[38;5;208morange\u001b[0m\u001b]52;c;eA==\u0007 \u001b[48;2;1;2;3mground\u001b[0m');
  await page.locator('.output').waitFor();
  assert.equal(await html(page, 'orange'), '<pre class="output"><span class="bold" data-fg="1">error</span>: **raw**\n<span style="color: rgb(255, 135, 0);">orange</span> <span style="background-color: rgb(1, 2, 3);">ground</span></pre>');
  await shoot(page, 'colours');
  await say(page, '\u001b[32mpasted\u001b[0m');
  await settled(page);
  assert.equal(await html(page, 'pasted'), '<pre class="output"><span data-fg="2">pasted</span></pre>');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await about(page, 'pasted');
  await page.getByRole('button', { name: 'Copy text' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'pasted');
});

test('a link that looks as if it led somewhere else says where it leads', async () => {
  const page = await stage.guest('fern');
  const bo = await stage.person('gero');
  await bo.say('[https://bank.example/login](https://evil.example/x) [bank.example](https://www.bank.example/a) [the plan](https://evil.example) [pay@bank.example](mailto:eve@evil.example) https://bank.example/ok **done**');
  await page.locator('strong', { hasText: 'done' }).waitFor();
  assert.deepEqual(await page.locator('.text .elsewhere').allTextContents(), [' (evil.example)', ' (eve@evil.example)']);
});

test('a message of very many parts is shown as it was typed, and the page stays as small as its words', async () => {
  const page = await stage.guest('gus');
  const bo = await stage.person('hans');
  await bo.say('*a* '.repeat(16_000));
  await bo.say(`\`\`\`js\n${'f(1); '.repeat(5_000)}\n\`\`\``);
  await bo.say('\u001b[31ma\u001b[0mb'.repeat(5_500));
  await bo.say('**few** parts');
  await page.locator('strong', { hasText: 'few' }).waitFor();
  // Code loses its colours before it loses its place.
  await page.locator('.code', { hasText: 'f(1); f(1);' }).waitFor();
  const counts = await page.locator('.message .text').evaluateAll((all) => all.slice(-4).map((each) => each.querySelectorAll('*').length));
  assert.ok(counts.every((count) => count < 20), `${counts} parts`);
});

test('colours are seen as signs while one writes, and are not lost by a change', async () => {
  const page = await stage.guest('dana');
  const field = page.locator('.composer textarea');
  await say(page, '\u001b[31mfailed\u001b[0m twice');
  await settled(page);
  await page.locator('.message', { hasText: 'failed twice' }).locator('.more').focus();
  await page.keyboard.press('e');
  await page.waitForFunction(() => document.querySelector('.composer textarea').value === '␛[31mfailed␛[0m twice');
  await shoot(page, 'colours-edit');
  // Left as it is, nothing is changed.
  await field.press('Enter');
  await page.locator('.aim').waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => document.querySelector('.composer textarea').value.startsWith('␛'));
  await field.press('End');
  await field.pressSequentially(', ␛ and all');
  await field.press('Enter');
  await shown(page, 'failed twice, ␛ and all');
  assert.match(await html(page, 'failed twice'), /^<pre class="output"><span data-fg="1">failed<\/span> twice, ␛ and all<\/pre>/);
  // What is pasted is seen, with the caret where it was; what only moves or names things is left out.
  await field.fill('before after');
  await field.evaluate((field) => {
    field.setSelectionRange(7, 7);
    field.setRangeText('\u001b]0;title\u0007\u001b[32mgreen\u001b[0m ', 7, 7, 'end');
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  });
  await page.waitForFunction(() => document.querySelector('.composer textarea').value === 'before ␛[32mgreen␛[0m after');
  assert.equal(await field.evaluate(({ selectionStart }) => selectionStart), 'before ␛[32mgreen␛[0m '.length);
  await field.press('Enter');
  await page.locator('.output [data-fg="2"]', { hasText: 'green' }).waitFor();
  // What is answered is quoted clean.
  await page.locator('.message', { hasText: 'failed twice' }).locator('.more').focus();
  await page.keyboard.press('r');
  await page.locator('.aim', { hasText: 'You answer dana: failed twice' }).waitFor();
  await say(page, 'again?');
  await page.locator('.quote', { hasText: 'dana failed twice, ␛ and all' }).waitFor();
});

test('W01 no golden text runs anything, or makes nodes that are not for text', async () => {
  const page = await stage.guest('eve');
  const bo = await stage.person('fred');
  // As many as are drawn at once.
  const read = (name) => JSON.parse(readFileSync(new URL(`../../../protocol/golden/markup/${name}.json`, import.meta.url), 'utf8'));
  const sources = ['addresses', 'links', 'tables', 'unsafe'].flatMap(read);
  assert.ok(sources.length > 80 && sources.length < 110);
  for (const { source } of sources) await bo.say(source);
  await bo.say('**the last one**');
  await page.locator('strong', { hasText: 'the last one' }).waitFor();
  const tags = await page.locator('.rows .text').evaluateAll((texts) => [...new Set(texts.flatMap((text) => [...text.querySelectorAll('*')].map(({ localName }) => localName)))].sort());
  const allowed = ['a', 'blockquote', 'button', 'code', 'del', 'div', 'em', 'hr', 'li', 'ol', 'p', 'pre', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'];
  assert.deepEqual(tags.filter((tag) => !allowed.includes(tag)), []);
  const addresses = await page.locator('.text a').evaluateAll((links) => links.map(({ protocol }) => protocol));
  assert.ok(addresses.length > 5);
  assert.deepEqual([...new Set(addresses)].filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol)), []);
  assert.deepEqual(page.requested.filter((url) => !url.startsWith(stage.server.url) && !url.startsWith('data:')), []);
});
