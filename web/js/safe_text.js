// What comes from others, made safe for the page. Frames: one is taken only if it has what its type must have, and what an
// event makes of a message is what `protocol::fold` makes of it. Text: the one way by which what somebody else wrote is
// shown; the twin of the `protocol` crate's `safe_text`, held to the same behaviour by `protocol/golden/safe_text.json`; what
// reads markup is fetched once it is needed. And the sentences that tell what happened. Pure but for that.

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./protocol.js').Message} Message
 */

const isText = (/** @type {unknown} */ value) => typeof value === 'string';
const flag = (/** @type {unknown} */ value) => typeof value === 'boolean';
const list = (/** @type {unknown} */ value) => Array.isArray(value);
/** A place in a log, or a count. */
export const seq = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) >= 0;
const texts = (/** @type {any} */ value) => list(value) && value.every(isText);
const record = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null && !list(value);
const roomInfo = (/** @type {any} */ value) =>
  record(value) && isText(value.room) && isText(value.title) && seq(value.first) && seq(value.head);
const person = (/** @type {any} */ value) => record(value) && isText(value.user) && isText(value.name);
const written = { room: isText, seq, id: isText, user: isText, sender: isText, timestamp: isText };

const file = (/** @type {any} */ value) => record(value) && isText(value.file) && isText(value.name) && isText(value.kind) && seq(value.size);
const maybe = (/** @type {(value: any) => boolean} */ check) => (/** @type {unknown} */ value) => value === undefined || check(value);
const replies = (/** @type {any} */ value) => record(value) && seq(value.count) && seq(value.last) && texts(value.users);
const folded = (/** @type {any} */ value) => record(value) && maybe(isText)(value.text) && maybe(replies)(value.replies) && Object.values(value.reactions ?? {}).every(texts);
/** A message within an answer. */
const told = (/** @type {any} */ value) => record(value) && fits({ ...value, type: 'message' });
const hits = (/** @type {any} */ value) => list(value) && value.every((/** @type {any} */ hit) => record(hit) && isText(hit.title) && told(hit.message) && maybe(told)(hit.previous) && maybe(told)(hit.next));

/** What a frame of each type must have; anything else in it is ignored. @type {Record<string, Record<string, (value: any) => boolean>>} */
const SHAPES = {
  welcome: { epoch: isText, user: person, token: (token) => token === undefined || isText(token), rooms: (rooms) => list(rooms) && rooms.every(roomInfo), limits: record },
  message: { ...written, message: isText, reply: maybe(seq), thread: maybe(seq), mentions: maybe(texts), files: maybe((files) => list(files) && files.every(file)), folded: maybe(folded) },
  edit: { ...written, target: seq, text: isText, mentions: maybe(texts) },
  delete: { ...written, target: seq },
  react: { ...written, target: seq, emoji: isText, on: flag },
  pin: { ...written, target: seq, on: flag },
  member: { ...written, who: isText, name: isText, change: isText },
  changed: written,
  read: { room: isText, seq, of: isText, upto: seq },
  read_thread: { room: isText, seq, of: isText, thread: seq, upto: seq },
  notify: { room: isText, seq, of: isText, level: isText },
  block: { room: isText, seq, who: isText, on: flag },
  draft: { room: isText, seq, of: isText, text: isText },
  prefs: { room: isText, seq, keywords: texts },
  invited: { room: isText, seq, of: isText, title: isText, user: isText, sender: isText, on: flag },
  joined: { room: isText, seq, of: isText, title: isText, on: flag },
  synced: { room: isText, head: seq },
  reset: { room: isText, epoch: isText, first: seq, head: seq },
  ack: { id: isText, room: isText, seq, timestamp: isText },
  history: { room: isText, events: list, first: seq, last: seq, head: seq, as_of: seq, more: flag },
  ok: { ref: seq },
  members: { ref: seq, room: isText, members: (members) => list(members) && members.every(person), present: seq },
  thread: { ref: seq, room: isText, root: told, messages: (messages) => list(messages) && messages.every(told), more: flag, as_of: seq },
  pins: { ref: seq, room: isText, messages: (messages) => list(messages) && messages.every(told) },
  edits: { ref: seq, room: isText, target: seq, versions: (versions) => list(versions) && versions.every((version) => record(version) && isText(version.text) && isText(version.timestamp)) },
  found: { ref: seq, hits, behind: seq },
  mentioned: { ref: seq, hits },
  readers: { ref: seq, room: isText, readers: (readers) => list(readers) && readers.every((reader) => person(reader) && seq(reader.upto)) },
  seen: { room: isText, user: isText, sender: isText, upto: seq },
  rooms: { ref: seq, rooms: (rooms) => list(rooms) && rooms.every(roomInfo) },
  room: { room: roomInfo, joined: flag },
  join: { room: isText, timestamp: isText },
  leave: { room: isText, timestamp: isText },
  renamed: { room: isText, user: isText, from: isText, to: isText },
  profile: { room: isText, user: isText, sender: isText, role: isText, profile: record },
  reports: { ref: seq, reports: list, more: flag },
  audit: { ref: seq, entries: list, more: flag },
  typing: { room: isText, user: isText, sender: isText, on: flag },
  presence: { room: isText, user: isText, sender: isText, state: isText },
  error: { code: isText, reason: isText },
  ping: {},
  goaway: { after_ms: seq },
};
const EVENTS = new Set(['message', 'edit', 'delete', 'react', 'pin', 'member', 'changed', 'read', 'read_thread', 'notify', 'block', 'draft', 'prefs', 'invited', 'joined']);

