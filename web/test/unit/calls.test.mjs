// Who is called, and told: mentions, words of one's own, levels, quiet hours, what wants one next.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { calls, cover, freshIn, named, openThread, unread } from '../../js/room.js';
import { says } from '../../js/safe_text.js';
import { informed, initial, open, roomOf, seen, unsee, update } from '../../js/state.js';
import { choices, found } from '../../js/later/names.js';
import { isQuiet, tells, wanted } from '../../js/later/wants.js';

const said = (seq, more = {}) => ({ type: 'message', room: 'ops', seq, id: `x${seq}`, user: 'u-2', sender: 'bo', message: `m${seq}`, timestamp: 't', ...more });
const info = (room, head, more = {}) => ({ room, title: room, kind: 'public', first: 1, head, present: 1, ...more });
function page(...events) {
  const state = initial();
  update(state, { is: 'frame', frame: { type: 'welcome', user: { user: 'u-1', name: 'ana' }, limits: {}, rooms: [info('lobby', 0), info('ops', 0)] } }, 0);
  for (const event of events) update(state, { is: 'frame', frame: event }, 0);
  return { state, ops: roomOf(state, 'ops') };
}

test('a word of one\'s own is found whole, in any case and any script', () => {
  for (const text of ['deploy', 'Deploy now', 'the DEPLOY!', '(deploy)', 'predeploy deploy']) assert.ok(says(text, 'deploy'), text);
  for (const text of ['deployed', 'predeploy', 'de ploy', '', 'deploy_x']) assert.ok(!says(text, 'deploy'), text);
  assert.ok(says('etwas für Ärzte', 'ärzte'));
  assert.ok(says('C++ it is', 'c++'));
  assert.ok(!says('anything', '  '));
});

test('a message calls whom it names, everybody it says, and who waits for its words; never its author', () => {
  const { state } = page();
  state.prefs = { keywords: ['deploy'] };
  assert.ok(calls(state, said(1, { mentions: ['u-1'] })));
  assert.ok(calls(state, said(1, { everyone: 'here' })) && calls(state, said(1, { everyone: 'room' })));
  assert.ok(calls(state, said(1, { folded: { text: 'we deploy' } })));
  assert.ok(!calls(state, said(1, { message: 'we deploy', folded: { text: 'we wait' } })));
  assert.ok(!calls(state, said(1, { mentions: ['u-3'] })));
  assert.ok(!calls(state, said(1, { user: 'u-1', mentions: ['u-1'] })));
});

test('quiet hours may go over midnight', () => {
  const night = { from: 22 * 60, to: 7 * 60 };
  assert.deepEqual([0, 419, 420, 1319, 1320, 1439].map((minute) => isQuiet(night, minute)), [true, true, false, false, true, true]);
  assert.deepEqual([59, 60, 119, 120].map((minute) => isQuiet({ from: 60, to: 120 }, minute)), [false, true, true, false]);
  assert.ok(!isQuiet(undefined, 0) && !isQuiet({ from: 5, to: 5 }, 5));
});

test('one is told as the room\'s level says, not in quiet hours, and never of what is in view', () => {
  const { state, ops } = page(said(1), said(2, { mentions: ['u-1'] }));
  const [plain, call] = ops.events;
  const told = (message, minute = 720) => tells(state, ops, message, minute);
  assert.deepEqual([told(plain), told(call)], [false, true]);
  state.levels.set('ops', 'all');
  assert.deepEqual([told(plain), told(call)], [true, true]);
  state.prefs.quiet = { from: 700, to: 800 };
  assert.ok(!told(call) && told(call, 800));
  state.prefs.quiet = undefined;
  state.active = 'ops';
  assert.ok(!told(call), 'in view');
  state.watching = false;
  assert.ok(told(call), 'the window is not looked at');
  state.levels.set('ops', 'none');
  assert.ok(!told(call));
  state.levels.clear();
  ops.kind = 'direct';
  assert.ok(told(plain), 'a conversation');
  ops.read = 2;
  assert.ok(!told(plain), 'read on another device');
});

test('counts are those of the server, until this device holds all that is behind the marker', () => {
  const { state, ops } = page();
  informed(state, ops, info('ops', 500, { read: 100, unread: 90, mentions: 3 }));
  assert.deepEqual([unread(ops, 'u-1'), named(state, ops)], [90, 3]);
  cover(ops, 501, 501, [said(501, { mentions: ['u-1'] })]);
  assert.deepEqual([unread(ops, 'u-1'), named(state, ops)], [91, 4]);
  cover(ops, 101, 500, [said(300), said(400, { folded: { deleted: true } }), said(450, { thread: 300 })], 500);
  assert.deepEqual([unread(ops, 'u-1'), named(state, ops)], [2, 1]);
});

test('what is marked as unread stays so while one looks, and is the server\'s no more', () => {
  const { state, ops } = page(said(1), said(2), said(3));
  ops.read = 3;
  unsee(state, ops, 2);
  assert.deepEqual([ops.read, ops.mark, unread(ops, 'u-1')], [1, 1, 2]);
});

