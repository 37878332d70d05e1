// Lists of messages: what is for oneself, and what is pinned in a room. Each leads to its message.

import { Component, h } from 'preact';
import { block, line as safe, words } from '../safe_text.js';
import { Loaded, Sheet, ago, when } from './parts.js';
import { pins } from './rights.js';
import { clean } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Message} Message
 * @typedef {import('../protocol.js').Hit} Hit
 */

/** Asked for at a time. */
const PAGE = 30;
const TEXT = 400;

/** @param {{chat: Chat, message: Message, title?: string, children?: import('preact').ComponentChildren}} props */
function Item({ chat, message, title, children }) {
  const text = clean(words(message.folded?.text ?? message.message));
  const go = () => {
    chat.show(null);
    chat.jump(message.room, message.seq);
  };
  return h('li', null,
    h('button', { type: 'button', class: 'hit', onClick: go },
      h('span', { class: 'hint' }, h('strong', null, safe(message.sender)), title !== undefined && ` in ${safe(title)}`, ' · ', h('time', { dateTime: message.timestamp, title: when(message.timestamp) }, ago(message.timestamp))),
      h('span', { class: 'text', dir: 'auto' }, block(text.slice(0, TEXT)) || (message.files ?? []).map(({ name }) => safe(name)).join(', '))),
    children);
}

/** @extends {Component<{chat: Chat, onClose: () => void}, {hits: Hit[] | null, before: number | undefined, error: string}>} */
export class Mentions extends Component {
  state = { hits: /** @type {Hit[] | null} */ (null), before: /** @type {number | undefined} */ (undefined), error: '' };

  componentDidMount() {
    this.#more();
  }

  #more = async () => {
    const { hits, before } = this.state;
    const answer = await this.props.chat.socket.ask({ type: 'mentions', limit: PAGE, ...(before !== undefined && { before }) });
    if (answer?.type === 'mentioned') for (const { message } of answer.hits) this.props.chat.state.out.delete(message.room);
    if (answer?.type === 'mentioned') this.setState({ hits: [...(hits ?? []), ...answer.hits], before: answer.before, error: '' });
    else this.setState({ error: answer?.type === 'error' ? answer.reason : 'Not connected: try again in a moment.' });
  };

  render() {
    const { chat, onClose } = this.props;
    const { hits, before, error } = this.state;
    return h(Sheet, { title: 'What is for you', onClose, wide: true },
      hits === null && !error && h('p', { class: 'hint', role: 'status' }, 'Loading…'),
      hits?.length === 0 && h('p', { class: 'hint' }, 'Nobody named you yet. Here is what says @you, @here or @room in your rooms.'),
      h('ul', { class: 'list hits' }, hits?.filter(({ message }) => !chat.state.blocked.has(message.user) && !chat.state.out.has(message.room)).map(({ message, title }) => h(Item, { key: `${message.room} ${message.seq}`, chat, message, title }))),
      h('p', { class: 'error', role: 'alert' }, safe(error)),
      (before !== undefined || error) && h('div', { class: 'act' }, h('button', { type: 'button', class: 'plain', onClick: this.#more }, error ? 'Try again' : 'Earlier ones')));
  }
}

/** @param {{chat: Chat, room: string, onClose: () => void}} props */
export function Pins({ chat, room: key, onClose }) {
  const load = async () => {
    const answer = await chat.socket.ask({ type: 'pins', room: key });
    return answer?.type === 'pins' ? { said: answer.messages } : { error: answer?.type === 'error' ? answer.reason : 'Not connected: try again in a moment.' };
  };
  const room = chat.state.rooms.get(key);
  const shown = (/** @type {Message[]} */ all) => all.filter(({ user }) => !chat.state.blocked.has(user));
  const off = (/** @type {Message} */ message) => {
    chat.outbox.change(key, { type: 'pin', target: message.seq, on: false });
    chat.show(null);
  };
  return h(Sheet, { title: `Pinned in ${safe(room?.title ?? key)}`, onClose, wide: true },
    h(Loaded, { load, children: (/** @type {Message[]} */ all) => shown(all).length === 0 ? h('p', { class: 'hint' }, 'Nothing is pinned.')
      : h('ul', { class: 'list hits' }, shown(all).map((message) => h(Item, { key: message.seq, chat, message },
        room && pins(chat.state, room) && h('button', { type: 'button', class: 'plain', 'aria-label': `Take off the pins: message of ${safe(message.sender)}`, onClick: () => off(message) }, 'Take off')))) }));
}
