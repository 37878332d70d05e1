// Files that somebody chose, on their way: shown above the composer, sent in pieces, and said in one message once all of
// them are there. What waits is kept in a database of its own, so that it goes on after a reload.

import { h } from 'preact';
import { placeKey } from '../state.js';
import { UPLOADS, ulid } from '../store.js';
import { Transfer, sized } from './transfer.js';
import { Tray } from './tray.js';
import { call, sentence } from './account.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').File} Sent
 * @typedef {import('./transfer.js').Refused} Refused
 * @typedef {{id: string, name: string, size: number, blob: Blob, transfer: Transfer, request?: XMLHttpRequest | undefined, timer?: ReturnType<typeof setTimeout> | undefined, preview?: string | undefined}} Item
 *
 * The files of one message; `text` is null until somebody sends it: then it goes as soon as all are there.
 * @typedef {{id: string, room: string, thread?: number | undefined, reply?: number | undefined, user: string | null, text: string | null, items: Item[], release: () => void}} Parcel
 */

/** Files on the wire at a time. */
const AT_ONCE = 2;
/** Without a byte moving for this long, a request is given up. */
const PATIENCE_MS = 30_000;
/** Up to this size the hash is told ahead, so that the server sees whether it got what was meant. */
const HASHED = 32 * 1024 * 1024;
/** Files of one message, as the server has it. */
export const MOST = 20;

export class Files {
  /** @param {Chat} chat */
  constructor(chat) {
    this.chat = chat;
    /** @type {Map<string, Parcel>} */
    this.parcels = new Map();
    this.flying = 0;
    /** @type {Promise<IDBDatabase | null> | undefined} */
    this.opened = undefined;
    /** The bytes of one file at most; known once it was asked for. @type {number | undefined} */
    this.most = undefined;
    addEventListener('online', () => this.wake());
  }

  /** What an earlier page of this browser left, unless another one is at it. */
  async restore() {
    const database = await this.#database();
    if (!database) return;
    const { state } = this.chat;
    const [kept, blobs] = await Promise.all([all(database, 'parcels'), all(database, 'blobs')]);
    for (const { id, room, thread, reply, user, text, items } of kept) {
      if (user !== (state.me?.user ?? null) || this.parcels.has(id)) continue;
      const release = await held(id);
      if (!release) continue;
      /** @type {Item[]} */
      const found = [];
      for (const { id: each, name, size, upload } of items) {
        const blob = blobs.find((blob) => blob.id === each)?.blob;
        if (blob instanceof Blob && blob.size === size) found.push({ id: each, name, size, blob, transfer: new Transfer({ size, upload }) });
      }
      const parcel = { id, room, thread, reply, user, text, items: found, release };
      this.parcels.set(id, parcel);
      if (found.length < items.length && text !== null) {
        // It was meant with all of them.
        this.unsend(parcel);
        this.#say('Some of the files that waited to be sent were not kept by this browser: choose them again.');
      }
      if (found.length === 0) this.#drop(id);
      if (!state.rooms.get(room)?.joined) this.leave(room);
    }
    if (this.chat.session.live) this.wake();
  }

  /** Adds files to what will be said next in the room or thread. @param {string} room @param {number | undefined} thread @param {Iterable<File>} files @returns {Promise<void>} */
  async add(room, thread, files) {
    const { state } = this.chat;
    const chosen = [...files];
    this.most ??= await this.#bound();
    let parcel = this.open(room, thread);
    if (!parcel) {
      const id = ulid();
      const release = (await held(id)) ?? (() => {});
      // Two handfuls that were dropped at the same moment are one message.
      parcel = this.open(room, thread) ?? { id, room, thread, user: state.me?.user ?? null, text: null, items: [], release };
      this.parcels.set(parcel.id, parcel);
    }
    for (const file of chosen) {
      if (parcel.items.length >= MOST) {
        this.#say(`A message has at most ${MOST} files: the others were left out.`);
        break;
      }
      const item = { id: ulid(), name: nameOf(file), size: file.size, blob: /** @type {Blob} */ (file), transfer: new Transfer({ size: file.size }) };
      parcel.items.push(item);
      if (file.size > (this.most ?? Infinity)) Object.assign(item.transfer, { state: 'failed', reason: this.most === 0 ? 'This chat takes no files.' : `Too big: a file here has at most ${sized(/** @type {number} */ (this.most))}, and this one ${sized(file.size)}.` });
      else this.#keepBlob(item);
    }
    this.#keep(parcel);
    this.#pump();
  }

