// One file on its way to the server, as a machine without IO: no request, no timer, no clock, no randomness.
//
// The shell asks what is `next`, does that one thing, and tells how it went: `announced`, `reached`, `refused`, `broken`.
// After anything that went wrong the server is asked how much it has, and the file goes on there.

import { BACKOFF_BASE_MS, BACKOFF_MAX_MS } from '../session.js';

/**
 * What is to be done now: to announce the file, to ask how much of it is there, to send the bytes `from..to`, or nothing
 * before `until`.
 * @typedef {{do: 'announce'} | {do: 'ask', upload: string} | {do: 'piece', upload: string, from: number, to: number} | {do: 'wait', until: number}} Step
 * @typedef {import('../protocol.js').File} File
 * @typedef {{code: string, reason: string, retry?: boolean | undefined, retry_ms?: number | undefined}} Refused
 */

/** How often a file that the server forgot is begun anew. */
const RENEWALS = 3;
/** How often in a row the server may not take a piece as it is. */
const MISPLACED = 5;
/** The speed is that of the last so many milliseconds. */
const SPAN_MS = 5_000;

export class Transfer {
  /** @param {{size: number, upload?: string | undefined, chunk?: number | undefined}} file one that was announced before has an `upload` */
  constructor({ size, upload, chunk }) {
    this.size = size;
    /** @type {string | undefined} */
    this.upload = upload;
    this.chunk = chunk ?? 0;
    /** So many bytes are on the server's disk. */
    this.offset = 0;
    /** Bytes behind them that are on their way. */
    this.flying = 0;
    /** The server's offset is the one known here. */
    this.isKnown = false;
    /** @type {'going' | 'done' | 'failed' | 'cancelled'} */
    this.state = 'going';
    /** Why it failed, or what it waits for. */
    this.reason = '';
    /** @type {File | undefined} */
    this.file = undefined;
    this.isBusy = false;
    this.until = 0;
    this.tries = 0;
    this.renewals = 0;
    this.misplaced = 0;
    /** When how many bytes had gone. @type {[number, number][]} */
    this.samples = [];
  }

  /** Bytes that left this device, as far as is known. */
  get sent() {
    return Math.min(this.size, this.offset + this.flying);
  }

  /** It waits after something that went wrong. @param {number} now */
  waits(now) {
    return this.state === 'going' && !this.isBusy && now < this.until;
  }

  /** What is to be done; null: nothing, until something else is told. @param {number} now @returns {Step | null} */
  next(now) {
    if (this.state !== 'going' || this.isBusy) return null;
    if (now < this.until) return { do: 'wait', until: this.until };
    this.isBusy = true;
    if (this.upload === undefined) return { do: 'announce' };
    if (!this.isKnown || this.chunk <= 0) return { do: 'ask', upload: this.upload };
    return { do: 'piece', upload: this.upload, from: this.offset, to: Math.min(this.size, this.offset + this.chunk) };
  }

  /** @param {{upload: string, offset: number, chunk: number}} upload */
  announced({ upload, offset, chunk }) {
    this.isBusy = false;
    Object.assign(this, { upload, offset, chunk, isKnown: true });
  }

  /** The server answered how much it has; `file` once that is all. @param {{offset: number, file?: File | undefined}} there @param {number} now @param {number} random in 0..1 @param {boolean} [wasPiece] */
  reached({ offset, file }, now, random, wasPiece = false) {
    const isStuck = wasPiece && file === undefined && offset <= this.offset;
    this.isBusy = false;
    this.flying = 0;
    this.#sample(now);
    Object.assign(this, { offset, isKnown: true });
    // As large as any server takes: one that was announced by an earlier page does not know better.
    if (this.chunk <= 0) this.chunk = 1024 * 1024;
    if (file !== undefined) Object.assign(this, { state: 'done', file, offset: this.size });
    else if (isStuck) this.broken(now, random);
    else if (wasPiece) Object.assign(this, { tries: 0, misplaced: 0, reason: '' });
  }

