// The messages of a room. Only a window of rows is in the DOM, however long the session; the place that one reads is
// kept while rows come and go around it.

import { Component, createRef, Fragment, h } from 'preact';
import { block, line as safe, noticeText, toldText } from '../safe_text.js';
import { calls, earlier, rows, unread } from '../room.js';
import { freshIn } from '../state.js';

/**
 * @typedef {import('../room.js').Row} Row
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../state.js').Line} Line
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Face} Face
 */

/** Rows drawn at first, added at a time, and at most. */
const FIRST = 120;
const STEP = 80;
const MOST = 360;
/** This near to the end (in pixels), new messages are followed. */
const NEAR = 60;
export const HUES = 12;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** A user's colour, the same in every session. @param {string} user */
export function hue(user) {
  let hash = 2166136261;
  for (let i = 0; i < user.length; i++) hash = Math.imul(hash ^ user.charCodeAt(i), 16777619);
  return (hash >>> 8) % HUES;
}

/** The colour that somebody chose, or theirs by chance. @param {string} user @param {Face | undefined} face */
export function tint(user, face) {
  const chosen = face?.profile.colour;
  return chosen === undefined ? hue(user) : Math.round(chosen / (360 / HUES)) % HUES;
}

/** @param {{user: string, name: string, face?: Face | undefined}} props */
export function Avatar({ user, name, face }) {
  const picture = face?.profile.avatar;
  return h('span', { class: 'avatar', 'data-hue': tint(user, face), 'aria-hidden': 'true' }, picture ? h('img', { src: `api/avatars/${encodeURIComponent(picture)}`, alt: '', width: 34, height: 34, loading: 'lazy' }) : safe(String.fromCodePoint(name.codePointAt(0) ?? 63)).toLocaleUpperCase());
}

/** `handle` lets the page jump to the end. `view` is what is fetched when it is first needed, or null until it is there. @typedef {{chat: Chat, room: Room, version: number, handle: {current: Timeline | null}, view: (name: string) => any}} Props */

