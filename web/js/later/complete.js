// Completes names while somebody writes.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { Avatar } from '../view/timeline.js';
import { choices } from './names.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('./names.js').Choice} Choice
 */

const WORD = /(?:^|[\s([{])(@[^\s@]*|:[a-z0-9_+-]{2,})$/;

/** @typedef {{chat: Chat, room: Room, input: import('preact').RefObject<HTMLTextAreaElement>}} Props */

/** The list above the composer, while a name is being written. @extends {Component<Props, {word: string, at: number}>} */
export class Completion extends Component {
  state = { word: '', at: 0 };
  /** The word for which it was closed. */
  closed = '';

  componentDidMount() {
    const input = /** @type {HTMLTextAreaElement} */ (this.props.input.current);
    this.input = input;
    for (const kind of ['input', 'click', 'focus']) input.addEventListener(kind, this.#look);
    input.addEventListener('blur', this.#close);
    input.addEventListener('keydown', this.#key, { capture: true });
    this.#look();
  }

  componentWillUnmount() {
    for (const kind of ['input', 'click', 'focus']) this.input?.removeEventListener(kind, this.#look);
    this.input?.removeEventListener('blur', this.#close);
    this.input?.removeEventListener('keydown', this.#key, { capture: true });
    this.#tell(-1);
  }

  componentDidUpdate() {
    this.#tell(this.#choices().length === 0 ? -1 : this.state.at);
  }

  /** Says to whoever does not see it what is chosen. @param {number} at */
  #tell(at) {
    if (at < 0) for (const name of ['aria-activedescendant', 'aria-controls']) this.input?.removeAttribute(name);
    else {
      this.input?.setAttribute('aria-controls', 'completions');
      this.input?.setAttribute('aria-activedescendant', `completion-${at}`);
    }
  }

  #look = () => {
    const input = /** @type {HTMLTextAreaElement} */ (this.input);
    const [, word = ''] = WORD.exec(input.value.slice(0, input.selectionStart)) ?? [];
    if (word !== this.closed) this.closed = '';
    if (word !== this.state.word) this.setState({ word, at: 0 });
  };

  #close = () => {
    this.closed = this.state.word;
    this.setState({ word: '' });
  };

  #choices() {
    const { word } = this.state;
    return word === '' || word === this.closed ? [] : choices(this.props.chat.state, this.props.room, word);
  }

  #key = (/** @type {KeyboardEvent} */ event) => {
    const all = this.#choices();
    if (all.length === 0 || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const { at } = this.state;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    // A name that is written out needs no completing: Enter sends.
    if (event.key === 'Enter' && all[at]?.text.toLowerCase() === this.state.word.toLowerCase()) return this.#close();
    if (step !== 0) this.setState({ at: (at + step + all.length) % all.length });
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') this.#pick(/** @type {Choice} */ (all[Math.min(at, all.length - 1)]));
    else if (event.key === 'Escape') this.#close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  /** @param {Choice} choice */
  #pick({ text }) {
    const input = /** @type {HTMLTextAreaElement} */ (this.input);
    const end = input.selectionStart;
    input.setRangeText(`${text} `, end - this.state.word.length, end, 'end');
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    input.focus();
  }

  render() {
    const { chat } = this.props;
    const all = this.#choices();
    if (all.length === 0) return null;
    return h('ul', { class: 'completions', id: 'completions', role: 'listbox', 'aria-label': 'Names' }, all.map((choice, i) =>
      h('li', { key: choice.text, id: `completion-${i}`, role: 'option', 'aria-selected': String(i === this.state.at), class: i === this.state.at ? 'at' : '', onPointerDown: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#pick(choice);
      } },
      choice.user ? h(Avatar, { user: choice.user, name: choice.text.slice(1), face: chat.state.faces.get(choice.user) }) : choice.text.startsWith('@') && h('span', { class: 'avatar', 'aria-hidden': 'true' }, '@'),
      h('span', { class: 'name' }, safe(choice.text)), choice.hint && h('span', { class: 'hint' }, choice.hint))));
  }
}
