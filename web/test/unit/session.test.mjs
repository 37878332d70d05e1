import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS, HEALTHY_MS, PATIENCE_MS, Session, WINDOW } from '../../js/session.js';
import { readFrame } from '../../js/safe_text.js';

const LIMITS = { message_bytes: 65536, history: 200, resume: 10000 };

function welcome(rooms = [{ room: 'lobby', title: 'Lobby', kind: 'public', first: 1, head: 10, present: 1 }], more = {}) {
  return { type: 'welcome', server: 's', epoch: 'e1', user: { user: 'g-1', name: 'ana', guest: true }, token: 't1', heartbeat_ms: 10000, limits: LIMITS, rooms, ...more };
}
const message = (seq, more = {}) => ({ type: 'message', room: 'lobby', seq, id: `x${seq}`, user: 'g-2', sender: 'bo', message: `m${seq}`, timestamp: '2026-01-01T00:00:00.000Z', ...more });
const entry = (id, more = {}) => ({ id, room: 'lobby', text: `text ${id}`, user: 'g-1', ...more });

function tell(session, frame, now = 0) {
  session.handleText(typeof frame === 'string' ? frame : JSON.stringify(frame), now);
  return session.drain();
}
const sent = (outputs) => outputs.filter(({ is }) => is === 'send').map(({ text }) => JSON.parse(text));
const frames = (outputs) => outputs.filter(({ is }) => is === 'frame').map(({ frame }) => frame);

function connected(start = {}, first = welcome()) {
  const session = new Session({ client: 'test/0', conn: 'c1', ...start });
  session.start(0);
  session.handleOpen(0);
  const hello = sent(session.drain())[0];
  tell(session, first);
  return { session, hello };
}

test('the first frame says who one is and what one has', () => {
  const { hello } = connected({ token: 't0', name: 'ana', epoch: 'e1', rooms: { lobby: 7 } });
  assert.deepEqual(hello, { type: 'hello', client: 'test/0', conn: 'c1', token: 't0', name: 'ana', resume: { epoch: 'e1', rooms: { lobby: 7 } } });
  assert.deepEqual(connected().hello, { type: 'hello', client: 'test/0', conn: 'c1' });
});

test('after a reconnect the resume says the last event and the new token', () => {
  const { session } = connected();
  tell(session, message(11));
  session.handleClose(1006, 1000, 0);
  session.handleTime(1000, 0);
  session.handleOpen(1000);
  const [hello] = sent(session.drain());
  assert.equal(hello.token, 't1');
  assert.deepEqual(hello.resume, { epoch: 'e1', rooms: { lobby: 11 } });
});

test('repeated events are dropped', () => {
  const { session } = connected();
  assert.equal(frames(tell(session, message(11))).length, 1);
  assert.equal(frames(tell(session, message(11))).length, 0);
  assert.equal(frames(tell(session, message(3))).length, 0);
  assert.equal(frames(tell(session, message(12, { room: 'elsewhere' }))).length, 0);
});

test('a gap is fetched page by page until it is closed', () => {
  const { session } = connected();
  const [ask] = sent(tell(session, message(500)));
  assert.deepEqual(ask, { type: 'history', ref: 1, room: 'lobby', after: 10, limit: 200 });
  const page = (ref, first, last) => ({ type: 'history', ref, room: 'lobby', first, last, head: 500, as_of: 500, more: last < 500, events: [message(first)] });
  const [next] = sent(tell(session, page(1, 11, 210)));
  assert.equal(next.after, 210);
  const [third] = sent(tell(session, page(next.ref, 211, 410)));
  assert.equal(third.after, 410);
  assert.deepEqual(sent(tell(session, page(third.ref, 411, 500))), []);
  assert.equal(session.cursors.get('lobby'), 500);
});

