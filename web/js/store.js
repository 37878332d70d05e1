// What outlives the page: who one is, the rooms with their newest events, and the outbox. In IndexedDB; where that
// fails (private windows, a full disk) in memory, which is told once by `onTrouble` and otherwise changes nothing.

import { cover } from './room.js';
import * as model from './state.js';

/**
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./state.js').Place} Place
 *
 * Something done to a message: one of the room's log, or a line of one's own that has no place there yet, by its id.
 * @typedef {{type: 'edit' | 'delete', target: number | string} | {type: 'react', target: number | string, emoji: string, on: boolean}
 *   | {type: 'pin', target: number | string, on: boolean}} Change
 *
 * What somebody wrote, or did to a message, and the server has not acknowledged. `user` is who wrote it (null: not welcomed yet);
 * `epoch` is the history that the places belong to that it names.
 * @typedef {{id: string, room: string, text: string, user: string | null, reply?: number | undefined, thread?: number | undefined,
 *   files?: import('./protocol.js').File[] | undefined, change?: Change | undefined, epoch?: string | undefined}} Entry
 *
 * A line as it waits on disk, in the order of `n`; `failed` once the server refused it for good. One that was written
 * with an `account` is its own alone: nobody else who comes to this browser sees it.
 * @typedef {Entry & {n?: number, at: number, account?: boolean | undefined, failed?: {code: string, reason: string} | undefined}} Kept
 *
 * What is known of a room: its newest stretch `from..last` is held in `events`, `read` is the last event looked at;
 * of each thread with something new: its root, up to where it was looked at, what is new, and what the server has of that.
 * @typedef {{room: string, title: string, topic: string, kind?: import('./protocol.js').RoomKind, first: number, head: number, from: number, last: number, read: number, marker?: number | undefined, threads?: [number, number, number[], (number | undefined)?][] | undefined}} KeptRoom
 * `last` is whose session ended by itself, as long as nobody else came.
 * @typedef {{token?: string | undefined, user?: string | undefined, name?: string | undefined, guest?: boolean | undefined, last?: string | undefined, blocked?: string[] | undefined, epoch?: string | undefined, active?: string | undefined}} Identity
 * @typedef {{identity: Identity, rooms: KeptRoom[], events: Map<string, Event[]>, outbox: Kept[], drafts: Map<string, string>, places: Map<string, Place>}} Everything
 */

/** Events kept of each room: enough to fill a tall screen before the server has answered. */
const CACHED = 200;
const STORES = /** @type {const} */ (['identity', 'rooms', 'events', 'outbox']);
const DRAFT = 'chat.draft.';
/** A draft as the other devices of its account have it. */
const SHARED = 'chat.shared.';
/** Where one was in the rooms: this tab's alone, over a reload. */
const PLACES = 'chat.places';
/** Threads of a room of which is kept what one has not looked at. */
const THREADS = 200;
/** The database of what waits to be uploaded, and the mark that there is one. */
export const UPLOADS = 'chat.uploads';
/** The reactions used last. */
export const REACTIONS = 'chat.reactions';
const SAVE_MS = 500;
/** A disk that does not answer for this long when the page opens is done without. */
const PATIENCE_MS = 3_000;
const TROUBLE = 'This browser does not let the page store anything. Messages that are not sent yet are lost when you close it.';

export class Store {
  /** @param {IDBDatabase | null} database @param {(text: string) => void} onTrouble */
  constructor(database, onTrouble) {
    this.database = database;
    this.onTrouble = onTrouble;
    this.local = localStore();
    /** The drafts as this tab knows them: another tab's text under the same key is not this one's to remove. @type {Map<string, string>} */
    this.written = new Map();
    /** @type {Map<string, Place>} */
    this.places = new Map();
    /** The outbox while there is no disk. @type {Kept[]} */
    this.memory = [];
    this.nextN = 1;
    if (database === null) onTrouble(TROUBLE);
    else database.onversionchange = () => database.close();
  }

  /** Never fails and never hangs: without a disk, or one that answers within `patience`, the store is in memory. @param {{factory?: IDBFactory | undefined, onTrouble?: (text: string) => void, patience?: number}} [options] */
  static async open({ factory, onTrouble = () => {}, patience = PATIENCE_MS } = {}) {
    let database = null;
    try {
      database = await openDatabase(factory ?? indexedDB, patience);
    } catch {
      // Told by the constructor.
    }
    return new Store(database, onTrouble);
  }

