// The shell: around the session one WebSocket, one timer, and the browser's hints that it is time to look again; the outbox,
// shared by all tabs of a browser; and what of the page is fetched later.

import { Session, SUBPROTOCOL } from './session.js';
import * as model from './state.js';
import { inTurn, isAnothers, ulid } from './store.js';

const SOON_MS = 3_000;
const TYPING_RENEW_MS = 3_000;
const IDLE_MS = 5 * 60_000;

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./store.js').Kept} Kept
 */

export class Socket {
  /**
   * @param {{session: Session, url: string, onOutput: (output: import('./session.js').Output) => void}} options
   */
  constructor({ session, url, onOutput }) {
    this.session = session;
    this.url = url;
    this.onOutput = onOutput;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.flushing = false;
    /** Who waits for the answer to which question. @type {Map<number, (frame: ServerFrame | null) => void>} */
    this.answers = new Map();
    /** Whose answers only whoever asked learns. @type {Set<number>} */
    this.quiet = new Set();
    /** Who waits for a durable command, by its id. @type {Map<string, (error: string | null) => void>} */
    this.deeds = new Map();
    this.onLive = () => {};
  }

  /** Connects, and goes on doing so. */
  start() {
    const wake = () => {
      if (document.visibilityState === 'visible') this.do((now) => this.session.handleWake(now));
    };
    addEventListener('online', wake);
    addEventListener('focus', wake);
    addEventListener('pageshow', wake);
    document.addEventListener('visibilitychange', wake);
    this.do((now) => this.session.start(now));
  }

  /** Ends the link for good: the page goes. */
  stop() {
    this.#drop();
    this.onOutput = () => {};
  }

  /** Lets the session work and carries out what it says. @template T @param {(now: number) => T} work @returns {T} */
  do(work) {
    const result = work(performance.now());
    this.#flush();
    return result;
  }

  /** Asks a question; null: there was no link, or it ended before the answer. One asked `quietly` is answered to whoever asks, and to nobody else. @param {any} question @param {boolean} [quietly] @returns {Promise<ServerFrame | null>} */
  ask(question, quietly = false) {
    return new Promise((resolve) => {
      const ref = this.do(() => {
        const ref = this.session.ask(question);
        if (ref !== 0) this.answers.set(ref, resolve);
        if (ref !== 0 && quietly) this.quiet.add(ref);
        return ref;
      });
      if (ref === 0) resolve(null);
    });
  }