  /** What will be said next in the room or thread. @param {string} room @param {number | undefined} thread */
  open(room, thread) {
    return [...this.parcels.values()].find((parcel) => parcel.room === room && parcel.thread === thread && parcel.text === null);
  }

  /** Sends what is in the tray with this text, now or once it is there; false: there is nothing, null: it cannot be. @param {string} room @param {string} text @param {{thread?: number | undefined, reply?: number | undefined}} to */
  send(room, text, { thread, reply }) {
    const parcel = this.open(room, thread);
    if (!parcel || parcel.items.length === 0) return false;
    if (parcel.items.some(({ transfer }) => transfer.state === 'failed')) {
      this.#say('One of the files cannot be sent: take it away first, or try it again.');
      return null;
    }
    Object.assign(parcel, { text, reply });
    const { drafts, store } = this.chat;
    const place = placeKey(room, thread);
    // Given up as a draft only when the parcel is on disk: there is no moment at which the text is nowhere.
    this.#keep(parcel).then(() => store.saveDraft(place, drafts.get(place) ?? ''));
    this.#settle(parcel);
    return true;
  }

  /** Back to the composer: it is not sent yet. @param {Parcel} parcel */
  unsend(parcel) {
    const { drafts } = this.chat;
    const place = placeKey(parcel.room, parcel.thread);
    const text = [parcel.text, drafts.get(place)].filter(Boolean).join('\n');
    const open = this.open(parcel.room, parcel.thread);
    this.chat.setDraft(place, text);
    parcel.text = null;
    if (open) {
      parcel.items.push(...open.items);
      this.#drop(open.id, false);
    }
    this.#keep(parcel);
  }

  /** @param {Parcel} parcel @param {Item} item */
  cancel(parcel, item) {
    this.#end(item);
    if (item.preview) URL.revokeObjectURL(item.preview);
    parcel.items = parcel.items.filter((other) => other !== item);
    this.#forget('blobs', item.id);
    if (parcel.items.length > 0) {
      this.#keep(parcel);
      return this.#settle(parcel);
    }
    // Its words are not lost with the last of its files.
    if (parcel.text) this.unsend(parcel);
    this.#drop(parcel.id);
  }

  /** @param {Parcel} parcel @param {Item} item */
  again(parcel, item) {
    item.transfer.again();
    this.#keep(parcel);
    this.#pump();
  }

  /** One is not in the room any more: nothing goes there, and words that waited for their files are a draft again. @param {string} room */
  leave(room) {
    for (const parcel of [...this.parcels.values()]) {
      if (parcel.room !== room) continue;
      for (const item of parcel.items) this.#end(item);
      if (parcel.text) this.unsend(parcel);
      this.#drop(parcel.id);
    }
  }

