// A message: what can be done about it, and what it said before.

import { Component, h } from 'preact';
import { block, line as safe } from '../safe_text.js';
import { Field, Form, Loaded, Sheet, Sure, when } from './parts.js';
import { usual } from './names.js';
import { deletes, edits, pins, reacts } from './rights.js';
import { clean } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Said} Said
 */

/** @typedef {{chat: Chat, room: string, message: Said, deleting?: boolean, onClose: () => void}} MenuProps */

/** @extends {Component<MenuProps, {reporting: boolean, said: string}>} */
export class MessageMenu extends Component {
  state = { reporting: false, said: '' };

  #delete = async () => {
    const { chat, room, message } = this.props;
    chat.outbox.change(room, { type: 'delete', target: message.seq });
    this.#done();
    return '';
  };

  #report = async (/** @type {FormData} */ data) => {
    const { chat, room, message } = this.props;
    const error = await chat.ask({ type: 'report', room, target: message.seq, reason: String(data.get('reason')).trim() });
    if (error === '') this.setState({ reporting: false, said: 'Thank you. Those who keep order here will look at it.' });
    return error;
  };

  #done() {
    this.props.chat.show(null);
  }

  /** A button that does something to the message, and is done then. @param {string} text @param {string | undefined} key @param {keyof typeof import('./deeds.js')} deed @param {any[]} args */
  #deed(text, key, deed, ...args) {
    return h('button', { type: 'button', class: 'plain', 'aria-keyshortcuts': key, title: key && `Key: ${key}`, onClick: () => {
      this.#done();
      this.props.chat.act(deed, ...args);
    } }, text);
  }

  render() {
    const { chat, room: key, message: { seq }, deleting, onClose } = this.props;
    const { reporting, said } = this.state;
    const { state } = chat;
    const room = state.rooms.get(key);
    if (!room) return null;
    // As it is by now.
    const message = room.known.get(seq)?.now ?? this.props.message;
    const text = clean(message.folded?.text ?? message.message);
    const isMine = message.user === state.me?.user;
    const { deleted = false, pinned = false } = message.folded ?? {};
    const removing = deletes(state, room, message.user) && h(Sure, { action: isMine ? 'Delete' : 'Delete for everybody', ask: 'It is taken out for everybody, and cannot be brought back.', sure: 'Delete', onSure: this.#delete });
    return h(Sheet, { title: `Message of ${safe(message.sender)}`, onClose },
      !deleted && text !== '' && h('blockquote', null, safe(text.length > 300 ? `${text.slice(0, 300)}…` : text)),
      said ? h('p', { role: 'status' }, said) : reporting
        ? h(Form, { action: 'Report', onCancel: () => this.setState({ reporting: false }), onSubmit: this.#report }, h(Field, { label: 'What is wrong with it?', name: 'reason', required: true, maxLength: 500, autoComplete: 'off' }))
        : deleting && !deleted ? h('div', { class: 'choices' }, removing) : [
          !deleted && reacts(state, room) && h('div', { class: 'choices quick', key: 'quick', role: 'group', 'aria-label': 'React' },
            usual().slice(0, 6).map((emoji) => h('button', { key: emoji, type: 'button', class: 'emoji', 'aria-label': `React with ${emoji}`, onClick: () => {
              this.#done();
              chat.act('react', message, emoji);
            } }, emoji)),
            h('button', { type: 'button', class: 'emoji', 'aria-label': 'Another reaction', 'aria-keyshortcuts': '+', onClick: () => chat.show('react', { room: key, message }) }, '+')),
          h('div', { class: 'choices', key: 'all' },
            !deleted && this.#deed('Reply', 'r', 'reply', message),
            this.#deed('Answer in a thread', 't', 'thread', key, message.thread ?? seq),
            !deleted && edits(state, room, message.user) && this.#deed('Edit', 'e', 'edit', message),
            !deleted && pins(state, room) && this.#deed(pinned ? 'Take off the pins' : 'Pin', 'p', 'pin', message),
            !deleted && text !== '' && h('button', { type: 'button', class: 'plain', onClick: () => navigator.clipboard?.writeText(text).then(() => onClose()) }, 'Copy text'),
            this.#deed('Copy link', 'l', 'copyLink', message),
            this.#deed('Mark as unread', 'u', 'unsee', message),
            !deleted && message.folded?.edited && h('button', { type: 'button', class: 'plain', onClick: () => chat.show('edits', { room: key, message }) }, 'What it said before'),
            !isMine && state.faces.has(message.user) && h('button', { type: 'button', class: 'plain', onClick: () => chat.show('person', { room: key, user: message.user }) }, safe(message.sender)),
            !deleted && !isMine && h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ reporting: true }) }, 'Report…'),
            !deleted && removing),
        ]);
  }
}

/** The texts that a message has had, the latest first. @param {{chat: Chat, room: string, message: Said, onClose: () => void}} props */
export function Edits({ chat, room, message, onClose }) {
  const load = async () => {
    const answer = await chat.socket.ask({ type: 'edits', room, target: message.seq });
    return answer?.type === 'edits' ? { said: answer.versions } : { error: answer?.type === 'error' ? answer.reason : 'Not connected: try again in a moment.' };
  };
  return h(Sheet, { title: 'What it said before', onClose },
    h(Loaded, { load, children: (/** @type {import('../protocol.js').Version[]} */ versions) => h('ol', { class: 'list versions' }, versions.toReversed().map(({ seq, text, timestamp }) =>
      h('li', { key: seq }, h('div', { class: 'what' }, h('span', { class: 'hint' }, when(timestamp)), h('div', { class: 'text', dir: 'auto' }, block(clean(text))))))) }));
}