  /** Bytes of the piece left this device. @param {number} bytes @param {number} now */
  moved(bytes, now) {
    this.flying = bytes;
    this.#sample(now);
  }

  /** @param {Refused} refusal @param {number} now @param {number} random in 0..1 */
  refused({ code, reason, retry, retry_ms }, now, random) {
    this.#stopped();
    if (code === 'not_found' && this.upload !== undefined && this.renewals < RENEWALS) {
      // Too old, or the server has an older history: the file is still here.
      this.renewals += 1;
      Object.assign(this, { upload: undefined, offset: 0, samples: [] });
    } else if ((code === 'bad_offset' || code === 'bad_frame') && this.upload !== undefined && this.misplaced < MISPLACED) {
      // It has more than was heard of, or less of the last piece than was sent.
      this.misplaced += 1;
      this.until = now + this.#backoff(random);
    } else if (retry) {
      this.until = now + (retry_ms ?? this.#backoff(random));
      this.reason = reason;
    } else Object.assign(this, { state: 'failed', reason });
  }

  /** There was no answer. @param {number} now @param {number} random in 0..1 */
  broken(now, random) {
    this.#stopped();
    this.until = now + this.#backoff(random);
    this.reason = 'Waiting for the connection';
  }

  /** The link is back: no need to wait longer. */
  wake() {
    this.until = 0;
  }

  /** Somebody wants it tried again. */
  again() {
    if (this.state !== 'failed') return;
    this.#stopped();
    Object.assign(this, { state: 'going', reason: '', until: 0, tries: 0, renewals: 0, misplaced: 0 });
  }

  cancel() {
    this.#stopped();
    this.state = 'cancelled';
  }

  /** Bytes per second lately; 0 while that is not known. @param {number} now */
  speed(now) {
    const [first, last] = [this.samples.find(([at]) => now - at <= SPAN_MS), this.samples.at(-1)];
    if (!first || !last || last[0] - first[0] < 200) return 0;
    return Math.max(0, ((last[1] - first[1]) * 1000) / (last[0] - first[0]));
  }

  #stopped() {
    Object.assign(this, { isBusy: false, isKnown: false, flying: 0 });
  }

  /** @param {number} random */
  #backoff(random) {
    const bound = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.tries, 16));
    this.tries += 1;
    return Math.max(100, random * bound);
  }

  /** @param {number} now */
  #sample(now) {
    const last = this.samples.at(-1);
    // What was on its way when a connection broke may not have arrived.
    if (last && this.sent < last[1]) this.samples = [];
    if (last && now - last[0] < 100 && this.samples.length > 1) this.samples.pop();
    this.samples.push([now, this.sent]);
    while (this.samples.length > 2 && now - /** @type {[number, number]} */ (this.samples[0])[0] > SPAN_MS) this.samples.shift();
  }
}

const UNITS = /** @type {[string, number][]} */ ([['GB', 1e9], ['MB', 1e6], ['kB', 1e3]]);

/** A size as it is said. @param {number} bytes */
export function sized(bytes) {
  for (const [unit, one] of UNITS) if (bytes >= one) return `${(bytes / one).toFixed(bytes < one * 10 ? 1 : 0)} ${unit}`;
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** How it stands, in words. @param {Transfer} transfer @param {number} now */
export function told(transfer, now) {
  const { state, size, sent, reason } = transfer;
  if (state === 'failed') return reason;
  if (state === 'done') return sized(size);
  if (reason !== '' && transfer.waits(now)) return `${reason} · ${sized(sent)} of ${sized(size)}`;
  const speed = transfer.speed(now);
  const left = speed > 0 ? Math.ceil((size - sent) / speed) : 0;
  return `${sized(sent)} of ${sized(size)}${speed > 0 ? ` · ${sized(Math.round(speed))}/s` : ''}${left > 2 ? ` · ${left < 90 ? `${left} s` : `${Math.round(left / 60)} min`} left` : ''}`;
}
