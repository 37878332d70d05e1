// The messages of a room. Only a window of rows is in the DOM, however long the session; the place that one reads is
// kept while rows come and go around it.

import { Component, createRef, h } from 'preact';
import { CHANGES, FATES, dayName, formatted, line as safe, marked, quietText, readMarkup } from '../safe_text.js';
import { fitted } from '../state.js';
import { calls, earlier, freshIn, holds, rows, tint, unread } from '../room.js';

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
/** How long what was jumped to is marked. */
const SOUGHT_MS = 2_500;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** @param {{user: string, name: string, face?: Face | undefined}} props */
export function Avatar({ user, name, face }) {
  const picture = face?.profile.avatar;
  return h('span', { class: 'avatar', 'data-hue': tint(user, face), 'aria-hidden': 'true' }, picture ? h('img', { src: `/api/avatars/${encodeURIComponent(picture)}`, alt: '', width: 34, height: 34, loading: 'lazy' }) : safe(String.fromCodePoint(name.codePointAt(0) ?? 63)).toLocaleUpperCase());
}

/** `handle` lets the page jump to the end. `view` is what is fetched when it is first needed, or null until it is there. @typedef {{chat: Chat, room: Room, version: number, handle: {current: Timeline | null}, view: (name: string) => any}} Props */

/** @extends {Component<Props>} */
export class Timeline extends Component {
  /** The window: rows `start..end` of all, of which the first and last with a place are so many rows within. */
  start = -1;
  end = -1;
  startBack = 0;
  endOn = 0;
  /** The first unread message is further up. */
  isBehind = false;

  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.scroller = createRef();
    props.handle.current = this;
    /** @type {Row[]} */
    this.all = [];
    /** @type {Room | null} */
    this.room = null;
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
    /** The row that was jumped to, until it was shown. @type {string | undefined} */
    this.sought = undefined;
    /** Where one was when one left, until it was shown. @type {import('../state.js').Place | undefined} */
    this.back = undefined;
    this.asked = false;
    /** The missing stretch that was asked for last. */
    this.gap = '';
    this.isBehind = false;
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
    for (const kind of ['pagehide', 'visibilitychange']) addEventListener(kind, () => this.#leave(this.props.room));
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
    if (before.room !== this.props.room) this.#leave(before.room);
    return before.room !== this.props.room || this.follow || this.sought || this.back ? null : this.#first();
  }

