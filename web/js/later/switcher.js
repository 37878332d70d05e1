// What opens rarely: going to a room, joining one, making one. All three are one field and one list.

import { Component, createRef, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { missed } from '../state.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').RoomInfo} RoomInfo
 * @typedef {{key: string, title: string, hint: string, go: () => Promise<string>}} Choice
 */

const SHOWN = 50;

/** @extends {Component<{chat: Chat, onClose: () => void}, {text: string, open: RoomInfo[] | null, at: number, error: string}>} */
export class Switcher extends Component {
  state = { text: '', open: /** @type {RoomInfo[] | null} */ (null), at: 0, error: '' };
  dialog = createRef();

  async componentDidMount() {
    this.dialog.current.showModal();
    this.setState({ open: await this.props.chat.list() });
  }

  /** @returns {Choice[]} */
  #choices() {
    const { chat } = this.props;
    const { open } = this.state;
    const wanted = this.state.text.trim().replace(/^#/, '').toLowerCase();
    const fits = (/** @type {{room: string, title: string}} */ room) => `${room.room} ${room.title}`.toLowerCase().includes(wanted);
    const joined = [...chat.state.rooms.values()].filter((room) => room.joined);
    /** @type {Choice[]} */
    const choices = joined.filter(fits).map((room) => {
      const count = missed(chat.state, room);
      const go = async () => {
        chat.open(room.room);
        return '';
      };
      return { key: room.room, title: room.title, hint: count > 0 ? `${count} unread` : room.room === chat.state.active ? 'here' : '', go };
    });
    for (const room of open ?? []) {
      if (chat.state.rooms.get(room.room)?.joined || !fits(room)) continue;
      const present = room.present > 0 ? `${room.present} here · ` : '';
      choices.push({ key: room.room, title: room.title, hint: `${present}join`, go: () => chat.enter('join', room.room) });
    }
    const taken = choices.some(({ key, title }) => key === wanted || title.toLowerCase() === wanted);
    if (wanted !== '' && !taken) choices.push({ key: '+', title: this.state.text.trim().replace(/^#/, ''), hint: open === null ? 'join or create this room' : 'create this room', go: () => this.#enter() });
    const opening = (/** @type {string} */ key, /** @type {string} */ title) => ({ key, title, hint: 'new', go: async () => {
      chat.show(key, { title: this.state.text.trim() });
      return '';
    } });
    const rare = chat.state.me?.guest === false ? [opening('new-room', 'A private room, or one with a topic…'), opening('new-direct', 'A conversation with a few people…')] : [];
    return [...choices.slice(0, SHOWN), ...rare];
  }

  /** Makes the room, or joins it: it may be there although it is not listed here, or not yet. */
  async #enter() {
    const { chat } = this.props;
    const name = this.state.text.trim().replace(/^#/, '');
    const error = await chat.enter('create', name);
    if (error === '') return '';
    const open = await chat.list();
    this.setState({ open });
    const there = open?.find(({ room, title }) => room === name.toLowerCase() || title.toLowerCase() === name.toLowerCase());
    return there ? chat.enter('join', there.room) : error;
  }

  /** @param {Choice | undefined} choice */
  async #go(choice) {
    if (!choice) return;
    const error = await choice.go();
    if (error === '') this.dialog.current?.close();
    else this.setState({ error });
  }

  /** @param {KeyboardEvent} event @param {Choice[]} choices */
  #key(event, choices) {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      this.setState({ at: (this.state.at + step + choices.length) % Math.max(1, choices.length) });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#go(choices[this.state.at]);
    }
  }

  render() {
    const { text, open, error } = this.state;
    const choices = this.#choices();
    const at = Math.min(this.state.at, choices.length - 1);
    return h('dialog', {
      ref: this.dialog, class: 'switcher', 'aria-label': 'Go to a room', onClose: this.props.onClose,
      onClick: (/** @type {MouseEvent} */ event) => event.target === this.dialog.current && this.dialog.current.close(),
    },
    h('div', { class: 'sheet' },
      h('input', {
        type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'choices', 'aria-autocomplete': 'list', 'aria-label': 'Room',
        'aria-activedescendant': at >= 0 ? `choice-${at}` : undefined, placeholder: 'Find, join or create a room', value: text, autofocus: true, spellcheck: false, autoComplete: 'off', maxLength: 64,
        onInput: (/** @type {InputEvent} */ event) => this.setState({ text: /** @type {HTMLInputElement} */ (event.target).value, at: 0, error: '' }),
        onKeyDown: (/** @type {KeyboardEvent} */ event) => this.#key(event, choices),
      }),
      h('ul', { id: 'choices', role: 'listbox', 'aria-label': 'Rooms' }, choices.map((choice, i) =>
        h('li', { key: choice.key, id: `choice-${i}`, role: 'option', 'aria-selected': String(i === at), class: i === at ? 'at' : '', onClick: () => this.#go(choice), onPointerMove: () => i !== this.state.at && this.setState({ at: i }) },
          h('span', { class: 'hash', 'aria-hidden': 'true' }, choice.hint === 'new' || choice.key === '+' ? '+' : this.props.chat.state.rooms.get(choice.key)?.kind === 'direct' ? '@' : '#'), h('span', { class: 'name' }, safe(choice.title)), h('span', { class: 'hint' }, choice.hint)))),
      open === null && h('p', { class: 'hint' }, 'Rooms you are not in are listed when connected.'),
      h('p', { class: 'error', role: 'alert' }, safe(error))));
  }
}