test('a lost tail is seen at the heartbeat', () => {
  const { session } = connected();
  const outputs = sent(tell(session, { type: 'ping', heads: { lobby: 12, other: 9 } }));
  assert.deepEqual(outputs, [{ type: 'pong' }, { type: 'history', ref: 1, room: 'lobby', after: 10, limit: 200 }]);
  tell(session, { type: 'history', ref: 1, room: 'lobby', first: 11, last: 12, head: 12, as_of: 12, more: false, events: [message(11), message(12)] });
  assert.equal(session.cursors.get('lobby'), 12);
  assert.equal(frames(tell(session, message(12))).length, 0, 'already had from the page');
});

test('what is not understood does no harm, and keeps its place in the log', () => {
  const { session } = connected();
  for (const junk of ['', '{', 'null', '[]', '7', '{"type":"confetti"}', '{"type":["message"]}', '{"type":"ack","id":5}', '{"type":"__proto__"}', '{"type":"history","ref":1}']) {
    assert.deepEqual(tell(session, junk), [], junk);
  }
  assert.deepEqual(frames(tell(session, { type: 'poll', room: 'lobby', seq: 11, question: '?' })), [{ type: 'unknown', room: 'lobby', seq: 11 }]);
  assert.deepEqual(frames(tell(session, message(12, { message: { $gt: '' } }))), [{ type: 'unknown', room: 'lobby', seq: 12 }]);
  assert.equal(session.cursors.get('lobby'), 12);
});

test('resets move the cursor, and a room that is gone is left', () => {
  const { session } = connected({ epoch: 'e0', rooms: { lobby: 900, ops: 3 } });
  tell(session, { type: 'reset', room: 'lobby', epoch: 'e1', first: 1, head: 10, why: 'epoch' });
  tell(session, { type: 'reset', room: 'ops', epoch: 'e1', first: 1, head: 0, why: 'gone' });
  assert.deepEqual([...session.cursors], [['lobby', 10]]);
  assert.equal(frames(tell(session, message(11))).length, 1);
});

test('lines go out in order, at most a window of them, and again after a reconnect', () => {
  const { session } = connected();
  for (let i = 0; i < WINDOW + 5; i++) session.queue(entry(`a${i}`), 0);
  session.queue(entry('a0'), 0);
  const first = sent(session.drain()).map(({ id }) => id);
  assert.deepEqual(first, Array.from({ length: WINDOW }, (_, i) => `a${i}`));
  const more = sent(tell(session, { type: 'ack', id: 'a0', room: 'lobby', seq: 11, timestamp: 'x' }));
  assert.deepEqual(more.map(({ id }) => id), [`a${WINDOW}`]);
  session.handleClose(1006, 0, 0);
  session.handleTime(0, 0);
  session.handleOpen(0);
  session.drain();
  const again = sent(tell(session, welcome())).map(({ id }) => id);
  assert.equal(again[0], 'a1');
  assert.equal(again.length, WINDOW);
});

test('the echo of an own line is as good as its ack', () => {
  const { session } = connected();
  session.queue(entry('a1'), 0);
  session.drain();
  const outputs = tell(session, message(11, { id: 'a1', user: 'g-2' }));
  assert.ok(!outputs.some(({ is }) => is === 'stored'), 'the same id of somebody else is not ours');
  assert.ok(tell(session, message(12, { id: 'a1', user: 'g-1' })).some(({ is, id }) => is === 'stored' && id === 'a1'));
  assert.equal(session.outbox.length, 0);
});

test('a final refusal fails one line, and later ones go on', () => {
  const { session } = connected();
  session.queue(entry('a1'), 0);
  session.queue(entry('a2'), 0);
  session.drain();
  const outputs = tell(session, { type: 'error', id: 'a1', code: 'too_long', reason: 'too long', retry: false });
  assert.deepEqual(outputs, [{ is: 'failed', id: 'a1', code: 'too_long', reason: 'too long' }]);
  assert.deepEqual(session.outbox.map(({ id }) => id), ['a2']);
});

