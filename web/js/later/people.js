// A person, and a message: what can be done about them.

import { Component, Fragment, h } from 'preact';
import { isColoured, plain } from './sgr.js';
import { line as safe } from '../safe_text.js';
import { Avatar } from '../view/timeline.js';
import { Field, Form, Sheet, Sure } from './parts.js';
import { deletes, isAccount, moderatesWhom, shapes } from './rights.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Message} Message
 * @typedef {import('../protocol.js').Role} Role
 */

const SPANS = /** @type {[string, string][]} */ ([['600', '10 minutes'], ['3600', '1 hour'], ['86400', '1 day'], ['604800', '1 week'], ['2592000', '30 days'], ['', 'no end']]);
const STATES = /** @type {Record<string, string>} */ ({ online: 'Online', idle: 'Idle', offline: 'Not here now' });

/** @extends {Component<{chat: Chat, room: string, user: string, onClose: () => void}, {error: string, said: string, doing: '' | 'mute' | 'kick' | 'ban'}>} */
export class PersonCard extends Component {
  state = { error: '', said: '', doing: /** @type {'' | 'mute' | 'kick' | 'ban'} */ ('') };
  /** @type {import('../state.js').Face | undefined} */
  known;

  /** @param {Promise<string>} asked @param {string} said */
  async #do(asked, said) {
    const error = await asked;
    this.setState({ error, said: error === '' ? said : '', doing: error === '' ? '' : this.state.doing });
    return error;
  }

  #write = async () => {
    const { chat, user, onClose } = this.props;
    const error = await chat.enter('direct', '', { users: [user] });
    if (error === '') onClose();
    else this.setState({ error });
  };

  /** @param {'mute' | 'kick' | 'ban'} what */
  #moderate = (what) => (/** @type {FormData} */ data) => {
    const { chat, room, user } = this.props;
    const [span, reason] = [Number(data.get('span') ?? 0), String(data.get('reason') ?? '').trim()];
    const said = { mute: 'Muted.', kick: 'Put out of the room.', ban: 'Banned from the room.' }[what];
    return this.#do(chat.ask({ type: what, room, user, ...(span > 0 && { for_s: span }), ...(reason && { reason }) }), said);
  };

  render() {
    const { chat, room: key, user, onClose } = this.props;
    const { state } = chat;
    const room = state.rooms.get(key);
    const person = room?.people.get(user);
    // Whoever was put out is still the one that this is about.
    this.known = person ?? state.faces.get(user) ?? this.known;
    if (!room || !this.known) return null;
    const { name, role, profile } = this.known;
    const isMe = user === state.me?.user;
    const isBlocked = state.blocked.has(user);
    const { doing, error, said } = this.state;
    const tags = [role === 'guest' || role === 'member' ? '' : role, person?.standing && person.standing !== 'member' ? `${person.standing} of this room` : '', role === 'guest' ? 'guest' : ''].filter(Boolean);
    const set = (/** @type {string} */ standing) => this.#do(chat.ask({ type: 'role', room: key, user, role: standing }), `Now ${standing} of this room.`);
    return h(Sheet, { title: safe(name), onClose },
      h('div', { class: 'portrait' }, h(Avatar, { user, name, face: { name, role, profile } }),
        h('div', null, h('p', null, profile.away ? 'Away' : person ? STATES[person.state] ?? '' : 'Not in this room', profile.status && ` · ${safe(profile.status)}`),
          h('p', null, tags.map((tag) => h('span', { class: 'tag', key: tag }, tag))))),
      h('div', { class: 'choices' },
        !isMe && isAccount(state) && role !== 'guest' && h('button', { type: 'button', class: 'primary', onClick: this.#write }, 'Write to them'),
        isMe && isAccount(state) && h('button', { type: 'button', class: 'primary', onClick: () => chat.show('settings') }, 'Change your profile'),
        !isMe && isAccount(state) && h('button', { type: 'button', class: 'plain', onClick: () => this.#do(chat.ask({ type: 'block', user, on: !isBlocked }), isBlocked ? 'You see what they write again.' : 'You do not see what they write any more.') }, isBlocked ? 'Unblock' : 'Block')),
      moderatesWhom(state, room, user) && h(Fragment, null, h('h3', null, `In ${safe(room.title)}`),
        doing === '' ? h('div', { class: 'choices' },
          h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ doing: 'mute', said: '' }) }, 'Mute…'),
          h('button', { type: 'button', class: 'plain', onClick: () => this.#do(chat.ask({ type: 'unmute', room: key, user }), 'May write again.') }, 'Unmute'),
          h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ doing: 'kick', said: '' }) }, 'Kick…'),
          h('button', { type: 'button', class: 'danger', onClick: () => this.setState({ doing: 'ban', said: '' }) }, 'Ban…'))
          : h(Form, { key: doing, action: { mute: 'Mute', kick: 'Put out of the room', ban: 'Ban' }[doing], danger: doing === 'ban', onCancel: () => this.setState({ doing: '' }), onSubmit: this.#moderate(doing) },
            doing !== 'kick' && h(Field, { label: 'For', name: 'span', as: 'select' }, SPANS.map(([seconds, text]) => h('option', { key: seconds, value: seconds, selected: seconds === '86400' }, text))),
            h(Field, { label: 'Reason', name: 'reason', maxLength: 500, autoComplete: 'off', hint: 'The room sees it.' }))),
      !isMe && shapes(state, room) && person && role !== 'guest' && h('div', { class: 'choices' },
        (person.standing ?? 'member') === 'member' && h('button', { type: 'button', class: 'plain', onClick: () => set('moderator') }, 'Make moderator'),
        person.standing === 'moderator' && h('button', { type: 'button', class: 'plain', onClick: () => set('member') }, 'Make ordinary member'),
        person.standing !== 'owner' && h('button', { type: 'button', class: 'plain', onClick: () => set('owner') }, 'Make owner')),
      h('p', { class: 'done', role: 'status' }, said), h('p', { class: 'error', role: 'alert' }, safe(error)));
  }
}