  /** Sends a durable command that is not kept for later. @param {any} command with its `id` @returns {Promise<string | null>} why not, '' once it is stored; null: no link, or it ended before the answer */
  deed(command) {
    if (!this.session.live) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.deeds.set(command.id, resolve);
      this.do(() => this.session.signal(command));
    });
  }

  /** @param {string} id @param {string | null} error */
  #did(id, error) {
    this.deeds.get(id)?.(error);
    this.deeds.delete(id);
  }

  /** On a first visit the name is often typed before the first answer: it is worth a short wait. @returns {Promise<boolean>} */
  soonLive() {
    const { live, phase } = this.session;
    if (live || phase === 'waiting' || phase === 'stopped') return Promise.resolve(live);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(this.session.live), SOON_MS);
      this.onLive = () => {
        clearTimeout(late);
        resolve(true);
      };
    });
  }

  /** Answering an output may make the session say more: that goes behind, so that the order holds. */
  #flush() {
    if (this.flushing) return;
    this.flushing = true;
    for (let outputs = this.session.drain(); outputs.length > 0; outputs = this.session.drain()) {
      for (const output of outputs) {
        try {
          this.#carryOut(output);
        } catch (error) {
          // One output that fails takes neither the others nor the link with it.
          reportError(error);
        }
      }
    }
    this.flushing = false;
    this.#arm();
  }

  /** @param {import('./session.js').Output} output */
  #carryOut(output) {
    if (output.is === 'connect') this.#connect();
    else if (output.is === 'send') this.#send(output.text);
    else if (output.is === 'drop') this.#drop();
    else if (output.is !== 'frame' || !('ref' in output.frame) || !this.quiet.has(output.frame.ref ?? 0)) this.onOutput(output);
    if (output.is === 'link' && output.link.state === 'live') this.onLive();
    if (output.is === 'stored') this.#did(output.id, '');
    if (output.is === 'frame' && output.frame.type === 'error' && output.frame.id !== undefined) this.#did(output.frame.id, output.frame.reason);
    if (output.is === 'link' && output.link.state !== 'live') for (const id of [...this.deeds.keys()]) this.#did(id, null);
    if (output.is !== 'answer') return;
    this.answers.get(output.ref)?.(output.frame);
    this.answers.delete(output.ref);
    this.quiet.delete(output.ref);
  }

  #arm() {
    clearTimeout(this.timer);
    const deadline = this.session.deadline();
    if (deadline === null) return;
    const wait = Math.max(0, Math.ceil(deadline - performance.now()));
    this.timer = setTimeout(() => this.do((now) => this.session.handleTime(now, Math.random())), wait);
  }

  #connect() {
    this.#drop();
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => this.socket === socket && this.do((now) => this.session.handleOpen(now));
    socket.onmessage = ({ data }) => {
      if (this.socket === socket && typeof data === 'string') this.do((now) => this.session.handleText(data, now));
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.do((now) => this.session.handleClose(code, now, Math.random()));
    };
  }

  /** @param {string} text */
  #send(text) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** A dropped link says nothing more: not even that it closed. */
  #drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

/** What is said now or never: that somebody types, and whether they are there. */
export class Signals {
  /** @param {Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.typedAt = -Infinity;
    this.typedIn = '';
    this.idle = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => this.#active(), { passive: true });
    this.#active();
  }

  /** @param {string} room @param {boolean} on @param {number} [thread] */
  typing(room, on, thread) {
    const now = performance.now();
    const place = model.placeKey(room, thread);
    if (on ? now - this.typedAt < TYPING_RENEW_MS && this.typedIn === place : this.typedAt === -Infinity || this.typedIn !== place) return;
    Object.assign(this, { typedAt: on ? now : -Infinity, typedIn: place });
    this.#say({ type: 'typing', room, on, ...(thread !== undefined && { thread }) });
  }

  /** A new link knows nothing yet. */
  again() {
    if (this.idle) this.#presence(true);
  }

  #active() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#presence(true), IDLE_MS);
    if (this.idle) this.#presence(false);
  }

  /** @param {boolean} idle */
  #presence(idle) {
    this.idle = idle;
    this.#say({ type: 'presence', state: idle ? 'idle' : 'online' });
  }

  /** @param {import('./protocol.js').ClientFrame} frame */
  #say(frame) {
    this.socket.do(() => this.socket.session.signal(frame));
  }
}

/** What one wrote until the server has it: on disk first, then on the wire. All tabs of a browser share it, and one at a time sends. */
export class Outbox {
  /** @param {import('./main.js').Chat} chat */
  constructor(chat) {
    this.chat = chat;
    this.channel = new BroadcastChannel('chat');
    this.channel.onmessage = ({ data }) => this.#heard(data);
    this.sending = false;
    /** Lets another tab send. */
    this.release = () => {};
    /** Lines are kept one after the other, so that the disk has them in the order they were written. @type {Promise<unknown>} */
    this.saying = Promise.resolve();
  }

