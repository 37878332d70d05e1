// A thread at the side: what it began with, its answers, and a composer of its own.

import { Component, createRef, h } from 'preact';
import { threadRows, silence } from '../room.js';
import { line as safe, readMarkup } from '../safe_text.js';
import { Composer, Typists } from '../view/app.js';
import { RowView, rowProps, textOf, walk } from '../view/timeline.js';
import { answers } from './deeds.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {{chat: Chat, room: Room, root: number, version: number, view: (name: string) => any, onClose: () => void}} Props
 */

/** This near to the end (in pixels), new answers are followed. */
const NEAR = 60;

/** @extends {Component<Props, {more: boolean, busy: boolean, error: string}>} */
export class Thread extends Component {
  state = { more: false, busy: false, error: '' };
  scroller = createRef();
  input = createRef();
  follow = true;
  /** The link over which its answers were asked for, by when that began. */
  asked = -1;

  componentDidMount() {
    this.#toEnd();
    this.#earlier(undefined);
  }

  componentWillUnmount() {
    this.props.onClose();
  }

  componentDidUpdate() {
    if (this.follow) this.#toEnd();
    const { session, state } = this.props.chat;
    // It may have been opened without a link, or answers came while there was none.
    if (session.live && this.asked !== state.liveAt) this.#earlier(undefined);
  }

  /** @param {number | undefined} before */
  async #earlier(before) {
    const { chat, room, root } = this.props;
    this.asked = chat.state.liveAt;
    this.setState({ busy: true, error: '' });
    this.setState({ ...(await answers(chat, room.room, root, before)), busy: false });
  }

  #toEnd() {
    const scroller = this.scroller.current;
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  }

  render() {
    const { chat, room, root, view } = this.props;
    const { state } = chat;
    const { more, busy, error } = this.state;
    const rows = threadRows(room, root, state);
    readMarkup(rows.map(textOf), () => this.forceUpdate());
    const answered = rows.filter((row) => row.kind !== 'message' || row.message.seq !== root);
    const count = answered.length;
    const first = answered.find(({ kind }) => kind === 'message');
    const last = rows.findLast(({ kind }) => kind === 'message');
    const quiet = silence(state, room);
    const row = (/** @type {import('../room.js').Row} */ each) => h(RowView, { key: each.key, ...rowProps(each, chat, room, view), last: each === last });
    return h('aside', { class: 'thread', 'aria-label': 'Thread' },
      h('div', { class: 'pane-head' }, h('h2', null, 'Thread'),
        h('button', { type: 'button', class: 'icon', 'aria-label': 'Close the thread', title: 'Close (Esc)', onClick: () => chat.act('closeThread') }, h('span', { 'aria-hidden': 'true' }, '✕'))),
      h('div', { class: 'scroller', ref: this.scroller, role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': 'Answers', tabIndex: 0, onScroll: () => {
        const { scrollHeight, scrollTop, clientHeight } = this.scroller.current;
        this.follow = scrollHeight - scrollTop - clientHeight <= NEAR;
      } },
      h('div', { class: 'rows', onKeyDown: (/** @type {KeyboardEvent} */ event) => walk(event, chat, room) },
        rows[0]?.kind === 'message' && rows[0].message.seq === root ? row(rows[0]) : !error && h('p', { class: 'quiet' }, 'Loading…'),
        error && h('p', { class: 'quiet', role: 'alert' }, safe(error)),
        h('div', { class: 'rule' }, h('span', null, count > 0 ? `${count} ${count === 1 ? 'answer' : 'answers'}${more || error ? ' shown' : ''}` : busy || error ? 'Answers' : 'No answers yet')),
        more && first?.kind === 'message' && h('div', { class: 'gap' }, h('button', { type: 'button', disabled: busy, onClick: () => this.#earlier(first.message.seq) }, 'Earlier answers')),
        answered.map(row))),
      h('div', { class: 'typing', 'aria-live': 'off' }, h(Typists, { room, model: state, thread: root })),
      quiet || !room.joined ? h('div', { class: 'welcome silent' }, h('p', null, quiet || 'You are not in this room.')) : h(Composer, { chat, room, thread: root, input: this.input, onSent: () => this.#toEnd() }));
  }
}