/** @extends {Component<Props>} */
export class Timeline extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.scroller = createRef();
    props.handle.current = this;
    /** @type {Row[]} */
    this.all = [];
    /** @type {Room | null} */
    this.room = null;
    /** The window: rows `start..end` of all. @type {number} */
    this.start = -1;
    /** @type {number} */
    this.end = -1;
    this.#begin();
  }

  /** The window goes back to the end. */
  #begin() {
    this.start = -1;
    this.end = -1;
    /** @type {string | undefined} */
    this.startKey = undefined;
    /** @type {string | undefined} */
    this.endKey = undefined;
    this.follow = true;
    this.shown = -1;
    this.placed = false;
  }

  /** @param {Props} props */
  shouldComponentUpdate(props) {
    return props.room !== this.props.room || props.room.version !== this.shown || props.version !== this.props.version;
  }

  componentDidMount() {
    this.resize = new ResizeObserver(() => this.follow && this.#toEnd());
    this.resize.observe(this.scroller.current);
    this.#place();
    this.#reach();
    this.#midnight();
  }

  componentWillUnmount() {
    this.resize?.disconnect();
    clearTimeout(this.midnight);
  }

  /** What was today is yesterday. */
  #midnight() {
    const now = new Date();
    this.midnight = setTimeout(() => {
      this.forceUpdate();
      this.#midnight();
    }, new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime() + 1_000);
  }

  /** @param {Props} before */
  getSnapshotBeforeUpdate(before) {
    if (before.room !== this.props.room || this.follow) return null;
    const scroller = this.scroller.current;
    const top = scroller.getBoundingClientRect().top;
    for (const element of scroller.querySelectorAll('[data-key]')) {
      const box = element.getBoundingClientRect();
      // The `new` and gap rows come and go; a message stays.
      if (box.bottom > top && element.dataset.key.startsWith('m')) return { key: element.dataset.key, at: box.top };
    }
    return null;
  }

  /** @param {Props} before @param {object} _ @param {{key: string, at: number} | null} anchor */
  componentDidUpdate(before, _, anchor) {
    this.#settle(before, anchor);
    this.#reach();
  }

  /** @param {Props} before @param {{key: string, at: number} | null} anchor */
  #settle(before, anchor) {
    if (before.room !== this.props.room || !this.placed) return this.#place();
    if (this.follow) return this.#toEnd();
    if (anchor === null) return;
    const element = this.scroller.current.querySelector(`[data-key="${anchor.key}"]`);
    if (element) this.scroller.current.scrollTop += element.getBoundingClientRect().top - anchor.at;
  }

  /** Where a room opens: at its end, or where one stopped reading. */
  #place() {
    if (this.all.length === 0) return;
    this.placed = true;
    this.#toEnd();
    const scroller = this.scroller.current;
    const mark = scroller.querySelector('[data-key="new"]');
    if (!mark) return;
    const above = scroller.getBoundingClientRect().top - mark.getBoundingClientRect().top;
    if (above > 0) scroller.scrollTop -= above + 48;
    this.#scrolled();
  }

  /** Loads what is before the first row, if that is on screen or near: also where nothing overflows, and nothing can be scrolled. */
  #reach() {
    const scroller = this.scroller.current;
    const { chat, room } = this.props;
    if (this.start <= 0 && scroller.clientHeight > 0 && scroller.scrollTop < Math.max(600, scroller.clientHeight)) chat.older(room.room);
  }

  #toEnd() {
    const scroller = this.scroller.current;
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  }

  #scrolled() {
    const scroller = this.scroller.current;
    const { chat, room } = this.props;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    this.follow = below <= NEAR && this.end >= this.all.length;
    chat.setAtEnd(this.follow);
    const reach = Math.max(600, scroller.clientHeight);
    if (scroller.scrollTop < reach) {
      if (this.start > 0) this.#move(Math.max(0, this.start - STEP), Math.min(this.end, this.start - STEP + MOST));
      else chat.older(room.room);
    } else if (below < reach && this.end < this.all.length) {
      const end = Math.min(this.all.length, this.end + STEP);
      this.#move(Math.max(this.start, end - MOST), end);
    }
  }

  /** @param {number} start @param {number} end */
  #move(start, end) {
    this.start = start;
    this.end = end;
    this.startKey = this.all[start]?.key;
    this.endKey = end < this.all.length ? this.all[end - 1]?.key : undefined;
    this.follow = this.follow && end >= this.all.length;
    this.forceUpdate();
  }

  /** Finds the window again in rows that changed before, behind or within it. */
  #window() {
    const all = this.all;
    if (this.follow || this.start < 0) {
      this.end = all.length;
      this.start = Math.max(0, this.end - FIRST);
    } else {
      const start = all.findIndex(({ key }) => key === this.startKey);
      // What was paged in before the window's first row is part of it, as far as there is room.
      if (this.startKey === undefined || start < 0) this.start = Math.min(this.start, Math.max(0, all.length - 1));
      else this.start = this.start === 0 ? Math.max(0, start - STEP) : start;
      const end = this.endKey === undefined ? all.length - 1 : all.findIndex(({ key }) => key === this.endKey);
      this.end = Math.min(this.start + MOST, end < 0 ? all.length : end + 1);
    }
    this.startKey = all[this.start]?.key;
    this.endKey = this.end < all.length ? all[this.end - 1]?.key : undefined;
  }

  /** @param {Props} props */
  render({ chat, room, view }) {
    if (this.room !== room) {
      this.room = room;
      this.#begin();
    }
    this.shown = room.version;
    this.all = rows(room, chat.state);
    this.#window();
    readMarkup(this.all.slice(this.start, this.end), () => this.forceUpdate());
    const fresh = unread(room, chat.state.me?.user, chat.state.blocked);
    const last = this.all.findLast(({ kind }) => kind === 'message');
    return h('div', { class: 'timeline' },
      h('div', {
        class: 'scroller', ref: this.scroller, role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', tabIndex: 0,
        'aria-label': `Messages in ${safe(room.title)}`, 'aria-busy': String(room.loading), onScroll: () => this.#scrolled(),
      },
      h('div', { class: 'rows', onKeyDown: (/** @type {KeyboardEvent} */ event) => walk(event, chat, room) },
        this.start <= 0 && (room.loading || earlier(room)) && h('div', { class: 'quiet loading', key: 'loading' }, earlier(room) ? 'Earlier messages…' : 'Loading…'),
        this.all.slice(this.start, this.end).map((row) => h(RowView, { key: row.key, ...rowProps(row, chat, room, view), last: row === last })))),
      (!room.atEnd || this.end < this.all.length) && h('button', {
        class: `jump${fresh > 0 ? ' fresh' : ''}`, type: 'button', onClick: () => this.jump(),
      }, fresh > 0 ? `${fresh} new message${fresh === 1 ? '' : 's'}` : 'Latest messages', h('span', { 'aria-hidden': 'true' }, ' ↓')));
  }

  /** To the newest message. */
  jump() {
    this.follow = true;
    this.forceUpdate(() => {
      this.#toEnd();
      this.#scrolled();
    });
  }
}