test('a thread has an unread of its own, which opening it takes away, and one\'s own threads want one', () => {
  const { state, ops } = page(said(1, { user: 'u-1' }), said(2), said(3, { thread: 1 }), said(4, { thread: 1, user: 'u-1' }), said(5, { thread: 2 }));
  ops.read = 5;
  assert.deepEqual([freshIn(state, ops, 1), freshIn(state, ops, 2), unread(ops, 'u-1')], [1, 1, 0]);
  assert.deepEqual(wanted(state), { room: ops, root: 1 });
  openThread(state, { room: 'ops', root: 1 });
  assert.equal(freshIn(state, ops, 1), 0);
  assert.equal(wanted(state), undefined, 'the other one is between others');
  update(state, { is: 'frame', frame: said(6, { thread: 1 }) }, 0);
  assert.equal(freshIn(state, ops, 1), 0, 'it is looked at');
});

test('what was read of a thread, or is to be read again, is as all of one\'s devices have it', () => {
  const { state, ops } = page(said(1), said(2, { thread: 1 }), said(3, { thread: 1, user: 'u-1' }), said(4, { thread: 1 }));
  const tell = (frame) => update(state, { is: 'frame', frame: { room: '@self', seq: 9, ...frame } }, 0);
  const marker = (upto) => tell({ type: 'read_thread', of: 'ops', thread: 1, upto });
  assert.equal(freshIn(state, ops, 1), 2);
  marker(2);
  assert.equal(freshIn(state, ops, 1), 1);
  marker(4);
  assert.equal(freshIn(state, ops, 1), 0);
  marker(1);
  assert.equal(freshIn(state, ops, 1), 2, 'marked as unread elsewhere: only answers of others');
  openThread(state, { room: 'ops', root: 1 });
  marker(4);
  assert.equal(freshIn(state, ops, 1), 0);
  marker(3);
  update(state, { is: 'frame', frame: said(5, { thread: 1 }) }, 0);
  assert.equal(freshIn(state, ops, 1), 2, 'also while it is at the side');
  openThread(state, null);
  openThread(state, { room: 'ops', root: 1 });
  update(state, { is: 'frame', frame: said(6, { thread: 1 }) }, 0);
  assert.equal(freshIn(state, ops, 1), 0, 'until one comes back to it');
});

test('a room that another device marks as unread stays so while it is looked at, until more of it is read elsewhere', () => {
  const { state, ops } = page(said(1), said(2), said(3));
  const marker = (upto) => update(state, { is: 'frame', frame: { type: 'read', room: '@self', seq: 9, of: 'ops', upto } }, 0);
  open(state, 'ops');
  seen(state, ops);
  marker(3);
  marker(1);
  assert.deepEqual([ops.read, ops.mark, seen(state, ops), unread(ops, 'u-1')], [1, 1, false, 2]);
  update(state, { is: 'frame', frame: said(4) }, 0);
  assert.deepEqual([seen(state, ops), unread(ops, 'u-1')], [false, 3]);
  marker(3);
  assert.deepEqual([seen(state, ops), unread(ops, 'u-1')], [true, 0], 'read there since');
  // What this device told before it marked something itself does not take that back.
  unsee(state, ops, 2);
  marker(4);
  assert.equal(ops.read, 1);
  marker(1);
  marker(2);
  assert.deepEqual([ops.read, ops.kept], [2, false]);
});

test('what calls one comes before what is only unread', () => {
  const { state, ops } = page(said(1), said(2, { mentions: ['u-1'] }), { ...said(1), room: 'talk' });
  const talk = roomOf(state, 'talk');
  Object.assign(talk, { joined: true, kind: 'direct' });
  assert.deepEqual([wanted(state)?.room, wanted(state)?.seq], [ops, 2]);
  ops.read = 2;
  assert.equal(wanted(state)?.room, talk);
  state.levels.set('talk', 'none');
  assert.equal(wanted(state), undefined);
});

test('names are completed for whoever spoke last, and everybody only by right', () => {
  const { state, ops } = page(said(1, { user: 'u-3' }), said(2, { user: 'u-4' }));
  for (const [user, name] of [['u-1', 'ana'], ['u-2', 'bo'], ['u-3', 'bea'], ['u-4', 'Bob'], ['u-5', 'abby']]) ops.people.set(user, { name, guest: false, role: 'member', standing: undefined, profile: {}, state: 'online' });
  const texts = (word) => choices(state, ops, word).map(({ text }) => text);
  assert.deepEqual(texts('@b'), ['@Bob', '@bea', '@bo', '@abby']);
  assert.deepEqual(texts('@'), ['@Bob', '@bea', '@abby', '@bo']);
  ops.kind = 'direct';
  assert.deepEqual(texts('@r'), ['@room']);
});

test('an emoji is found by its names, or is one', () => {
  assert.equal(found('rocket')[0], '🚀');
  assert.equal(found('heart')[0], '❤️', 'one of exactly that name comes first');
  assert.equal(found(':tada:')[0], '🎉');
  assert.deepEqual(found('🦀'), ['🦀']);
  assert.deepEqual(found('no such thing'), []);
});
