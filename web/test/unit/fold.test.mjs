// What events make of messages: the same as the `protocol` crate's fold, however pages and live events split and whatever
// order they come in.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { cover } from '../../js/room.js';
import { fold, targetOf } from '../../js/safe_text.js';
import { initial, roomOf } from '../../js/state.js';

const said = (seq, who = 1, more = {}) => ({ type: 'message', room: 'lobby', seq, id: `e${seq}`, user: `u-${who}`, sender: `n${who}`, message: `text ${seq}`, timestamp: `t${seq}`, files: [{ file: 'f', name: 'a', size: 1, kind: 'text/plain' }], ...more });
const does = (type, seq, target, who, more = {}) => ({ type, room: 'lobby', seq, id: `e${seq}`, target, user: `u-${who}`, sender: `n${who}`, timestamp: `t${seq}`, ...more });

function numbers(seed) {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A log of all that can be done to messages. */
function logOf(random, length) {
  const log = [];
  for (let seq = 1; seq <= length; seq++) {
    const messages = log.filter(({ type }) => type === 'message');
    const target = messages[random(Math.max(1, messages.length))]?.seq;
    const [what, who] = [random(11), random(3)];
    if (target === undefined || what < 4) log.push(said(seq, who, { ...(what < 2 && target && { thread: target }) }));
    else if (what < 6) log.push(does('edit', seq, target, who, { text: `text ${seq}`, mentions: [`u-${who}`], ...(random(2) && { everyone: 'here' }) }));
    else if (what < 7) log.push(does('delete', seq, target, who));
    else if (what < 10) log.push(does('react', seq, target, who, { emoji: random(2) ? '👍' : '🎉', on: random(2) === 1 }));
    else log.push(does('pin', seq, target, who, { on: random(2) === 1 }));
  }
  return log;
}

/** A page as a server answers it. */
const page = (log, first, last, asOf) => log.filter(({ seq }) => seq >= first && seq <= last)
  .map((event) => (event.type !== 'message' ? event : log.filter((change) => change.seq > event.seq && change.seq <= asOf && targetOf(change) === event.seq).reduce(fold, event)));

test('any split into pages and live events, in any order, gives the same view', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = numbers(seed);
    const log = logOf(random, 1 + random(60));
    const head = log.length;
    // Each place comes live or on a page of a time of its own; the deliveries are shuffled, and some come twice.
    const deliveries = [];
    for (let from = 1; from <= head; ) {
      const to = Math.min(head, from + random(8));
      const asOf = to + random(head - to + 1);
      if (random(2)) deliveries.push([from, to, page(log, from, to, asOf), asOf]);
      else for (const event of log.slice(from - 1, to)) deliveries.push([event.seq, event.seq, [event], event.seq]);
      if (random(3) === 0) deliveries.push([from, to, page(log, from, to, head), head]);
      from = to + 1;
    }
    const room = roomOf(initial(), 'lobby');
    while (deliveries.length > 0) cover(room, ...deliveries.splice(random(deliveries.length), 1)[0]);
    const taken = new Set(log.filter(({ type }) => type === 'delete').map(({ target }) => target));
    // Nothing of what was taken out is held, wherever one looks.
    const kept = (event) => (event.type === 'edit' && taken.has(event.target) ? { ...event, text: '' } : event);
    assert.deepEqual(room.events, page(log, 1, head, head).map(kept), `seed ${seed}`);
    for (const target of taken) assert.ok(![...room.known.get(target).base.message, ...(room.changes.get(target) ?? []).map(({ text = '' }) => text)].join(''), `seed ${seed}`);
    assert.deepEqual(room.stretches, [[1, head]]);
  }
});

test('what was taken out stays so and keeps its thread', () => {
  const events = [said(2, 2, { thread: 1 }), does('pin', 3, 1, 1, { on: true }), does('delete', 4, 1, 1), does('edit', 5, 1, 1, { text: 'back?' }), does('react', 6, 1, 1, { emoji: '👍', on: true }), said(7, 3, { thread: 1 })];
  const message = events.reduce(fold, said(1, 1, { mentions: ['u-2'], everyone: 'room' }));
  assert.deepEqual(message, { type: 'message', room: 'lobby', seq: 1, id: 'e1', user: 'u-1', sender: 'n1', message: '', timestamp: 't1', folded: { deleted: true, replies: { count: 2, last: 7, timestamp: 't7', users: ['u-3', 'u-2'] } } });
});

test('a reaction counts once a person, in the order they were put, and goes with the last one', () => {
  const react = (seq, who, on = true) => does('react', seq, 1, who, { emoji: '👍', on });
  const put = [react(2, 1), react(3, 2), react(4, 1)].reduce(fold, said(1));
  assert.deepEqual(put.folded, { reactions: { '👍': ['u-1', 'u-2'] } });
  assert.deepEqual([react(5, 1, false), react(6, 2, false)].reduce(fold, put), said(1));
});

test('an edit says anew whom the message names, and at most five who answered are named', () => {
  const edited = fold(said(1, 1, { mentions: ['u-9'], everyone: 'room' }), does('edit', 2, 1, 1, { text: 'new', mentions: ['u-2'] }));
  assert.deepEqual([edited.mentions, edited.everyone, edited.folded], [['u-2'], undefined, { text: 'new', edited: 't2' }]);
  const answers = [1, 2, 3, 4, 5, 6, 2].map((who, i) => said(i + 2, who, { thread: 1 }));
  assert.deepEqual(answers.reduce(fold, said(1)).folded.replies, { count: 7, last: 8, timestamp: 't8', users: ['u-2', 'u-6', 'u-5', 'u-4', 'u-3'] });
});