/** @param {Row} row @param {import('../state.js').State} state */
function faceOf(row, state) {
  const user = row.kind === 'message' ? row.message.user : row.kind === 'line' ? state.me?.user : undefined;
  return user === undefined ? undefined : state.faces.get(user);
}

/** What a row is drawn from. @param {Row} row @param {Chat} chat @param {Room} room @param {(name: string) => any} view @returns {Omit<RowProps, 'last'>} */
export function rowProps(row, chat, room, view) {
  const { state } = chat;
  const said = row.kind === 'message' ? row.message : row.kind === 'line' ? row.line : undefined;
  const { reactions, replies, pinned } = (row.kind === 'message' && row.message.folded) || {};
  return {
    row, chat, room, face: faceOf(row, state),
    quote: said?.reply === undefined ? undefined : view('quote'), quoted: said?.reply === undefined ? undefined : room.known.get(said.reply)?.now,
    marks: reactions || replies || pinned ? view('marks') : undefined, fresh: replies && row.kind === 'message' ? freshIn(state, room, row.message.seq) : 0,
    called: row.kind === 'message' && !row.message.folded?.deleted && calls(state, row.message),
    ready: marked !== undefined,
  };
}

/** What the keys do at a message. */
const KEYS = 'retpuld+';

/** Of the buttons at the messages only the last is a stop of the tab key; from there the arrows go on, and letters do something. @param {KeyboardEvent} event @param {Chat} chat @param {Room} room */
export function walk(event, chat, room) {
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  const from = /** @type {HTMLElement} */ (event.target);
  if (event.altKey || event.ctrlKey || event.metaKey || !from.classList.contains('more')) return;
  const isDeed = event.key.length === 1 && KEYS.includes(event.key);
  if (step === 0 && !isDeed) return;
  event.preventDefault();
  event.stopPropagation();
  if (isDeed) return chat.act('key', room.room, Number(/** @type {HTMLElement} */ (from.closest('[data-key]')).dataset['key']?.slice(1)), event.key);
  const all = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('.more')];
  /** @type {HTMLElement | undefined} */ (all[all.indexOf(from) + step])?.focus();
}

/**
 * `quote` and `marks` are the views of what a message answers and of what was done to it: fetched when first needed.
 * @typedef {{row: Row, chat: Chat, room: Room, face: Face | undefined, last: boolean, quote: any, quoted: import('../state.js').Said | undefined, marks: any, fresh: number, called: boolean, ready: boolean}} RowProps
 */
const SAME = /** @type {const} */ (['face', 'last', 'quote', 'quoted', 'marks', 'fresh', 'called', 'ready']);

/** @extends {Component<RowProps>} */
export class RowView extends Component {
  /** @param {RowProps} next */
  shouldComponentUpdate(next) {
    const a = /** @type {any} */ (this.props.row);
    const b = /** @type {any} */ (next.row);
    // Only what is long to draw and says by itself whether it changed is left as it is: a day is no longer today at midnight.
    return (a.kind !== 'message' && a.kind !== 'line') || a.message !== b.message || a.line !== b.line || a.head !== b.head || a.own !== b.own || a.kind !== b.kind || a.pending !== b.pending || SAME.some((each) => this.props[each] !== next[each]);
  }

