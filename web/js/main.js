// Wires the parts: what the person does goes to the session and the store, what the session tells goes to the state,
// and the state to the screen. The only module that knows all of them.

import { Session } from './session.js';
import { Socket } from './socket.js';
import { Store, inTurn, ulid } from './store.js';
import * as model from './state.js';
import { Screen } from './view/app.js';

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./session.js').Output} Output
 * @typedef {import('./store.js').Kept} Kept
 */

const CLIENT = 'chat-web/0.1.0';
/** Events asked for at a time. */
const PAGE = 100;
const TYPING_RENEW_MS = 3_000;
const IDLE_MS = 5 * 60_000;
const SAVE_MS = 500;
/** After a refusal that does not say how long to wait. */
const RETRY_MS = 2_000;

/** Everything the views may do. */
export class Chat {
  /** @param {Store} store @param {import('./store.js').Everything} kept */
  constructor(store, kept) {
    this.store = store;
    this.state = model.initial();
    this.screen = new Screen(this);
    this.named = kept.identity.name !== undefined;
    /** A name taken without a link. @type {string | undefined} */
    this.wish = undefined;
    this.drafts = kept.drafts;
    this.#restore(kept);
    this.session = new Session({
      client: CLIENT,
      conn: ulid(),
      token: kept.identity.token,
      name: kept.identity.name,
      epoch: kept.identity.epoch,
      rooms: Object.fromEntries(kept.rooms.map((room) => [room.room, room.last])),
    });
    const url = new URL('ws', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    this.socket = new Socket({ session: this.session, url: url.href, onOutput: (output) => this.#told(output) });
    this.channel = new BroadcastChannel('chat');
    this.channel.onmessage = ({ data }) => this.#heard(data);
    this.sending = false;
    this.releaseLock = () => {};
    /** Lines are kept one after the other, so that the disk has them in the order they were written. @type {Promise<unknown>} */
    this.saying = Promise.resolve();
    this.typedAt = -Infinity;
    this.idle = false;
    this.everLive = false;
    /** The history that the store's rooms belong to. */
    this.epoch = kept.identity.epoch;
    /** Rooms, and rooms whose drafts, are not on disk yet. @type {Set<string>} */
    this.unsaved = new Set();
    /** @type {Set<string>} */
    this.unsavedDrafts = new Set();
    /** Rooms whose end was missed while another page of them was on its way. @type {Set<string>} */
    this.ensureAgain = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.saveTimer = undefined;
  }

  start() {
    const look = () => this.#look();
    for (const kind of ['focus', 'blur']) addEventListener(kind, look);
    document.addEventListener('visibilitychange', look);
    addEventListener('pagehide', () => this.#save(true));
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => this.#active(), { passive: true });
    this.#active();
    this.#look();
    this.socket.start();
    this.draw();
  }

  /** @param {string} text */
  say(text) {
    const entry = { id: ulid(), room: this.state.active, text, user: this.state.me?.user ?? null, at: Date.now() };
    this.#show(entry, 'saving');
    // Given up only when the line is on disk: there is no moment at which the text is nowhere.
    this.store.saveDraft(entry.room, text);
    this.drafts.delete(entry.room);
    this.typing(false);
    const room = model.roomOf(this.state, entry.room);
    room.mark = null;
    model.seen(this.state, room);
    this.#inOrder(() => this.#send(entry));
  }

  /** @param {string} id */
  retry(id) {
    const line = this.state.lines.find((line) => line.id === id);
    if (!line) return;
    // An id that was used for something else, or by somebody else, cannot be used again.
    const entry = { id: line.code === 'id_reused' || line.code === 'other' ? ulid() : id, room: line.room, text: line.text, user: this.state.me?.user ?? null, at: Date.now() };
    model.drop(this.state, id, true);
    this.channel.postMessage({ is: 'gone', id });
    this.#show(entry, 'saving');
    this.#inOrder(() => this.#send(entry, id));
  }

  /** @param {string} id */
  discard(id) {
    model.drop(this.state, id);
    this.socket.do((now) => this.session.withdraw((entry) => entry.id === id, now));
    this.channel.postMessage({ is: 'gone', id });
    this.#inOrder(() => this.store.forget(id));
    this.draw();
  }

  /** @param {string} room */
  open(room) {
    this.typing(false);
    model.open(this.state, room);
    this.store.saveIdentity({ active: room });
    this.#ensure(room);
    this.draw();
  }

  /** @param {number} by */
  step(by) {
    const keys = [...this.state.rooms.keys()];
    this.open(/** @type {string} */ (keys.at((keys.indexOf(this.state.active) + by) % keys.length)));
  }

  /** Joins or makes a room. @param {'join' | 'create'} type @param {string} name @returns {Promise<string>} why not, or '' */
  async enter(type, name) {
    const answer = await this.socket.ask({ type, room: name });
    if (answer?.type === 'ok' && answer.room) {
      model.informed(model.roomOf(this.state, answer.room.room), answer.room);
      this.unsaved.add(answer.room.room);
      this.open(answer.room.room);
      return '';
    }
    return reason(answer);
  }

  /** Leaves, unless that would lose lines: they are discarded only if that is wished. @param {string} room @param {boolean} [discard] @returns {number} how many lines wait */
  leave(room, discard = false) {
    const lines = model.unsent(this.state, room);
    if (lines.length > 0 && !discard) return lines.length;
    for (const { id } of lines) this.discard(id);
    this.socket.do(() => this.session.leave(room));
    this.#gone(room);
    return 0;
  }

  /** The open rooms, or null while there is no answer to be had. */
  async list() {
    const rooms = await this.socket.ask({ type: 'rooms' });
    return rooms?.type === 'rooms' ? rooms.rooms : null;
  }

  /** @param {string} name @returns {Promise<string>} why not, or '' */
  async rename(name) {
    if (await this.socket.soonLive()) {
      const answer = await this.socket.ask({ type: 'nick', name });
      if (answer?.type !== 'ok') return reason(answer);
      name = answer.name ?? name;
    } else {
      this.session.name = name;
      this.wish = name;
    }
    this.named = true;
    this.store.saveIdentity({ name });
    if (this.state.me) this.state.me = { ...this.state.me, name };
    this.draw();
    return '';
  }

  /** Loads what is before the oldest event held. @param {string} key */
  async older(key) {
    const room = model.roomOf(this.state, key);
    const before = room.stretches[0]?.[0];
    if (before === undefined || before <= room.first || room.loading || !this.session.live) return;
    const answer = await this.#page(room, { before });
    // An answer that does not lead on is the end, whatever it says.
    if (answer?.type === 'history') room.first = Math.max(room.first, !answer.more ? answer.first : room.stretches[0]?.[0] === before ? before : 0);
    room.version += 1;
    this.draw();
  }

  /** Loads the end of a missing stretch. @param {string} key @param {number} to */
  fill = (key, to) => this.#page(model.roomOf(this.state, key), { before: to + 1 });

  /** @param {boolean} on */
  typing(on) {
    const now = performance.now();
    if (on ? now - this.typedAt < TYPING_RENEW_MS : this.typedAt === -Infinity) return;
    this.typedAt = on ? now : -Infinity;
    this.socket.do(() => this.session.signal({ type: 'typing', room: this.state.active, on }));
  }

  /** @param {string} room @param {string} text */
  setDraft(room, text) {
    if (text === '') this.drafts.delete(room);
    else this.drafts.set(room, text);
    this.unsavedDrafts.add(room);
    this.#saveSoon();
  }

  /** The timeline's end is on screen, or not any more. @param {boolean} atEnd */
  setAtEnd(atEnd) {
    const room = model.roomOf(this.state, this.state.active);
    if (room.atEnd !== atEnd) this.draw();
    room.atEnd = atEnd;
  }

  dismiss() {
    this.state.notice = null;
    this.state.trouble = null;
    this.draw();
  }

  reconnect() {
    this.socket.do((now) => {
      this.session.handleWake(now);
      this.session.start(now);
    });
  }

  draw() {
    this.screen.draw();
  }

  /** @param {import('./store.js').Everything} kept */
  #restore({ identity, rooms, events, outbox }) {
    if (identity.user && identity.name) this.state.me = { user: identity.user, name: identity.name, guest: true };
    for (const { from, last, ...known } of rooms) {
      const room = model.roomOf(this.state, known.room);
      Object.assign(room, known, { joined: true });
      if (from <= last) model.cover(room, from, last, events.get(known.room) ?? []);
    }
    model.roomOf(this.state, 'lobby');
    model.open(this.state, this.state.rooms.has(identity.active ?? '') ? /** @type {string} */ (identity.active) : 'lobby');
    for (const entry of outbox) this.#show(entry);
  }

  /** @param {Kept} entry @param {'saving' | 'queued'} [state] */
  #show({ id, room, text, user, at, failed }, state = 'queued') {
    if (this.state.lines.some((line) => line.id === id)) return;
    this.state.lines = [...this.state.lines, { id, room, text, user, at, state: failed ? 'failed' : state, ...failed }];
    this.state.version += 1;
    model.roomOf(this.state, room).version += 1;
    this.draw();
  }

  /** One that fails holds up none of the others. @param {() => Promise<void>} work */
  #inOrder(work) {
    this.saying = this.saying.then(work).catch(reportError);
  }

  /** On disk first, then on the wire, or to the tab that sends. @param {Kept} entry @param {string} [instead] the line that it replaces */
  async #send(entry, instead) {
    await this.store.keep(entry, instead);
    // Discarded meanwhile, or its room is gone.
    if (!this.state.lines.some((line) => line.id === entry.id && line.state !== 'failed')) return;
    this.#told({ is: 'line', id: entry.id, state: 'queued' });
    this.store.saveDraft(entry.room, this.drafts.get(entry.room) ?? '');
    this.channel.postMessage({ is: 'queued', entry });
    if (this.sending) this.socket.do((now) => this.session.queue(entry, now));
  }

