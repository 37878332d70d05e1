import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Drafts, call, secretOf, sentence } from '../../js/later/account.js';
import { OWN, openThread, rows, silence, unread } from '../../js/room.js';
import { readFrame } from '../../js/safe_text.js';
import { Session } from '../../js/session.js';
import { forget, headline, informed, initial, open, roomOf, unsent, update } from '../../js/state.js';

const ME = { user: 'u-1', name: 'ana', guest: false, role: 'member' };
const at = { room: 'ops', id: 'x', user: 'u-2', sender: 'bo', timestamp: '2026-01-01T12:00:00.000Z' };
const info = (more = {}) => ({ room: 'ops', title: 'Ops', kind: 'public', first: 1, head: 0, present: 1, standing: 'member', ...more });
const tell = (state, frame) => update(state, { is: 'frame', frame }, 0);
const message = (seq, more = {}) => ({ ...at, type: 'message', seq, id: `m${seq}`, message: `text ${seq}`, ...more });

function welcomed(more) {
  const state = initial();
  tell(state, { type: 'welcome', user: ME, limits: {}, rooms: [info(more)] });
  open(state, 'ops');
  return { state, room: roomOf(state, 'ops') };
}

test('members come, change and go with the log', () => {
  const { state, room } = welcomed();
  tell(state, { type: 'members', ref: 1, room: 'ops', present: 1, members: [{ ...ME, standing: 'owner', state: 'online' }, { user: 'u-2', name: 'bo', guest: false, role: 'admin', standing: 'member', profile: { status: 'hi' }, state: 'offline' }] });
  assert.equal(room.standing, 'owner');
  assert.deepEqual(state.faces.get('u-2'), { name: 'bo', role: 'admin', profile: { status: 'hi' } });
  tell(state, { ...at, type: 'member', seq: 1, who: 'u-3', name: 'cy', change: 'joined', role: 'member' });
  tell(state, { type: 'join', room: 'ops', users: ['u-3'], names: ['cy'], present: 2 });
  assert.deepEqual([room.people.get('u-3').standing, room.people.get('u-3').state], ['member', 'online']);
  tell(state, { type: 'leave', room: 'ops', users: ['u-3'], names: ['cy'], present: 1 });
  assert.equal(room.people.get('u-3').state, 'offline', 'a member who is not there');
  tell(state, { ...at, type: 'member', seq: 2, who: 'u-3', name: 'cy', change: 'role', role: 'moderator' });
  assert.equal(room.people.get('u-3').standing, 'moderator');
  tell(state, { ...at, type: 'member', seq: 3, who: 'u-3', name: 'cy', change: 'banned' });
  assert.equal(room.people.has('u-3'), false);
  tell(state, { ...at, type: 'member', seq: 4, who: 'u-1', name: 'ana', change: 'role', role: 'member' });
  assert.equal(room.standing, 'member');
  assert.deepEqual(rows(room, state).filter(({ kind }) => kind === 'told').map(({ event }) => event.seq), [1, 2, 3, 4]);
});

test('a room changes in its log, and says why one is silent there', () => {
  const { state, room } = welcomed();
  assert.equal(silence(state, room), '');
  tell(state, { ...at, type: 'changed', seq: 1, title: 'Operations', announce: true, slow_s: 10 });
  assert.deepEqual([room.title, room.topic, room.rules], ['Operations', '', { announce: true, slow_s: 10 }]);
  assert.match(silence(state, room), /owners and moderators/);
  tell(state, { ...at, type: 'member', seq: 2, who: 'u-1', name: 'ana', change: 'role', role: 'moderator' });
  assert.equal(silence(state, room), '');
  tell(state, { ...at, type: 'changed', seq: 3, archived: true });
  assert.match(silence(state, room), /archived/);
});

test('the answer to a change of a room tells no hole', () => {
  const { state, room } = welcomed();
  tell(state, { type: 'synced', room: 'ops', head: 0 });
  tell(state, message(1));
  informed(state, room, info({ title: 'Operations', head: 2 }));
  assert.ok(!rows(room, state).some(({ kind }) => kind === 'gap'));
  assert.equal(room.title, 'Operations');
});