  /** @param {RowProps} props */
  render(props) {
    const { row, chat, room } = props;
    switch (row.kind) {
      case 'begin':
        return h('div', { class: 'begin', 'data-key': row.key }, h('strong', null, safe(room.title)), `This is the beginning of ${safe(room.title)}.`);
      case 'day':
        return h('div', { class: 'rule', 'data-key': row.key }, h('span', null, dayName(row.timestamp)));
      case 'new':
        return h('div', { class: 'rule new', 'data-key': row.key }, h('span', null, 'New since you looked'));
      case 'gap':
        return h(Gap, { row, chat, room });
      case 'notice':
        return h('div', { class: 'quiet', 'data-key': row.key }, noticeText(row.notice));
      case 'unknown':
        return h('div', { class: 'quiet', 'data-key': row.key }, 'Something happened here that this page cannot show.');
      case 'hidden':
        return h('div', { class: 'quiet', 'data-key': row.key }, 'Somebody you blocked wrote here.');
      case 'told':
        return h('div', { class: 'quiet', 'data-key': row.key }, toldText(row.event));
      case 'message':
        return message(row, props);
      case 'line':
        return own(row, props);
      case 'seen':
        return h('div', { class: 'quiet seen', 'data-key': row.key }, `Seen by ${row.names.slice(0, 5).map(safe).join(', ')}${row.names.length > 5 ? ` and ${row.names.length - 5} more` : ''}`);
    }
  }
}

/** @param {{row: Row & {kind: 'gap'}, chat: Chat, room: Room}} props */
function Gap({ row, chat, room }) {
  const count = row.to - row.from + 1;
  return h('div', { class: 'gap', 'data-key': row.key },
    `${count} message${count === 1 ? '' : 's'} missing`,
    h('button', { type: 'button', disabled: room.loading, onClick: () => chat.fill(room.room, row.to) }, 'Load'));
}

/** @param {Row & {kind: 'message'}} row @param {RowProps} props */
function message(row, { chat, room, face, last, quote, quoted, marks, fresh, called }) {
  const { key, message: said, head, own, pending } = row;
  const { user, sender, timestamp, folded } = said;
  const name = safe(sender);
  const date = new Date(timestamp);
  const time = h('time', { dateTime: timestamp, title: isNaN(+date) ? '' : full.format(date) }, isNaN(+date) ? '' : clock.format(date));
  const body = folded?.deleted ? h('div', { class: 'text gone' }, 'This message was deleted.')
    : h('div', { class: 'text', dir: 'auto' }, written(textOf(row), chat), folded?.text !== undefined && h('span', { class: 'edited' }, ' (edited)'));
  const [sign, words] = pending ? FATES.queued : FATES.stored;
  return h('article', { class: `message${head ? ' head' : ''}${own ? ' own' : ''}${called ? ' called' : ''}`, 'data-key': key },
    head ? h(Avatar, { user, name: sender, face }) : h('span', { class: 'hovered' }, time),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(user, face) }, name), time) : h('span', { class: 'unseen' }, `${name}: `),
    quote && !folded?.deleted && h(quote, { chat, room, seq: said.reply, quoted }),
    body,
    (own || pending) && h('span', { class: `fate ${pending ? 'queued' : 'stored'}`, title: words, role: 'img', 'aria-label': pending ? words : 'stored' }, sign),
    marks && h(marks, { chat, room, message: said, fresh }),
    tools(chat, said, name, last));
}

/** What is at hand at a message; all that can be done is behind the last one. @param {Chat} chat @param {import('../state.js').Said} said @param {string} name @param {boolean} last */
function tools(chat, said, name, last) {
  const open = (/** @type {string} */ what) => chat.show(what, { room: said.room, message: said });
  return h('span', { class: 'tools' },
    !said.folded?.deleted && h('button', { type: 'button', class: 'tool', tabIndex: -1, 'aria-label': `React to this message of ${name}`, title: 'React (+)', onClick: () => open('react') }, '☺'),
    !said.folded?.deleted && h('button', { type: 'button', class: 'tool', tabIndex: -1, 'aria-label': `Reply to this message of ${name}`, title: 'Reply (r)', onClick: () => chat.act('reply', said) }, '↩'),
    h('button', { type: 'button', class: 'more', tabIndex: last ? 0 : -1, 'aria-label': `What can be done about this message of ${name}`, title: 'More', onClick: () => open('message') }, h('span', { 'aria-hidden': 'true' }, '⋯')));
}