  /** The first message in sight: the `new` and gap rows come and go, a message stays. */
  #first() {
    const scroller = this.scroller.current;
    const { top } = scroller.getBoundingClientRect();
    const element = [...scroller.querySelectorAll('[data-key^="m"]')].find((each) => each.getBoundingClientRect().bottom > top);
    return element ? { key: element.dataset.key, at: element.getBoundingClientRect().top, top } : null;
  }

  /** Keeps the place that one is at in a room, which is still on screen. @param {Room} room */
  #leave(room) {
    const first = this.back || room.atEnd ? null : this.#first();
    const place = this.back ?? (first && { seq: /** @type {number} */ (placeOf(first.key)), below: first.at - first.top });
    if (room !== this.props.room) room.place = place;
    this.props.chat.store.savePlace(room.room, place);
  }

  /** @param {Props} before @param {object} _ @param {{key: string, at: number} | null} anchor */
  componentDidUpdate(before, _, anchor) {
    this.#settle(before, anchor);
    this.#reach();
    this.#look();
  }

  /** @param {Props} before @param {{key: string, at: number} | null} anchor */
  #settle(before, anchor) {
    if (this.sought !== undefined) return this.#show(this.sought);
    if (before.room !== this.props.room || !this.placed) return this.#place();
    if (this.follow) return this.#toEnd();
    if (anchor === null) return;
    const element = this.scroller.current.querySelector(`[data-key="${anchor.key}"]`);
    if (element) this.scroller.current.scrollTop += element.getBoundingClientRect().top - anchor.at;
  }

  /** What was jumped to is in the middle, and marked for a moment. @param {string} key */
  #show(key) {
    this.sought = undefined;
    this.props.room.target = null;
    const row = this.scroller.current.querySelector(`[data-key="${key}"]`);
    row?.scrollIntoView({ block: 'center' });
    row?.classList.add('sought');
    setTimeout(() => row?.classList.remove('sought'), SOUGHT_MS);
    row?.querySelector('.more')?.focus({ preventScroll: true });
    this.#scrolled();
  }

  /** Where a room opens: where one was in it; else where one stopped reading, or at its end. */
  #place() {
    const scroller = this.scroller.current;
    const { back, props: { chat, room } } = this;
    if (this.all.length === 0) return;
    if (back && !holds(room, back.seq)) {
      if (!this.asked) chat.act('back', room.room, back);
      this.asked = true;
      return;
    }
    this.placed = true;
    if (back) {
      this.back = undefined;
      const row = scroller.querySelector(`[data-key="${this.rowAt(back.seq)?.key}"]`);
      if (row) scroller.scrollTop += row.getBoundingClientRect().top - scroller.getBoundingClientRect().top - back.below;
      return this.#scrolled();
    }
    this.#toEnd();
    const mark = scroller.querySelector('[data-key="new"]');
    if (!mark) return;
    const above = scroller.getBoundingClientRect().top - mark.getBoundingClientRect().top;
    if (above > 0) scroller.scrollTop -= above + 48;
    this.#scrolled();
  }

  /** Draws and loads what is on screen or near it, both ways: also where nothing overflows, and nothing can be scrolled. */
  #reach() {
    const scroller = this.scroller.current;
    const { chat, room } = this.props;
    const { clientHeight, scrollTop, scrollHeight } = scroller;
    if (clientHeight === 0 || !this.placed) return;
    const reach = Math.max(600, clientHeight);
    const below = scrollHeight - scrollTop - clientHeight;
    if (scrollTop < reach && this.start > 0) return this.#move(Math.max(0, this.start - STEP), Math.min(this.end, this.start - STEP + MOST));
    if (below < reach && this.end < this.all.length) {
      const end = Math.min(this.all.length, this.end + STEP);
      return this.#move(Math.max(this.start, end - MOST), end);
    }
    if (this.start <= 0 && scrollTop < reach) chat.older(room.room);
    if (room.loading || !chat.session.live) return;
    const { top, bottom } = scroller.getBoundingClientRect();
    for (const element of scroller.querySelectorAll('.gap')) {
      const box = element.getBoundingClientRect();
      const gap = this.all.find(({ key }) => key === element.dataset.key);
      if (gap?.kind !== 'gap' || box.bottom < top - reach || box.top > bottom + reach || this.gap === `${gap.from} ${gap.to}`) continue;
      // One that an answer did not make smaller is left to the button.
      this.gap = `${gap.from} ${gap.to}`;
      chat.fill(room.room, gap, box.top > (top + bottom) / 2);
      return;
    }
  }

  /** Sees whether what is unread begins further up. */
  #look() {
    const { room } = this.props;
    const scroller = this.scroller.current;
    const at = this.all.findIndex(({ kind }) => kind === 'new');
    const row = scroller.querySelector('[data-key="new"]');
    const isHeld = room.mark !== null && room.stretches.some(([from, to]) => from <= /** @type {number} */ (room.mark) + 1 && to > /** @type {number} */ (room.mark));
    const isAbove = row ? row.getBoundingClientRect().bottom < scroller.getBoundingClientRect().top : at >= 0 && at < this.start;
    const isBehind = room.mark !== null && room.events.length > 0 && (isAbove || (!isHeld && at >= 0));
    if (isBehind === this.isBehind) return;
    this.isBehind = isBehind;
    this.forceUpdate();
  }

  #toEnd() {
    const scroller = this.scroller.current;
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  }

  #scrolled() {
    const scroller = this.scroller.current;
    const { chat, room } = this.props;
    // What was scrolled is a room that is left by now, or one that is not in its place yet.
    if (room.room !== chat.state.active || this.back) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    this.follow = below <= NEAR && this.end >= this.all.length;
    chat.setAtEnd(room, this.follow);
    this.#reach();
    this.#look();
  }

  /** @param {number} start @param {number} end */
  #move(start, end) {
    this.start = start;
    this.end = end;
    this.#remember();
    this.follow = this.follow && end >= this.all.length;
    this.forceUpdate();
  }

  /** The window's ends are remembered by messages: gaps and days between them come and go. */
  #remember() {
    const all = this.all;
    const first = all.findIndex(({ key }, i) => i >= this.start && placeOf(key) !== undefined);
    const last = all.findLastIndex(({ key }, i) => i < this.end && placeOf(key) !== undefined);
    this.startKey = all[first]?.key;
    this.startBack = first - this.start;
    this.endKey = this.end < all.length ? all[last]?.key : undefined;
    this.endOn = this.end - 1 - last;
  }

  /** A message's row, or the last one before it. @param {number} seq */
  rowAt(seq) {
    return this.all.findLast(({ key }) => (placeOf(key) ?? Infinity) <= seq);
  }

  /** The window goes to a message. @param {number} seq */
  #around(seq) {
    const row = this.rowAt(seq);
    const at = row ? this.all.indexOf(row) : 0;
    Object.assign(this, { start: Math.max(0, at - FIRST / 2), end: Math.min(this.all.length, at + FIRST / 2), follow: false });
    this.#remember();
    return row;
  }

  /** The window goes to a message, which is shown. @param {number} seq */
  #aim(seq) {
    if (!this.rowAt(seq)) return;
    this.sought = this.#around(seq)?.key;
    Object.assign(this, { placed: true, back: undefined });
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
      else this.start = Math.max(0, start - (this.start === 0 ? STEP : this.startBack));
      const end = this.endKey === undefined ? all.length - 1 : all.findIndex(({ key }) => key === this.endKey);
      this.end = Math.min(all.length, this.start + MOST, end < 0 ? all.length : end + 1 + (this.endKey === undefined ? 0 : this.endOn));
    }
    this.#remember();
  }

  /** @param {Props} props */
  render({ chat, room, view }) {
    if (this.room !== room || (this.asked && room.stretches.length === 0)) {
      this.room = room;
      this.#begin();
    }
    this.shown = room.version;
    this.all = rows(room, chat.state);
    if (room.place) Object.assign(this, { back: room.place, asked: false, placed: false });
    room.place = null;
    if (room.target !== null) this.#aim(room.target);
    if (this.back) this.#around(this.back.seq);
    else if (this.sought === undefined) this.#window();
    readMarkup(this.all.slice(this.start, this.end).map(textOf), () => this.forceUpdate());
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
      this.isBehind && h('button', { class: 'jump up', type: 'button', title: 'Alt+U', onClick: () => chat.act('firstUnread', room.room) }, 'First unread', h('span', { 'aria-hidden': 'true' }, ' ↑')),
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

/** The place in the log of a row that has one. @param {string} key */
const placeOf = (key) => (key[0] === 'm' ? Number(key.slice(1)) : undefined);

/** @param {Row} row @param {import('../state.js').State} state */
function faceOf(row, state) {
  const user = row.kind === 'message' ? row.message.user : row.kind === 'line' ? state.me?.user : undefined;
  return user === undefined ? undefined : state.faces.get(user);
}

/** What is shown of a row beside its text. @param {Row} row @returns {import('../protocol.js').File[] | undefined} */
function filesOf(row) {
  const files = row.kind === 'message' && !row.message.folded?.deleted ? row.message.files : row.kind === 'line' ? row.line.files : undefined;
  return files?.length ? files : undefined;
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
    ready: marked !== undefined, files: filesOf(row) && view('attachments'),
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
 * @typedef {{row: Row, chat: Chat, room: Room, face: Face | undefined, last: boolean, quote: any, quoted: import('../state.js').Said | undefined, marks: any, fresh: number, called: boolean, ready: boolean, files: any}} RowProps
 */
const SAME = /** @type {const} */ (['face', 'last', 'quote', 'quoted', 'marks', 'fresh', 'called', 'ready', 'files']);

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
        return h('div', { class: 'rule', 'data-key': row.key }, h('button', { type: 'button', title: 'Go to a day', onClick: () => chat.show('date', { room: room.room, at: row.timestamp }) }, dayName(row.timestamp)));
      case 'new':
        return h('div', { class: 'rule new', 'data-key': row.key }, h('span', null, 'New since you looked'));
      case 'gap':
        return h(Gap, { row, chat, room });
      case 'message':
        return message(row, props);
      case 'line':
        return own(row, props);
      default:
        return h('div', { class: `quiet${row.kind === 'seen' ? ' seen' : ''}`, 'data-key': row.key }, quietText(row));
    }
  }
}