/** @extends {Component<{chat: Chat, room: string, message: Message, onClose: () => void}, {reporting: boolean, said: string}>} */
export class MessageMenu extends Component {
  state = { reporting: false, said: '' };

  #delete = async () => {
    const { chat, room, message, onClose } = this.props;
    const error = await chat.remove(room, message.seq);
    if (error === '') onClose();
    return error;
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
    const source = message.folded?.text ?? message.message;
    const text = isColoured(source) ? plain(source) : source;
    const isMine = message.user === state.me?.user;
    return h(Sheet, { title: `Message of ${safe(message.sender)}`, onClose },
      h('blockquote', null, safe(text.length > 300 ? `${text.slice(0, 300)}…` : text)),
      said ? h('p', { role: 'status' }, said) : reporting
        ? h(Form, { action: 'Report', onCancel: () => this.setState({ reporting: false }), onSubmit: this.#report }, h(Field, { label: 'What is wrong with it?', name: 'reason', required: true, maxLength: 500, autoComplete: 'off' }))
        : h('div', { class: 'choices' },
          h('button', { type: 'button', class: 'plain', onClick: () => navigator.clipboard?.writeText(text).then(() => onClose()) }, 'Copy text'),
          !isMine && state.faces.has(message.user) && h('button', { type: 'button', class: 'plain', onClick: () => chat.show('person', { room: key, user: message.user }) }, safe(message.sender)),
          !isMine && h('button', { type: 'button', class: 'plain', onClick: () => this.setState({ reporting: true }) }, 'Report…'),
          deletes(state, room, message.user) && h(Sure, { action: isMine ? 'Delete' : 'Delete for everybody', ask: 'It is taken out for everybody, and cannot be brought back.', sure: 'Delete', onSure: this.#delete })));
  }
}