test('a temporary refusal holds that room, and sends again from the refused line on', () => {
  const { session } = connected();
  for (const id of ['a1', 'a2', 'a3']) session.queue(entry(id), 0);
  session.queue(entry('o1', { room: 'ops' }), 0);
  session.drain();
  tell(session, { type: 'ack', id: 'a1', room: 'lobby', seq: 11, timestamp: 'x' }, 100);
  tell(session, { type: 'error', id: 'a2', code: 'rate_limited', reason: 'slow', retry: true, retry_ms: 1200 }, 100);
  tell(session, { type: 'error', id: 'a3', code: 'rate_limited', reason: 'slow', retry: true, retry_ms: 1200 }, 100);
  session.queue(entry('o2', { room: 'ops' }), 100);
  assert.deepEqual(sent(session.drain()).map(({ id }) => id), ['o2'], 'the other room is not held');
  assert.equal(session.deadline(), 1300);
  session.handleTime(1299, 0);
  assert.deepEqual(session.drain(), []);
  session.handleTime(1300, 0);
  assert.deepEqual(sent(session.drain()).map(({ id }) => id), ['a2', 'a3']);
});

test('what was sent behind a refused line goes back in line before its own refusal is heard', () => {
  const { session } = connected();
  for (const id of ['a1', 'a2']) session.queue(entry(id), 0);
  session.drain();
  tell(session, { type: 'error', id: 'a1', code: 'unavailable', reason: 'disk', retry: true, retry_ms: 10 }, 0);
  session.handleTime(10, 0);
  assert.deepEqual(sent(session.drain()).map(({ id }) => id), ['a1', 'a2']);
});

// Sent again after a reconnect and settled by its own event, the line was refused for now: the server held up all
// later lines of the room for one that would never come.
test('a refusal of a line that is settled already ends the link, which the server would hold up', () => {
  const { session } = connected();
  session.queue(entry('a1'), 0);
  session.drain();
  tell(session, { type: 'ack', id: 'a1', room: 'lobby', seq: 11, timestamp: 'x' }, 100);
  const outputs = tell(session, { type: 'error', id: 'a1', code: 'rate_limited', reason: 'slow', retry: true }, 100);
  assert.ok(outputs.some(({ is }) => is === 'drop'));
  assert.equal(session.live, false);
});

test('a line is never sent as somebody else', () => {
  const { session } = connected();
  session.queue(entry('a1', { user: 'g-9' }), 0);
  session.queue(entry('a2', { user: null }), 0);
  const outputs = session.drain();
  assert.deepEqual(sent(outputs).map(({ id }) => id), ['a2']);
  assert.ok(outputs.some(({ is, id }) => is === 'failed' && id === 'a1'));
});

test('the store lines come before what was queued while they were read', () => {
  const { session } = connected();
  session.queue(entry('late'), 0);
  session.takeOutbox([entry('a1'), entry('a2')], 0);
  assert.deepEqual(session.outbox.map(({ id }) => id), ['a1', 'a2', 'late']);
  session.releaseOutbox();
  assert.equal(session.outbox.length, 0);
});

test('N01 a silent link is given up, any frame counts', () => {
  const { session } = connected();
  tell(session, { type: 'typing', room: 'lobby', user: 'g-2', sender: 'bo', on: true }, 5_000);
  assert.equal(session.deadline(), 5_000 + PATIENCE_MS);
  session.handleTime(5_000 + PATIENCE_MS - 1, 0.5);
  assert.ok(session.live);
  session.handleTime(5_000 + PATIENCE_MS, 0.5);
  const outputs = session.drain();
  assert.ok(outputs.some(({ is }) => is === 'drop'));
  assert.equal(session.phase, 'waiting');
});

test('a server that accepts and never answers is given up too', () => {
  const session = new Session({ client: 't', conn: 'c' });
  session.start(0);
  session.handleTime(PATIENCE_MS, 0);
  assert.equal(session.phase, 'waiting');
  session.handleTime(PATIENCE_MS, 0);
  session.handleOpen(PATIENCE_MS + 5);
  session.handleTime(2 * PATIENCE_MS + 5, 0);
  assert.equal(session.phase, 'waiting');
});