  /** @returns {Promise<Everything>} */
  async load() {
    /** @type {Everything} */
    const all = { identity: {}, rooms: [], events: new Map(), outbox: [], drafts: new Map(), places: this.#places() };
    const read = await this.#run('readonly', STORES, async (store) => {
      const [keys, values, rooms, events, outbox] = await Promise.all([
        done(store('identity').getAllKeys()), done(store('identity').getAll()), done(store('rooms').getAll()),
        done(store('events').getAll()), done(store('outbox').getAll()),
      ]);
      keys.forEach((key, i) => Object.assign(all.identity, { [String(key)]: values[i] }));
      all.rooms = rooms;
      all.outbox = outbox;
      for (const event of events) all.events.set(event.room, [...(all.events.get(event.room) ?? []), event]);
    });
    // What could not be read must not be written over: who one is, and what one wrote, may be there at the next start.
    if (!read) this.database = null;
    if (!this.database) all.outbox = [...this.memory];
    all.drafts = this.#texts(DRAFT);
    this.written = new Map(all.drafts);
    return all;
  }

  /** What is undefined is forgotten. With `anew` the rooms are too, in the same transaction: they belong to another history, or to somebody else. @param {Identity} identity @param {boolean} [anew] */
  async saveIdentity(identity, anew = false) {
    await this.#run('readwrite', ['identity', 'rooms', 'events'], async (store) => {
      if (anew) store('rooms').clear();
      if (anew) store('events').clear();
      for (const [key, value] of Object.entries(identity)) {
        if (value === undefined) store('identity').delete(key);
        else store('identity').put(value, key);
      }
    });
  }

  /**
   * The waiting lines in order. Those written before anybody was welcomed are `user`'s from now on.
   * @param {string} user @returns {Promise<Kept[]>}
   */
  async outbox(user) {
    this.memory = this.memory.map((entry) => ({ ...entry, user: entry.user ?? user }));
    /** @type {Kept[]} */
    let kept = [];
    const read = await this.#run('readwrite', ['outbox'], async (store) => {
      kept = (await done(store('outbox').getAll())).map((entry) => ({ ...entry, user: entry.user ?? user }));
      for (const entry of kept) store('outbox').put(entry);
    });
    return read ? [...kept, ...this.memory] : [...this.memory];
  }

  /**
   * Done when the line is on disk (or cannot be): only then may it be sent for the first time. The line that it comes
   * `instead` of goes in the same transaction, so that at no moment neither is there.
   * @param {Kept} entry @param {string} [instead]
   */
  async keep(entry, instead) {
    this.memory = this.memory.filter(({ id }) => id !== instead);
    const kept = await this.#run('readwrite', ['outbox'], async (store) => {
      const key = instead !== undefined && (await done(store('outbox').index('id').getKey(instead)));
      if (key) store('outbox').delete(key);
      store('outbox').put(entry);
    });
    if (!kept) this.memory.push({ ...entry, n: this.nextN++ });
  }

  /** Acknowledged or discarded. @param {string} id */
  async forget(id) {
    this.memory = this.memory.filter((entry) => entry.id !== id);
    await this.#run('readwrite', ['outbox'], async (store) => {
      const key = await done(store('outbox').index('id').getKey(id));
      if (key !== undefined) store('outbox').delete(key);
    });
  }

  /** @param {string} id @param {{code: string, reason: string} | undefined} failed */
  async fail(id, failed) {
    this.memory = this.memory.map((entry) => (entry.id === id ? { ...entry, failed } : entry));
    await this.#run('readwrite', ['outbox'], async (store) => {
      const entry = await done(store('outbox').index('id').get(id));
      if (entry) store('outbox').put({ ...entry, failed });
    });
  }

  /** What is done to a line has its place. @param {string} id @param {number} target */
  async place(id, target) {
    const placed = (/** @type {Kept} */ entry) => ({ ...entry, ...(entry.change && { change: { ...entry.change, target } }) });
    this.memory = this.memory.map((entry) => (entry.id === id ? placed(entry) : entry));
    await this.#run('readwrite', ['outbox'], async (store) => {
      const entry = await done(store('outbox').index('id').get(id));
      if (entry) store('outbox').put(placed(entry));
    });
  }

  /**
   * Keeps the newest stretch of a room: the cursor and the events that it speaks of in one transaction, so that a
   * cursor never claims what is not there.
   * @param {KeptRoom} room @param {Event[]} events the stretch's events, oldest first
   */
  async saveRoom(room, events) {
    const newest = events.slice(-CACHED);
    const from = newest.length < events.length ? /** @type {Event} */ (newest[0]).seq : room.from;
    await this.#run('readwrite', ['rooms', 'events'], async (store) => {
      const held = await done(store('rooms').get(room.room));
      const joined = held !== undefined && held.last >= from && held.last <= room.last && held.from <= from;
      const span = IDBKeyRange.bound([room.room], [room.room, []]);
      if (joined) store('events').delete(IDBKeyRange.bound([room.room], [room.room, from], false, true));
      else store('events').delete(span);
      // What was held may be other by now: changed, or taken out.
      for (const event of newest) if (!joined || event.seq > held.last || event.type === 'message' || event.type === 'edit') store('events').put(event);
      store('rooms').put({ ...room, from });
    });
  }

  /** @param {string} room */
  async dropRoom(room) {
    this.savePlace(room, null);
    await this.#run('readwrite', ['rooms', 'events'], async (store) => {
      store('rooms').delete(room);
      store('events').delete(IDBKeyRange.bound([room], [room, []]));
    });
  }

  /** The session of an account ended by itself: what others said goes, what waits stays until they are back. @param {string} user */
  async ended(user) {
    this.#forgetPlaces();
    await this.#run('readwrite', ['identity', 'rooms', 'events'], async (store) => {
      // Another tab knew it before, and somebody else may be here since.
      if ((await done(store('identity').get('user'))) !== user) return;
      for (const name of ['identity', 'rooms', 'events']) store(name).clear();
      store('identity').put(user, 'last');
    });
  }

  /** Somebody signs out: nothing of theirs stays on this device. Lines that wait for another account do. @param {string | undefined} who */
  async wipe(who) {
    this.forgetDrafts();
    this.memory = this.memory.filter((entry) => isAnothers(entry, who));
    await this.#run('readwrite', STORES, async (store) => {
      const kept = (await done(store('outbox').getAll())).filter((entry) => isAnothers(entry, who));
      for (const name of STORES) store(name).clear();
      for (const entry of kept) store('outbox').put(entry);
    });
  }

  sharedDrafts() {
    return this.#texts(SHARED);
  }

  /** @param {string} room @param {string} text */
  shareDraft(room, text) {
    try {
      if (text !== '') this.local?.setItem(SHARED + room, text);
      else this.local?.removeItem(SHARED + room);
    } catch {
      this.onTrouble(TROUBLE);
    }
  }

  /** @param {string} prefix @returns {Map<string, string>} */
  #texts(prefix) {
    const keys = Object.keys(this.local ?? {}).filter((key) => key.startsWith(prefix));
    return new Map(keys.map((key) => [key.slice(prefix.length), this.local?.getItem(key) ?? '']));
  }

  /** @returns {Map<string, Place>} */
  #places() {
    try {
      const kept = /** @type {[string, Place][]} */ (JSON.parse(globalThis.sessionStorage?.getItem(PLACES) ?? '[]'));
      this.places = new Map(kept.filter(([, { seq, below }]) => Number.isSafeInteger(seq) && Number.isFinite(below)));
    } catch {
      // Forbidden, or of another version: rooms open at their ends.
    }
    return this.places;
  }

  /** Where one is in a room, or null at its end. @param {string} room @param {Place | null} place */
  savePlace(room, place) {
    if (place) this.places.set(room, place);
    else if (!this.places.delete(room)) return;
    try {
      globalThis.sessionStorage?.setItem(PLACES, JSON.stringify([...this.places]));
    } catch {
      // It is kept while the page is there.
    }
  }

  #forgetPlaces() {
    this.places.clear();
    globalThis.sessionStorage?.removeItem(PLACES);
  }

  forgetDrafts() {
    this.#forgetPlaces();
    for (const key of Object.keys(this.local ?? {})) if (key.startsWith(DRAFT) || key.startsWith(SHARED)) this.local?.removeItem(key);
    // What waits to be uploaded is somebody's too.
    if (this.local?.getItem(UPLOADS)) globalThis.indexedDB?.deleteDatabase(UPLOADS);
    for (const key of [UPLOADS, REACTIONS]) this.local?.removeItem(key);
    this.written.clear();
  }

  /** At once, unlike all else: what somebody types outlives a page that is closed at the next moment. @param {string} room @param {string} text */
  saveDraft(room, text) {
    try {
      if (text !== '') this.local?.setItem(DRAFT + room, text);
      else if (this.local?.getItem(DRAFT + room) === this.written.get(room)) this.local?.removeItem(DRAFT + room);
      this.written.set(room, text);
    } catch {
      this.onTrouble(TROUBLE);
    }
  }

  /**
   * Runs one transaction to its end; false where there is no disk or it failed, which is told.
   * @param {IDBTransactionMode} mode @param {readonly string[]} names @param {(store: (name: string) => IDBObjectStore) => Promise<void>} work
   */
  async #run(mode, names, work) {
    if (!this.database) return false;
    try {
      const transaction = this.database.transaction([...names], mode, { durability: 'strict' });
      const finished = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
      });
      // The end is awaited below; work that fails first must not leave it unhandled.
      finished.catch(() => {});
      await work((name) => transaction.objectStore(name));
      await finished;
      return true;
    } catch {
      this.onTrouble(TROUBLE);
      return false;
    }
  }
}