  /**
   * Says it in the room that is open, or in a thread of it; where a `room` is named, what is being written there is left alone.
   * @param {string} text @param {Pick<Kept, 'reply' | 'thread' | 'files'> & {id?: string, room?: string}} [more]
   */
  say(text, { id = ulid(), room: key, ...more } = {}) {
    const { state, store, drafts, signals } = this.chat;
    const entry = this.#entry(id, key ?? state.active, text, more);
    const place = model.placeKey(entry.room, entry.thread);
    this.show(entry, 'saving');
    if (key !== undefined) return this.#inOrder(() => this.#send(entry));
    // Given up only when the line is on disk: there is no moment at which the text is nowhere.
    store.saveDraft(place, text);
    drafts.delete(place);
    this.chat.shared?.written(place);
    signals.typing(entry.room, false, entry.thread);
    const room = model.roomOf(state, entry.room);
    if (entry.thread === undefined) {
      Object.assign(room, { mark: null, kept: false });
      model.seen(state, room);
    }
    return this.#inOrder(() => this.#send(entry));
  }

  /** Does something to a message, or to a line that waits. @param {string} room @param {import('./store.js').Change} change @param {string} [text] of an edit */
  change(room, change, text = '') {
    const { state } = this.chat;
    // What one did to it before and was not sent is over by this.
    const before = state.lines.filter((line) => line.state === 'failed' && line.room === room && line.change?.type === change.type && line.change.target === change.target);
    for (const { id } of before) this.discard(id);
    const entry = this.#entry(ulid(), room, text, { change });
    this.show(entry, 'saving');
    this.#inOrder(() => this.#send(entry));
  }

  /** @param {string} id */
  retry(id) {
    const { state } = this.chat;
    const line = state.lines.find((line) => line.id === id);
    if (!line) return;
    const { room, text, files, change, code } = line;
    const { reply, thread } = code === 'restored' ? /** @type {Partial<typeof line>} */ ({}) : line;
    // An id that was used for something else, or by somebody else, cannot be used again.
    const entry = this.#entry(code === 'id_reused' || code === 'other' ? ulid() : id, room, text, { reply, thread, files, change });
    model.drop(state, id, true);
    this.tell({ is: 'gone', id });
    this.show(entry, 'saving');
    this.#inOrder(() => this.#send(entry, id));
  }

  /** @param {string} id */
  discard(id) {
    const { state, store, session, socket } = this.chat;
    model.drop(state, id);
    socket.do((now) => session.withdraw((entry) => entry.id === id, now));
    this.tell({ is: 'gone', id });
    this.#inOrder(() => store.forget(id));
    this.chat.draw();
  }

  /** @param {Kept} entry @param {'saving' | 'queued'} [as] */
  show({ failed, n: _, account: __, ...line }, as = 'queued') {
    const { state } = this.chat;
    if (state.lines.some(({ id }) => id === line.id)) return;
    state.lines = [...state.lines, { ...line, state: failed ? 'failed' : as, ...failed }];
    state.version += 1;
    model.roomOf(state, line.room).version += 1;
    this.chat.draw();
  }

  /** Tells the other tabs. @param {object} what */
  tell(what) {
    this.channel.postMessage(what);
  }

  /** While connected, one tab at a time sends what all of them wrote. */
  claim() {
    const { state, store, session, socket } = this.chat;
    const user = state.me?.user ?? '';
    const over = new AbortController();
    this.release = () => over.abort();
    const send = async () => {
      if (over.signal.aborted) return;
      this.sending = true;
      const entries = await store.outbox(user);
      if (!over.signal.aborted) {
        const waiting = entries.filter((entry) => !entry.failed && !isAnothers(entry, user));
        socket.do((now) => session.takeOutbox(waiting, now));
        await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
      }
      this.sending = false;
      session.releaseOutbox();
    };
    inTurn(over.signal, send);
  }