/** @param {{row: Row & {kind: 'gap'}, chat: Chat, room: Room}} props */
function Gap({ row, chat, room }) {
  const count = row.to - row.from + 1;
  return h('div', { class: 'gap', 'data-key': row.key },
    `${count} message${count === 1 ? '' : 's'} missing`,
    h('button', { type: 'button', disabled: room.loading, onClick: () => chat.fill(room.room, row, false) }, 'Load'));
}

/** @param {Row & {kind: 'message'}} row @param {RowProps} props */
function message(row, { chat, room, face, last, quote, quoted, marks, fresh, called, files }) {
  const { key, message: said, head, own, pending } = row;
  const { user, sender, timestamp, folded } = said;
  const name = safe(sender);
  const date = new Date(timestamp);
  const time = h('time', { dateTime: timestamp, title: isNaN(+date) ? '' : full.format(date) }, isNaN(+date) ? '' : clock.format(date));
  const body = folded?.deleted ? h('div', { class: 'text gone' }, 'This message was deleted.')
    : textOf(row) !== '' && h('div', { class: 'text', dir: 'auto' }, formatted(textOf(row), chat.state.me?.name ?? ''), folded?.text !== undefined && h('span', { class: 'edited' }, ' (edited)'));
  const [sign, words] = pending ? FATES.queued : FATES.stored;
  return h('article', { class: `message${head ? ' head' : ''}${own ? ' own' : ''}${called ? ' called' : ''}`, 'data-key': key },
    head ? h(Avatar, { user, name: sender, face }) : h('span', { class: 'hovered' }, time),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(user, face) }, name), time) : h('span', { class: 'unseen' }, `${name}: `),
    quote && !folded?.deleted && h(quote, { chat, room, seq: said.reply, quoted }),
    body, attached(row, chat, room, files),
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