test('what keeps order may take out what another said; what is taken out stays so', () => {
  const { state, room } = welcomed();
  for (const seq of [1, 2]) tell(state, message(seq, { user: 'u-3' }));
  tell(state, { ...at, type: 'delete', seq: 3, target: 1 });
  tell(state, { ...at, type: 'edit', seq: 4, target: 1, text: 'back?' });
  assert.deepEqual(room.events.slice(0, 2).map(({ message, folded }) => [message, folded]), [['', { deleted: true }], ['text 2', undefined]]);
});

test('what belongs to oneself: blocks, invitations, what was read elsewhere', () => {
  const { state, room } = welcomed();
  tell(state, message(1));
  tell(state, message(2, { user: 'u-3' }));
  assert.equal(unread(room, 'u-1', state.blocked), 2);
  const own = (seq, more) => tell(state, { room: OWN, seq, ...more });
  own(1, { type: 'block', who: 'u-2', on: true });
  assert.equal(unread(room, 'u-1', state.blocked), 1);
  assert.deepEqual(rows(room, state).map(({ kind }) => kind).filter((kind) => kind === 'hidden' || kind === 'message'), ['hidden', 'message']);
  own(5, { type: 'read', of: 'ops', upto: 2 });
  assert.equal(unread(room, 'u-1', state.blocked), 0);
  tell(state, message(3, { user: 'u-3' }));
  assert.equal(headline(state).count, 1);
  own(6, { type: 'notify', of: 'ops', level: 'none' });
  assert.equal(headline(state).count, 0, 'one does not want to know');
  own(9, { type: 'invited', of: 'r-1', title: 'Plans', user: 'u-2', sender: 'bo', on: true });
  assert.deepEqual([...state.invitations.keys()], ['r-1']);
  own(10, { type: 'joined', of: 'r-1', title: 'Plans', kind: 'private', on: true });
  assert.equal(state.invitations.size, 0);
  assert.deepEqual([...state.rooms.keys()], ['ops'], 'it is no room to look at');
  tell(state, { type: 'history', ref: 1, room: OWN, first: 1, last: 9, head: 10, as_of: 10, more: false, events: [{ type: 'block', room: OWN, seq: 1, who: 'u-2', on: false }] });
  assert.equal(state.blocked.size, 0);
});

test('empty places between what belongs to oneself are no hole', () => {
  const session = new Session({ client: 'test/0', conn: 'c', epoch: 'e', rooms: { [OWN]: 1 } });
  session.start(0);
  session.handleOpen(0);
  session.handleText(JSON.stringify({ type: 'welcome', epoch: 'e', user: ME, limits: {}, rooms: [] }), 0);
  assert.equal(session.token, undefined);
  session.drain();
  session.handleText(JSON.stringify({ type: 'block', room: OWN, seq: 7, who: 'u-2', on: true }), 0);
  session.handleText(JSON.stringify({ type: 'ping', heads: { [OWN]: 9 } }), 0);
  assert.ok(!session.drain().some(({ is, text }) => is === 'send' && text.includes('history')));
  assert.equal(session.cursors.get(OWN), 7);
});

test('the answer to a change of a room skips nothing that is on its way', () => {
  const session = new Session({ client: 'test/0', conn: 'c', epoch: 'e', rooms: { ops: 4 } });
  session.start(0);
  session.handleOpen(0);
  session.handleText(JSON.stringify({ type: 'welcome', epoch: 'e', user: ME, limits: {}, rooms: [info({ head: 4 })] }), 0);
  const ref = session.ask({ type: 'change', room: 'ops', title: 'Operations' });
  session.handleText(JSON.stringify({ type: 'ok', ref, room: info({ head: 5 }) }), 0);
  session.drain();
  session.handleText(JSON.stringify({ ...at, type: 'changed', seq: 5, title: 'Operations' }), 0);
  assert.equal(session.drain().filter(({ is }) => is === 'frame').length, 1);
});

test('who signed out leaves nothing of the others behind, and their own lines wait', () => {
  const { state } = welcomed();
  tell(state, message(1));
  state.lines = [{ id: 'l', room: 'ops', text: 'mine', user: 'u-1', state: 'queued', at: 0 }];
  forget(state);
  assert.deepEqual([...state.rooms].map(([key, { joined }]) => [key, joined]), [['lobby', true], ['ops', false]]);
  assert.equal(state.active, 'ops', 'what waits is in sight');
  assert.deepEqual([state.me, state.faces.size, roomOf(state, 'lobby').events.length], [null, 0, 0]);
  assert.equal(unsent(state, 'ops').length, 1);
});

