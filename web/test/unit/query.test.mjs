import { test } from 'node:test';
import assert from 'node:assert/strict';
import { dayOf, marked, suggest, words } from '../../js/later/query.js';

const known = { people: ['ana', 'Bo Berg', 'anton', 'diana'], rooms: [{ room: 'lobby', title: 'Lobby' }, { room: 'r-7', title: 'Spring plans' }], today: new Date(2026, 10, 23, 12) };
const offers = (text, caret = text.length) => suggest(text, caret, known).map(({ label }) => label);
/** The text once the first suggestion was taken. */
const taken = (text, caret = text.length) => {
  const [{ from, to, insert }] = suggest(text, caret, known);
  return text.slice(0, from) + insert + text.slice(to);
};

test('what narrows a search is offered, and what may stand behind it', () => {
  assert.deepEqual(offers(''), ['from:', 'in:', 'before:', 'after:', 'has:']);
  assert.deepEqual(offers('word '), ['from:', 'in:', 'before:', 'after:', 'has:']);
  assert.deepEqual(offers('word be'), ['before:']);
  assert.deepEqual(offers('word'), []);
  assert.deepEqual(offers('from:an'), ['ana', 'anton', 'diana'], 'those that begin so come first');
  assert.deepEqual(offers('in:plan'), ['Spring plans']);
  assert.deepEqual(offers('has:'), ['file', 'image', 'link']);
  assert.deepEqual(offers('has:zip'), []);
  assert.equal(offers('after:')[1], '2026-11-22');
});

test('what is taken stands in the place of what was begun, in quotes where it has to be', () => {
  assert.equal(taken('beer fr'), 'beer from:');
  assert.equal(taken('beer from:bo'), 'beer from:"Bo Berg" ');
  assert.equal(taken('from:"bo b'), 'from:"Bo Berg" ');
  assert.equal(taken('beer IN:spr more', 11), 'beer in:r-7  more');
  assert.equal(taken('before:'), 'before:2026-11-23 ');
});

test('a day is one of the clock on the wall', () => {
  assert.equal(dayOf(new Date(2026, 0, 5, 23, 59)), '2026-01-05');
});

test('the words of a query are what is marked, not what narrows it', () => {
  assert.deepEqual(words('Deploy from:ana "on Friday" in:"a room" has:link begin* note:x before:2026-01-01'), ['deploy', 'on friday', 'begin', 'note:x']);
  assert.deepEqual(words('"not closed'), ['not closed']);
  assert.deepEqual(words(''), []);
});

test('marks are where the words are, whatever the case, and the text stays whole', () => {
  assert.deepEqual(marked('We deploy. Deployed!', ['deploy', 'deployed']), [['We ', false], ['deploy', true], ['. ', false], ['Deployed', true], ['!', false]]);
  assert.deepEqual(marked('nothing', ['x']), [['nothing', false]]);
  assert.deepEqual(marked('会議の議事録', ['議事']), [['会議の', false], ['議事', true], ['録', false]]);
  assert.deepEqual(marked('', ['x']), []);
  // Lower case is longer there: the places would be others.
  assert.deepEqual(marked('İİ deploy', ['deploy']), [['İİ deploy', false]]);
});

test('of a long text what is around the first word is shown', () => {
  const long = `${'a '.repeat(300)}needle ${'b '.repeat(300)}`;
  const parts = marked(long, ['needle'], 100);
  assert.deepEqual(parts.at(0), ['…', false]);
  assert.deepEqual(parts.at(-1), ['…', false]);
  assert.ok(parts.some(([text, isMark]) => isMark && text === 'needle'));
  assert.ok(parts.map(([text]) => text).join('').length <= 102);
  assert.equal(marked(long, ['nowhere'], 100)[0][0].slice(0, 3), 'a a');
});