/**
 * Reads an event: one that is not understood but has a place in a log becomes `unknown`, anything else null.
 * @param {any} value
 * @returns {Event | null}
 */
export function readEvent(value) {
  if (!record(value) || !isText(value.room) || !seq(value.seq)) return null;
  const known = EVENTS.has(value.type) && fits(value);
  return known ? value : { type: 'unknown', room: value.room, seq: value.seq };
}

/**
 * Reads a frame; null for what this version does not know or cannot read, which does no harm if ignored.
 * @param {string} source
 * @returns {ServerFrame | null}
 */
export function readFrame(source) {
  let value;
  try {
    value = JSON.parse(source);
  } catch {
    return null;
  }
  if (!record(value)) return null;
  if (EVENTS.has(value.type) || !Object.hasOwn(SHAPES, value.type)) return readEvent(value);
  if (!fits(value)) return null;
  if (value.type === 'history') {
    const events = value.events.map(readEvent);
    return events.includes(null) ? null : { ...value, events };
  }
  return value;
}

/** @param {any} value */
function fits(value) {
  return Object.entries(SHAPES[value.type] ?? {}).every(([field, check]) => check(value[field]));
}

/** @param {ServerFrame} frame @returns {frame is Event} */
export function isEvent(frame) {
  return EVENTS.has(frame.type) || frame.type === 'unknown';
}

/** Stands where something that must not reach a screen was. */
const MARK = '\u{fffd}';
/** The combining marks (variation selectors and skin tones too) that one character may carry. */
const MARKS_PER_BASE = 8;
/** The joiners in a row of joined characters, as in a family emoji. */
const JOINERS_PER_RUN = 8;
/** Carries a mark that has no character to stand on. */
const DOTTED_CIRCLE = '\u{25cc}';

/** Characters that need no context; the way of almost all text. Newlines are looked at apart. */
const PLAIN = /^[ -~\u{a1}-\u{ac}\u{ae}-\u{2ff}\u{370}-\u{482}\u{48a}-\u{58f}\u{2010}-\u{2027}\u{2030}-\u{205e}\u{4e00}-\u{9fff}\u{ac00}-\u{d7a3}]*$/u;
const PLAIN_BLOCK = /^[\n -~\u{a1}-\u{ac}\u{ae}-\u{2ff}\u{370}-\u{482}\u{48a}-\u{58f}\u{2010}-\u{2027}\u{2030}-\u{205e}\u{4e00}-\u{9fff}\u{ac00}-\u{d7a3}]*$/u;

const BREAK = /^[\n\u{2028}\u{2029}]$/u;
const JOINER = /^[\u{200c}\u{200d}]$/u;
const SELECTOR = /^[\u{fe00}-\u{fe0f}\u{180b}-\u{180d}\u{180f}\u{1f3fb}-\u{1f3ff}\u{e0100}-\u{e01ef}]$/u;
const SKIN_TONE = /^[\u{1f3fb}-\u{1f3ff}]$/u;
const FORBIDDEN = /^[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Bidi_Control}]$/u;
const INVISIBLE = /^[\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{200b}\u{2060}-\u{2065}\u{206a}-\u{206f}\u{3164}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]$/u;
const COMBINING = /^\p{M}$/u;
const SPACE = /^\p{White_Space}$/u;
/** The tags with which a black flag becomes that of a country's part. */
const FLAG = /^\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/u;

