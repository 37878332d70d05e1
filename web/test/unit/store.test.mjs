import { test } from 'node:test';
import assert from 'node:assert/strict';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { Store } from '../../js/store.js';

globalThis.IDBKeyRange = IDBKeyRange;
// As far as the store needs one: texts are own properties beside the methods.
class LocalStorage {
  setItem(key, text) { this[key] = text; }
  getItem(key) { return this[key] ?? null; }
  removeItem(key) { delete this[key]; }
}
globalThis.localStorage = new LocalStorage();

const line = (id, more = {}) => ({ id, room: 'lobby', text: id, user: null, at: 1, ...more });
const event = (seq, room = 'lobby') => ({ type: 'message', room, seq, id: `e${seq}`, user: 'g', sender: 'bo', message: `m${seq}`, timestamp: 'x' });
const span = (from, last) => Array.from({ length: last - from + 1 }, (_, i) => event(from + i));
const room = (from, last, more = {}) => ({ room: 'lobby', title: 'Lobby', topic: '', first: 1, head: last, from, last, read: 0, ...more });
const seqs = (all, key = 'lobby') => (all.events.get(key) ?? []).map(({ seq }) => seq);

async function store(factory = new IDBFactory()) {
  return { factory, store: await Store.open({ factory, onTrouble: (text) => assert.fail(text) }) };
}

test('R04 lines outlive the page in the order they were written, until they are acknowledged', async () => {
  const { factory, store: first } = await store();
  for (const id of ['z', 'a', 'm']) await first.keep(line(id));
  await first.forget('a');
  await first.fail('m', { code: 'too_long', reason: 'too long' });
  const { store: second } = await store(factory);
  const { outbox } = await second.load();
  assert.deepEqual(outbox.map(({ id, failed }) => [id, failed?.code]), [['z', undefined], ['m', 'too_long']]);
});

test('a line written before anybody was welcomed belongs to the first user for good', async () => {
  const { factory, store: first } = await store();
  await first.keep(line('a'));
  await first.keep(line('b', { user: 'g-9' }));
  assert.deepEqual((await first.outbox('g-1')).map(({ user }) => user), ['g-1', 'g-9']);
  const { store: second } = await store(factory);
  assert.deepEqual((await second.outbox('g-2')).map(({ user }) => user), ['g-1', 'g-9']);
});

test('who one is and drafts are kept', async () => {
  const { factory, store: first } = await store();
  await first.saveIdentity({ token: 't', name: 'ana' });
  await first.saveIdentity({ epoch: 'e1' });
  first.saveDraft('lobby', 'half a sentence');
  first.saveDraft('ops', 'gone');
  first.saveDraft('ops', '');
  const all = await (await store(factory)).store.load();
  assert.deepEqual(all.identity, { token: 't', name: 'ana', epoch: 'e1' });
  assert.deepEqual([...all.drafts], [['lobby', 'half a sentence']]);
});

test('the newest stretch of a room is kept, bounded, and never has a hole', async () => {
  const { store: it } = await store();
  await it.saveRoom(room(1, 50), span(1, 50));
  await it.saveRoom(room(1, 60), span(1, 60));
  assert.deepEqual(seqs(await it.load()), span(1, 60).map(({ seq }) => seq));
  await it.saveRoom(room(90, 95), span(90, 95));
  let all = await it.load();
  assert.deepEqual(seqs(all), [90, 91, 92, 93, 94, 95], 'what is before a hole is dropped');
  assert.deepEqual([all.rooms[0].from, all.rooms[0].last], [90, 95]);
  await it.saveRoom(room(90, 600), span(90, 600));
  all = await it.load();
  assert.equal(seqs(all).length, 200);
  assert.equal(all.rooms[0].from, 401);
  assert.equal(seqs(all)[0], 401);
});

test('what a message said before it was taken out does not stay on this device', async () => {
  const { store: it } = await store();
  const edit = (text) => ({ type: 'edit', room: 'lobby', seq: 2, id: 'e2', target: 1, user: 'g', sender: 'bo', text, timestamp: 'x' });
  await it.saveRoom(room(1, 2), [event(1), edit('a secret')]);
  await it.saveRoom(room(1, 3), [{ ...event(1), message: '', folded: { deleted: true } }, edit(''), { ...edit(''), type: 'delete', seq: 3 }]);
  assert.ok(!JSON.stringify([...(await it.load()).events]).includes('secret'));
});

test('another history forgets the rooms together with taking its name', async () => {
  const { store: it } = await store();
  await it.saveRoom(room(1, 5), span(1, 5));
  await it.keep(line('a'));
  await it.saveIdentity({ epoch: 'e2' }, true);
  const all = await it.load();
  assert.deepEqual([all.rooms, all.events.size, all.outbox.length], [[], 0, 1]);
});

test('a room that is left is forgotten, the others stay', async () => {
  const { store: it } = await store();
  await it.saveRoom(room(1, 2), span(1, 2));
  await it.saveRoom({ ...room(1, 1), room: 'ops' }, [event(1, 'ops')]);
  await it.dropRoom('ops');
  const all = await it.load();
  assert.deepEqual([all.rooms.map((each) => each.room), seqs(all).length], [['lobby'], 2]);
});