  /** @param {string} id @param {string} room @param {string} text @param {Pick<Kept, 'reply' | 'thread' | 'files' | 'change'>} more @returns {Kept} */
  #entry(id, room, text, more) {
    const { me } = this.chat.state;
    const rest = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
    const isAbout = [more.reply, more.thread, more.change?.target].some((place) => typeof place === 'number');
    return { id, room, text, ...rest, user: me?.user ?? null, at: Date.now(), ...(me?.guest === false && { account: true }), ...(isAbout && { epoch: this.chat.epoch }) };
  }

  /** One that fails holds up none of the others. @param {() => Promise<void>} work */
  #inOrder(work) {
    this.saying = this.saying.then(work).catch(reportError);
    return this.saying;
  }

  /** On disk first, then on the wire, or to the tab that sends. @param {Kept} entry @param {string} [instead] the line that it replaces */
  async #send(entry, instead) {
    const { state, store, drafts, session, socket } = this.chat;
    await store.keep(entry, instead);
    // Discarded meanwhile, or its room is gone.
    if (!state.lines.some((line) => line.id === entry.id && line.state !== 'failed')) return;
    this.chat.told({ is: 'line', id: entry.id, state: 'queued' });
    const place = model.placeKey(entry.room, entry.thread);
    if (!entry.change) store.saveDraft(place, drafts.get(place) ?? '');
    this.tell({ is: 'queued', entry });
    if (this.sending) socket.do((now) => session.queue(entry, now));
  }

  /** What other tabs of this browser tell: what they wrote, and what became of it. @param {any} data */
  #heard(data) {
    const { state, session, socket } = this.chat;
    if (data.is === 'queued') {
      this.show(data.entry);
      socket.do((now) => (this.sending ? session.queue(data.entry, now) : session.handleWake(now)));
    } else if (data.is === 'gone') {
      model.drop(state, data.id);
      socket.do((now) => session.withdraw((entry) => entry.id === data.id, now));
    } else model.update(state, data, performance.now());
    this.chat.draw();
  }
}

/**
 * Files that were picked, and are not in the tray yet: what takes them is fetched with the first of them. What is sent
 * meanwhile goes with them, or back to the composer where they cannot be had: no message goes without its files.
 */
export class Intake {
  /** @param {import('./main.js').Chat} chat */
  constructor(chat) {
    this.chat = chat;
    /** What is on its way to the tray of a room or a thread: how many files, and whether they came there. @type {Map<string, {count: number, done: Promise<boolean>}>} */
    this.coming = new Map();
    /** What could not be taken in: it is tried again with the next message. @type {Map<string, File[]>} */
    this.lost = new Map();
    /** What an earlier page left is looked for: it may be for any room. @type {Promise<boolean> | undefined} */
    this.left = undefined;
  }

  /** @param {string} room @param {number | undefined} thread @param {File[]} chosen */
  take(room, thread, chosen) {
    const place = model.placeKey(room, thread);
    const all = [...(this.lost.get(place) ?? []), ...chosen];
    this.lost.delete(place);
    this.#inTurn(place, all.length, (areThere) => this.#files().then((files) => files.add(room, thread, all)).then(() => areThere, (error) => {
      this.lost.set(place, all);
      throw error;
    }));
  }

  restore() {
    this.left ??= this.#files().then((files) => files.restore()).then(() => true, this.#failed).finally(() => (this.left = undefined));
  }

  /**
   * Sends what is in the tray with this text, now or once it is there; false: there is nothing, null: it cannot be.
   * @param {string} room @param {string} text @param {{thread?: number | undefined, aim?: model.Aim | undefined}} to
   */
  send(room, text, { thread, aim }) {
    const { chat } = this;
    const place = model.placeKey(room, thread);
    const reply = aim?.reply?.seq;
    if (this.lost.has(place)) this.take(room, thread, []);
    const isReady = !this.coming.has(place) && !this.left;
    const sent = isReady && (chat.files?.send(room, text, { thread, reply }) ?? false);
    if (isReady && !sent) return sent;
    // On disk it stays what is being written, until it is what is being sent.
    chat.drafts.delete(place);
    chat.saver.written.delete(place);
    chat.store.saveDraft(place, text);
    chat.shared?.written(place);
    if (!isReady) this.#inTurn(place, 0, async (areThere) => {
      const sent = areThere && (await (this.left ?? true)) ? chat.files?.send(room, text, { thread, reply }) ?? false : null;
      const draft = chat.drafts.get(place) ?? '';
      if (sent === false && text.trim() !== '') chat.outbox.say(text, { room, thread, reply });
      if (sent === null && aim) chat.aim(room, thread, aim);
      if (!sent) chat.setDraft(place, sent === null ? [text, draft].filter(Boolean).join('\n') : draft);
      return true;
    });
    return true;
  }

  /** One thing after the other at each tray, told whether those before it went well. @param {string} place @param {number} count @param {(areThere: boolean) => Promise<boolean>} work */
  #inTurn(place, count, work) {
    const before = this.coming.get(place);
    const done = (before?.done ?? Promise.resolve(true)).then(work).catch(this.#failed);
    this.coming.set(place, { count: (before?.count ?? 0) + count, done });
    this.chat.draw();
    done.then(() => {
      if (this.coming.get(place)?.done === done) this.coming.delete(place);
      this.chat.draw();
    });
  }

  #failed = (/** @type {unknown} */ error) => {
    this.chat.unloaded(error);
    return false;
  };

  #files() {
    return styled(import('./later/files.js')).then(({ Files }) => (this.chat.files ??= new Files(this.chat)));
  }
}