/** For a place of one line (names, titles, reasons): line breaks and tabs become spaces. @param {string} text */
export function line(text) {
  return PLAIN.test(text) ? text : clean(text, ' ', ' ');
}

/** For a place of many lines (messages): keeps line breaks; tabs become four spaces. @param {string} text */
export function block(text) {
  return PLAIN_BLOCK.test(text) ? text : clean(text, '\n', '    ');
}

/** @param {string} text @param {string} newline @param {string} tab */
function clean(text, newline, tab) {
  const writer = new Writer(newline, tab);
  const source = text.replaceAll('\r\n', '\n');
  for (let at = 0; at < source.length; ) {
    const c = String.fromCodePoint(/** @type {number} */ (source.codePointAt(at)));
    writer.write(c);
    at += c.length;
    if (c !== '\u{1f3f4}') continue;
    const flag = FLAG.exec(source.slice(at - c.length, at + 16));
    if (flag === null) continue;
    const tags = flag[0].slice(c.length);
    writer.out.push(tags);
    at += tags.length;
  }
  return writer.out.join('');
}

/** Looks only at what it wrote, never at what it left out: so its output is left as it is. */
class Writer {
  /** @param {string} newline @param {string} tab */
  constructor(newline, tab) {
    this.newline = newline;
    this.tab = tab;
    /** @type {string[]} */
    this.out = [];
    /** There is a character to carry marks and joiners. */
    this.onBase = false;
    this.marks = 0;
    /** Joiners since the last character that was not joined. */
    this.joiners = 0;
    /** Written when a visible character follows. */
    this.joiner = '';
  }

  /** @param {string} c */
  write(c) {
    if (BREAK.test(c)) this.space(this.newline);
    else if (c === '\t') this.space(this.tab);
    else if (JOINER.test(c)) {
      if (this.onBase && this.joiner === '' && this.joiners < JOINERS_PER_RUN) this.joiner = c;
    } else if (SELECTOR.test(c)) {
      if (this.onBase) this.mark(c);
      else if (SKIN_TONE.test(c)) this.base(c);
    } else if (FORBIDDEN.test(c)) this.base(MARK);
    else if (INVISIBLE.test(c)) return;
    else if (COMBINING.test(c)) this.mark(c);
    else if (SPACE.test(c)) this.space(c);
    else this.base(c);
  }

  /** @param {string} c */
  base(c) {
    if (!this.join()) this.joiners = 0;
    this.out.push(c);
    this.onBase = true;
    this.marks = 0;
  }

  /** @param {string} c */
  mark(c) {
    if (!this.onBase) this.base(DOTTED_CIRCLE);
    if (this.marks >= MARKS_PER_BASE) return;
    this.join();
    this.out.push(c);
    this.marks += 1;
  }

  /** @param {string} c */
  space(c) {
    this.out.push(c);
    this.onBase = false;
    this.joiner = '';
  }

  join() {
    if (this.joiner === '') return false;
    this.out.push(this.joiner);
    this.joiner = '';
    this.joiners += 1;
    return true;
  }
}

/** The users that a thread's summary names. */
const REPLIERS = 5;

/** The message that an event changes: its target, or the root of its thread. @param {Event} event */
export function targetOf(event) {
  if (event.type === 'message') return event.thread;
  return event.type === 'edit' || event.type === 'delete' || event.type === 'react' || event.type === 'pin' ? event.target : undefined;
}

/**
 * What a message becomes by an event that is about it, as `protocol::fold` has it. The message has all that came before the
 * event, and nothing that came after.
 * @template {Message} T @param {T} message @param {Event} event @returns {T}
 */