test('N06 the backoff doubles to its bound, and only a healthy link resets it', () => {
  const session = new Session({ client: 't', conn: 'c' });
  let now = 0;
  session.start(now);
  const waits = [];
  for (let i = 0; i < 9; i++) {
    session.handleClose(1006, now, 1);
    waits.push(session.retryAt - now);
    now = session.retryAt;
    session.handleTime(now, 1);
  }
  assert.deepEqual(waits.slice(0, 3), [BACKOFF_BASE_MS, BACKOFF_BASE_MS * 2, BACKOFF_BASE_MS * 4]);
  assert.equal(waits.at(-1), BACKOFF_MAX_MS);
  session.handleOpen(now);
  tell(session, welcome(), now);
  session.handleClose(1006, now + HEALTHY_MS - 1, 1);
  assert.equal(session.retryAt - now - HEALTHY_MS + 1, BACKOFF_MAX_MS, 'a short life is not health');
  now = session.retryAt;
  session.handleTime(now, 1);
  session.handleOpen(now);
  tell(session, welcome(), now);
  session.handleClose(1006, now + HEALTHY_MS, 0.25);
  assert.equal(session.retryAt - now - HEALTHY_MS, BACKOFF_BASE_MS * 0.25, 'jitter is over the whole bound');
});

test('goaway spreads the return, and waking does not wait', () => {
  const { session } = connected();
  tell(session, { type: 'goaway', after_ms: 1730, why: 'restart' });
  session.handleClose(1012, 50, 0.5);
  assert.equal(session.retryAt, 50 + 865);
  session.handleWake(60);
  assert.equal(session.phase, 'connecting');
});

test('close codes say whether to come back', () => {
  for (const code of [4001, 4003, 4010]) {
    const { session } = connected();
    session.handleClose(code, 0, 0);
    assert.equal(session.phase, 'stopped');
    assert.equal(session.deadline(), null);
    session.handleWake(5);
    assert.equal(session.phase, 'stopped');
    session.start(5);
    assert.equal(session.phase, 'connecting');
  }
  for (const code of [1000, 1001, 1006, 1011, 1012, 4008, 4999]) {
    const { session } = connected();
    session.handleClose(code, 0, 0);
    assert.equal(session.phase, 'waiting');
  }
});

test('questions that a lost link left open are answered with nothing', () => {
  const { session } = connected();
  const ref = session.ask({ type: 'members', room: 'lobby' });
  session.drain();
  session.handleClose(1006, 0, 0);
  assert.ok(session.drain().some((output) => output.is === 'answer' && output.ref === ref && output.frame === null));
  assert.equal(session.ask({ type: 'members', room: 'lobby' }), 0);
});

test('rooms are joined and left, here and by the other connections of the same person', () => {
  const ops = { room: 'ops', title: 'Ops', kind: 'public', first: 1, head: 5, present: 1 };
  const { session } = connected();
  const ref = session.ask({ type: 'join', room: 'ops' });
  tell(session, { type: 'ok', ref, room: ops });
  assert.equal(session.cursors.get('ops'), 5);
  session.leave('ops');
  assert.ok(!session.cursors.has('ops'));
  session.drain();
  assert.deepEqual(sent(tell(session, { type: 'room', room: ops, joined: true })).map(({ type }) => type), ['join']);
  assert.deepEqual(sent(tell(session, { type: 'room', room: ops, joined: false })), []);
});