/** What opens rarely, and is no part of the first load. @type {Record<string, () => Promise<any>>} */
export const LATER = {
  switcher: () => import('./later/switcher.js').then(({ Switcher }) => Switcher),
  'sign-in': () => styled(import('./later/sign_in.js')).then(({ SignIn }) => SignIn),
  settings: () => styled(import('./later/settings.js')).then(({ Settings }) => Settings),
  office: () => styled(import('./later/office.js')).then(({ Office }) => Office),
  'new-room': () => styled(import('./later/rooms.js')).then(({ NewRoom }) => NewRoom),
  'new-direct': () => styled(import('./later/rooms.js')).then(({ NewDirect }) => NewDirect),
  room: () => styled(import('./later/rooms.js')).then(({ RoomDetails }) => RoomDetails),
  person: () => styled(import('./later/people.js')).then(({ PersonCard }) => PersonCard),
  message: () => styled(import('./later/message.js')).then(({ MessageMenu }) => MessageMenu),
  react: () => styled(import('./later/react.js')).then(({ Picker }) => Picker),
  edits: () => styled(import('./later/message.js')).then(({ Edits }) => Edits),
  pins: () => styled(import('./later/mentions.js')).then(({ Pins }) => Pins),
  mentions: () => styled(import('./later/mentions.js')).then(({ Mentions }) => Mentions),
  alerts: () => styled(import('./later/alerts.js')).then(({ AlertsSheet }) => AlertsSheet),
  thread: () => styled(import('./later/thread.js')).then(({ Thread }) => Thread),
  attachments: () => styled(import('./later/attachments.js')).then(({ Attachments }) => Attachments),
  lightbox: () => styled(import('./later/lightbox.js')).then(({ Lightbox }) => Lightbox),
  search: () => styled(import('./later/search.js')).then(({ Search }) => Search),
  date: () => styled(import('./later/search.js')).then(({ ToDate }) => ToDate),
  quote: () => import('./later/extras.js').then(({ Quote }) => Quote),
  marks: () => import('./later/extras.js').then(({ Marks }) => Marks),
  invited: () => import('./later/doors.js').then(({ Invited }) => Invited),
  outside: () => import('./later/doors.js').then(({ Outside }) => Outside),
  leave: () => import('./later/doors.js').then(({ Leave }) => Leave),
};

/** @type {Promise<void> | undefined} */
let sheet;

/** The dialogs' own sheet comes with the first of them. @template T @param {Promise<T>} module @returns {Promise<T>} */
export function styled(module) {
  sheet ??= new Promise((resolve, reject) => {
    const link = document.createElement('link');
    Object.assign(link, { rel: 'stylesheet', href: '/css/later.css', onload: () => resolve(), onerror: () => {
      sheet = undefined;
      link.remove();
      reject(new Error('no sheet'));
    } });
    document.head.append(link);
  });
  return Promise.all([module, sheet]).then(([loaded]) => loaded);
}
