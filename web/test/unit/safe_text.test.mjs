import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { block, line } from '../../js/safe_text.js';

const golden = JSON.parse(readFileSync(new URL('../../../protocol/golden/safe_text.json', import.meta.url), 'utf8'));

test('every golden text is made safe as the terminal makes it safe', () => {
  assert.ok(golden.length > 20);
  for (const { name, in: text, line: one, block: many } of golden) {
    assert.equal(line(text), one, name);
    assert.equal(block(text), many, name);
  }
});

test('what is safe stays as it is', () => {
  for (const { in: text } of golden) {
    assert.equal(line(line(text)), line(text));
    assert.equal(block(block(text)), block(text));
  }
});

test('nothing dangerous is left of any text', () => {
  const dangerous = [...'\r\n\t \u001b\u009b\u202e\u2066\u061c\u200b\u200d\u200c\u0301\ufe0f\u{1f3fd}\u{1f3f4}\u{e0067}\u{e007f}\u{e0001}\u2028\uffffaم👩\u115f\u034f\u20e3\u{e0100}\ufffd\u25cc', '\ud800', '\udc00'];
  let seed = 7;
  const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
  for (let round = 0; round < 3000; round++) {
    let text = '';
    for (let i = random(40); i > 0; i--) text += dangerous[(random(1000) + random(997)) % dangerous.length];
    for (const [safe, again] of [[line(text), line], [block(text), block]]) {
      assert.doesNotMatch(safe, again === line ? /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u : /[\p{Cs}\p{Bidi_Control}]|(?!\n)\p{Cc}/u, JSON.stringify(text));
      assert.doesNotMatch(safe, /[\u200b\u2028\u2029\ufeff\u115f]/u);
      assert.equal(again(safe), safe, JSON.stringify(text));
    }
  }
});
