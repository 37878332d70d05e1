import { test } from 'node:test';
import assert from 'node:assert/strict';
import { KEPT, cover, rows, unread } from '../../js/room.js';
import { TYPING_TTL_MS, drop, expire, initial, open, roomOf, seen, update, watch } from '../../js/state.js';

const ME = { user: 'g-1', name: 'ana', guest: true };
const message = (seq, more = {}) => ({ type: 'message', room: 'lobby', seq, id: `x${seq}`, user: 'g-2', sender: 'bo', message: `m${seq}`, timestamp: new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString(), ...more });
const info = (room, head, first = 1) => ({ room, title: room, kind: 'public', first, head, present: 1 });
const page = (first, last, head, more = {}) => ({ type: 'history', ref: 1, room: 'lobby', first, last, head, as_of: head, more: first > 1, events: Array.from({ length: last - first + 1 }, (_, i) => message(first + i)), ...more });
const say = (id, more = {}) => ({ id, room: 'lobby', text: id, user: 'g-1', state: 'queued', at: Date.UTC(2026, 0, 1, 12), ...more });

function welcomed(head = 0) {
  const state = initial();
  tell(state, { type: 'welcome', user: ME, limits: {}, rooms: [info('lobby', head)] });
  return { state, lobby: roomOf(state, 'lobby') };
}
const tell = (state, frame, now = 0) => update(state, { is: 'frame', frame }, now);
const shape = (state) => rows(roomOf(state, 'lobby'), state).map((row) => (row.kind === 'message' ? `${row.head ? '*' : ''}${row.message.message}` : row.kind === 'line' ? `${row.head ? '*' : ''}${row.line.state} ${row.line.text}` : row.kind === 'gap' ? `gap ${row.from}-${row.to}` : row.kind));

