// Coming into a room, and leaving it.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { unsent } from '../state.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 */

/** @extends {Component<{chat: Chat, invitation: import('../state.js').Invitation}, {error: string}>} */
export class Invited extends Component {
  state = { error: '' };

  /** @param {Promise<string>} asked */
  async #do(asked) {
    this.setState({ error: await asked });
  }

  render() {
    const { chat, invitation: { room, title, sender } } = this.props;
    return h('li', { class: 'invited' }, h('span', { class: 'name' }, safe(title)), h('span', { class: 'hint' }, `from ${safe(sender)}`),
      h('div', null, h('button', { type: 'button', class: 'enter', 'aria-label': `Join ${safe(title)}`, onClick: () => this.#do(chat.enter('join', room)) }, 'Join'),
        h('button', { type: 'button', class: 'plain', 'aria-label': `Decline ${safe(title)}`, onClick: () => this.#do(chat.ask({ type: 'decline', room })) }, 'No, thanks')),
      h('p', { class: 'error', role: 'alert' }, safe(this.state.error)));
  }
}

/** Leaving a room for which lines wait asks first. @extends {Component<{chat: Chat, room: Room}, {waiting: number}>} */
export class Leave extends Component {
  state = { waiting: 0 };

  render() {
    const { chat, room } = this.props;
    const count = this.state.waiting && unsent(chat.state, room.room).length;
    if (count === 0) return h('button', { type: 'button', class: 'leave', onClick: () => this.setState({ waiting: chat.leave(room.room) }) }, `Leave ${safe(room.title)}`);
    return h('div', { class: 'ask', role: 'alert' },
      h('p', null, `${count} message${count === 1 ? ' is' : 's are'} not sent yet. Leaving discards ${count === 1 ? 'it' : 'them'}.`),
      h('button', { type: 'button', class: 'leave', onClick: () => this.setState({ waiting: 0 }) }, 'Stay'),
      h('button', { type: 'button', class: 'leave', onClick: () => chat.leave(room.room, true) }, 'Discard and leave'));
  }
}

/** In the composer's place in a room that one is not in: only own lines that were not sent keep it in sight. @extends {Component<{chat: Chat, room: Room}, {error: string}>} */
export class Outside extends Component {
  state = { error: '' };

  render() {
    const { chat, room } = this.props;
    const join = async () => this.setState({ error: await chat.enter('join', room.room) });
    return h('div', { class: 'welcome' }, h('p', null, `You are not in ${safe(room.title)}.`),
      h('button', { type: 'button', class: 'enter', onClick: join }, 'Join'), h('p', { class: 'error', role: 'alert' }, safe(this.state.error)));
  }
}