/** The files of a row, once what shows them is there. @param {Row} row @param {Chat} chat @param {Room} room @param {any} view */
function attached(row, chat, room, view) {
  const files = filesOf(row);
  if (!files) return null;
  if (view) return h(view, { chat, files, room: room.room, seq: row.kind === 'message' ? row.message.seq : undefined });
  return h('ul', { class: 'files', 'aria-busy': 'true' }, files.map((file) => h('li', { key: file.file }, reserved(file))));
}

/** The room that a file takes, so that nothing moves once it is shown. @param {import('../protocol.js').File} file */
function reserved(file) {
  const size = fitted(file);
  if (file.thumb) return h('span', { class: 'thumb' }, h('svg', { ...size, viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': safe(file.name) }));
  const [what] = file.kind.split('/');
  const chip = h('div', { class: 'chip' }, h('span', { class: 'name' }, safe(file.name)));
  return what === 'audio' || what === 'video' ? h('div', { class: 'player' }, chip, h('div', { class: what })) : chip;
}

/** @param {Row & {kind: 'line'}} row @param {RowProps} props */
function own(row, { chat, room, face, quote, quoted, files }) {
  const { key, line, head } = row;
  const me = chat.state.me;
  const name = safe(me?.name ?? 'You');
  const [sign, words] = FATES[line.state];
  return h('article', { class: `message own ${line.state}${head ? ' head' : ''}`, 'data-key': key },
    head ? h(Avatar, { user: me?.user ?? '', name: me?.name ?? 'You', face }) : h('span', { class: 'hovered' }),
    head ? h('header', null, h('span', { class: 'name', 'data-hue': tint(me?.user ?? '', face) }, name), h('time', null, clock.format(line.at))) : h('span', { class: 'unseen' }, `${name}: `),
    quote && h(quote, { chat, room, seq: line.reply, quoted }),
    (line.text !== '' || line.change) && h('div', { class: 'text', dir: 'auto' }, line.change && h('em', null, `${CHANGES[line.change.type]}${line.text ? ': ' : ''}`), formatted(line.text, me?.name ?? '')), attached(row, chat, room, files),
    h('span', { class: `fate ${line.state}`, title: words, role: 'img', 'aria-label': words }, sign),
    line.state === 'failed' && h('div', { class: 'failure', role: 'alert' },
      h('span', null, safe(line.reason ?? 'Not sent.')),
      !(line.change && line.code === 'restored') && h('button', { type: 'button', onClick: () => chat.outbox.retry(line.id) }, 'Retry'),
      line.text && h('button', { type: 'button', onClick: () => navigator.clipboard?.writeText(line.text) }, 'Copy'),
      h('button', { type: 'button', onClick: () => chat.outbox.discard(line.id) }, 'Discard')));
}

/** The text of a row, as it came from its author. @param {Row} row */
export function textOf(row) {
  return row.kind === 'message' ? row.message.folded?.text ?? row.message.message : row.kind === 'line' ? row.line.text : '';
}