/** What was kept is what is known before anything is asked. @param {import('./state.js').State} state @param {Everything} kept */
export function restored(state, { identity, rooms, events, places }) {
  const { user, name, guest = true, blocked = [] } = identity;
  state.blocked = new Set(blocked);
  if (user && name) state.me = { user, name, guest, role: guest ? 'guest' : 'member' };
  for (const { from, last, threads, ...known } of rooms) {
    const room = model.roomOf(state, known.room);
    Object.assign(room, known, { joined: true, place: places.get(known.room) ?? null, atEnd: !places.has(known.room), threads: new Map(threads?.map(([root, read, fresh, marker]) => [root, { read, marker, fresh: new Set(fresh) }])) });
    if (from <= last) cover(room, from, last, events.get(known.room) ?? []);
  }
  model.roomOf(state, 'lobby');
  model.open(state, state.rooms.has(identity.active ?? '') ? /** @type {string} */ (identity.active) : 'lobby');
}

/** Writes rooms and drafts a moment after they changed, or at once where the page may not be there any more at the next; tells the server what was read. */
export class Saver {
  /** @param {import('./main.js').Chat} chat */
  constructor(chat) {
    this.chat = chat;
    /** @type {Set<string>} */
    this.rooms = new Set();
    /** @type {Set<string>} */
    this.written = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  soon() {
    this.timer ??= setTimeout(() => this.save(), SAVE_MS);
  }

  /** @param {boolean} [leaving] */
  save(leaving = false) {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { store, drafts } = this.chat;
    for (const key of this.rooms) this.#keep(key);
    this.rooms.clear();
    for (const key of this.written) store.saveDraft(key, drafts.get(key) ?? '');
    this.written.clear();
    // Another tab of this browser may have written over what is in this one's composer.
    if (leaving) for (const [key, text] of drafts) store.saveDraft(key, text);
  }

  /** What the disk is to have of a room, and an account's other devices of what was read in it. @param {string} key */
  #keep(key) {
    const { state, session, store } = this.chat;
    const room = state.rooms.get(key);
    const cursor = session.cursors.get(key);
    if (!room || cursor === undefined) return;
    if (session.live && state.me?.guest === false) this.#tell(room);
    const [from, last] = room.stretches.at(-1) ?? [cursor + 1, cursor];
    const { title, topic, kind, first, head, read, marker } = room;
    const threads = [...room.threads].slice(-THREADS).map(([root, { read, fresh, marker }]) => /** @type {[number, number, number[], number | undefined]} */ ([root, read, [...fresh], marker]));
    store.saveRoom({ room: key, title, topic, kind, first, head, read, marker, from, last, threads }, room.events.filter(({ seq }) => seq >= from));
  }

