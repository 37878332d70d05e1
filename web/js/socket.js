// The shell around the session: one WebSocket, one timer, and the browser's hints that it is time to look again.

import { Session, SUBPROTOCOL } from './session.js';

const SOON_MS = 3_000;
const TYPING_RENEW_MS = 3_000;
const IDLE_MS = 5 * 60_000;

/** @typedef {import('./protocol.js').ServerFrame} ServerFrame */

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

  /** Asks a question; null: there was no link, or it ended before the answer. @param {any} question @returns {Promise<ServerFrame | null>} */
  ask(question) {
    return new Promise((resolve) => {
      const ref = this.do(() => {
        const ref = this.session.ask(question);
        if (ref !== 0) this.answers.set(ref, resolve);
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
    else this.onOutput(output);
    if (output.is === 'link' && output.link.state === 'live') this.onLive();
    if (output.is === 'stored') this.#did(output.id, '');
    if (output.is === 'frame' && output.frame.type === 'error' && output.frame.id !== undefined) this.#did(output.frame.id, output.frame.reason);
    if (output.is === 'link' && output.link.state !== 'live') for (const id of [...this.deeds.keys()]) this.#did(id, null);
    if (output.is !== 'answer') return;
    this.answers.get(output.ref)?.(output.frame);
    this.answers.delete(output.ref);
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
    this.idle = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  start() {
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, () => this.#active(), { passive: true });
    this.#active();
  }

  /** @param {string} room @param {boolean} on */
  typing(room, on) {
    const now = performance.now();
    if (on ? now - this.typedAt < TYPING_RENEW_MS : this.typedAt === -Infinity) return;
    this.typedAt = on ? now : -Infinity;
    this.#say({ type: 'typing', room, on });
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