  /** @param {Item} item */
  #end(item) {
    const { upload, file } = item.transfer;
    item.transfer.cancel();
    item.request?.abort();
    clearTimeout(item.timer);
    if (upload !== undefined || file) request({ chat: this.chat, method: 'DELETE', path: upload ?? file?.file ?? '' }).catch(() => {});
  }

  /** The link is back. */
  wake() {
    for (const { items } of this.parcels.values()) for (const { transfer } of items) transfer.wake();
    this.#pump();
  }

  /** @param {string} room @param {number | undefined} thread */
  tray(room, thread) {
    const parcels = [...this.parcels.values()].filter((parcel) => parcel.room === room && parcel.thread === thread && parcel.items.length > 0);
    return parcels.length > 0 && h(Tray, { files: this, parcels });
  }

  /** @param {string} text */
  #say(text) {
    this.chat.state.notice = text;
    this.chat.draw();
  }

  async #bound() {
    const answer = await call('GET', 'about');
    const most = answer.ok ? /** @type {any} */ (answer.said).max_file : undefined;
    return typeof most === 'number' ? most : undefined;
  }

  /** Goes on with whatever can go on. */
  #pump() {
    for (const parcel of this.parcels.values()) {
      for (const item of parcel.items) {
        if (this.flying >= AT_ONCE) break;
        const now = performance.now();
        const step = item.transfer.next(now);
        if (step === null) continue;
        clearTimeout(item.timer);
        if (step.do === 'wait') item.timer = setTimeout(() => this.#pump(), step.until - now + 10);
        else this.#work(parcel, item, step);
      }
    }
    this.chat.draw();
  }

  /** @param {Parcel} parcel @param {Item} item @param {import('./transfer.js').Step} step */
  async #work(parcel, item, step) {
    const { transfer, blob } = item;
    this.flying += 1;
    try {
      if (step.do === 'announce') await this.#announce(parcel, item);
      else if (step.do !== 'wait') {
        const isPiece = step.do === 'piece';
        const onMove = (/** @type {number} */ bytes) => {
          transfer.moved(bytes, performance.now());
          this.chat.draw();
        };
        const { ok, said } = await request({
          chat: this.chat, method: isPiece ? 'PATCH' : 'GET', path: isPiece ? step.upload : `${step.upload}/offset`, item,
          ...(isPiece && { body: blob.slice(step.from, step.to), offset: step.from, onMove }),
        });
        if (transfer.state === 'cancelled') return;
        if (ok) transfer.reached(said, performance.now(), Math.random(), isPiece);
        else transfer.refused(said, performance.now(), Math.random());
      }
    } catch {
      const isReadable = await readable(blob, transfer.offset);
      if (transfer.state === 'going' && isReadable) transfer.broken(performance.now(), Math.random());
      // No connection will bring it.
      else if (transfer.state === 'going') transfer.refused({ code: 'unreadable', reason: 'This file cannot be read: it was changed or moved since you chose it, or is a folder.' }, performance.now(), 0);
    } finally {
      this.flying -= 1;
      item.request = undefined;
    }
    if (transfer.state === 'done') this.#keep(parcel);
    this.#settle(parcel);
    this.#pump();
  }

  /** @param {Parcel} parcel @param {Item} item */
  async #announce(parcel, item) {
    const { transfer, blob, name, size } = item;
    const sha256 = size <= HASHED && globalThis.crypto.subtle ? hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())) : undefined;
    if (transfer.state !== 'going') return;
    const { ok, said } = await request({ chat: this.chat, method: 'POST', path: '', item, body: JSON.stringify({ room: parcel.room, name, size, ...(sha256 && { sha256 }) }) });
    if (transfer.state !== 'going') return;
    if (ok) {
      transfer.announced(said);
      this.#keep(parcel);
    } else transfer.refused(said, performance.now(), Math.random());
  }

  /** Says what is complete. @param {Parcel} parcel */
  async #settle(parcel) {
    if (parcel.text === null || !this.parcels.has(parcel.id)) return this.chat.draw();
    const files = parcel.items.map(({ transfer }) => transfer.file);
    if (files.length === 0 || !files.every((file) => file !== undefined)) return this.chat.draw();
    this.parcels.delete(parcel.id);
    // The line is on disk before the parcel goes; one that is said twice has one id, and is one message.
    if (!this.chat.state.lines.some(({ id }) => id === parcel.id)) await this.chat.outbox.say(parcel.text, { id: parcel.id, room: parcel.room, files, ...(parcel.thread !== undefined && { thread: parcel.thread }), ...(parcel.reply !== undefined && { reply: parcel.reply }) });
    this.parcels.set(parcel.id, parcel);
    this.#drop(parcel.id);
  }

  /** @param {string} id @param {boolean} [blobs] its files go too */
  #drop(id, blobs = true) {
    const parcel = this.parcels.get(id);
    this.parcels.delete(id);
    this.#forget('parcels', id);
    for (const { id: each, preview } of blobs ? parcel?.items ?? [] : []) {
      if (preview) URL.revokeObjectURL(preview);
      this.#forget('blobs', each);
    }
    parcel?.release();
    this.chat.draw();
  }

  /** @param {Parcel} parcel */
  async #keep({ id, room, thread, reply, user, text, items }) {
    const kept = items.filter(({ transfer }) => transfer.state !== 'failed').map(({ id, name, size, transfer: { upload, file } }) => ({ id, name, size, upload: file?.file ?? upload }));
    await this.#write('parcels', (store) => store.put({ id, room, thread, reply, user, text, items: kept }));
  }

  /** A file that does not fit in this browser's storage goes as long as the page is there. @param {Item} item */
  #keepBlob({ id, blob }) {
    return this.#write('blobs', (store) => store.put({ id, blob }));
  }

  /** @param {'parcels' | 'blobs'} name @param {string} id */
  #forget(name, id) {
    return this.#write(name, (store) => store.delete(id));
  }

  /** Done when it is on disk, or cannot be. @param {'parcels' | 'blobs'} name @param {(store: IDBObjectStore) => void} work */
  async #write(name, work) {
    const database = await this.#database();
    try {
      const transaction = database?.transaction([name], 'readwrite');
      if (!transaction) return;
      const done = new Promise((resolve) => (transaction.oncomplete = transaction.onabort = resolve));
      work(transaction.objectStore(name));
      await done;
    } catch {
      // Closed since, or full: the page has it all the same.
    }
  }

  #database() {
    this.opened ??= new Promise((resolve) => {
      try {
        localStorage.setItem(UPLOADS, '1');
        const asked = indexedDB.open(UPLOADS, 1);
        asked.onupgradeneeded = () => ['parcels', 'blobs'].forEach((name) => asked.result.createObjectStore(name, { keyPath: 'id' }));
        asked.onsuccess = () => {
          const database = asked.result;
          // Somebody signs out: nothing of theirs stays.
          database.onversionchange = () => database.close();
          resolve(database);
        };
        asked.onerror = asked.onblocked = () => resolve(null);
      } catch {
        resolve(null);
      }
    });
    return this.opened;
  }
}