  /** @param {Output} output */
  #told(output) {
    model.update(this.state, output, performance.now());
    switch (output.is) {
      case 'link':
        if (output.link.state === 'live') this.everLive = true;
        else this.releaseLock();
        break;
      case 'stored':
        this.channel.postMessage(output);
        this.store.forget(output.id);
        break;
      case 'line':
        this.channel.postMessage(output);
        break;
      case 'failed':
        this.channel.postMessage(output);
        this.store.fail(output.id, { code: output.code, reason: output.reason });
        break;
      case 'frame':
        this.#framed(output.frame);
    }
    this.draw();
  }

  /** @param {ServerFrame} frame */
  #framed(frame) {
    switch (frame.type) {
      case 'welcome': {
        const { token, epoch, user } = frame;
        this.store.saveIdentity({ token, epoch, user: user.user, ...(this.named && { name: this.wish ?? user.name }) }, this.epoch !== undefined && this.epoch !== epoch);
        this.epoch = epoch;
        if (this.idle) this.session.signal({ type: 'presence', state: 'idle' });
        for (const { room } of frame.rooms) this.unsaved.add(room);
        this.#wished(user.name);
        this.#claim();
        return this.#ensure(this.state.active);
      }
      case 'reset':
        if (frame.why === 'gone') return this.#gone(frame.room);
        if (frame.why !== 'too_old') this.store.dropRoom(frame.room);
        this.#ensure(frame.room);
        break;
      case 'typing':
        this.#expire();
        return;
      case 'join':
      case 'leave':
        if ((frame.names ?? []).length === 0) this.#members(frame.room);
        return;
      case 'ok':
        if (frame.room && this.session.cursors.has(frame.room.room)) {
          model.informed(model.roomOf(this.state, frame.room.room), frame.room);
          this.unsaved.add(frame.room.room);
        } else if (frame.room) this.#gone(frame.room.room);
        break;
    }
    if ('room' in frame && typeof frame.room === 'string') this.unsaved.add(frame.room);
    this.#saveSoon();
  }

  /** What other tabs of this browser tell: what they wrote, and what became of it. @param {any} data */
  #heard(data) {
    if (data.is === 'queued') {
      this.#show(data.entry);
      this.socket.do((now) => (this.sending ? this.session.queue(data.entry, now) : this.session.handleWake(now)));
    } else if (data.is === 'gone') {
      model.drop(this.state, data.id);
      this.socket.do((now) => this.session.withdraw((entry) => entry.id === data.id, now));
    } else model.update(this.state, data, performance.now());
    this.draw();
  }

  /** While connected, one tab at a time sends what all of them wrote. */
  #claim() {
    const user = this.state.me?.user ?? '';
    const over = new AbortController();
    this.releaseLock = () => over.abort();
    const send = async () => {
      if (over.signal.aborted) return;
      this.sending = true;
      const entries = await this.store.outbox(user);
      if (!over.signal.aborted) {
        const waiting = entries.filter((entry) => !entry.failed);
        this.socket.do((now) => this.session.takeOutbox(waiting, now));
        await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
      }
      this.sending = false;
      this.session.releaseOutbox();
    };
    inTurn(over.signal, send);
  }

  /** The greeting may have been on its way before the name was taken. @param {string} now what one is called by the server */
  async #wished(now) {
    const { wish } = this;
    this.wish = undefined;
    const error = wish === undefined || wish === now ? '' : await this.rename(wish);
    if (error !== '') this.state.notice = `You are ${now} here: ${error}`;
  }

  /** Asks for what a room on screen needs and does not have. @param {string} key */
  #ensure(key) {
    const room = this.state.rooms.get(key);
    if (!room || !this.session.live) return;
    this.#members(key);
    const end = room.stretches.at(-1)?.[1];
    if (end !== undefined && !(room.synced && end < room.head)) return;
    if (room.loading) this.ensureAgain.add(key);
    else this.#page(room, {});
  }

  /** @param {string} room */
  #members(room) {
    if (room === this.state.active) this.socket.ask({ type: 'members', room });
  }

  /** @param {model.Room} room @param {{before?: number, after?: number}} place */
  async #page(room, place) {
    if (room.loading) return null;
    room.loading = true;
    room.version += 1;
    this.state.version += 1;
    const answer = await this.socket.ask({ type: 'history', room: room.room, limit: PAGE, ...place });
    // What is missing is asked for whenever the room is drawn: not at once, if that was refused.
    if (answer?.type === 'error') await new Promise((resolve) => setTimeout(resolve, answer.retry_ms ?? RETRY_MS));
    room.loading = false;
    room.version += 1;
    this.state.version += 1;
    if (this.ensureAgain.delete(room.room)) this.#ensure(room.room);
    this.draw();
    return answer;
  }

  /** @param {string} room */
  #gone(room) {
    // What still waits for it is not sent behind anybody's back when the room is joined again.
    for (const line of model.unsent(this.state, room)) {
      if (line.state === 'failed') continue;
      this.socket.do((now) => this.session.withdraw((entry) => entry.id === line.id, now));
      this.#told({ is: 'failed', id: line.id, code: 'not_joined', reason: 'You are not in this room any more.' });
    }
    model.left(this.state, room);
    this.unsaved.delete(room);
    this.store.dropRoom(room);
    this.#ensure(this.state.active);
    this.draw();
  }

  #look() {
    model.watch(this.state, document.visibilityState === 'visible' && document.hasFocus());
    if (document.visibilityState === 'hidden') this.#save(true);
    this.draw();
  }

  /** What is on screen at the end of the timeline, in a window that is looked at, has been read. */
  seen() {
    const room = this.state.rooms.get(this.state.active);
    if (room && this.state.watching && room.atEnd && model.seen(this.state, room)) {
      this.unsaved.add(room.room);
      this.#saveSoon();
    }
  }

  #active() {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.#presence(true), IDLE_MS);
    if (this.idle) this.#presence(false);
  }

  /** @param {boolean} idle */
  #presence(idle) {
    this.idle = idle;
    this.socket.do(() => this.session.signal({ type: 'presence', state: idle ? 'idle' : 'online' }));
  }

  #expire() {
    clearTimeout(this.typingTimer);
    const next = model.expire(this.state, performance.now());
    if (next < Infinity) this.typingTimer = setTimeout(() => this.#expire(), next - performance.now() + 10);
    this.draw();
  }

  #saveSoon() {
    this.saveTimer ??= setTimeout(() => this.#save(), SAVE_MS);
  }

  /** @param {boolean} [leaving] the page may not be there any more at the next moment */
  #save(leaving = false) {
    clearTimeout(this.saveTimer);
    this.saveTimer = undefined;
    for (const key of this.unsaved) {
      const room = this.state.rooms.get(key);
      const cursor = this.session.cursors.get(key);
      if (!room || cursor === undefined) continue;
      const [from, last] = room.stretches.at(-1) ?? [cursor + 1, cursor];
      const { title, topic, first, head, read } = room;
      this.store.saveRoom({ room: key, title, topic, first, head, read, from, last }, room.events.filter(({ seq }) => seq >= from));
    }
    this.unsaved.clear();
    for (const key of this.unsavedDrafts) this.store.saveDraft(key, this.drafts.get(key) ?? '');
    this.unsavedDrafts.clear();
    // Another tab of this browser may have written over what is in this one's composer.
    if (leaving) for (const [key, text] of this.drafts) this.store.saveDraft(key, text);
  }
}

/** @param {ServerFrame | null} answer */
function reason(answer) {
  if (answer?.type === 'error') return answer.reason;
  return 'Not connected: try again in a moment.';
}

/** What the store told before there was anything to show it. */
const trouble = { chat: /** @type {Chat | null} */ (null), text: /** @type {string | null} */ (null) };
const store = await Store.open({
  onTrouble: (text) => {
    trouble.text = text;
    if (trouble.chat) trouble.chat.state.trouble = text;
    trouble.chat?.draw();
  },
});
const kept = await store.load();
const chat = new Chat(store, kept);
trouble.chat = chat;
chat.state.trouble = trouble.text;
chat.start();