test('of a room that one was put out of nothing stays but one\'s own unsent lines, also those of its threads; what shows it closes', () => {
  const { state, room } = welcomed();
  tell(state, message(1));
  openThread(state, { room: 'ops', root: 1 });
  state.dialog = { name: 'lightbox', args: { room: 'ops' } };
  state.lines = [{ id: 'l', room: 'ops', text: 'mine', thread: 1, user: 'u-1', state: 'failed', at: 0 }];
  tell(state, { type: 'reset', room: 'ops', epoch: 'e', first: 0, head: 0, why: 'gone' });
  assert.deepEqual([state.dialog, state.thread, room.events.length, room.known.size, room.title], [null, null, 0, 0, 'Ops']);
  assert.deepEqual(rows(room, state).filter(({ kind }) => kind !== 'begin').map(({ kind, line }) => [kind, line?.text]), [['line', 'mine']]);
  assert.ok(state.out.has('ops'));
  informed(state, room, info());
  assert.ok(!state.out.has('ops'), 'one is back');
});

test('a dialog about another room stays open', () => {
  const { state } = welcomed();
  state.dialog = { name: 'room', args: { room: 'lobby' } };
  tell(state, { type: 'reset', room: 'ops', epoch: 'e', first: 0, head: 0, why: 'gone' });
  assert.equal(state.dialog?.args.room, 'lobby');
});

test('frames of people are read only whole', () => {
  const read = (frame) => readFrame(JSON.stringify(frame))?.type;
  assert.equal(read({ ...at, type: 'member', seq: 1, who: 'u-3', name: 'cy', change: 'kicked' }), 'member');
  assert.equal(read({ ...at, type: 'member', seq: 1, who: 'u-3', change: 'kicked' }), 'unknown');
  assert.equal(read({ type: 'invited', room: OWN, seq: 1, of: 'r-1', title: 7, user: 'u-2', sender: 'bo', on: true }), 'unknown');
  assert.equal(read({ type: 'profile', room: 'ops', user: 'u-2', sender: 'bo', role: 'admin' }), undefined);
  assert.equal(read({ type: 'welcome', epoch: 'e', user: ME, token: 7, limits: {}, rooms: [] }), undefined);
});

test('a link is as good as its secret, and a refusal is a sentence', async () => {
  assert.equal(secretOf(' https://chat.example/#invite=abc_-1 '), 'abc_-1');
  assert.equal(secretOf('abc'), 'abc');
  assert.equal(sentence('somebody has this name'), 'Somebody has this name.');
  assert.equal(sentence('Really?'), 'Really?');
  const asked = [];
  globalThis.fetch = async (path, options) => {
    asked.push([path, options.method, options.body, options.headers?.['content-type']]);
    return path.endsWith('login') ? new Response(JSON.stringify({ code: 'rate_limited', reason: 'too often', retry_ms: 4_200 }), { status: 429 }) : new Response(null, { status: 204 });
  };
  assert.deepEqual(await call('POST', 'login', { name: 'ana' }), { ok: false, code: 'rate_limited', reason: 'Too often. Try again in 5 s.' });
  assert.deepEqual(await call('GET', 'me'), { ok: true, said: {} });
  await call('PUT', 'me/avatar', new Blob(['x'], { type: 'image/png' }));
  assert.deepEqual(asked.map(([, method, body, type]) => [method, typeof body, type]), [['POST', 'string', 'application/json'], ['GET', 'undefined', undefined], ['PUT', 'object', 'image/png']]);
  globalThis.fetch = () => Promise.reject(new TypeError('no network'));
  assert.equal((await call('GET', 'me')).ok, false);
});

