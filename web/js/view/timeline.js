// The messages of a room. Only a window of rows is in the DOM, however long the session; the place that one reads is
// kept while rows come and go around it.

import { Component, createRef, h } from 'preact';
import { block, line as safe } from '../safe_text.js';
import { earlier, unread } from '../room.js';
import { rows } from '../state.js';

/**
 * @typedef {import('../state.js').Row} Row
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
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
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

/** `handle` lets the page jump to the end. @typedef {{chat: Chat, room: Room, version: number, handle: {current: Timeline | null}}} Props */

/** @extends {Component<Props>} */
export class Timeline extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.scroller = createRef();
    /** What reads markup is on its way. */
    this.asked = false;
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
  render({ chat, room }) {
    if (this.room !== room) {
      this.room = room;
      this.#begin();
    }
    this.shown = room.version;
    this.all = rows(room, chat.state);
    this.#window();
    if (!marked && !this.asked && this.all.slice(this.start, this.end).some((row) => SIGNS.test(textOf(row)))) this.#fetch();
    const fresh = unread(room, chat.state.me?.user, chat.state.blocked);
    const last = this.all.findLast(({ kind }) => kind === 'message');
    return h('div', { class: 'timeline' },
      h('div', {
        class: 'scroller', ref: this.scroller, role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', tabIndex: 0,
        'aria-label': `Messages in ${safe(room.title)}`, 'aria-busy': String(room.loading), onScroll: () => this.#scrolled(),
      },
      h('div', { class: 'rows', onKeyDown: walk },
        this.start <= 0 && (room.loading || earlier(room)) && h('div', { class: 'quiet loading', key: 'loading' }, earlier(room) ? 'Earlier messages…' : 'Loading…'),
        this.all.slice(this.start, this.end).map((row) => h(RowView, { key: row.key, row, chat, room, face: faceOf(row, chat.state), last: row === last, ready: marked !== undefined })))),
      (!room.atEnd || this.end < this.all.length) && h('button', {
        class: `jump${fresh > 0 ? ' fresh' : ''}`, type: 'button', onClick: () => this.jump(),
      }, fresh > 0 ? `${fresh} new message${fresh === 1 ? '' : 's'}` : 'Latest messages', h('span', { 'aria-hidden': 'true' }, ' ↓')));
  }

  /** What reads markup is no part of the first load. Where it cannot be had, the next message that needs it asks again. */
  #fetch() {
    this.asked = true;
    import('../later/marked.js').then((module) => {
      marked = module;
      this.forceUpdate();
    }, () => (this.asked = false));
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

/** Of the buttons at the messages only the last is a stop of the tab key; from there the arrows go on. @param {KeyboardEvent} event */
function walk(event) {
  const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
  const from = /** @type {HTMLElement} */ (event.target);
  if (step === 0 || event.altKey || !from.classList.contains('more')) return;
  event.preventDefault();
  const all = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('.more')];
  /** @type {HTMLElement | undefined} */ (all[all.indexOf(from) + step])?.focus();
}

/** @typedef {{row: Row, chat: Chat, room: Room, face: Face | undefined, last: boolean, ready: boolean}} RowProps */

/** @extends {Component<RowProps>} */
class RowView extends Component {
  /** @param {RowProps} next */
  shouldComponentUpdate(next) {
    const a = /** @type {any} */ (this.props.row);
    const b = /** @type {any} */ (next.row);
    // Only what is long to draw and says by itself whether it changed is left as it is: a day is no longer today at midnight.
    return (a.kind !== 'message' && a.kind !== 'line') || a.message !== b.message || a.line !== b.line || a.head !== b.head || a.own !== b.own || a.kind !== b.kind || this.props.face !== next.face || this.props.last !== next.last || this.props.ready !== next.ready;
  }

  /** @param {RowProps} props */
  render({ row, chat, room, face, last }) {
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
        return message(row, written(row, chat), face, last, () => chat.show('message', { room: room.room, message: row.message }));
      case 'line':
        return own(row, chat, face);
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

/** @param {Row & {kind: 'message'}} row @param {import('preact').ComponentChildren} text @param {Face | undefined} face @param {boolean} last @param {() => void} onMore */
function message({ key, message: { user, sender, timestamp, folded }, head, own }, text, face, last, onMore) {
  const name = safe(sender);
  const date = new Date(timestamp);
  const time = h('time', { dateTime: timestamp, title: isNaN(+date) ? '' : full.format(date) }, isNaN(+date) ? '' : clock.format(date));
  const body = folded?.deleted ? h('div', { class: 'text gone' }, 'This message was deleted.')
    : h('div', { class: 'text', dir: 'auto' }, text, folded?.text !== undefined && h('span', { class: 'edited' }, ' (edited)'));
  return h('article', { class: `message${head ? ' head' : ''}${own ? ' own' : ''}`, 'data-key': key },
    head ? h(Avatar, { user, name: sender, face }) : h('span', { class: 'hovered' }, time),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(user, face) }, name), time) : h('span', { class: 'unseen' }, `${name}: `),
    body,
    own && h('span', { class: 'fate stored', title: 'Stored', role: 'img', 'aria-label': 'stored' }, '✓'),
    !folded?.deleted && h('button', { type: 'button', class: 'more', tabIndex: last ? 0 : -1, 'aria-label': `What can be done about this message of ${name}`, title: 'More', onClick: onMore }, h('span', { 'aria-hidden': 'true' }, '⋯')));
}

