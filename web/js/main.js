// Wires the parts: what the person does goes to the session and the store, what the session tells goes to the state,
// and the state to the screen. The only module that knows all of them.

import { Session } from './session.js';
import { Intake, Outbox, Signals, Socket } from './socket.js';
import { Saver, Store, UPLOADS, isAnothers, restored, ulid } from './store.js';
import { OWN } from './room.js';
import * as model from './state.js';
import { Screen } from './view/app.js';

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./session.js').Output} Output
 */

const CLIENT = 'chat-web/0.1.0';
/** Events asked for at a time. */
const PAGE = 100;
/** The close code of whoever must sign in (again). */
const SIGN_IN = 4001;
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
    /** Where a link that was followed leads. @type {{room: string, seq?: number} | undefined} */
    this.wanted = undefined;
    /** A name taken without a link. @type {string | undefined} */
    this.wish = undefined;
    /** Whose session ended here by itself. @type {string | undefined} */
    this.last = kept.identity.last;
    this.drafts = kept.drafts;
    /** The drafts of an account, on all of its devices. @type {import('./later/account.js').Drafts | undefined} */
    this.shared = undefined;
    /** Files on their way. @type {import('./later/files.js').Files | undefined} */
    this.files = undefined;
    this.outbox = new Outbox(this);
    this.intake = new Intake(this);
    this.#restore(kept);
    this.session = new Session({
      client: CLIENT,
      conn: ulid(),
      token: kept.identity.token,
      name: kept.identity.name,
      isAccount: kept.identity.guest === false || this.last !== undefined,
      epoch: kept.identity.epoch,
      rooms: Object.fromEntries(kept.rooms.map((room) => [room.room, room.last])),
    });
    const url = new URL('/ws', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    this.socket = new Socket({ session: this.session, url: url.href, onOutput: (output) => this.told(output) });
    this.signals = new Signals(this.socket);
    this.everLive = false;
    /** The history that the store's rooms belong to. */
    this.epoch = kept.identity.epoch;
    this.saver = new Saver(this);
    /** The last event of each room that the server was told to be read. @type {Map<string, number>} */
    this.readTold = new Map();
    /** Rooms whose end was missed while another page of them was on its way. @type {Set<string>} */
    this.ensureAgain = new Set();
  }

  start() {
    const look = () => this.#look();
    for (const kind of ['focus', 'blur']) addEventListener(kind, look);
    document.addEventListener('visibilitychange', look);
    addEventListener('pagehide', () => this.saver.save(true));
    this.signals.start();
    this.#look();
    this.#arrive();
    addEventListener('hashchange', () => this.#arrive());
    addEventListener('click', (event) => this.#clicked(event));
    addEventListener('paste', (event) => this.#bring(event, event.clipboardData));
    for (const kind of /** @type {const} */ (['dragover', 'drop', 'dragleave'])) addEventListener(kind, (event) => this.#bring(event, event.dataTransfer));
    this.socket.start();
    // What an earlier page left in the tray goes with what is said next.
    if (this.state.me && this.store.local?.getItem(UPLOADS)) this.intake.restore();
    this.draw();
  }

  /** A link was followed: what stands behind # is a secret or a room. */
  #arrive() {
    if (location.hash !== '' || location.pathname !== '/') this.#account(({ arrive }) => arrive(this));
  }

  /** What only accounts and links need is no part of the first load. @param {(module: typeof import('./later/account.js')) => void} work */
  #account(work) {
    import('./later/account.js').then(work).catch((error) => this.unloaded(error));
  }

  /** A link to a message here opens here. @param {MouseEvent} event */
  #clicked(event) {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.origin !== location.origin || !link.pathname.startsWith('/r/') || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#account(({ arrive }) => arrive(this, link.pathname));
  }

  /** Somebody drops or pastes files, or is about to. @param {Event} event @param {DataTransfer | null} data */
  #bring(event, data) {
    if (!data?.types.includes('Files') || this.state.dialog) return;
    // The cells of a sheet come with a picture of them: what is meant is the text.
    if (event.type === 'paste' && data.types.includes('text/html') && data.types.includes('text/plain')) return;
    document.body.classList.toggle('dropping', event.type === 'dragover');
    if (event.type === 'dragleave') return;
    event.preventDefault();
    if (event.type !== 'dragover') this.attach(data.files, event.target instanceof Element && event.target.closest('aside.thread') ? this.state.thread?.root : undefined);
  }

  /** Adds files to what is said next in the room that is open, or in a thread of it. @param {FileList | null} files @param {number} [thread] */
  attach(files, thread) {
    const { rooms, active, readOnly } = this.state;
    const chosen = [...(files ?? [])];
    if (chosen.length > 0 && rooms.get(active)?.joined && !readOnly) this.intake.take(active, thread, chosen);
  }

  /** What is loaded later was not, or does not fit: there is no link, or the chat was updated and this page is older than it. @param {unknown} error */
  unloaded(error) {
    const isOld = this.session.live || this.session.phase === 'stopped';
    if (isOld) reportError(error);
    Object.assign(this.state, { isOld, notice: isOld ? 'This could not be loaded. The chat may have been updated since this page was opened.' : 'This needs a connection: try again in a moment.' });
    this.draw();
  }

  /** @param {string} room */
  open(room) {
    this.signals.typing(this.state.active, false);
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

  /** Joins or makes a room, or opens a conversation. @param {'join' | 'create' | 'direct'} type @param {string} room @param {object} [more] @returns {Promise<string>} why not, or '' */
  async enter(type, room, more = {}) {
    const answer = await this.socket.ask({ type, ...(room && { room }), ...more });
    if (answer?.type === 'ok' && answer.room) {
      model.informed(this.state, model.roomOf(this.state, answer.room.room), answer.room);
      this.saver.rooms.add(answer.room.room);
      this.open(answer.room.room);
      return '';
    }
    return reason(answer);
  }

  /** Leaves, unless that would lose lines: they are discarded only if that is wished. @param {string} room @param {boolean} [discard] @returns {number} how many lines wait */
  leave(room, discard = false) {
    const lines = model.unsent(this.state, room);
    if (lines.length > 0 && !discard) return lines.length;
    for (const { id } of lines) this.outbox.discard(id);
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

  /** Loads the end of a missing stretch, or its beginning. @param {string} key @param {{from: number, to: number}} gap @param {boolean} on */
  fill = (key, { from, to }, on) => this.#page(model.roomOf(this.state, key), on ? { after: from - 1 } : { before: to + 1 });

  /** @param {string} room @param {string} text */
  setDraft(room, text) {
    if (text === '') this.drafts.delete(room);
    else this.drafts.set(room, text);
    this.saver.written.add(room);
    this.saver.soon();
    this.shared?.written(room);
  }

  /** The timeline's end is on screen, or not any more. @param {model.Room} room @param {boolean} atEnd */
  setAtEnd(room, atEnd) {
    if (room.atEnd !== atEnd) this.draw();
    room.atEnd = atEnd;
  }

  /** Opens a dialog of this name, or closes the one that is open. @param {string | null} name @param {object} [args] what it is about */
  show(name, args = {}) {
    this.state.dialog = name === null ? null : { name, args };
    this.draw();
  }

  /** Takes out a message of a room that one may not be in. @param {string} room @param {number} target @returns {Promise<string>} why not, or '' */
  async remove(room, target) {
    return (await this.socket.deed({ type: 'delete', room, target, id: ulid() })) ?? reason(null);
  }

  /** Asks for something to be done. @param {any} question @returns {Promise<string>} why not, or '' */
  async ask(question) {
    const answer = await this.socket.ask(question);
    return answer?.type === 'ok' ? '' : reason(answer);
  }

  /** Does what is rarely done, by its name in `later/deeds.js`. @template {keyof typeof import('./later/deeds.js')} Name @param {Name} name @param {any[]} args */
  act(name, ...args) {
    import('./later/deeds.js').then((deeds) => /** @type {any} */ (deeds[name])(this, ...args)).catch((error) => this.unloaded(error));
  }

  /** Shows a message in its place. @param {string} room @param {number} seq */
  jump = (room, seq) => this.act('jump', room, seq);

  /** What the composer of a room or a thread does from now on; without an aim it only says something. @param {string} room @param {number | undefined} thread @param {model.Aim} [aim] */
  aim(room, thread, aim) {
    const place = model.placeKey(room, thread);
    if (aim) this.state.aims.set(place, aim);
    else this.state.aims.delete(place);
    this.shared?.written(place);
    this.draw();
  }

  /** Tells the person something in passing. */
  say = (/** @type {string} */ text) => Object.assign(this.state, { notice: text }) && this.draw();

  /** @param {string | null} text what is wrong with this browser's storage */
  troubled(text) {
    this.state.trouble = text;
    this.draw();
  }

  dismiss() {
    Object.assign(this.state, { notice: null, trouble: null, isOld: false });
    this.draw();
  }

  reconnect() {
    this.socket.do((now) => {
      this.session.handleWake(now);
      this.session.start(now);
    });
  }

  draw = () => this.screen.draw();

  /** @param {import('./store.js').Everything} kept */
  #restore(kept) {
    const { identity, outbox } = kept;
    restored(this.state, kept);
    const waiting = outbox.filter((entry) => !isAnothers(entry, identity.user ?? identity.last));
    for (const entry of waiting) this.outbox.show(entry);
    // Where nobody is signed in, what waits is all there is to see.
    if (identity.last !== undefined && waiting[0]) model.open(this.state, waiting[0].room);
  }

  /** @param {Output} output */
  told(output) {
    model.update(this.state, output, performance.now());
    if (['stored', 'line', 'placed', 'failed'].includes(output.is)) this.outbox.tell(output);
    switch (output.is) {
      case 'link':
        if (output.link.state === 'live') this.everLive = true;
        else this.outbox.release();
        if (output.link.state === 'stopped' && output.link.code === SIGN_IN) this.#account(({ signedOut }) => signedOut(this));
        break;
      case 'stored':
        this.store.forget(output.id);
        break;
      case 'placed':
        this.store.place(output.id, output.target);
        break;
      case 'failed':
        this.store.fail(output.id, { code: output.code, reason: output.reason });
        break;
      case 'frame':
        this.#framed(output.frame);
    }
    if (output.is === 'frame' && output.frame.type === 'message') this.#notify(output.frame);
    this.draw();
  }

  /** Tells of a message where the browser may. @param {model.Said} message */
  #notify(message) {
    if (!('Notification' in globalThis) || Notification.permission !== 'granted' || message.user === this.state.me?.user) return;
    import('./later/alerts.js').then(({ notify }) => notify(this, message)).catch(() => {});
  }

  /** @param {ServerFrame} frame */
  #framed(frame) {
    switch (frame.type) {
      case 'welcome': {
        const { token, epoch, user } = frame;
        if (!user.guest) this.named = true;
        this.store.saveIdentity({ token, epoch, user: user.user, guest: user.guest, ...(this.named && { name: this.wish ?? user.name }) }, this.epoch !== undefined && this.epoch !== epoch);
        this.epoch = epoch;
        if (!user.guest) this.#account(({ own }) => own(this));
        this.signals.again();
        for (const { room, read = 0 } of frame.rooms) {
          this.readTold.set(room, read);
          this.saver.rooms.add(room);
        }
        if (this.wish !== undefined) this.#account(({ wished }) => wished(this, user.name));
        this.outbox.claim();
        if (this.files) this.files.wake();
        else if (this.store.local?.getItem(UPLOADS)) this.intake.restore();
        if (this.wanted !== undefined) this.#account(({ follow }) => follow(this));
        // Unread on this device too, though it holds nothing of them yet.
        const behind = frame.rooms.filter(({ read = Infinity, head }) => read < head).slice(0, 50);
        return new Set([...behind.map(({ room }) => room), this.state.active]).forEach((room) => this.#ensure(room));
      }
      case 'joined':
        // Written to by somebody, or joined on another device.
        if (frame.on && !this.session.cursors.has(frame.of)) this.socket.ask({ type: 'join', room: frame.of });
        if (frame.why) this.say(`You are not in ${frame.title} any more${frame.reason ? `: ${frame.reason}` : '.'}`);
        return;
      case 'draft':
        return this.shared?.learn(frame);
      case 'read':
        this.readTold.set(frame.of, frame.upto);
        break;
      case 'history':
        if (frame.room !== OWN) break;
        for (const event of frame.events) {
          if (event.type === 'draft') this.shared?.learn(event);
          else if (event.type === 'read') this.readTold.set(event.of, event.upto);
        }
        break;
      case 'reset':
        if (frame.room === OWN) return this.#account(({ own }) => own(this));
        if (frame.why === 'gone') return this.#gone(frame.room);
        if (frame.why !== 'too_old') this.store.dropRoom(frame.room);
        this.#ensure(frame.room);
        break;
      case 'changed':
        if (frame.seen) this.#members(frame.room);
        break;
      case 'typing':
        this.#expire();
        return;
      case 'join':
      case 'leave':
        // A crowd is told without names, and of people with accounts there is more to know.
        if ((frame.names ?? []).length === 0 || frame.users?.some((user) => !user.startsWith('g-') && !this.state.faces.has(user))) this.#members(frame.room);
        return;
      case 'ok':
        if (frame.room?.room === OWN) return;
        if (frame.room && this.session.cursors.has(frame.room.room)) {
          model.informed(this.state, model.roomOf(this.state, frame.room.room), frame.room);
          this.saver.rooms.add(frame.room.room);
          if (frame.room.kind === 'direct') this.#ensure(frame.room.room);
        } else if (frame.room) this.#gone(frame.room.room);
        break;
    }
    if ('room' in frame && typeof frame.room === 'string') this.saver.rooms.add(frame.room);
    this.saver.soon();
  }

  /** Asks for what a room on screen needs and does not have. @param {string} key */
  #ensure(key) {
    const room = this.state.rooms.get(key);
    if (!room?.joined || !this.session.live) return;
    this.#members(key);
    const end = room.stretches.at(-1)?.[1];
    if (end !== undefined && !(room.synced && end < room.head)) return;
    if (room.loading) this.ensureAgain.add(key);
    else this.#page(room, {});
  }

  /** @param {string} room */
  #members(room) {
    if (room !== this.state.active) return;
    this.socket.ask({ type: 'members', room });
    if (this.state.rooms.get(room)?.rules.seen) this.socket.ask({ type: 'readers', room });
  }

  /** @param {model.Room} room @param {{before?: number, after?: number, around?: number}} place */
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
      this.told({ is: 'failed', id: line.id, code: 'not_joined', reason: 'You are not in this room any more.' });
    }
    model.left(this.state, room);
    this.files?.leave(room);
    this.saver.rooms.delete(room);
    this.store.dropRoom(room);
    this.#ensure(this.state.active);
    this.draw();
  }

  #look() {
    model.watch(this.state, document.visibilityState === 'visible' && document.hasFocus());
    if (document.visibilityState === 'hidden') this.saver.save(true);
    this.draw();
  }

  /** What is on screen at the end of the timeline, in a window that is looked at, has been read. */
  seen() {
    const room = this.state.rooms.get(this.state.active);
    if (room && this.state.watching && room.atEnd && model.seen(this.state, room)) {
      this.saver.rooms.add(room.room);
      this.saver.soon();
    }
  }

  #expire() {
    clearTimeout(this.typingTimer);
    const next = model.expire(this.state, performance.now());
    if (next < Infinity) this.typingTimer = setTimeout(() => this.#expire(), next - performance.now() + 10);
    this.draw();
  }
}

/** @param {ServerFrame | null} answer */
const reason = (answer) => (answer?.type === 'error' ? answer.reason : 'Not connected: try again in a moment.');

/** What the store told before there was anything to show it. */
let trouble = /** @type {string | null} */ (null);
/** @type {Chat | undefined} */
let chat;
const store = await Store.open({ onTrouble: (text) => {
  trouble = text;
  chat?.troubled(text);
} });
chat = new Chat(store, await store.load());
chat.troubled(trouble);
chat.start();