const golden = (folder) => readdirSync(new URL(`../../../protocol/golden/${folder}/`, import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => ({ name, text: readFileSync(new URL(`../../../protocol/golden/${folder}/${name}`, import.meta.url), 'utf8') }));

test('every golden frame of the server is read as it is', () => {
  const frames = golden('server');
  assert.ok(frames.length > 40);
  for (const { name, text } of frames) assert.deepEqual(readFrame(text), JSON.parse(text), name);
});

test('every frame of another version is read, or ignored without harm', () => {
  const read = Object.fromEntries(golden('server/lenient').map(({ name, text }) => [name.replace('.json', ''), readFrame(text)]));
  assert.equal(read['unknown-event'].type, 'unknown');
  assert.equal(read['poisoned-event'].type, 'unknown');
  assert.equal(read['poisoned-page'].type, 'history');
  assert.ok(read['poisoned-page'].events.some(({ type }) => type === 'unknown'));
  assert.equal(read['unknown-type'], null);
  for (const name of ['unknown-field', 'unknown-kind', 'unknown-reset', 'unknown-code', 'ping-without-heads']) assert.notEqual(read[name], null, name);
});

// A network that cuts, a server that forgets its connections, clients that type on: whatever happens, what was said is
// in the log once, in each sender's order, and every view is the log.
function simulate(seed) {
  let state = seed * 2654435761 + 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const log = [];
  const stored = new Map();
  let now = 0;
  const clients = Array.from({ length: 3 }, (_, i) => ({ i, session: new Session({ client: 'sim', conn: `c${i}` }), view: [], said: 0, link: null, user: `g-${i}` }));
  const info = () => ({ room: 'lobby', title: 'Lobby', kind: 'public', first: 1, head: log.length, present: 1 });
  const deliver = (link, frame) => link.toClient.push(JSON.stringify(frame));
  const serve = (client, link, text) => {
    const frame = JSON.parse(text);
    if (frame.type === 'hello') {
      deliver(link, welcome([info()], { user: { user: client.user, name: client.user, guest: true } }));
      const last = frame.resume?.rooms.lobby;
      if (last !== undefined) for (const event of log.slice(last)) deliver(link, event);
      if (last !== undefined) deliver(link, { type: 'synced', room: 'lobby', head: log.length });
      link.greeted = true;
    } else if (frame.type === 'message') {
      const key = `${client.user}/${frame.id}`;
      if (!stored.has(key) && random() < 0.1 && !link.refusing) link.refusing = frame.id;
      if (link.refusing && link.refusing !== frame.id) return deliver(link, { type: 'error', id: frame.id, code: 'rate_limited', reason: '', retry: true, retry_ms: 50 });
      if (link.refusing === frame.id && !link.told) {
        link.told = true;
        return deliver(link, { type: 'error', id: frame.id, code: 'rate_limited', reason: '', retry: true, retry_ms: 50 });
      }
      link.refusing = null;
      link.told = false;
      if (!stored.has(key)) {
        const event = message(log.length + 1, { id: frame.id, user: client.user, message: frame.message });
        log.push(event);
        stored.set(key, event.seq);
        for (const other of clients) if (other.link?.greeted && random() > 0.02) deliver(other.link, event);
      }
      deliver(link, { type: 'ack', id: frame.id, room: 'lobby', seq: stored.get(key), timestamp: 'x' });
    } else if (frame.type === 'history') {
      const events = log.slice(frame.after, frame.after + 3);
      deliver(link, { type: 'history', ref: frame.ref, room: 'lobby', events, first: frame.after + 1, last: frame.after + events.length, head: log.length, as_of: log.length, more: frame.after + events.length < log.length });
    }
  };
  const carry = (client) => {
    for (const output of client.session.drain()) {
      if (output.is === 'connect') client.link = { toServer: [], toClient: [], open: false, greeted: false };
      else if (output.is === 'drop') client.link = null;
      else if (output.is === 'send') client.link?.toServer.push(output.text);
      else if (output.is === 'frame') {
        const events = output.frame.type === 'history' ? output.frame.events : output.frame.type === 'message' ? [output.frame] : [];
        for (const event of events) {
          assert.ok(!client.view[event.seq] || client.view[event.seq].id === event.id);
          client.view[event.seq] = event;
        }
      }
    }
  };
  const step = (calm) => {
    now += 5;
    for (const client of clients) {
      const { session, link } = client;
      if (!calm && random() < 0.05 && client.said < 40) session.queue({ id: `${client.i}-${client.said}`, room: 'lobby', text: `${client.said++}`, user: null }, now);
      if (link && !link.open) {
        link.open = true;
        session.handleOpen(now);
      } else if (link && !calm && random() < 0.01) {
        client.link = null;
        session.handleClose(1006, now, random());
      } else if (link) {
        if (random() < 0.5 && link.toServer.length > 0) serve(client, link, link.toServer.shift());
        if (random() < 0.7 && link.toClient.length > 0) session.handleText(link.toClient.shift(), now);
        if (link.greeted && now % 1000 === 0) deliver(link, { type: 'ping', heads: { lobby: log.length } });
      }
      if ((session.deadline() ?? Infinity) <= now) session.handleTime(now, random());
      carry(client);
    }
  };
  for (const { session } of clients) session.start(0);
  clients.forEach(carry);
  for (let i = 0; i < 4000; i++) step(false);
  const done = () => clients.every(({ session, link }) => session.live && session.outbox.length === 0 && session.cursors.get('lobby') === log.length && session.fills.size === 0 && link.toClient.length === 0);
  for (let i = 0; i < 60_000 && !done(); i++) step(true);
  assert.ok(done(), `seed ${seed} settles`);
  for (const { i, said, view } of clients) {
    assert.deepEqual(log.filter(({ user }) => user === `g-${i}`).map(({ message }) => Number(message)), Array.from({ length: said }, (_, n) => n), `seed ${seed}: said once, in order`);
    const from = view.findIndex(Boolean);
    for (let seq = Math.max(1, from); seq <= log.length; seq++) assert.equal(view[seq]?.id, log[seq - 1].id, `seed ${seed}: no hole at ${seq}`);
  }
  return log.length;
}

test('a failing network loses, doubles and swaps nothing', () => {
  let events = 0;
  for (let seed = 1; seed <= 40; seed++) events += simulate(seed);
  assert.ok(events > 1000);
});

test('a line that is withdrawn is not sent', () => {
  const { session } = connected();
  session.releaseOutbox();
  session.handleClose(1006, 0, 0);
  session.queue(entry('a'), 0);
  session.queue(entry('b'), 0);
  session.withdraw(({ id }) => id === 'a', 0);
  assert.deepEqual(session.outbox.map(({ id }) => id), ['b']);
});

test('a hole whose question is refused or not answered is asked for again in time; one that cannot be had is left', () => {
  const { session } = connected();
  const asks = (outputs) => sent(outputs).filter(({ type }) => type === 'history').map(({ after }) => after);
  const [first] = sent(tell(session, message(20)));
  tell(session, { type: 'error', ref: first.ref, code: 'slow_down', reason: 'x', retry: true, retry_ms: 3000 }, 100);
  assert.equal(session.deadline(), 3100);
  session.handleTime(3099, 0);
  assert.deepEqual(asks(session.drain()), []);
  session.handleTime(3100, 0);
  assert.deepEqual(asks(session.drain()), [10]);
  tell(session, { type: 'ping' }, 15_000);
  session.handleTime(3100 + PATIENCE_MS, 0);
  const [third] = sent(session.drain());
  assert.equal(third.after, 10);
  tell(session, { type: 'error', ref: third.ref, code: 'no_room', reason: 'x', retry: false }, 24_000);
  assert.equal(session.fills.size, 0);
  assert.deepEqual(asks(tell(session, message(30), 24_000)), [20]);
});

test('whoever was signed in does not become a guest without a word', () => {
  const session = new Session({ client: 'test/0', conn: 'c', isAccount: true, rooms: {} });
  session.start(0);
  session.handleOpen(0);
  session.queue({ id: 'a', room: 'lobby', text: 'x', user: 'u-1' }, 0);
  session.drain();
  session.handleText(JSON.stringify({ type: 'welcome', epoch: 'e', user: { user: 'g-1', name: 'guest', guest: true }, token: 't', limits: {}, rooms: [] }), 0);
  assert.deepEqual(session.drain(), [{ is: 'drop' }, { is: 'link', link: { state: 'stopped', code: 4001 } }]);
  assert.deepEqual([session.user, session.outbox.length], [null, 1]);
});
