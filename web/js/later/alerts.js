// Of what somebody is told while they look elsewhere: the browser's notifications, words of one's own, and quiet hours.

import { Component, Fragment, h } from 'preact';
import { block, line as safe, words } from '../safe_text.js';
import { Check, Field, Form, Sheet } from './parts.js';
import { clean } from './sgr.js';
import { tells } from './wants.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Said} Said
 */

const WORDS = 20;
const WORD = 50;
const TEXT = 200;

/** Tells of a message that came just now, once in each room at a time. @param {Chat} chat @param {Said} message */
export function notify(chat, message) {
  const { state } = chat;
  const room = state.rooms.get(message.room);
  const now = new Date();
  if (!room?.synced || Notification.permission !== 'granted' || !tells(state, room, message, now.getHours() * 60 + now.getMinutes())) return;
  const title = room.kind === 'direct' ? safe(message.sender) : `${safe(message.sender)} in ${safe(room.title)}`;
  const shown = new Notification(title, { body: block(clean(words(message.message))).slice(0, TEXT) || 'a file', tag: `chat ${room.room}` });
  shown.onclick = () => {
    window.focus();
    shown.close();
    chat.jump(room.room, message.seq);
  };
}

const clock = (/** @type {number} */ minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const minuteOf = (/** @type {FormDataEntryValue | null} */ text) => {
  const [, hours, minutes] = /^(\d\d):(\d\d)/.exec(String(text)) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
};

/** @extends {Component<{chat: Chat}>} */
export class Alerts extends Component {
  #save = async (/** @type {FormData} */ data) => {
    const keywords = [...new Set(String(data.get('words')).split(/[,\n]/).map((word) => word.trim()).filter(Boolean))];
    const [from, to] = [minuteOf(data.get('from')), minuteOf(data.get('to'))];
    if (keywords.length > WORDS || keywords.some((word) => word.length > WORD)) return `At most ${WORDS} words of ${WORD} characters.`;
    if (data.get('quiet') !== null && (from === undefined || to === undefined)) return 'From when to when?';
    return this.props.chat.ask({ type: 'prefs', keywords, ...(data.get('quiet') !== null && { quiet: { from, to } }) });
  };

  render() {
    const { chat } = this.props;
    const { prefs, me } = chat.state;
    const permission = 'Notification' in globalThis ? Notification.permission : 'denied';
    return h(Fragment, null,
      permission === 'granted' ? h('p', null, 'This browser shows notifications of the chat while you look elsewhere.')
        : permission === 'denied' ? h('p', { class: 'hint' }, 'This browser does not let the chat show notifications. That can be changed in the settings of the browser, for this site.')
          : h('div', { class: 'choices' }, h('button', { type: 'button', class: 'primary', onClick: () => Notification.requestPermission().then(() => this.forceUpdate()) }, 'Show notifications'), h('span', { class: 'hint' }, 'Of what is for you, while you look elsewhere.')),
      me?.guest === false && h(Form, { action: 'Save', done: 'Saved', onSubmit: this.#save },
        h(Field, { label: 'Words of your own', name: 'words', defaultValue: prefs.keywords.map(safe).join(', '), autoComplete: 'off', placeholder: 'deploy, on call', hint: 'With commas between them. A message that has one counts as one that names you.' }),
        h('fieldset', null, h('legend', null, 'Quiet hours'),
          h(Check, { label: 'Do not disturb me every day', name: 'quiet', checked: prefs.quiet !== undefined }),
          h('div', { class: 'across' },
            h(Field, { label: 'From', name: 'from', type: 'time', defaultValue: clock(prefs.quiet?.from ?? 22 * 60) }),
            h(Field, { label: 'To', name: 'to', type: 'time', defaultValue: clock(prefs.quiet?.to ?? 7 * 60) })))),
      h('p', { class: 'hint' }, 'What you are told of in each room is chosen there, behind “About”.'));
  }
}

/** @param {{chat: Chat, onClose: () => void}} props */
export function AlertsSheet({ chat, onClose }) {
  return h(Sheet, { title: 'Notifications', onClose }, h(Alerts, { chat }));
}