const FATES = {
  saving: ['·', 'Being kept on this device'],
  queued: ['◌', 'Waiting to be sent'],
  sent: ['○', 'Sent, not stored yet'],
  stored: ['✓', 'Stored'],
  failed: ['!', 'Not sent'],
};

/** @param {Row & {kind: 'line'}} row @param {Chat} chat @param {Face | undefined} face */
function own(row, chat, face) {
  const { key, line, head } = row;
  const me = chat.state.me;
  const name = safe(me?.name ?? 'You');
  const [sign, words] = /** @type {[string, string]} */ (FATES[line.state]);
  return h('article', { class: `message own ${line.state}${head ? ' head' : ''}`, 'data-key': key },
    head ? h(Avatar, { user: me?.user ?? '', name: me?.name ?? 'You', face }) : h('span', { class: 'hovered' }),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(me?.user ?? '', face) }, name), h('time', null, clock.format(line.at))) : h('span', { class: 'unseen' }, `${name}: `),
    h('div', { class: 'text', dir: 'auto' }, written(row, chat)),
    h('span', { class: `fate ${line.state}`, title: words, role: 'img', 'aria-label': words }, sign),
    line.state === 'failed' && h('div', { class: 'failure', role: 'alert' },
      h('span', null, safe(line.reason ?? 'Not sent.')),
      h('button', { type: 'button', onClick: () => chat.outbox.retry(line.id) }, 'Retry'),
      h('button', { type: 'button', onClick: () => navigator.clipboard?.writeText(line.text) }, 'Copy'),
      h('button', { type: 'button', onClick: () => chat.outbox.discard(line.id) }, 'Discard')));
}

/** Signs that may mean something: what has none of them is shown as it is. */
// eslint-disable-next-line no-control-regex
const SIGNS = /[\\`*_~[<@|\x1b\x9b]|:\S|www\.|^ *(?:[-+>#]|\d+[.)])|^(?: {4}|\t)|\n\s*\n/im;
/** What reads markup, once a message needed it. @type {typeof import('../later/marked.js') | undefined} */
let marked;

/** The text of a row, as it came from its author. @param {Row} row */
function textOf(row) {
  return row.kind === 'message' ? row.message.folded?.text ?? row.message.message : row.kind === 'line' ? row.line.text : '';
}

/** What somebody wrote. @param {Row} row @param {Chat} chat */
function written(row, chat) {
  const text = textOf(row);
  return marked && SIGNS.test(text) ? marked.nodes(text, chat.state.me?.name ?? '') : block(text);
}

/** @param {import('../state.js').Notice} notice */
export function noticeText({ came, went, renamed, crowd }) {
  const unique = (/** @type {string[]} */ names) => [...new Set(names)];
  const both = unique(came.filter((name) => went.includes(name)));
  const parts = [];
  const add = (/** @type {string[]} */ names, /** @type {string} */ verb) => {
    const only = unique(names).map(safe);
    const rest = only.length - 4;
    if (only.length > 0) parts.push(`${rest > 0 ? `${only.slice(0, 4).join(', ')} and ${rest} more` : only.join(', ')} ${verb}`);
  };
  add(came.filter((name) => !both.includes(name)), 'joined');
  add(went.filter((name) => !both.includes(name)), 'left');
  add(both, 'came and went');
  for (const [from, to] of renamed.slice(-4)) parts.push(`${safe(from)} is now ${safe(to)}`);
  if (crowd > 0) parts.push(`${crowd} people came or went`);
  return parts.join(' · ');
}

/** A moment to come: of today only the time. @param {Date} date */
function soon(date) {
  return isNaN(+date) ? 'later' : (date.toDateString() === new Date().toDateString() ? clock : short).format(date);
}

/** What was decided about the room or somebody in it. @param {(Row & {kind: 'told'})['event']} event */
export function toldText(event) {
  const who = safe(event.sender);
  if (event.type === 'changed') {
    const { title, topic, announce, slow_s, archived } = event;
    const parts = [];
    if (title !== undefined) parts.push(`named the room ${safe(title)}`);
    if (topic !== undefined) parts.push(topic === '' ? 'took the topic away' : `set the topic: ${safe(topic)}`);
    if (announce !== undefined) parts.push(announce ? 'made it for announcements only' : 'lets everybody write again');
    if (slow_s !== undefined) parts.push(slow_s === 0 ? 'ended slow mode' : `set slow mode: one message in ${slow_s} s`);
    if (archived !== undefined) parts.push(archived ? 'archived the room' : 'opened the room again');
    return `${who} ${parts.join(', ')}`;
  }
  const name = safe(event.name);
  const until = event.until ? ` until ${soon(new Date(event.until))}` : '';
  const reason = event.reason ? `: ${safe(event.reason)}` : '';
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