export function fold(message, event) {
  const { folded: before = {}, ...rest } = message;
  const { replies } = before;
  const becomes = (/** @type {import('./protocol.js').Folded} */ folded) => /** @type {T} */ ({ ...rest, ...(Object.keys(folded).length > 0 && { folded }) });
  if (event.type === 'message') {
    const users = [event.user, ...(replies?.users ?? []).filter((user) => user !== event.user)].slice(0, REPLIERS);
    return becomes({ ...before, replies: { count: (replies?.count ?? 0) + 1, last: event.seq, timestamp: event.timestamp, users } });
  }
  // What was taken out stays so.
  if (before.deleted) return message;
  switch (event.type) {
    case 'edit': {
      const { mentions = [], everyone } = event;
      return { ...without(message, 'mentions', 'everyone'), ...(mentions.length > 0 && { mentions }), ...(everyone && { everyone }), folded: { ...before, text: event.text, edited: event.timestamp } };
    }
    case 'delete':
      return emptied(message);
    case 'react': {
      const { reactions: all = {}, ...kept } = before;
      const { [event.emoji]: users = [], ...others } = all;
      const now = event.on ? [...users, ...(users.includes(event.user) ? [] : [event.user])] : users.filter((user) => user !== event.user);
      const reactions = now.length > 0 ? { ...all, [event.emoji]: now } : others;
      return becomes(Object.keys(reactions).length > 0 ? { ...kept, reactions } : kept);
    }
    case 'pin': {
      const { pinned, ...kept } = before;
      return becomes(event.on ? { ...kept, pinned: true } : kept);
    }
    default:
      return message;
  }
}

/** The text has the word, whole and in any case. @param {string} text @param {string} word */
export function says(text, word) {
  const sign = /[\p{L}\p{M}\p{N}_]/u;
  const [all, one] = [text.toLowerCase(), word.trim().toLowerCase()];
  for (let at = one === '' ? -1 : all.indexOf(one); at >= 0; at = all.indexOf(one, at + 1)) {
    const [before, after] = [[...all.slice(Math.max(0, at - 2), at)].at(-1) ?? '', String.fromCodePoint(all.codePointAt(at + one.length) ?? 32)];
    if (!(sign.test(before) && sign.test(one[0] ?? '')) && !(sign.test(after) && sign.test(one.at(-1) ?? ''))) return true;
  }
  return false;
}

/** A message that was taken out. @template {Message} T @param {T} message @returns {T} */
export function emptied(message) {
  const { replies } = message.folded ?? {};
  return { ...without(message, 'mentions', 'everyone', 'files'), message: '', folded: { deleted: true, ...(replies && { replies }) } };
}

/** @template {object} T @param {T} whole @param {string[]} keys @returns {T} */
const without = (whole, ...keys) => /** @type {T} */ (Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key))));