  /** @param {import('./state.js').Room} room */
  #tell({ room, read, threads, known }) {
    const { readTold, socket, session } = this.chat;
    if (read > (readTold.get(room) ?? 0)) {
      readTold.set(room, read);
      socket.do(() => session.signal({ type: 'read', room, seq: read }));
    }
    for (const [thread, each] of threads) {
      const seq = Math.min(each.read, known.get(thread)?.now.folded?.replies?.last ?? each.read);
      if (each.due && !each.kept && seq > (each.marker ?? 0)) socket.do(() => session.signal({ type: 'read_thread', room, thread, seq }));
      each.due = false;
    }
  }
}

/** Waits for an account that is not the one that is here. @param {Kept} entry @param {string | undefined} who */
export const isAnothers = ({ account, user }, who) => account === true && user !== (who ?? null);

/** Works when it is this tab's turn: one at a time, so that two tabs of one outbox never send the same line. @param {AbortSignal} signal @param {() => Promise<void>} work */
export function inTurn(signal, work) {
  // It may be given up before it is this tab's turn.
  (navigator.locks?.request('chat.outbox', { signal }, work) ?? work()).catch(() => {});
}

/** Where drafts are; reading the property alone may be forbidden. */
function localStore() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** The id of a new line: a ULID, sortable by time and unique without asking anybody. */
export function ulid() {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = Date.now();
  let id = '';
  for (let i = 0; i < 10; i++, time = Math.floor(time / 32)) id = alphabet[time % 32] + id;
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += alphabet[byte % 32];
  return id;
}

/** @param {IDBFactory} factory @param {number} patience @returns {Promise<IDBDatabase>} */
function openDatabase(factory, patience) {
  return new Promise((resolve, reject) => {
    const request = factory.open('chat', 1);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore('identity');
      database.createObjectStore('rooms', { keyPath: 'room' });
      database.createObjectStore('events', { keyPath: ['room', 'seq'] });
      database.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true }).createIndex('id', 'id', { unique: true });
    };
    const late = setTimeout(() => {
      reject(new Error('late'));
      request.onsuccess = () => request.result.close();
    }, patience);
    request.onsuccess = () => {
      clearTimeout(late);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(late);
      reject(request.error);
    };
    request.onblocked = () => reject(new Error('blocked'));
  });
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