test('where one was in a room goes with the room, and with the session', async () => {
  const { store: it } = await store();
  for (const key of ['lobby', 'ops']) it.savePlace(key, { seq: 7, below: 0 });
  await it.dropRoom('ops');
  assert.deepEqual([...it.places.keys()], ['lobby']);
  await it.ended('u-1');
  assert.equal(it.places.size, 0);
});

test('without a disk lines wait in memory, and it is told', async () => {
  const told = [];
  const factory = { open: () => { throw new Error('private window'); } };
  const it = await Store.open({ factory, onTrouble: (text) => told.push(text) });
  await it.keep(line('a'));
  await it.keep(line('b'));
  await it.saveRoom(room(1, 2), span(1, 2));
  await it.fail('b', { code: 'x', reason: 'y' });
  await it.forget('a');
  assert.equal(told.length, 1);
  assert.deepEqual((await it.outbox('g-1')).map(({ id, user, failed }) => [id, user, failed?.code]), [['b', 'g-1', 'x']]);
});

test('a disk that fails later is told, and the line is kept in memory', async () => {
  const told = [];
  const it = await Store.open({ factory: new IDBFactory(), onTrouble: (text) => told.push(text) });
  await it.keep(line('a'));
  it.database.close();
  await it.keep(line('b'));
  assert.ok(told.length > 0);
  assert.deepEqual((await it.outbox('g')).map(({ id }) => id), ['b'], 'what cannot be read is not lost, only not there');
});

test('a line that comes instead of another takes its place in one step', async () => {
  const { factory, store: first } = await store();
  await first.keep(line('a'));
  await first.fail('a', { code: 'id_reused', reason: 'x' });
  await first.keep(line('b'), 'a');
  await first.keep(line('b', { text: 'again' }), 'b');
  const { store: second } = await store(factory);
  assert.deepEqual((await second.load()).outbox.map(({ id, text, failed }) => [id, text, failed]), [['b', 'again', undefined]]);
});

test('a draft that another tab wrote is not removed with this one\'s', async () => {
  const { store: one } = await store();
  const { store: two } = await store();
  one.saveDraft('shared', 'from one');
  two.saveDraft('shared', '');
  assert.equal((await one.load()).drafts.get('shared'), 'from one');
  two.saveDraft('shared', 'from two');
  one.saveDraft('shared', '');
  assert.equal((await two.load()).drafts.get('shared'), 'from two');
  two.saveDraft('shared', '');
  assert.equal((await one.load()).drafts.has('shared'), false);
});

test('what could not be read is not written over, and is there at the next start', async () => {
  const { factory, store: first } = await store();
  await first.saveIdentity({ token: 'mine', name: 'ana' });
  const told = [];
  const second = await Store.open({ factory, onTrouble: (text) => told.push(text) });
  const { database } = second;
  second.database = { transaction: () => { throw new Error('cannot read'); } };
  assert.deepEqual((await second.load()).identity, {});
  second.database &&= database;
  await second.saveIdentity({ token: 'somebody new' });
  assert.equal(told.length, 1);
  const { store: third } = await store(factory);
  assert.deepEqual((await third.load()).identity, { token: 'mine', name: 'ana' });
});

test('a disk that does not answer is done without, and it is told', async () => {
  const told = [];
  const mute = await Store.open({ factory: { open: () => ({}) }, onTrouble: (text) => told.push(text), patience: 1 });
  await mute.keep(line('a'));
  assert.deepEqual((await mute.load()).outbox.map(({ id }) => id), ['a']);
  assert.equal(told.length, 1);
});

test('a session that ends takes what others said along, once, and leaves what waits', async () => {
  const { factory, store: it } = await store();
  await it.saveIdentity({ user: 'u-1', name: 'ana', guest: false, epoch: 'e1' });
  await it.saveRoom(room(1, 3), span(1, 3));
  await it.keep(line('a', { user: 'u-1', account: true }));
  await it.ended('u-2');
  assert.equal((await it.load()).identity.user, 'u-1', 'it is somebody else by now');
  await it.ended('u-1');
  const { identity, rooms, outbox } = await (await store(factory)).store.load();
  assert.deepEqual([identity, rooms.length, outbox.map(({ id }) => id)], [{ last: 'u-1' }, 0, ['a']]);
});

test('who signs out leaves nothing, but the lines that wait for another account', async () => {
  const { factory, store: it } = await store();
  await it.saveIdentity({ user: 'u-2', guest: false });
  for (const [id, more] of [['a', { user: 'u-1', account: true }], ['b', { user: 'u-2', account: true }], ['c', { user: 'g-1' }]]) await it.keep(line(id, more));
  it.saveDraft('lobby', 'half');
  await it.wipe('u-2');
  const all = await (await store(factory)).store.load();
  assert.deepEqual([all.identity, all.outbox.map(({ id }) => id), all.drafts.size], [{}, ['a'], 0]);
});
