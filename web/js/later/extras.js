// What stands at a message beside its text: what it answers, who reacted, its thread, that it is pinned.

import { Component, h } from 'preact';
import { line as safe, words } from '../safe_text.js';
import { ago } from './parts.js';
import { clean } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../state.js').Said} Said
 */

/** Of a quoted message, so much is shown. */
const QUOTED = 240;
/** Names told of those who reacted. */
const NAMES = 12;

/** The line that a message answers; leads there. @extends {Component<{chat: Chat, room: Room, seq: number, quoted: Said | undefined}>} */
export class Quote extends Component {
  componentDidMount() {
    // What is not held is asked for by itself: a page would open a hole in the timeline.
    const { chat, room, seq } = this.props;
    if (!room.known.has(seq)) chat.act('fetch', room.room, seq);
  }

  render() {
    const { chat, room, seq, quoted } = this.props;
    const isHidden = quoted !== undefined && chat.state.blocked.has(quoted.user);
    const text = isHidden ? 'Somebody you blocked wrote this.' : quoted ? (quoted.folded?.deleted ? 'This message was deleted.' : clean(words(quoted.folded?.text ?? quoted.message)) || 'a file') : 'An earlier message';
    return h('button', { type: 'button', class: 'quote', tabIndex: -1, title: 'Go there', onClick: () => chat.jump(room.room, seq) },
      h('span', { class: 'unseen' }, 'answers '), quoted && !isHidden && h('strong', null, safe(quoted.sender), ' '), safe(text.slice(0, QUOTED)));
  }
}

/** What somebody is called here. @param {Chat} chat @param {Room} room @param {string} user */
export function nameOf(chat, room, user) {
  if (user === chat.state.me?.user) return 'you';
  const name = room.people.get(user)?.name ?? chat.state.faces.get(user)?.name ?? room.events.findLast((event) => event.type === 'message' && event.user === user && event.sender);
  return safe(typeof name === 'string' ? name : name && 'sender' in name ? name.sender : 'somebody');
}

/** @param {Chat} chat @param {Room} room @param {string[]} users */
function names(chat, room, users) {
  const first = users.slice(0, NAMES).map((user) => nameOf(chat, room, user));
  return users.length > NAMES ? `${first.join(', ')} and ${users.length - NAMES} more` : first.join(', ');
}

/** @param {{chat: Chat, room: Room, message: Said, fresh: number}} props */
export function Marks({ chat, room, message, fresh }) {
  const { reactions = {}, replies, pinned } = message.folded ?? {};
  const me = chat.state.me?.user ?? '';
  const all = Object.entries(reactions).sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  return h('div', { class: 'marks' },
    pinned && h('span', { class: 'mark' }, h('span', { 'aria-hidden': 'true' }, '📌 '), 'Pinned'),
    all.map(([emoji, users]) => {
      const mine = users.includes(me);
      return h('button', {
        key: emoji, type: 'button', class: `reaction${mine ? ' mine' : ''}`, tabIndex: -1, 'aria-pressed': String(mine), title: names(chat, room, users),
        'aria-label': `${safe(emoji)} ${users.length}: ${names(chat, room, users)}`, onClick: () => chat.act('react', message, emoji),
      }, h('span', { class: 'sign' }, safe(emoji)), h('span', { class: 'number' }, users.length));
    }),
    all.length > 0 && !message.folded?.deleted && h('button', { type: 'button', class: 'reaction add', tabIndex: -1, 'aria-label': 'Another reaction', title: 'React', onClick: () => chat.show('react', { room: room.room, message }) }, '+'),
    replies && message.thread === undefined && h('button', { type: 'button', class: `replies${fresh > 0 ? ' fresh' : ''}`, tabIndex: -1, title: `From ${names(chat, room, replies.users)}`, onClick: () => chat.act('thread', room.room, message.seq) },
      `${replies.count} ${replies.count === 1 ? 'answer' : 'answers'}`, fresh > 0 && h('span', { class: 'badge' }, fresh, h('span', { class: 'unseen' }, ' new')), h('span', { class: 'hint' }, ` ${ago(replies.timestamp)}`)));
}