/**
 * A request about files, by which bytes can be counted while they go.
 * @param {{chat: Chat, method: string, path: string, item?: Item, body?: Blob | string, offset?: number, onMove?: (bytes: number) => void}} asked
 * @returns {Promise<{ok: boolean, said: any}>} rejected where there was no answer
 */
function request({ chat, method, path, item, body, offset, onMove }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, `/api/files${path && `/${path}`}`);
    const { me } = chat.state;
    if (me?.guest && chat.session.token) xhr.setRequestHeader('authorization', `Bearer ${chat.session.token}`);
    if (body !== undefined) xhr.setRequestHeader('content-type', typeof body === 'string' ? 'application/json' : 'application/octet-stream');
    if (offset !== undefined) xhr.setRequestHeader('upload-offset', String(offset));
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let patience;
    const heard = () => {
      clearTimeout(patience);
      patience = setTimeout(() => xhr.abort(), PATIENCE_MS);
    };
    const over = () => clearTimeout(patience);
    xhr.onprogress = heard;
    xhr.upload.onprogress = ({ loaded }) => {
      heard();
      onMove?.(loaded);
    };
    xhr.onload = () => {
      over();
      try {
        const said = xhr.status === 204 ? {} : JSON.parse(xhr.responseText);
        const ok = xhr.status >= 200 && xhr.status < 300;
        resolve({ ok, said: ok ? said : { ...said, code: String(said.code), reason: sentence(said.reason) } });
      } catch {
        reject(new Error('no answer'));
      }
    };
    xhr.onerror = xhr.onabort = () => {
      over();
      reject(new Error('no answer'));
    };
    if (item) item.request = xhr;
    heard();
    xhr.send(body ?? null);
  });
}

/** Takes a parcel for this tab: what lets go of it, or null where another tab has it. @param {string} id @returns {Promise<(() => void) | null>} */
function held(id) {
  if (!navigator.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    navigator.locks.request(`chat.upload.${id}`, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((release) => resolve(() => release(undefined)));
    }).catch(() => resolve(null));
  });
}

/** A file that somebody chose may be another by now, or none; one that is gone is empty, and only all of it says so. @param {Blob} blob @param {number} at */
function readable(blob, at) {
  return (blob.size === 0 ? blob : blob.slice(at, at + 1)).arrayBuffer().then(() => true, () => false);
}

/** @param {IDBDatabase} database @param {string} name @returns {Promise<any[]>} */
function all(database, name) {
  return new Promise((resolve) => {
    try {
      const asked = database.transaction([name]).objectStore(name).getAll();
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve([]);
    } catch {
      resolve([]);
    }
  });
}

/** What was pasted has the same name always: that it is from now tells more. @param {File} file */
function nameOf({ name, type }) {
  if (name !== '' && name !== 'image.png') return name;
  const now = new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
  return `Pasted ${now}.${/^\w+\/([\w]+)/.exec(type)?.[1] ?? 'bin'}`;
}

/** @param {ArrayBuffer} bytes */
function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
