// What is done to messages goes through the outbox as lines do: in order, again after a reconnect, and what is about a line
// that has no place yet waits for it. The rules and tests are those of the `protocol` crate's session.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { Session } from '../../js/session.js';
import { initial, roomOf, update } from '../../js/state.js';
import { rows, threadRows } from '../../js/room.js';
import { Store } from '../../js/store.js';

globalThis.IDBKeyRange = IDBKeyRange;

const entry = (id, more = {}) => ({ id, room: 'lobby', text: `text ${id}`, user: 'u-1', ...more });
const change = (id, target, more = {}) => entry(id, { text: 'anew', change: { type: 'edit', target, ...more } });
const ack = (id, seq) => ({ type: 'ack', id, room: 'lobby', seq, timestamp: '' });
const sent = (outputs) => outputs.filter(({ is }) => is === 'send').map(({ text }) => JSON.parse(text));
const story = (outputs) => outputs.filter(({ is }) => ['placed', 'stored', 'failed', 'line'].includes(is)).map(({ is, id, seq, target, reason, state }) => [id, is === 'line' ? state : is, seq ?? target ?? reason].filter((part) => part !== undefined).join(' '));

function connect(session) {
  session.start(0);
  session.handleOpen(0);
  return hear(session, { type: 'welcome', server: 's', epoch: 'e', user: { user: 'u-1', name: 'ana' }, heartbeat_ms: 10000, limits: {}, rooms: [{ room: 'lobby', title: 'Lobby', kind: 'public', first: 1, head: 9, present: 1 }] });
}
function connected() {
  const session = new Session({ client: 'test/0', conn: 'c' });
  connect(session);
  return session;
}
function hear(session, frame) {
  session.handleText(JSON.stringify(frame), 0);
  return session.drain();
}
function queue(session, ...entries) {
  for (const each of entries) session.queue(each, 0);
  return session.drain();
}

test('each change is its frame, and is stored once', () => {
  const session = connected();
  const frames = sent(queue(session, change('e', 7), entry('d', { text: '', change: { type: 'delete', target: 7 } }), entry('r', { text: '', change: { type: 'react', target: 7, emoji: '👍', on: true } }), entry('p', { text: '', change: { type: 'pin', target: 7, on: false } })));
  assert.deepEqual(frames, [
    { type: 'edit', room: 'lobby', id: 'e', target: 7, text: 'anew' }, { type: 'delete', room: 'lobby', id: 'd', target: 7 },
    { type: 'react', room: 'lobby', id: 'r', target: 7, emoji: '👍', on: true }, { type: 'pin', room: 'lobby', id: 'p', target: 7, on: false },
  ]);
  assert.deepEqual(story(hear(session, ack('e', 10))), ['e stored 10']);
  assert.deepEqual(story(hear(session, { type: 'react', room: 'lobby', seq: 10, id: 'r', target: 7, user: 'u-1', sender: 'ana', emoji: '👍', on: true, timestamp: '' })), ['r stored 10']);
  session.handleClose(1006, 0, 0);
  session.handleTime(0, 0);
  session.handleOpen(0);
  session.drain();
  assert.deepEqual(sent(connectAgain(session)).map(({ type }) => type), ['delete', 'pin']);
});
const connectAgain = (session) => hear(session, { type: 'welcome', server: 's', epoch: 'e', user: { user: 'u-1', name: 'ana' }, heartbeat_ms: 10000, limits: {}, rooms: [] });

test('R18 after a restore nothing is done to messages that have the places of others', () => {
  const session = connected();
  session.handleClose(1006, 0, 0);
  queue(session, change('e', 7), change('n', 7), entry('r', { reply: 3 }), entry('m'));
  for (const each of session.outbox) if (['e', 'r'].includes(each.id)) each.epoch = 'e';
  session.outbox.find(({ id }) => id === 'n').epoch = 'restored';
  session.handleTime(9e9, 0);
  session.handleOpen(9e9);
  session.drain();
  const outputs = hear(session, { type: 'welcome', server: 's', epoch: 'restored', user: { user: 'u-1', name: 'ana' }, heartbeat_ms: 10000, limits: {}, rooms: [] });
  assert.deepEqual(outputs.filter(({ is }) => is === 'failed').map(({ id, code }) => [id, code]), [['e', 'restored'], ['r', 'restored']]);
  assert.deepEqual(sent(outputs).map(({ id }) => id), ['n', 'm']);
});

test('a message says what it answers, its thread and its files', () => {
  const file = { file: 'f1', name: 'a.txt', size: 1, kind: 'text/plain' };
  const [frame] = sent(queue(connected(), entry('a', { reply: 3, thread: 2, files: [file] })));
  assert.deepEqual(frame, { type: 'message', room: 'lobby', message: 'text a', id: 'a', reply: 3, thread: 2, files: ['f1'] });
});

