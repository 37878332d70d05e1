// Choosing a reaction. Those used last on this device come first.

import { Component, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { GROUPS } from './emoji.js';
import { Sheet } from './parts.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Said} Said
 */

/** Before anything was used. */
const FIRST = ['👍', '❤️', '😄', '🎉', '👀', '✅', '🙏', '👎'];
/** All there are, in the order of a picker, each with its names. */
export const ALL = GROUPS.flatMap(([, all]) => (all ?? '').split(',')).map((each) => each.trim().split(' ')).filter(([emoji]) => emoji)
  .map(([emoji = '', ...names]) => ({ emoji, names }));
/** Shown at once: more are found by their names. */
const SHOWN = 160;
const USED = 'chat.reactions';
const REMEMBERED = 12;

/** Those used last, then the usual ones. @returns {string[]} */
export function usual() {
  let used = [];
  try {
    used = JSON.parse(localStorage.getItem(USED) ?? '[]');
  } catch {
    // Nothing is remembered where nothing may be stored.
  }
  const known = Array.isArray(used) ? used.filter((each) => typeof each === 'string' && each.length <= 32).map(safe) : [];
  return [...new Set([...known, ...FIRST])];
}

/** @param {string} emoji */
export function use(emoji) {
  try {
    localStorage.setItem(USED, JSON.stringify([emoji, ...usual().filter((each) => each !== emoji)].slice(0, REMEMBERED)));
  } catch {
    // As above.
  }
}

/** Those that a word finds; an emoji itself is one too. @param {string} typed @returns {string[]} */
export function found(typed) {
  const word = typed.trim().toLowerCase().replaceAll(':', '');
  if (word === '') return [...new Set([...usual(), ...ALL.map(({ emoji }) => emoji)])].slice(0, SHOWN);
  if (/^\p{Emoji}/u.test(word) && !/^[\d#*]/.test(word)) return [typed.trim()];
  const name = word.replaceAll(' ', '_');
  const begin = ALL.filter(({ names }) => names.some((each) => each.startsWith(name)));
  const within = ALL.filter(({ names }) => names.some((each) => each.includes(name, 1)));
  return [...new Set([...begin, ...within].map(({ emoji }) => emoji))].slice(0, SHOWN);
}

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
