// Making rooms and conversations, and what their owners decide about them.

import { Component, Fragment, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { Avatar } from '../view/timeline.js';
import { linkTo } from './account.js';
import { Check, Field, Form, Loaded, Secret, Sheet, Sure, when } from './parts.js';
import { invites, isAccount, runs } from './rights.js';
import { moderates } from '../room.js';
import { fetched } from './settings.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../protocol.js').Account} Account
 */

const SHOWN = 100;
const PAUSES = /** @type {[number, string][]} */ ([[0, 'off'], [5, '5 seconds'], [10, '10 seconds'], [30, '30 seconds'], [60, '1 minute'], [300, '5 minutes'], [900, '15 minutes'], [3_600, '1 hour'], [21_600, '6 hours']]);

/** @param {{chat: Chat, onClose: () => void, title?: string}} props */
export function NewRoom({ chat, onClose, title = '' }) {
  const make = async (/** @type {FormData} */ data) => {
    const topic = String(data.get('topic')).trim();
    const error = await chat.enter('create', String(data.get('title')).trim().replace(/^#/, ''), { kind: data.get('kind'), ...(topic && { topic }) });
    if (error === '') onClose();
    return error;
  };
  return h(Sheet, { title: 'New room', onClose },
    h(Form, { action: 'Make room', onSubmit: make },
      h(Field, { label: 'Name', name: 'title', required: true, maxLength: 64, defaultValue: title, autoComplete: 'off', spellcheck: false, hint: 'Of a room for everybody: letters, digits, - _ and .' }),
      h(Field, { label: 'Topic', name: 'topic', maxLength: 250, autoComplete: 'off', placeholder: 'What it is about' }),
      h('fieldset', { class: 'kinds' }, h('legend', null, 'Who may join'),
        h(Check, { type: 'radio', name: 'kind', value: 'public', label: 'Everybody', checked: true, hint: 'Listed for all.' }),
        h(Check, { type: 'radio', name: 'kind', value: 'private', label: 'Only who is invited', hint: 'Nobody else learns that it exists.' }))));
}

/** @typedef {{chat: Chat, name: string, type?: 'checkbox' | 'radio', skip: (user: string) => boolean, most?: number}} PickerProps */

/** Chooses among everybody with an account. @extends {Component<PickerProps, {text: string, chosen: Set<string>}>} */
class Picker extends Component {
  state = { text: '', chosen: /** @type {Set<string>} */ (new Set()) };

  /** @param {string} user */
  #toggle(user) {
    const chosen = new Set(this.props.type === 'radio' ? [] : this.state.chosen);
    if (!this.state.chosen.has(user)) chosen.add(user);
    else chosen.delete(user);
    this.setState({ chosen });
  }

  /** @param {PickerProps} props */
  render({ name, type = 'checkbox', skip, most = Infinity }) {
    const { text, chosen } = this.state;
    const wanted = text.trim().toLowerCase();
    return h(Loaded, { load: () => fetched('users'), children: (/** @type {{users: Account[]}} */ { users }) => {
      const fit = users.filter((each) => !each.inactive && !skip(each.user) && (chosen.has(each.user) || each.name.toLowerCase().includes(wanted)));
      return h(Fragment, null,
        h('input', { type: 'search', 'aria-label': 'Find somebody', placeholder: 'Find somebody', value: text, autoComplete: 'off', spellcheck: false, onInput: (/** @type {InputEvent} */ event) => this.setState({ text: /** @type {HTMLInputElement} */ (event.target).value }) }),
        h('div', { class: 'picker', role: 'group', 'aria-label': 'People' },
          fit.length === 0 && h('p', { class: 'hint' }, users.length <= 1 ? 'Nobody else has an account yet.' : 'Nobody of this name.'),
          fit.slice(0, SHOWN).map((each) => h('label', { key: each.user, class: 'pick' },
            h('input', { type, name, value: each.user, checked: chosen.has(each.user), disabled: !chosen.has(each.user) && chosen.size >= most && type === 'checkbox', onChange: () => this.#toggle(each.user) }),
            h(Avatar, { user: each.user, name: each.name, face: { name: each.name, role: each.role, profile: each.profile ?? {} } }),
            h('span', { class: 'name' }, safe(each.name)), each.bot && h('span', { class: 'tag' }, 'bot'), each.profile?.status && h('span', { class: 'hint' }, safe(each.profile.status))))));
    } });
  }
}

/** @param {{chat: Chat, onClose: () => void}} props */
export function NewDirect({ chat, onClose }) {
  const write = async (/** @type {FormData} */ data) => {
    const users = data.getAll('user');
    if (users.length === 0) return 'Choose somebody.';
    const error = await chat.enter('direct', '', { users });
    if (error === '') onClose();
    return error;
  };
  return h(Sheet, { title: 'New conversation', onClose },
    h(Form, { action: 'Write to them', onSubmit: write },
      h('p', { class: 'hint' }, 'One person, or up to nine: only you will see what is said.'),
      h(Picker, { chat, name: 'user', most: 9, skip: (user) => user === chat.state.me?.user })));
}

/** @extends {Component<{chat: Chat, room: string, onClose: () => void}>} */
export class RoomDetails extends Component {
  #change = (/** @type {object} */ change) => this.props.chat.ask({ type: 'change', room: this.props.room, ...change });

  #save = async (/** @type {FormData} */ data) => {
    const room = this.#room();
    if (!room) return 'This room is gone.';
    const isOwner = runs(this.props.chat.state, room);
    const [title, topic, slow_s, announce] = [String(data.get('title') ?? room.title).trim(), String(data.get('topic')).trim(), Number(data.get('slow')), data.get('announce') !== null];
    return this.#change({
      ...(title !== room.title && { title }), ...(topic !== room.topic && { topic }),
      ...(slow_s !== (room.rules.slow_s ?? 0) && { slow_s }), ...(isOwner && announce !== (room.rules.announce ?? false) && { announce }),
    });
  };

  #invite = async (/** @type {FormData} */ data, /** @type {HTMLFormElement} */ form) => {
    const { chat, room } = this.props;
    for (const user of data.getAll('user')) {
      const error = await chat.ask({ type: 'invite', room, user });
      if (error !== '') return error;
    }
    form.reset();
    return data.getAll('user').length > 0 ? '' : 'Choose somebody.';
  };

  #room() {
    return this.props.chat.state.rooms.get(this.props.room);
  }

  render() {
    const { chat, onClose } = this.props;
    const room = this.#room();
    if (!room) return null;
    const { state } = chat;
    const mayChange = runs(state, room);
    const mayTend = moderates(state, room);
    const slow = room.rules.slow_s ?? 0;
    const kind = room.kind === 'direct' ? 'Conversation' : room.kind === 'private' ? 'Private room' : 'Public room';
    const archived = room.rules.archived === true;
    return h(Sheet, { title: safe(room.title), onClose, wide: true },
      h('p', { class: 'lead' }, kind, archived && ', archived', room.standing && room.standing !== 'member' && `. You are its ${room.standing}.`),
      mayTend && !archived
        ? h(Form, { action: 'Save', done: 'Saved', onSubmit: this.#save },
          mayChange && h(Field, { label: 'Name', name: 'title', required: true, maxLength: 64, defaultValue: room.title, autoComplete: 'off', hint: 'Links to the room go on working.' }),
          h(Field, { label: 'Topic', name: 'topic', maxLength: 250, defaultValue: room.topic, autoComplete: 'off' }),
          mayChange && h(Check, { label: 'Only announcements', name: 'announce', checked: room.rules.announce === true, hint: 'Its owners and moderators write, the others read.' }),
          h(Field, { label: 'Slow mode', name: 'slow', as: 'select', hint: 'The pause between two messages of one person.' }, [...PAUSES, ...(PAUSES.some(([seconds]) => seconds === slow) ? [] : [/** @type {[number, string]} */ ([slow, `${slow} seconds`])])]
            .map(([seconds, text]) => h('option', { key: seconds, value: seconds, selected: seconds === slow }, text))))
        : room.topic && h('p', null, safe(room.topic)),
      isAccount(state) && room.room !== 'lobby' && h('div', { class: 'choices' },
        h('button', { type: 'button', class: 'plain', 'aria-pressed': String(state.muted.has(room.room)), onClick: () => chat.ask({ type: 'notify', room: room.room, level: state.muted.has(room.room) ? 'mentions' : 'none' }) }, state.muted.has(room.room) ? 'Count what is unread here again' : 'Do not count what is unread here')),
      invites(state, room) && h(Fragment, null, h('h3', null, 'Invite'),
        h(Form, { action: 'Invite', done: 'Invited', onSubmit: this.#invite }, h(Picker, { chat, name: 'user', skip: (user) => room.people.get(user)?.standing !== undefined }))),
      room.kind === 'public' && h(Secret, { label: 'Link to this room', text: linkTo(room.room), hint: 'For everybody who may come here.' }),
      mayChange && room.room !== 'lobby' && h('div', { class: 'foot' }, archived
        ? h('button', { type: 'button', class: 'plain', onClick: () => this.#change({ archived: false }) }, 'Open it again')
        : h(Sure, { action: 'Archive this room', ask: 'It can still be read, and nothing more is said in it. You can open it again.', sure: 'Archive', onSure: () => this.#change({ archived: true }) })),
      moderates(state, room) && h(Sentenced, { chat, room }));
  }
}

/** Who was put out of the room, and who may not write in it, for those who may lift that. @param {{chat: Chat, room: Room}} props */
function Sentenced({ chat, room }) {
  const load = async () => {
    const answer = await chat.socket.ask({ type: 'members', room: room.room });
    return answer?.type === 'members' ? { said: answer } : { error: answer?.type === 'error' ? answer.reason : 'Not connected: try again in a moment.' };
  };
  return h(Loaded, { load, children: (/** @type {import('../protocol.js').Members} */ { banned = [], muted = [] }, again) => h(Fragment, null,
    h(Sentences, { title: 'Banned', action: 'Lift the ban', all: banned, onLift: (user) => chat.ask({ type: 'unban', room: room.room, user }), again }),
    h(Sentences, { title: 'Muted', action: 'Let write again', all: muted, onLift: (user) => chat.ask({ type: 'unmute', room: room.room, user }), again })) });
}

/** @typedef {{title: string, action: string, all: import('../protocol.js').Sentence[], onLift: (user: string) => Promise<string>, again: () => void}} SentencesProps */

/** @extends {Component<SentencesProps, {error: string}>} */
class Sentences extends Component {
  state = { error: '' };

  /** @param {string} user */
  async #lift(user) {
    const error = await this.props.onLift(user);
    this.setState({ error });
    if (error === '') this.props.again();
  }

  /** @param {SentencesProps} props */
  render({ title, action, all }) {
    if (all.length === 0) return null;
    return h(Fragment, null, h('h3', null, title), h('ul', { class: 'list', 'aria-label': title }, all.map(({ user, name, until, reason }) => h('li', { key: user },
      h('div', { class: 'what' }, h('strong', null, safe(name)), h('span', { class: 'hint' }, [until ? `until ${when(until)}` : 'without end', reason ? safe(reason) : ''].filter(Boolean).join(' · '))),
      h('button', { type: 'button', class: 'plain', 'aria-label': `${action}: ${safe(name)}`, onClick: () => this.#lift(user) }, action)))),
      h('p', { class: 'error', role: 'alert' }, safe(this.state.error)));
  }
}