test('what is done to an unacknowledged line waits for its place, and holds up its own room only', () => {
  const session = connected();
  const frames = sent(queue(session, entry('a'), change('e', 'a'), entry('b'), entry('c', { room: 'ops' })));
  assert.deepEqual(frames.map(({ id }) => id), ['a', 'c']);
  const outputs = hear(session, ack('a', 5));
  // On disk the edit has its place before the line is gone from there: a crash in between loses neither.
  assert.deepEqual(story(outputs), ['e placed 5', 'a stored 5', 'e sent', 'b sent']);
  assert.deepEqual(sent(outputs)[0], { type: 'edit', room: 'lobby', id: 'e', target: 5, text: 'anew' });
});

test('it waits over a reload of the page, and knows the place of a line that was stored a moment before', async () => {
  const factory = new IDBFactory();
  const store = await Store.open({ factory });
  await store.keep({ ...entry('a'), at: 1 });
  await store.keep({ ...change('e', 'a'), at: 2 });
  const again = await Store.open({ factory });
  const session = connected();
  session.takeOutbox((await again.load()).outbox, 0);
  assert.deepEqual(sent(session.drain()).map(({ id }) => id), ['a']);
  const outputs = hear(session, ack('a', 5));
  assert.equal(sent(outputs)[0].target, 5);
  await again.place('e', 5);
  assert.deepEqual((await (await Store.open({ factory })).load()).outbox.map(({ change }) => change?.target), [undefined, 5]);
  assert.equal(sent(queue(session, change('late', 'a')))[0].target, 5);
});

test('it fails with its line, also with one that is withdrawn or was never there', () => {
  const session = connected();
  queue(session, entry('a'), change('e', 'a'), entry('b'));
  const why = 'The message it is about was not sent.';
  assert.deepEqual(story(hear(session, { type: 'error', id: 'a', code: 'too_long', reason: 'too long', retry: false })), ['a failed too long', `e failed ${why}`, 'b sent']);
  assert.deepEqual(story(queue(session, change('f', 'nowhere'))), [`f failed ${why}`]);
  const offline = new Session({ client: 'test/0', conn: 'c' });
  queue(offline, entry('a'), change('e', 'a'));
  offline.withdraw(({ id }) => id === 'a', 0);
  assert.deepEqual(story(offline.drain()), [`e failed ${why}`]);
});

test('a temporary refusal of a change holds its room, and it is sent again', () => {
  const session = connected();
  queue(session, change('e', 3), entry('b'));
  assert.deepEqual(story(hear(session, { type: 'error', id: 'e', code: 'rate_limited', reason: 'slow', retry: true, retry_ms: 10 })), ['e queued', 'b queued']);
  session.handleTime(10, 0);
  assert.deepEqual(sent(session.drain()).map(({ id }) => id), ['e', 'b']);
});

const said = (seq, more = {}) => ({ type: 'message', room: 'lobby', seq, id: `x${seq}`, user: 'u-1', sender: 'ana', message: `m${seq}`, timestamp: new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString(), ...more });
function page(events) {
  const state = initial();
  state.me = { user: 'u-1', name: 'ana', guest: false };
  for (const event of events) update(state, { is: 'frame', frame: event }, 0);
  return { state, lobby: roomOf(state, 'lobby') };
}
const line = (id, more = {}) => ({ ...entry(id), state: 'queued', at: 0, ...more });
const texts = (all) => all.map((row) => (row.kind === 'message' ? `${row.pending ? '~' : ''}${row.message.folded?.deleted ? 'gone' : (row.message.folded?.text ?? row.message.message)}` : row.kind === 'line' ? `${row.line.state} ${row.line.change?.type ?? ''} ${row.line.text}` : row.kind)).filter((row) => row !== 'day');

test('what one did is seen at once, and what failed is told', () => {
  const { state, lobby } = page([said(1), said(2)]);
  state.lines = [line('e', { text: 'new', change: { type: 'edit', target: 1 } }), line('d', { change: { type: 'delete', target: 2 } }), line('a'), line('f', { text: 'better', change: { type: 'edit', target: 'a' } })];
  assert.deepEqual(texts(rows(lobby, state)), ['begin', '~new', '~gone', 'queued  better']);
  update(state, { is: 'failed', id: 'e', code: 'muted', reason: 'You are muted.' }, 0);
  assert.deepEqual(texts(rows(lobby, state)), ['begin', 'm1', '~gone', 'failed edit new', 'queued  better']);
  update(state, { is: 'frame', frame: { type: 'delete', room: 'lobby', seq: 3, id: 'd', target: 2, user: 'u-1', sender: 'ana', timestamp: '' } }, 0);
  assert.deepEqual(texts(rows(lobby, state))[2], 'gone');
  assert.deepEqual(state.lines.map(({ id }) => id), ['e', 'a', 'f']);
});

test('a thread is at the side: its answers and its lines are not among the room\'s', () => {
  const { state, lobby } = page([said(1), said(2, { thread: 1, user: 'u-2', sender: 'bo' }), said(3)]);
  state.lines = [line('a', { thread: 1 }), line('b')];
  assert.deepEqual(texts(rows(lobby, state)), ['begin', 'm1', 'm3', 'queued  text b']);
  assert.deepEqual(texts(threadRows(lobby, 1, state)), ['m1', 'm2', 'queued  text a']);
});
