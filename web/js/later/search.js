// Finding what was said: by words and what narrows them, or by its day.

import { Component, createRef, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { Avatar } from '../view/timeline.js';
import { sentence } from './account.js';
import { Field, Form, Sheet, when } from './parts.js';
import { dayOf, marked, suggest, words } from './query.js';
import { clean } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Hit} Hit
 * @typedef {import('../protocol.js').Message} Message
 * @typedef {{text: string, order: 'newest' | 'rank', hits: Hit[] | null, asked: string, before: number | undefined, behind: number, error: string, isBusy: boolean, caret: number}} SearchState
 */

/** Asked for at a time. */
const PAGE = 30;
/** A search begins when nothing was typed for so long. */
const PAUSE_MS = 300;

/** @extends {Component<{chat: Chat, onClose: () => void, query?: string}, SearchState>} */
export class Search extends Component {
  /** @param {{chat: Chat, onClose: () => void, query?: string}} props */
  constructor(props) {
    super(props);
    const text = props.query;
    const { found, me } = props.chat.state;
    /** Who looks. */
    this.user = me?.user;
    /** @type {SearchState} */
    this.state = text === undefined && found ? { ...found, isBusy: false } : { text: text ?? '', order: 'newest', hits: null, asked: '', before: undefined, behind: 0, error: '', isBusy: false, caret: text?.length ?? 0 };
    this.input = createRef();
    this.asking = 0;
  }

  componentDidMount() {
    const input = this.input.current;
    input.focus();
    input.select();
    if (this.props.query) this.#ask();
  }

  componentWillUnmount() {
    clearTimeout(this.timer);
    const { state } = this.props.chat;
    // Whoever comes next did not look for it.
    if (state.me?.user === this.user) state.found = this.state;
  }

