// A message: what can be done about it.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { Field, Form, Sheet, Sure } from './parts.js';
import { deletes } from './rights.js';
import { isColoured, plain } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Message} Message
 */

/** @extends {Component<{chat: Chat, room: string, message: Message, onClose: () => void}, {reporting: boolean, said: string}>} */
export class MessageMenu extends Component {
  state = { reporting: false, said: '' };

  #delete = async () => {
    const { chat, room, message, onClose } = this.props;
    chat.outbox.change(room, { type: 'delete', target: message.seq });
    onClose();
    return '';
  };

  #report = async (/** @type {FormData} */ data) => {
    const { chat, room, message } = this.props;
    const error = await chat.ask({ type: 'report', room, target: message.seq, reason: String(data.get('reason')).trim() });
    if (error === '') this.setState({ reporting: false, said: 'Thank you. Those who keep order here will look at it.' });
    return error;
  };

  render() {
    const { chat, room: key, message, onClose } = this.props;
    const { reporting, said } = this.state;
    const { state } = chat;
    const room = state.rooms.get(key);
    if (!room) return null;
    const text = message.folded?.text ?? message.message;
    const isMine = message.user === state.me?.user;
    return h(Sheet, { title: `Message of ${safe(message.sender)}`, onClose },
      h('blockquote', null, safe(text.length > 300 ? `${text.slice(0, 300)}…` : text)),
      said ? h('p', { role: 'status' }, said) : reporting
        ? h(Form, { action: 'Report', onCancel: () => this.setState({ reporting: false }), onSubmit: this.#report }, h(Field, { label: 'What is wrong with it?', name: 'reason', required: true, maxLength: 500, autoComplete: 'off' }))
        : h('div', { class: 'choices' },
          h('button', { type: 'button', class: 'plain', onClick: () => navigator.clipboard?.writeText(isColoured(text) ? plain(text) : text).then(() => onClose()) }, 'Copy text'),
          !isMine && state.faces.has(message.user) && h('button', { type: 'button', class: 'plain', onClick: () => chat.show('person', { room: key, user: message.user }) }, safe(message.sender)),
          !isMine && h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ reporting: true }) }, 'Report…'),
          deletes(state, room, message.user) && h(Sure, { action: isMine ? 'Delete' : 'Delete for everybody', ask: 'It is taken out for everybody, and cannot be brought back.', sure: 'Delete', onSure: this.#delete })));
  }
}