test('a draft of another device is taken over where nothing else was written since', () => {
  const [sent, stored] = [[], new Map([['ops', 'abc']])];
  const drafts = new Map([['ops', 'abc'], ['lobby', 'mine']]);
  const chat = {
    drafts, draw() {}, setDraft: (room, text) => drafts.set(room, text),
    store: { sharedDrafts: () => new Map(stored), shareDraft: (room, text) => stored.set(room, text) },
    session: { live: true, signal: ({ room, text, reply }) => sent.push(reply === undefined ? [room, text] : [room, text, reply]) }, socket: { do: (work) => work(0) },
    state: { aims: new Map(), rooms: new Map([['ops', { known: new Map() }]]) },
  };
  const shared = new Drafts(chat);
  shared.learn({ of: 'ops', text: 'abcdef' });
  assert.equal(drafts.get('ops'), 'abcdef', 'nothing was written here since');
  shared.learn({ of: 'lobby', text: 'theirs' });
  assert.equal(drafts.get('lobby'), 'mine', 'what is written here is kept');
  shared.tellAll();
  assert.deepEqual(sent.splice(0), [['lobby', 'mine']]);
  drafts.set('lobby', 'mine, too');
  shared.tellAll();
  shared.learn({ of: 'lobby', text: 'mine' });
  shared.learn({ of: 'lobby', text: 'mine, too' });
  assert.deepEqual([drafts.get('lobby'), sent.splice(0)], ['mine, too', [['lobby', 'mine, too']]], "one's own, come back");
  drafts.set('lobby', 'x'.repeat(16_385));
  shared.tellAll();
  shared.learn({ of: 'lobby', text: 'theirs' });
  assert.deepEqual([drafts.get('lobby').length, sent.length], [16_385, 0]);
  // What was told and never came may not have arrived: what was before it is no news.
  drafts.set('ops', 'lost');
  shared.tellAll();
  shared.told.clear();
  shared.learn({ of: 'ops', text: 'abcdef' });
  assert.equal(drafts.get('ops'), 'lost');
  sent.length = 0;
  shared.tellAll();
  assert.deepEqual(sent, [['ops', 'lost']]);
});

test('what a draft answers comes and goes with it, and stays over a reload', async () => {
  const [sent, stored] = [[], new Map([['ops', 'abc\u00007'], ['ops 9', 'kept\u00003']])];
  const drafts = new Map([['ops', 'abc'], ['ops 9', 'written since']]);
  const aims = new Map();
  const known = new Map([[7, { now: { seq: 7, sender: 'bo', message: '\u001b[31mred\u001b[0m' } }]]);
  const chat = {
    drafts, draw() {}, setDraft: (room, text) => drafts.set(room, text),
    store: { sharedDrafts: () => new Map(stored), shareDraft: (room, text) => stored.set(room, text) },
    session: { live: true, signal: (frame) => sent.push(frame) }, socket: { do: (work) => work(0), soonLive: async () => false },
    state: { aims, rooms: new Map([['ops', { known }]]) },
  };
  const shared = new Drafts(chat);
  assert.deepEqual([aims.get('ops').reply.seq, aims.has('ops 9')], [7, false]);
  await import('../../js/later/deeds.js');
  await new Promise(setImmediate);
  assert.deepEqual([aims.get('ops').reply.sender, aims.get('ops').words], ['bo', 'red']);
  shared.tellAll();
  assert.deepEqual(sent.splice(0), [{ type: 'draft', room: 'ops', text: 'written since', thread: 9 }], 'what is as it was is not told');
  shared.learn({ of: 'ops', text: 'abc' });
  assert.equal(aims.has('ops'), false, 'it answers nothing any more');
  shared.learn({ of: 'ops', text: 'abc', reply: 8 });
  assert.equal(aims.get('ops').reply.seq, 8, 'also what is not known here');
  aims.set('ops', { reply: { seq: 7, sender: 'bo' } });
  shared.tellAll();
  assert.deepEqual(sent.splice(0), [{ type: 'draft', room: 'ops', text: 'abc', reply: 7 }]);
  shared.learn({ of: 'ops', text: '' });
  assert.deepEqual([drafts.get('ops'), aims.get('ops').reply.seq], ['abc', 7], 'what was aimed at here since is kept');
});

test('a guest who only reads is told so', () => {
  const state = initial();
  tell(state, { type: 'welcome', user: { user: 'g-1', name: 'guest', guest: true }, read_only: true, limits: {}, rooms: [info()] });
  assert.match(silence(state, roomOf(state, 'ops')), /Sign in/);
});