test('live events and pages give one view, however they are split', () => {
  const { state } = welcomed(6);
  tell(state, message(7));
  tell(state, page(4, 6, 7));
  tell(state, page(1, 3, 7));
  tell(state, page(2, 5, 7));
  assert.deepEqual(shape(state), ['begin', 'day', '*m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
  assert.deepEqual(roomOf(state, 'lobby').stretches, [[1, 7]]);
});

test('a hole is shown as one, until it is filled', () => {
  const { state } = welcomed(2);
  tell(state, page(1, 2, 2));
  tell(state, message(15));
  assert.deepEqual(shape(state), ['begin', 'day', '*m1', 'm2', 'gap 3-14', '*m15']);
  tell(state, page(3, 9, 15));
  assert.deepEqual(shape(state).filter((row) => row.startsWith('gap')), ['gap 10-14']);
  tell(state, page(10, 14, 15));
  assert.deepEqual(shape(state).filter((row) => row.startsWith('gap')), []);
});

test('a reset keeps what is held and marks the gap; another history starts anew', () => {
  const { state, lobby } = welcomed(2);
  tell(state, page(1, 2, 2));
  tell(state, { type: 'reset', room: 'lobby', epoch: 'e1', first: 1, head: 9000, why: 'too_old' });
  assert.equal(shape(state).at(-1), 'gap 3-9000');
  tell(state, { type: 'reset', room: 'lobby', epoch: 'e2', first: 1, head: 1, why: 'epoch' });
  assert.equal(lobby.events.length, 0);
});

test('what comes late for a room that was left does not bring it back', () => {
  const { state } = welcomed(2);
  tell(state, { type: 'members', ref: 1, room: 'ops', members: [], present: 0 });
  tell(state, { type: 'synced', room: 'ops', head: 5 });
  tell(state, { type: 'reset', room: 'ops', epoch: 'e1', first: 1, head: 9, why: 'too_old' });
  assert.deepEqual([...state.rooms.keys()], ['lobby']);
});

test('an own line is queued, sent, stored and then the message itself, in one place', () => {
  const { state } = welcomed(0);
  update(state, { is: 'link', link: { state: 'live' } }, 0);
  state.lines = [say('a'), say('b')];
  assert.deepEqual(shape(state), ['*queued a', 'queued b']);
  update(state, { is: 'line', id: 'a', state: 'sent' }, 0);
  update(state, { is: 'stored', id: 'a', room: 'lobby', seq: 1 }, 0);
  assert.deepEqual(shape(state), ['*stored a', 'queued b']);
  tell(state, message(1, { id: 'a', user: 'g-1', sender: 'ana', message: 'a' }));
  assert.deepEqual(shape(state).slice(-2), ['*a', 'queued b']);
  update(state, { is: 'failed', id: 'b', code: 'too_long', reason: 'Too long.' }, 0);
  assert.deepEqual(state.lines.map(({ state: fate, reason }) => [fate, reason]), [['failed', 'Too long.']]);
});

test('an ack for an event that was shown long ago leaves no line behind', () => {
  const { state } = welcomed(3);
  tell(state, page(1, 3, 3));
  state.lines = [say('x2')];
  update(state, { is: 'stored', id: 'x2', room: 'lobby', seq: 2 }, 0);
  assert.deepEqual(state.lines, []);
});

test('unread counts messages of others behind the last one looked at', () => {
  const { state, lobby } = welcomed(0);
  watch(state, false);
  tell(state, message(1));
  tell(state, message(2, { user: 'g-1' }));
  tell(state, { type: 'edit', room: 'lobby', seq: 3, id: 'e', user: 'g-2', sender: 'bo', target: 1, text: 'new', timestamp: 'x' });
  assert.equal(unread(lobby, 'g-1'), 1);
  seen(state, lobby);
  assert.equal(unread(lobby, 'g-1'), 0);
});

test('what came while one was away is marked, and one\'s own answer ends the mark', () => {
  const { state, lobby } = welcomed(0);
  tell(state, message(1));
  seen(state, lobby);
  watch(state, false);
  tell(state, message(2));
  tell(state, message(3));
  watch(state, true);
  assert.deepEqual(shape(state).slice(-3), ['new', '*m2', 'm3']);
  seen(state, lobby);
  assert.ok(shape(state).includes('new'), 'looking at it does not take it away');
  tell(state, message(4, { user: 'g-1', sender: 'ana' }));
  assert.ok(!shape(state).includes('new'));
});

test('opening a room marks what one has not seen', () => {
  const { state } = welcomed(0);
  tell(state, { type: 'welcome', user: ME, limits: {}, rooms: [info('ops', 0)] });
  open(state, 'ops');
  tell(state, message(1));
  assert.equal(unread(roomOf(state, 'lobby'), 'g-1'), 1);
  open(state, 'lobby');
  assert.equal(roomOf(state, 'lobby').mark, 0);
  open(state, 'ops');
  assert.equal(roomOf(state, 'lobby').mark, null);
});

test('authors get one header for a run of lines, a new one after a while, a name or a day', () => {
  const { state } = welcomed(0);
  const at = (minutes) => ({ timestamp: new Date(Date.UTC(2026, 0, 1, 12, minutes)).toISOString() });
  tell(state, message(1, at(0)));
  tell(state, message(2, at(4)));
  tell(state, message(3, at(6)));
  tell(state, message(4, { ...at(6), sender: 'bob' }));
  tell(state, message(5, { ...at(6), user: 'g-3', sender: 'bob' }));
  tell(state, message(6, { ...at(60 * 48), user: 'g-3', sender: 'bob' }));
  tell(state, message(7, { user: 'g-3', sender: 'bob', timestamp: 'nonsense' }));
  assert.deepEqual(shape(state), ['begin', 'day', '*m1', 'm2', '*m3', '*m4', '*m5', 'day', '*m6', 'day', '*m7']);
});

test('coming, going and new names fold into one quiet row between messages', () => {
  const { state, lobby } = welcomed(0);
  const come = (type, ...names) => tell(state, { type, room: 'lobby', message: '', names, users: names.map((name) => `g-${name}`), count: names.length, present: 2, timestamp: 'x' });
  tell(state, message(1));
  come('join', 'guest-7', 'cy');
  tell(state, { type: 'renamed', room: 'lobby', user: 'g-guest-7', from: 'guest-7', to: 'dee' });
  come('leave', 'cy');
  assert.deepEqual(shape(state).slice(-2), ['*m1', 'notice']);
  assert.deepEqual(lobby.notices, [{ after: 1, came: ['dee', 'cy'], went: ['cy'], renamed: [], crowd: 0 }]);
  assert.deepEqual([...lobby.people.values()].map(({ name }) => name), ['dee']);
  tell(state, message(2));
  come('join', 'eve');
  assert.deepEqual(shape(state).slice(-4), ['*m1', 'notice', '*m2', 'notice']);
});

test('who comes back after a crash of the server is no news, who is new is', () => {
  const { state, lobby } = welcomed(0);
  const person = (name) => ({ user: `g-${name}`, name, guest: true, state: 'online' });
  const come = (name, now) => tell(state, { type: 'join', room: 'lobby', message: '', names: [name], users: [`g-${name}`], count: 1, present: 2, timestamp: 'x' }, now);
  tell(state, { type: 'members', ref: 1, room: 'lobby', members: [person('bo')], present: 1 });
  update(state, { is: 'link', link: { state: 'waiting', until: 5 } }, 1000);
  tell(state, { type: 'welcome', user: ME, limits: {}, rooms: [info('lobby', 0)] }, 2000);
  tell(state, { type: 'members', ref: 2, room: 'lobby', members: [], present: 1 }, 2000);
  come('bo', 3000);
  come('cy', 3000);
  assert.deepEqual(lobby.notices.map(({ came }) => came), [['cy']]);
  assert.deepEqual([...lobby.people.keys()], ['g-bo', 'g-cy']);
});

test('typing ends with the message, the stop, the time or the link', () => {
  const { state, lobby } = welcomed(0);
  const typing = (user, on, now) => tell(state, { type: 'typing', room: 'lobby', user, sender: user, on }, now);
  typing('g-2', true, 0);
  typing('g-3', true, 1000);
  typing('g-1', true, 1000);
  assert.deepEqual([...lobby.typing.keys()], ['g-2', 'g-3'], 'not oneself');
  assert.equal(expire(state, TYPING_TTL_MS), TYPING_TTL_MS + 1000);
  assert.deepEqual([...lobby.typing.keys()], ['g-3']);
  tell(state, message(1, { user: 'g-3' }));
  assert.equal(lobby.typing.size, 0);
  typing('g-2', true, 0);
  update(state, { is: 'link', link: { state: 'waiting', until: 5 } }, 0);
  assert.equal(lobby.typing.size, 0);
});

test('edits and deletions change the message they name; who may do that was the server\'s to decide', () => {
  const { state, lobby } = welcomed(0);
  tell(state, message(1));
  tell(state, { type: 'edit', room: 'lobby', seq: 2, id: 'a', target: 9, user: 'g-2', sender: 'bo', text: 'another', timestamp: 'x' });
  assert.equal(lobby.events[0].folded, undefined);
  tell(state, { type: 'edit', room: 'lobby', seq: 3, id: 'b', target: 1, user: 'g-2', sender: 'bo', text: 'better', timestamp: 'x' });
  assert.equal(lobby.events[0].folded.text, 'better');
  tell(state, page(1, 1, 3, { as_of: 1 }));
  assert.equal(lobby.events[0].folded.text, 'better', 'a page folded before the edit does not undo it');
  tell(state, { type: 'delete', room: 'lobby', seq: 4, id: 'c', target: 1, user: 'g-2', sender: 'bo', timestamp: 'x' });
  assert.equal(lobby.events[0].folded.deleted, true);
});

test('a poisoned event keeps its place', () => {
  const { state } = welcomed(0);
  tell(state, message(1));
  tell(state, { type: 'unknown', room: 'lobby', seq: 2 });
  tell(state, message(3));
  assert.deepEqual(shape(state), ['begin', 'day', '*m1', 'unknown', '*m3']);
});

test('a long session is bounded, and what was forgotten can be paged in again', () => {
  const { state, lobby } = welcomed(0);
  for (let seq = 1; seq <= KEPT * 2 + 1; seq++) tell(state, message(seq));
  assert.equal(lobby.events.length, KEPT);
  const from = lobby.events[0].seq;
  assert.deepEqual(lobby.stretches, [[from, KEPT * 2 + 1]]);
  tell(state, page(from - 50, from - 1, KEPT * 2 + 1));
  assert.equal(lobby.stretches[0][0], from - 50);
  assert.equal(lobby.events.length, KEPT + 50);
});

test('stretches merge in any order', () => {
  const { lobby } = welcomed(0);
  for (const [from, to] of [[10, 12], [1, 3], [20, 25], [13, 15], [4, 8], [9, 9]]) cover(lobby, from, to, []);
  assert.deepEqual(lobby.stretches, [[1, 15], [20, 25]]);
  cover(lobby, 16, 15, []);
  assert.deepEqual(lobby.stretches, [[1, 15], [20, 25]]);
});

test('a room that is gone keeps its unsent lines in sight until somebody decides about them', () => {
  const { state } = welcomed(0);
  tell(state, { type: 'welcome', user: ME, limits: {}, rooms: [info('ops', 0)] });
  open(state, 'ops');
  state.lines = [say('a', { room: 'ops' })];
  tell(state, { type: 'reset', room: 'ops', epoch: 'e1', first: 0, head: 0, why: 'gone' });
  assert.equal(state.rooms.get('ops')?.joined, false);
  assert.equal(rows(roomOf(state, 'ops'), state).at(-1).kind, 'line');
  drop(state, 'a', true);
  assert.ok(state.rooms.has('ops'), 'it is sent again');
  state.lines = [say('a', { room: 'ops' })];
  drop(state, 'a');
  assert.deepEqual([...state.rooms.keys()], ['lobby']);
  assert.equal(state.active, 'lobby');
});