/** Signs that may mean something: what has none of them is shown as it is. */
// eslint-disable-next-line no-control-regex
const SIGNS = /[\\`*_~[<@|\x1b\x9b]|:\S|www\.|^ *(?:[-+>#]|\d+[.)])|^(?: {4}|\t)|\n\s*\n/im;
/** What reads markup, once a message needed it. @type {typeof import('./later/marked.js') | undefined} */
export let marked;

/** It is on its way. */
let asked = false;

/** What reads markup is no part of the first load. Where it cannot be had, the next message that needs it asks again. @param {string[]} texts @param {() => void} onReady */
export function readMarkup(texts, onReady) {
  if (marked || asked || !texts.some((text) => SIGNS.test(text))) return;
  asked = true;
  import('./later/marked.js').then((module) => {
    marked = module;
    onReady();
  }, () => (asked = false));
}

/** What somebody wrote, as nodes of the page; `me` is who reads it. @param {string} text @param {string} me */
export function formatted(text, me) {
  return marked && SIGNS.test(text) ? marked.nodes(text, me) : block(text);
}

/** A text where it is quoted: without what emphasises it, once what reads that is there. @param {string} text */
export const words = (text) => (marked && SIGNS.test(text) ? marked.words(text) : text);

/** What is meant by a text that somebody wrote: what colours a program's output is shown with a sign for the escape while one writes. The twin of the terminal's `sgr::meant`. @param {string} text */
export function meant(text) {
  return text.replace(/\u241b(?=\[[\d:;]*m)/g, '\x1b');
}

/** @param {string} text */
export function bytes(text) {
  return text.length * 3 <= 1_000 ? text.length : new TextEncoder().encode(text).length;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** @param {import('./state.js').Notice} notice */
export function noticeText({ came, went, renamed, crowd }) {
  const unique = (/** @type {string[]} */ names) => [...new Set(names)];
  const both = unique(came.filter((name) => went.includes(name)));
  const parts = [];
  const add = (/** @type {string[]} */ names, /** @type {string} */ verb) => {
    const only = unique(names).map(line);
    const rest = only.length - 4;
    if (only.length > 0) parts.push(`${rest > 0 ? `${only.slice(0, 4).join(', ')} and ${rest} more` : only.join(', ')} ${verb}`);
  };
  add(came.filter((name) => !both.includes(name)), 'joined');
  add(went.filter((name) => !both.includes(name)), 'left');
  add(both, 'came and went');
  for (const [from, to] of renamed.slice(-4)) parts.push(`${line(from)} is now ${line(to)}`);
  if (crowd > 0) parts.push(`${crowd} people came or went`);
  return parts.join(' · ');
}

/** Who types, at least one. @param {string[]} names made safe */
export function typingText(names) {
  const [first, second, third] = names;
  const who = names.length === 1 ? `${first} is` : names.length === 2 ? `${first} and ${second} are` : names.length === 3 ? `${first}, ${second} and ${third} are` : `${names.length} people are`;
  return `${who} typing…`;
}

/** What becomes of one's own lines: a sign, and what it means. */
export const FATES = /** @type {const} */ ({
  saving: ['·', 'Being kept on this device'],
  queued: ['◌', 'Waiting to be sent'],
  sent: ['○', 'Sent, not stored yet'],
  stored: ['✓', 'Stored'],
  failed: ['!', 'Not sent'],
});

/** What one did to a message, where that failed. */
export const CHANGES = { edit: 'Your change of a message', delete: 'That a message is deleted', react: 'Your reaction', pin: 'Your pin' };

/** What is told in passing between messages. @param {Exclude<import('./room.js').Row, {kind: 'message' | 'line' | 'begin' | 'day' | 'gap' | 'new'}>} row */
export function quietText(row) {
  switch (row.kind) {
    case 'notice':
      return noticeText(row.notice);
    case 'told':
      return toldText(row.event);
    case 'hidden':
      return 'Somebody you blocked wrote here.';
    case 'seen':
      return `Seen by ${row.names.slice(0, 5).map(line).join(', ')}${row.names.length > 5 ? ` and ${row.names.length - 5} more` : ''}`;
    default:
      return 'Something happened here that this page cannot show.';
  }
}

/** A moment to come: of today only the time. @param {Date} date */
function soon(date) {
  return isNaN(+date) ? 'later' : (date.toDateString() === new Date().toDateString() ? clock : short).format(date);
}

/** What was decided about the room or somebody in it. @param {Event & {type: 'member' | 'changed'}} event */
export function toldText(event) {
  const who = line(event.sender);
  if (event.type === 'changed') {
    const { title, topic, announce, slow_s, archived, seen } = event;
    const parts = [];
    if (title !== undefined) parts.push(`named the room ${line(title)}`);
    if (topic !== undefined) parts.push(topic === '' ? 'took the topic away' : `set the topic: ${line(topic)}`);
    if (announce !== undefined) parts.push(announce ? 'made it for announcements only' : 'lets everybody write again');
    if (slow_s !== undefined) parts.push(slow_s === 0 ? 'ended slow mode' : `set slow mode: one message in ${slow_s} s`);
    if (archived !== undefined) parts.push(archived ? 'archived the room' : 'opened the room again');
    if (seen !== undefined) parts.push(seen ? 'lets all see who has read what' : 'keeps to everybody what they have read');
    return `${who} ${parts.join(', ')}`;
  }
  const name = line(event.name);
  const until = event.until ? ` until ${soon(new Date(event.until))}` : '';
  const reason = event.reason ? `: ${line(event.reason)}` : '';
  const isOwn = event.user === event.who;
  switch (event.change) {
    case 'joined':
      return isOwn ? `${name} became a member` : `${who} added ${name}`;
    case 'left':
      return `${name} left the room`;
    case 'kicked':
      return `${who} put ${name} out of the room${reason}`;
    case 'banned':
      return `${who} banned ${name}${until}${reason}`;
    case 'unbanned':
      return `${who} lifted the ban on ${name}`;
    case 'muted':
      return `${who} muted ${name}${until}${reason}`;
    case 'unmuted':
      return `${who} lets ${name} write again`;
    case 'role':
      return `${who} made ${name} ${event.role === 'member' ? 'an ordinary member' : event.role === 'owner' ? 'an owner' : 'a moderator'}`;
    default:
      return `Something changed about ${name}`;
  }
}

/** A day as it is called. @param {string} timestamp */
export function dayName(timestamp) {
  const date = new Date(timestamp);
  if (isNaN(+date)) return '';
  const today = new Date();
  const yesterday = new Date();
  yesterday.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date);
}
