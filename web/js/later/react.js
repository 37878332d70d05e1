// Choosing a reaction. Those used last on this device come first.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { found, use } from './names.js';
import { Sheet } from './parts.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Said} Said
 */

/** @extends {Component<{chat: Chat, room: string, message: Said, onClose: () => void}, {typed: string}>} */
export class Picker extends Component {
  state = { typed: '' };

  /** @param {string | undefined} emoji */
  #pick(emoji) {
    const { chat, room, message } = this.props;
    if (emoji === undefined) return;
    use(emoji);
    chat.show(null);
    chat.act('react', chat.state.rooms.get(room)?.known.get(message.seq)?.now ?? message, emoji);
  }

  /** The arrows go through the choices. @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
    const list = /** @type {HTMLElement} */ (event.currentTarget);
    const all = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('button'))];
    const at = all.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = step === undefined ? undefined : all[at + step];
    if (to === undefined) return;
    event.preventDefault();
    for (const each of all) each.tabIndex = each === to ? 0 : -1;
    to.focus();
  }

  render() {
    const { onClose } = this.props;
    const all = found(this.state.typed);
    return h(Sheet, { title: 'React', onClose },
      h('input', { type: 'search', 'aria-label': 'Find or type an emoji', placeholder: 'Find or type an emoji', value: this.state.typed, autoComplete: 'off', spellcheck: false,
        onInput: (/** @type {InputEvent} */ event) => this.setState({ typed: /** @type {HTMLInputElement} */ (event.target).value }),
        onKeyDown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && !event.isComposing && this.#pick(all[0]) }),
      h('div', { class: 'emojis', role: 'group', 'aria-label': 'Emoji', onKeyDown: (/** @type {KeyboardEvent} */ event) => this.#key(event) },
        all.map((emoji, i) => h('button', { key: emoji, type: 'button', class: 'emoji', tabIndex: i === 0 ? 0 : -1, 'aria-label': `React with ${safe(emoji)}`, onClick: () => this.#pick(emoji) }, safe(emoji))),
        all.length === 0 && h('p', { class: 'hint' }, 'None of that name.')));
  }
}
