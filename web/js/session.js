// The client's half of `chat.v1` as a machine without IO: no socket, no timer, no clock, no randomness.
//
// The shell calls `handle*` and the commands with the time (milliseconds of any clock that does not go back) and then
// carries out what `drain` returns. The rules are those of the `protocol` crate's session.

import { OWN } from './room.js';
import { isEvent, readFrame, seq } from './safe_text.js';

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./protocol.js').ClientFrame} ClientFrame
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./protocol.js').Refusal} Refusal
 * @typedef {import('./protocol.js').HistoryPage} HistoryPage
 * @typedef {import('./protocol.js').User} User
 *
 * @typedef {import('./store.js').Entry} Entry
 *
 * @typedef {{state: 'connecting'} | {state: 'live'} | {state: 'waiting', until: number}
 *   | {state: 'stopped', code: number}} Link
 *
 * What the shell carries out (`connect`, `send`, `drop`), and what the screen and the store learn (the others).
 * @typedef {{is: 'connect'} | {is: 'send', text: string} | {is: 'drop'}
 *   | {is: 'link', link: Link}
 *   | {is: 'frame', frame: ServerFrame}
 *   | {is: 'answer', ref: number, frame: ServerFrame | null}
 *   | {is: 'line', id: string, state: 'queued' | 'sent'}
 *   | {is: 'placed', id: string, target: number}
 *   | {is: 'stored', id: string, room: string, seq: number}
 *   | {is: 'failed', id: string, code: string, reason: string}} Output
 *
 * @typedef {{client: string, conn: string, token?: string | undefined, name?: string | undefined, epoch?: string | undefined,
 *   isAccount?: boolean | undefined, rooms?: Record<string, number> | undefined}} Start
 */

export const SUBPROTOCOL = 'chat.v1';
/** Without a frame for this long, the link is given up. */
export const PATIENCE_MS = 20_000;
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** A link that lived this long resets the backoff. */
export const HEALTHY_MS = 10_000;
/** Commands on the wire and not acknowledged, at most; the others wait. */
export const WINDOW = 32;
/** The same bound in characters of text, so that one large message at a time is on the way. */
const WINDOW_CHARS = 128 * 1024;
/** How long to wait after a temporary refusal that does not say it. */
const RETRY_MS = 2_000;
/** Lines that were stored, whose places are remembered for what is done to them at that moment. */
const PLACES = 500;
const OTHER = { code: 'other', reason: 'Written under another identity. Send it as who you are now?' };
/** Other messages have, or will have, the places that it names. */
const RESTORED = { code: 'restored', reason: 'The server was restored from a backup: what this is about is another message now.' };
/** What one does, and may have done over an earlier link. */
const DONE = new Set(['message', 'edit', 'delete', 'react', 'pin']);

/** Questions after whose answer a room's events flow, from the head that it tells. @type {Set<string | undefined>} */
const JOINING = new Set(['join', 'create', 'direct']);
const SIGNED_OUT = 4001;
/** Signed out, protocol violated, replaced: a client closed so must not come back by itself. */
const FINAL_CODES = new Set([SIGNED_OUT, 4003, 4010]);

export class Session {
  /** @param {Start} start */
  constructor(start) {
    this.client = start.client;
    this.conn = start.conn;
    this.token = start.token;
    this.name = start.name;
    /** Signed in: never silently a guest. */
    this.isAccount = start.isAccount === true;
    this.epoch = start.epoch;
    /** @type {User | null} */
    this.user = null;
    /** The last `seq` had, per joined room. @type {Map<string, number>} */
    this.cursors = new Map(Object.entries(start.rooms ?? {}));
    /** @type {'idle' | 'connecting' | 'greeting' | 'live' | 'waiting' | 'stopped'} */
    this.phase = 'idle';
    this.heartbeat = 10_000;
    this.heardAt = 0;
    this.liveAt = 0;
    this.retryAt = 0;
    this.attempts = 0;
    /** @type {number | null} */
    this.goaway = null;
    this.nextRef = 1;
    /** Questions on the wire. @type {Map<number, ClientFrame>} */
    this.asked = new Map();
    /** Holes being fetched without anybody asking: `ref` of the question, from where to where, and when to ask again. @type {Map<string, {ref: number, after: number, upto: number, again: number}>} */
    this.fills = new Map();
    /** Unacknowledged commands in order. @type {(Entry & {sent: boolean})[]} */
    this.outbox = [];
    /** Where lines that were stored are in their rooms' logs. @type {Map<string, number>} */
    this.places = new Map();
    /** Rooms whose sending waits after a temporary refusal. @type {Map<string, number>} */
    this.holds = new Map();
    /** @type {Output[]} */
    this.outputs = [];
  }