  #typed = () => {
    const { value, selectionStart } = this.input.current;
    this.setState({ text: value, caret: selectionStart ?? value.length });
    this.#soon();
  };

  #moved = () => this.setState({ caret: this.input.current.selectionStart ?? 0 });

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.state.text.trim() !== '' && this.#ask(true), PAUSE_MS);
  }

  /** What is only half typed is not yet wrong. @param {boolean} [isEarly] */
  async #ask(isEarly = false) {
    clearTimeout(this.timer);
    const { text, order } = this.state;
    const number = ++this.asking;
    this.setState({ isBusy: true, error: '' });
    const answer = await this.#question(text, order);
    if (number !== this.asking) return;
    if (answer?.type === 'found') this.setState({ hits: answer.hits, asked: text, before: answer.before, behind: answer.behind, isBusy: false });
    else if (isEarly && answer?.type === 'error' && answer.code === 'bad_query') this.setState({ isBusy: false });
    else this.setState({ isBusy: false, error: answer?.type === 'error' ? sentence(answer.reason) : 'Not connected: searching needs the server.' });
  }

  #more = async () => {
    const { asked, order, before, hits } = this.state;
    this.setState({ isBusy: true });
    const answer = await this.#question(asked, order, before);
    if (hits !== this.state.hits) return;
    if (answer?.type === 'found') this.setState({ hits: [...(hits ?? []), ...answer.hits], before: answer.before, isBusy: false });
    else this.setState({ isBusy: false, error: answer?.type === 'error' ? sentence(answer.reason) : 'Not connected: try again in a moment.' });
  };

  /** @param {string} query @param {'newest' | 'rank'} order @param {number} [before] */
  async #question(query, order, before) {
    const { socket, state } = this.props.chat;
    const answer = await socket.ask({ type: 'search', query, order, limit: PAGE, ...(before !== undefined && { before }) });
    // What the server finds by now is in rooms that one may read, whether one is in them or not.
    if (answer?.type === 'found') for (const { message } of answer.hits) state.out.delete(message.room);
    return answer;
  }

  /** @param {import('./query.js').Suggestion} choice */
  #take({ from, to, insert }) {
    const { text } = this.state;
    const caret = from + insert.length;
    this.setState({ text: text.slice(0, from) + insert + text.slice(to), caret }, () => {
      this.input.current.focus();
      this.input.current.setSelectionRange(caret, caret);
    });
    this.#soon();
  }

  /** @param {'newest' | 'rank'} order */
  #order(order) {
    this.setState({ order }, () => this.state.text.trim() !== '' && this.#ask());
  }

  /** The arrow keys go through what was found. @param {KeyboardEvent} event */
  #walk = (event) => {
    // The field would only be emptied.
    if (event.key === 'Escape') return this.props.onClose();
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || event.altKey) return;
    const all = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('.hit')];
    const at = all.indexOf(/** @type {Element} */ (document.activeElement)) + step;
    event.preventDefault();
    if (at < 0) this.input.current.focus();
    else /** @type {HTMLElement | undefined} */ (all[Math.min(at, all.length - 1)])?.focus();
  };

  /** @param {Message} message */
  #go({ room, seq }) {
    this.props.onClose();
    this.props.chat.jump(room, seq);
  }

  render() {
    const { chat, onClose } = this.props;
    const { text, caret, order, hits, asked, before, behind, error, isBusy } = this.state;
    const { faces, rooms, out, blocked } = chat.state;
    const seen = hits?.filter(({ message }) => !out.has(message.room) && !blocked.has(message.user)) ?? [];
    const choices = suggest(text, caret, { people: [...faces.values()].map(({ name }) => name), rooms: [...rooms.values()], today: new Date() });
    const wanted = words(asked);
    return h(Sheet, { title: 'Search', onClose, wide: true },
      h('form', { class: 'search', role: 'search', onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (text.trim() !== '') this.#ask();
      }, onKeyDown: this.#walk },
        h('div', { class: 'joined' },
          h('input', { ref: this.input, type: 'search', value: text, 'aria-label': 'What to look for', placeholder: 'Words, "a phrase", begin*', autoComplete: 'off', spellcheck: false, maxLength: 500, enterKeyHint: 'search', onInput: this.#typed, onKeyUp: this.#moved, onClick: this.#moved, 'aria-describedby': 'search-error' }),
          h('button', { type: 'submit' }, 'Search')),
        h('div', { class: 'suggestions', role: 'group', 'aria-label': 'What narrows it' }, choices.map((choice) =>
          h('button', { key: choice.insert, type: 'button', onClick: () => this.#take(choice) }, safe(choice.label), choice.hint && h('span', { class: 'hint' }, ` ${choice.hint}`)))),
        h('p', { class: 'error', id: 'search-error', role: 'alert' }, safe(error)),
        hits !== null && h('div', { class: 'found-head' },
          h('span', { class: 'hint', role: 'status' }, isBusy ? 'Searching…' : seen.length === 0 ? 'Nothing was found.' : `${seen.length}${before !== undefined ? ' or more' : ''} found`),
          h('div', { class: 'orders', role: 'group', 'aria-label': 'Which come first' }, /** @type {const} */ (['newest', 'rank']).map((each) =>
            h('button', { key: each, type: 'button', 'aria-pressed': String(order === each), onClick: () => this.#order(each) }, each === 'newest' ? 'Newest' : 'Best')))),
        behind > 0 && h('p', { class: 'hint' }, `The ${behind === 1 ? 'newest message' : `${behind} newest messages`} cannot be found yet.`),
        hits !== null && h('ol', { class: 'hits', 'aria-label': 'What was found' }, seen.map((hit) => h('li', { key: `${hit.message.room} ${hit.message.seq}` }, h(Found, { chat, hit, wanted, onGo: () => this.#go(hit.message) })))),
        before !== undefined && h('button', { type: 'button', class: 'plain', disabled: isBusy, onClick: this.#more }, 'More'),
        hits === null && h('p', { class: 'hint' }, 'It finds what you may read, in all your rooms and in public ones. To go to a day instead: ', h('button', { type: 'button', class: 'linklike', onClick: () => chat.show('date', { room: chat.state.active }) }, 'choose it'), '.')));
  }
}

/** @param {{chat: Chat, hit: Hit, wanted: string[], onGo: () => void}} props */
function Found({ chat, hit: { message, title, previous, next }, wanted, onGo }) {
  const { user, sender, timestamp, files, folded } = message;
  const text = clean(folded?.text ?? message.message);
  const names = (files ?? []).map(({ name }) => safe(name)).join(', ');
  return h('button', { type: 'button', class: 'hit', onClick: onGo },
    h('span', { class: 'where' }, h('span', { class: 'name' }, safe(title || message.room)), h('time', { dateTime: timestamp }, when(timestamp))),
    previous && h(Beside, { chat, message: previous }),
    h('span', { class: 'said' }, h(Avatar, { user, name: sender, face: chat.state.faces.get(user) }),
      h('span', null, h('b', null, safe(sender)), ' ', marked(safe(text), wanted).map(([part, isMark], i) => (isMark ? h('mark', { key: i }, part) : part)), names && h('span', { class: 'hint' }, ` 📎 ${names}`))),
    next && h(Beside, { chat, message: next }));
}

/** What was said before it or after. @param {{chat: Chat, message: Message}} props */
function Beside({ chat, message: { user, sender, message, folded } }) {
  if (chat.state.blocked.has(user)) return h('span', { class: 'beside' }, 'Somebody you blocked wrote here.');
  const text = folded?.deleted ? 'This message was deleted.' : clean(folded?.text ?? message);
  return h('span', { class: 'beside' }, h('bdi', null, safe(sender)), `: ${safe(text.length > 120 ? `${text.slice(0, 120)}…` : text)}`);
}

/** @param {{chat: Chat, onClose: () => void, room: string, at?: string}} props */
export function ToDate({ chat, onClose, room: key, at }) {
  const room = chat.state.rooms.get(key);
  const today = dayOf(new Date());
  const go = async (/** @type {FormData} */ data) => {
    const day = new Date(`${data.get('day')}T00:00:00`);
    if (isNaN(+day)) return 'Say a day, as in 2026-11-23.';
    const { toDay } = await import('./deeds.js');
    const error = await toDay(chat, key, day);
    if (error === '') onClose();
    return error;
  };
  const first = () => {
    onClose();
    chat.jump(key, room?.first ?? 1);
  };
  return h(Sheet, { title: `Go to a day in ${safe(room?.title ?? key)}`, onClose },
    h(Form, { action: 'Go', onSubmit: go },
      h(Field, { label: 'Day', name: 'day', type: 'date', required: true, max: today, defaultValue: at && !isNaN(Date.parse(at)) ? dayOf(new Date(at)) : today, hint: 'It opens at the first message of that day, or after it.' })),
    h('div', { class: 'choices' }, h('button', { type: 'button', class: 'plain', onClick: first }, 'To the beginning')));
}
