import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { parts } from '../../js/later/highlight.js';
import { parse, words } from '../../js/later/markup.js';
import { isColoured, plain, runs } from '../../js/later/sgr.js';

const golden = (folder) => {
  const home = new URL(`../../../protocol/golden/${folder}/`, import.meta.url);
  return readdirSync(home).flatMap((name) => JSON.parse(readFileSync(new URL(name, home), 'utf8')).map((one) => ({ ...one, name: `${name}: ${one.name}`, source: one.source.repeat(one.repeat ?? 1) })));
};

test('every golden text is read as the terminal reads it', () => {
  const all = golden('markup');
  assert.ok(all.length > 150);
  for (const { name, source, tree } of all) assert.deepEqual(parse(source), tree, name);
});

test('every golden colour is kept as the terminal keeps it', () => {
  const all = golden('sgr');
  assert.ok(all.length > 40);
  for (const { name, source, coloured, runs: wanted } of all) {
    assert.equal(isColoured(source), coloured, name);
    assert.deepEqual(runs(source), wanted, name);
    assert.equal(plain(source), wanted.map(({ text }) => text).join(''), name);
  }
});

test('a text is quoted by its words', () => {
  for (const [source, wanted] of [
    ['**bold** `code` [link](https://a.invalid/) @ana :tada: :nonsense:', 'bold code link @ana 🎉 :nonsense:'], ['# Plan\n- [x] one\n- two\n\n> three', 'Plan\n☑ one\ntwo\nthree'],
    ['|a|b|\n|-|-|\n|1|2|', 'a b\n1 2'], ['```\n*raw*\n```', '*raw*'], ['\u001b[31m*red*\u001b[0m', '*red*'], ['', ''],
  ]) assert.equal(words(source), wanted);
});

test('every golden code has the colours that the terminal gives it', () => {
  const all = golden('highlight');
  assert.ok(all.length > 15);
  for (const { name, source, lang, parts: wanted } of all) assert.deepEqual(parts(lang, source), wanted, name);
});

test('any text is read, and no link leads anywhere but to pages and mailboxes', () => {
  const signs = ['*', '_', '~~', '`', '```', '[', '](', '](https://a.b/', ')', '<', '>', '!', '#', '|', '|-|-|\n', '- ', '1. ', '> ', '\n', '\n\n', '    ', 'a', 'javascript:', 'https://', '@ana', ':tada:', '\\', '中', '。', '\u0301', '\u202e', '\0', '\u001b[31m', '👩\u200d', '\ud800'];
  let seed = 11;
  const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
  const links = (node) => (Array.isArray(node) ? node.flatMap(links) : typeof node === 'object' && node !== null ? [...(node.href === undefined ? [] : [node.href]), ...Object.values(node).flatMap(links)] : []);
  for (let round = 0; round < 5000; round++) {
    let text = '';
    for (let i = random(40); i > 0; i--) text += signs[(random(1009) + random(997)) % signs.length];
    const tree = parse(text);
    for (const href of links(tree)) assert.match(href, /^(?:https?:\/\/|mailto:)[^\s<>"\\]+$/i, text);
    assert.doesNotMatch(JSON.stringify(tree).replaceAll('\\n', ''), /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
    assert.doesNotMatch(plain(text), /(?!\n)\p{Cc}|\p{Cs}|\p{Bidi_Control}/u);
  }
});