  get live() {
    return this.phase === 'live';
  }

  /** What is to be carried out, in order; empties the list. */
  drain() {
    const outputs = this.outputs;
    this.outputs = [];
    return outputs;
  }

  /** When `handleTime` wants to be called next; null: not by itself. */
  deadline() {
    if (this.phase === 'waiting') return this.retryAt;
    if (this.phase === 'idle' || this.phase === 'stopped') return null;
    const fills = this.live ? [...this.fills.values()].map(({ again }) => again) : [];
    return Math.min(this.heardAt + PATIENCE_MS, ...this.holds.values(), ...fills);
  }

  /** Begins, or begins anew after a final close. @param {number} now */
  start(now) {
    if (this.phase === 'idle' || this.phase === 'stopped') this.#connect(now);
  }

  /** The device woke, the network came back, or somebody looks: do not wait. @param {number} now */
  handleWake(now) {
    if (this.phase === 'waiting') this.#connect(now);
    else if (this.live && now - this.heardAt > this.heartbeat * 1.5) this.#giveUp(now, 0);
  }

  /** @param {number} now */
  handleOpen(now) {
    if (this.phase !== 'connecting') return;
    this.phase = 'greeting';
    this.heardAt = now;
    const resume = this.epoch && { epoch: this.epoch, rooms: Object.fromEntries(this.cursors) };
    this.#send({
      type: 'hello',
      client: this.client,
      conn: this.conn,
      ...(this.token && { token: this.token }),
      ...(this.name && { name: this.name }),
      ...(resume && { resume }),
    });
  }

  /**
   * The link is down; `random` is in 0..1.
   * @param {number} code @param {number} now @param {number} random
   */
  handleClose(code, now, random) {
    if (this.phase === 'idle' || this.phase === 'waiting' || this.phase === 'stopped') return;
    if (this.live && now - this.liveAt >= HEALTHY_MS) this.attempts = 0;
    const known = this.goaway;
    this.#unlink();
    if (FINAL_CODES.has(code)) {
      this.phase = 'stopped';
      this.outputs.push({ is: 'link', link: { state: 'stopped', code } });
      return;
    }
    const bound = known ?? Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.attempts, 16));
    if (known === null) this.attempts += 1;
    this.phase = 'waiting';
    this.retryAt = now + random * bound;
    this.outputs.push({ is: 'link', link: { state: 'waiting', until: this.retryAt } });
  }

  /** @param {number} now @param {number} random */
  handleTime(now, random) {
    if (this.phase === 'waiting') {
      if (now >= this.retryAt) this.#connect(now);
    } else if (this.phase !== 'idle' && this.phase !== 'stopped') {
      if (now - this.heardAt >= PATIENCE_MS) this.#giveUp(now, random);
      for (const [room, until] of this.holds) if (now >= until) this.holds.delete(room);
      for (const [room, { ref, after, upto, again }] of this.live ? [...this.fills] : []) {
        if (now < again) continue;
        this.asked.delete(ref);
        this.fills.delete(room);
        this.#fill(room, after, upto, now);
      }
      this.#pump(now);
    }
  }

  /** @param {string} source @param {number} now */
  handleText(source, now) {
    if (this.phase !== 'greeting' && this.phase !== 'live') return;
    this.heardAt = now;
    const frame = readFrame(source);
    if (frame === null) return;
    if (frame.type === 'welcome') this.#welcome(frame, now);
    else if (frame.type === 'error' && !this.live) this.outputs.push({ is: 'frame', frame });
    else if (this.live) this.#frame(frame, now);
  }

  /**
   * Asks a question; its `answer` names the returned number. 0: not connected, nothing was asked.
   * @param {any} question a frame of the client without `ref`
   */
  ask(question) {
    if (!this.live) return 0;
    const ref = this.nextRef++;
    const frame = /** @type {ClientFrame} */ ({ ...question, ref });
    this.asked.set(ref, frame);
    this.#send(frame);
    return ref;
  }

  /** Leaves a room at once, connected or not. @param {string} room */
  leave(room) {
    this.ask({ type: 'leave', room });
    this.cursors.delete(room);
    this.fills.delete(room);
  }

  /** A signal: sent now or never. @param {ClientFrame} frame */
  signal(frame) {
    if (this.live) this.#send(frame);
  }

  /** Puts what the store holds before what was queued meanwhile: this tab is the one that sends. @param {Entry[]} entries @param {number} now */
  takeOutbox(entries, now) {
    const sent = new Set(this.outbox.filter((entry) => entry.sent).map((entry) => entry.id));
    const late = this.outbox.filter(({ id }) => !entries.some((entry) => entry.id === id));
    this.outbox = entries.map((entry) => this.#place({ ...entry, sent: sent.has(entry.id) })).concat(late);
    this.#pump(now);
  }

  /** Adds a line behind the others; repeats are ignored. @param {Entry} entry @param {number} now */
  queue(entry, now) {
    if (this.outbox.some((other) => other.id === entry.id)) return;
    this.outbox.push(this.#place({ ...entry, sent: false }));
    this.#pump(now);
  }

  /** Takes back lines that nobody wants sent any more. @param {(entry: Entry) => boolean} which @param {number} now */
  withdraw(which, now) {
    this.outbox = this.outbox.filter((entry) => !which(entry));
    this.#pump(now);
  }

  /** Another tab sends from now on. */
  releaseOutbox() {
    this.outbox = [];
    this.holds.clear();
  }

  /** @param {number} now */
  #connect(now) {
    this.phase = 'connecting';
    this.heardAt = now;
    this.outputs.push({ is: 'link', link: { state: 'connecting' } }, { is: 'connect' });
  }

  /** @param {number} now @param {number} random */
  #giveUp(now, random) {
    this.outputs.push({ is: 'drop' });
    this.handleClose(1006, now, random);
  }

  #unlink() {
    this.goaway = null;
    for (const ref of this.asked.keys()) this.outputs.push({ is: 'answer', ref, frame: null });
    this.asked.clear();
    this.holds.clear();
    for (const entry of this.outbox) {
      if (entry.sent) this.outputs.push({ is: 'line', id: entry.id, state: 'queued' });
      entry.sent = false;
    }
  }

  /** @param {ServerFrame & {type: 'welcome'}} welcome @param {number} now */
  #welcome(welcome, now) {
    if (this.isAccount && welcome.user.guest) {
      // The session is over, and the browser itself threw its cookie away.
      this.outputs.push({ is: 'drop' });
      return this.handleClose(SIGNED_OUT, now, 0);
    }
    this.isAccount = !welcome.user.guest;
    this.phase = 'live';
    this.liveAt = now;
    [this.token, this.user, this.name] = [welcome.token, welcome.user, welcome.user.name];
    if (seq(welcome.heartbeat_ms)) this.heartbeat = Math.max(1_000, welcome.heartbeat_ms);
    const resumed = this.epoch !== undefined;
    if (this.epoch !== welcome.epoch) this.places.clear();
    this.epoch = welcome.epoch;
    for (const info of welcome.rooms) {
      if (!resumed || !this.cursors.has(info.room)) this.cursors.set(info.room, info.head);
    }
    this.outputs.push({ is: 'link', link: { state: 'live' } }, { is: 'frame', frame: welcome });
    // The cursor is beyond a hole that the last link left open: resuming does not bring it.
    for (const [room, { after, upto }] of [...this.fills]) {
      this.fills.delete(room);
      this.#fill(room, after, upto, now);
    }
    this.#pump(now);
  }

  /** @param {ServerFrame} frame @param {number} now */
  #frame(frame, now) {
    if (isEvent(frame)) return this.#event(frame, now);
    switch (frame.type) {
      case 'ping':
        this.#send({ type: 'pong' });
        for (const [room, head] of Object.entries(frame.heads ?? {})) this.#expect(room, head, now);
        return;
      case 'goaway':
        this.goaway = Math.min(frame.after_ms, BACKOFF_MAX_MS);
        break;
      case 'ack':
        this.#settle(frame.id, frame.room, frame.seq);
        this.#pump(now);
        return;
      case 'error':
        if (frame.id !== undefined && this.#refused(frame.id, frame, now)) return;
        this.#unfilled(frame, now);
        break;
      case 'synced':
        this.#expect(frame.room, frame.head, now);
        break;
      case 'reset':
        this.fills.delete(frame.room);
        if (frame.why === 'gone') this.cursors.delete(frame.room);
        else this.cursors.set(frame.room, frame.head);
        break;
      case 'room':
        this.#elsewhere(frame);
        return;
      case 'history':
        this.#page(frame, now);
        break;
      case 'ok':
        this.#done(frame);
        break;
    }
    this.outputs.push({ is: 'frame', frame });
    const ref = 'ref' in frame ? frame.ref : undefined;
    if (ref !== undefined && this.asked.delete(ref)) this.outputs.push({ is: 'answer', ref, frame });
  }

  /** @param {Event} event @param {number} now */
  #event(event, now) {
    const last = this.cursors.get(event.room);
    if (last === undefined || event.seq <= last) return;
    if (event.seq > last + 1 && event.room !== OWN) this.#fill(event.room, last, event.seq - 1, now);
    this.cursors.set(event.room, event.seq);
    this.#own(event);
    this.outputs.push({ is: 'frame', frame: event });
  }

  /** A tail that was written to this connection and did not arrive. @param {string} room @param {number} head @param {number} now */
  #expect(room, head, now) {
    const last = this.cursors.get(room);
    if (last !== undefined && head > last && room !== OWN) this.#fill(room, last, head, now);
  }

  /** @param {string} room @param {number} after @param {number} upto @param {number} now */
  #fill(room, after, upto, now) {
    const filling = this.fills.get(room);
    if (filling) {
      filling.upto = Math.max(filling.upto, upto);
      return;
    }
    const ref = this.ask({ type: 'history', room, after, limit: 200 });
    if (ref !== 0) this.fills.set(room, { ref, after, upto, again: now + PATIENCE_MS });
  }

  /** A hole that cannot be fetched now is asked for again later; one that cannot be fetched at all stays a hole. @param {Refusal & {ref?: number}} refusal @param {number} now */
  #unfilled(refusal, now) {
    for (const [room, filling] of this.fills) {
      if (filling.ref !== refusal.ref) continue;
      if (refusal.retry) filling.again = now + (refusal.retry_ms ?? RETRY_MS);
      else this.fills.delete(room);
    }
  }

  /** @param {HistoryPage} page @param {number} now */
  #page(page, now) {
    for (const event of page.events) this.#own(event);
    const last = this.cursors.get(page.room);
    if (last !== undefined && page.first <= last + 1 && page.last > last) this.cursors.set(page.room, page.last);
    const filling = this.fills.get(page.room);
    if (filling === undefined || filling.ref !== page.ref) return;
    this.fills.delete(page.room);
    if (page.last < filling.upto && page.events.length > 0) this.#fill(page.room, page.last, filling.upto, now);
  }

  /** @param {import('./protocol.js').Done} done */
  #done(done) {
    const question = this.asked.get(done.ref);
    if (done.name !== undefined) this.name = done.name;
    if (question?.type === 'leave') this.cursors.delete(done.room?.room ?? question.room);
    else if (done.room !== undefined && !this.cursors.has(done.room.room) && JOINING.has(question?.type)) this.cursors.set(done.room.room, done.room.head);
  }

  /** This person's other connections joined or left a room: so does this one. @param {import('./protocol.js').RoomChanged} change */
  #elsewhere(change) {
    const here = this.cursors.has(change.room.room);
    if (change.joined !== here) this.ask({ type: change.joined ? 'join' : 'leave', room: change.room.room });
  }

  /** @param {Event} event */
  #own(event) {
    if (DONE.has(event.type) && 'id' in event && event.user === this.user?.user) this.#settle(event.id, event.room, event.seq);
  }

  /** @param {string} id @param {string} room @param {number} place */
  #settle(id, room, place) {
    this.outbox = this.outbox.filter((entry) => entry.id !== id);
    this.places.set(id, place);
    if (this.places.size > PLACES) this.places.delete(/** @type {string} */ (this.places.keys().next().value));
    // On disk what is done to the line has its place before the line is gone from there: a crash in between loses neither.
    for (const entry of this.outbox) this.#place(entry);
    this.outputs.push({ is: 'stored', id, room, seq: place });
  }

  /** What is done to a line that has its place by now can be. @template {Entry} T @param {T} entry @returns {T} */
  #place(entry) {
    const target = this.places.get(String(entry.change?.target));
    if (!entry.change || typeof entry.change.target === 'number' || target === undefined) return entry;
    entry.change = { ...entry.change, target };
    this.outputs.push({ is: 'placed', id: entry.id, target });
    return entry;
  }

  /** Fails what was to be done to lines that will have no place. */
  #orphans() {
    const lines = new Set(this.outbox.map(({ id }) => id));
    const orphans = new Set(this.outbox.filter((entry) => waitsFor(entry) !== undefined && !lines.has(/** @type {string} */ (waitsFor(entry)))));
    if (orphans.size === 0) return;
    this.outbox = this.outbox.filter((entry) => !orphans.has(entry));
    for (const { id } of orphans) this.outputs.push({ is: 'failed', id, code: 'orphan', reason: 'The message it is about was not sent.' });
  }

  /** @param {string} id @param {Refusal} refusal @param {number} now */
  #refused(id, refusal, now) {
    const place = this.outbox.findIndex((entry) => entry.id === id);
    const refused = this.outbox[place];
    if (refused === undefined) {
      // Settled by its own event, stored by an earlier link's try: the server waits for it until the link ends.
      if (refusal.retry) this.#giveUp(now, 1);
      return refusal.retry;
    }
    if (!refusal.retry) {
      this.outbox.splice(place, 1);
      this.outputs.push({ is: 'failed', id, code: refusal.code, reason: refusal.reason });
      this.#pump(now);
      return true;
    }
    // The server refuses this room's later lines too until this one comes again: all of them go back in line.
    this.holds.set(refused.room, now + (refusal.retry_ms ?? RETRY_MS));
    for (const entry of this.outbox.slice(place)) {
      if (entry.room !== refused.room || !entry.sent) continue;
      entry.sent = false;
      this.outputs.push({ is: 'line', id: entry.id, state: 'queued' });
    }
    return true;
  }

  /** Sends what may be sent, oldest first. @param {number} now */
  #pump(now) {
    this.#orphans();
    if (!this.live || this.user === null) return;
    const me = this.user.user;
    const whyNot = (/** @type {Entry} */ { user, epoch }) => (user !== null && user !== me ? OTHER : epoch !== undefined && epoch !== this.epoch ? RESTORED : null);
    for (const entry of this.outbox.filter(whyNot)) this.outputs.push({ is: 'failed', id: entry.id, .../** @type {typeof OTHER} */ (whyNot(entry)) });
    if (this.outbox.some(whyNot)) this.outbox = this.outbox.filter((entry) => !whyNot(entry));
    let sent = 0;
    let chars = 0;
    // What must wait makes the later ones of its room wait: a sender's order holds.
    const waiting = new Set([...this.holds].filter(([, until]) => until > now).map(([room]) => room));
    for (const entry of this.outbox) {
      if (waitsFor(entry) !== undefined) waiting.add(entry.room);
      if (!entry.sent && waiting.has(entry.room)) continue;
      if (sent >= WINDOW || (sent > 0 && chars + entry.text.length > WINDOW_CHARS)) return;
      sent += 1;
      chars += entry.text.length;
      if (entry.sent) continue;
      entry.sent = true;
      this.#send(frameOf(entry));
      this.outputs.push({ is: 'line', id: entry.id, state: 'sent' });
    }
  }

  /** @param {ClientFrame} frame */
  #send(frame) {
    this.outputs.push({ is: 'send', text: JSON.stringify(frame) });
  }
}

/** The line of one's own that it waits for. @param {Entry} entry */
function waitsFor({ change }) {
  return typeof change?.target === 'string' ? change.target : undefined;
}

/** The frame that says it. @param {Entry} entry @returns {ClientFrame} */
function frameOf({ id, room, text, reply, thread, files, change }) {
  if (change) return /** @type {any} */ ({ ...change, room, id, ...(change.type === 'edit' && { text }) });
  return { type: 'message', room, message: text, id, ...(reply !== undefined && { reply }), ...(thread !== undefined && { thread }), ...(files && files.length > 0 && { files: files.map(({ file }) => file) }) };
}