const FATES = /** @type {const} */ ({
  saving: ['·', 'Being kept on this device'],
  queued: ['◌', 'Waiting to be sent'],
  sent: ['○', 'Sent, not stored yet'],
  stored: ['✓', 'Stored'],
  failed: ['!', 'Not sent'],
});

/** What one did to a message, where that failed. */
const CHANGES = { edit: 'Your change of a message', delete: 'That a message is deleted', react: 'Your reaction', pin: 'Your pin' };

/** @param {Row & {kind: 'line'}} row @param {RowProps} props */
function own({ key, line, head }, { chat, room, face, quote, quoted }) {
  const me = chat.state.me;
  const name = safe(me?.name ?? 'You');
  const [sign, words] = FATES[line.state];
  return h('article', { class: `message own ${line.state}${head ? ' head' : ''}`, 'data-key': key },
    head ? h(Avatar, { user: me?.user ?? '', name: me?.name ?? 'You', face }) : h('span', { class: 'hovered' }),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(me?.user ?? '', face) }, name), h('time', null, clock.format(line.at))) : h('span', { class: 'unseen' }, `${name}: `),
    quote && h(quote, { chat, room, seq: line.reply, quoted }),
    h('div', { class: 'text', dir: 'auto' }, line.change && h('em', null, `${CHANGES[line.change.type]}${line.text ? ': ' : ''}`), written(line.text, chat)),
    h('span', { class: `fate ${line.state}`, title: words, role: 'img', 'aria-label': words }, sign),
    line.state === 'failed' && h('div', { class: 'failure', role: 'alert' },
      h('span', null, safe(line.reason ?? 'Not sent.')),
      h('button', { type: 'button', onClick: () => chat.outbox.retry(line.id) }, 'Retry'),
      line.text && h('button', { type: 'button', onClick: () => navigator.clipboard?.writeText(line.text) }, 'Copy'),
      h('button', { type: 'button', onClick: () => chat.outbox.discard(line.id) }, 'Discard')));
}

/** Signs that may mean something: what has none of them is shown as it is. */
// eslint-disable-next-line no-control-regex
const SIGNS = /[\\`*_~[<@|\x1b\x9b]|:\S|www\.|^ *(?:[-+>#]|\d+[.)])|^(?: {4}|\t)|\n\s*\n/im;
/** What reads markup, once a message needed it. @type {typeof import('../later/marked.js') | undefined} */
let marked;

/** It is on its way. */
let asked = false;

/** What reads markup is no part of the first load. Where it cannot be had, the next message that needs it asks again. @param {Row[]} rows @param {() => void} onReady */
export function readMarkup(rows, onReady) {
  if (marked || asked || !rows.some((row) => SIGNS.test(textOf(row)))) return;
  asked = true;
  import('../later/marked.js').then((module) => {
    marked = module;
    onReady();
  }, () => (asked = false));
}

/** The text of a row, as it came from its author. @param {Row} row */
function textOf(row) {
  return row.kind === 'message' ? row.message.folded?.text ?? row.message.message : row.kind === 'line' ? row.line.text : '';
}

/** What somebody wrote. @param {string} text @param {Chat} chat */
function written(text, chat) {
  return marked && SIGNS.test(text) ? marked.nodes(text, chat.state.me?.name ?? '') : block(text);
}

/** @param {string} timestamp */
function dayName(timestamp) {
  const date = new Date(timestamp);
  if (isNaN(+date)) return '';
  const today = new Date();
  const yesterday = new Date();
  yesterday.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date);
}

/** Who types in the room, or in a thread of it. @param {{room: Room, model: import('../state.js').State, thread?: number}} props */
export function Typists({ room, model, thread }) {
  const names = [...room.typing].filter(([user, who]) => !model.blocked.has(user) && who.thread === thread).map(([, who]) => who).map(({ name }) => safe(name));
  if (names.length === 0) return null;
  const who = names.length === 1 ? `${names[0]} is` : names.length === 2 ? `${names[0]} and ${names[1]} are`
    : names.length === 3 ? `${names[0]}, ${names[1]} and ${names[2]} are` : `${names.length} people are`;
  return h(Fragment, null, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i', null), h('i', null), h('i', null)), `${who} typing…`);
}
