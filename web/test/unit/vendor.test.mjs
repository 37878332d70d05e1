import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const WEB = fileURLToPath(new URL('../../', import.meta.url));
const read = (path) => readFileSync(join(WEB, path));
const files = (folder) => readdirSync(join(WEB, folder)).flatMap((name) => (statSync(join(WEB, folder, name)).isDirectory() ? files(`${folder}/${name}`) : [`${folder}/${name}`]));
const page = read('index.html').toString();

test('vendored files are what their list of hashes says, each with a licence', () => {
  const listed = read('vendor/SHA256SUMS').toString().trim().split('\n').map((row) => row.split(/\s+/));
  for (const [hash, name] of listed) assert.equal(createHash('sha256').update(read(`vendor/${name}`)).digest('hex'), hash, name);
  const there = readdirSync(join(WEB, 'vendor')).filter((name) => !['SHA256SUMS', 'README.md'].includes(name)).sort();
  assert.deepEqual(listed.map(([, name]) => name).sort(), there);
  for (const name of there.filter((name) => name.endsWith('.mjs'))) assert.ok(there.includes(name.replace('.mjs', '.LICENSE')), name);
});

test('vendored files are the ones of the packages that the types come from', () => {
  assert.ok(read('vendor/preact.mjs').equals(readFileSync(new URL('../node_modules/preact/dist/preact.mjs', import.meta.url))));
});

test('the first load is small and knows all its modules ahead', () => {
  const first = ['index.html', 'css/chat.css', 'js/main.js', ...[...page.matchAll(/modulepreload" href="([^"]+)"/g)].map(([, href]) => href?.replace(/^\//, '') ?? '')];
  const modules = ['vendor/preact.mjs', ...files('js').filter((name) => name.endsWith('.js') && !name.startsWith('js/later/'))];
  assert.deepEqual(first.slice(2).sort(), modules.sort());
  assert.ok(first.length <= 12, String(first.length));
  const bytes = first.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
  assert.ok(bytes <= 100 * 1024, `${bytes} bytes`);
});

test('the sheet that is fetched later changes nothing that is on screen already', () => {
  const selectors = [...read('css/later.css').toString().replace(/\/\*.*?\*\//gs, '').matchAll(/([^{}]+)\{/g)].flatMap(([, all]) => all.split(',')).map((each) => each.trim());
  assert.ok(selectors.length > 100);
  assert.deepEqual(selectors.filter((each) => /^(?:a|blockquote|button|code|del|div|em|h\d|hr|img|li|ol|p|pre|span|strong|t[dhr]|table|tbody|thead|ul|\.(?:box|code|copy|emoji|mention|output|table|task))(?![\w.#[-])/.test(each)), []);
});

test('no source names another origin or builds HTML from text', () => {
  for (const name of ['index.html', ...files('css'), ...files('js').filter((name) => name.endsWith('.js'))]) {
    const text = read(name).toString();
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|style="|\son\w+="/, name);
    assert.doesNotMatch(text.replace(/https\?:/g, ''), /https?:\/\//, name);
  }
});
