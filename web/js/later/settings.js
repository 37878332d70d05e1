// What somebody with an account decides about themselves: profile, devices, password, tokens for bots.

import { Component, Fragment, createRef, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { HUES, hue } from '../room.js';
import { Avatar } from '../view/timeline.js';
import { call, losing, signOut } from './account.js';
import { Alerts } from './alerts.js';
import { Check, Field, Form, Loaded, Password, Secret, Sheet, Sure, Tabs, ago, when } from './parts.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Me} Me
 * @typedef {import('../protocol.js').Session} Device
 * @typedef {import('../protocol.js').Token} Token
 */

/** The pictures that the server reads. */
const PICTURES = 'image/png,image/jpeg,image/gif,image/webp';

/** Fetches for `Loaded`. @param {string} path */
export async function fetched(path) {
  const answer = await call('GET', path);
  return answer.ok ? { said: answer.said } : { error: answer.reason };
}

/** Does it, and says why not. @param {string} method @param {string} path @param {unknown} [body] */
export async function done(method, path, body) {
  const answer = await call(method, path, body);
  return answer.ok ? '' : answer.reason;
}

/** @param {{chat: Chat, onClose: () => void, at?: string}} props */
export function Settings({ chat, onClose, at }) {
  return h(Sheet, { title: 'You', onClose, wide: true },
    h(Tabs, { label: 'Settings', at, tabs: [
      ['Profile', () => h(Loaded, { load: () => fetched('me'), children: (me, again) => h(Profile, { chat, me, again, key: me.profile?.avatar }) })],
      ['Notifications', () => h(Alerts, { chat })],
      ['Devices', () => h(Devices, { chat })],
      ['Password', () => h(Form, { action: 'Change password', done: 'Changed. Your other devices are signed out.', onSubmit: changePassword },
        h(Password, { label: 'Password until now', name: 'current', current: true }),
        h(Password, { label: 'New password', name: 'password', hint: 'At least 10 characters. Your other devices are signed out.' }))],
      ['Bots', () => h(Tokens, { path: 'me/tokens', intro: 'A token lets a bot or a script act as you. Whoever has it can use it until it is withdrawn.' })],
    ] }));
}

/** @param {FormData} data @param {HTMLFormElement} form */
async function changePassword(data, form) {
  const error = await done('POST', 'me/password', { current: data.get('current'), password: data.get('password') });
  if (error === '') form.reset();
  return error;
}

/** @typedef {{chat: Chat, me: Me, again: () => void}} ProfileProps */

/** @extends {Component<ProfileProps, {error: string, busy: boolean}>} */
class Profile extends Component {
  state = { error: '', busy: false };
  file = createRef();

  /** @param {string} method @param {unknown} [body] */
  async #picture(method, body) {
    this.setState({ busy: true, error: '' });
    const error = await done(method, 'me/avatar', body);
    this.setState({ busy: false, error });
    if (error === '') this.props.again();
  }

  #save = async (/** @type {FormData} */ data) => {
    const { chat, me } = this.props;
    const name = String(data.get('name')).trim();
    const colour = data.get('colour');
    const answer = await call('PATCH', 'me', {
      ...(name !== me.name && { name }),
      colour: colour === '' || colour === null ? -1 : Number(colour), status: String(data.get('status')).trim(), away: data.get('away') !== null,
    });
    if (!answer.ok) return answer.reason;
    const now = /** @type {Me} */ (answer.said);
    if (chat.state.me) chat.state.me = { ...chat.state.me, name: now.name, profile: now.profile ?? {} };
    chat.store.saveIdentity({ name: now.name });
    chat.draw();
    return '';
  };

  /** @param {ProfileProps} props */
  render({ chat, me }) {
    const { name, role, profile = {} } = me;
    const at = profile.colour === undefined ? '' : String(Math.round(profile.colour / 30) % HUES);
    return h(Fragment, null,
      h('div', { class: 'portrait' },
        h(Avatar, { user: me.user, name, face: { name, role, profile } }),
        h('div', null,
          h('input', { type: 'file', accept: PICTURES, ref: this.file, class: 'unseen', tabIndex: -1, 'aria-label': 'Picture', onChange: () => {
            const [file] = this.file.current.files;
            if (file) this.#picture('PUT', file);
          } }),
          h('button', { type: 'button', class: 'plain', disabled: this.state.busy, onClick: () => this.file.current.click() }, profile.avatar ? 'Change picture' : 'Upload a picture'),
          profile.avatar && h('button', { type: 'button', class: 'plain', disabled: this.state.busy, onClick: () => this.#picture('DELETE') }, 'Remove'),
          h('p', { class: 'error', role: 'alert' }, safe(this.state.error)))),
      h(Form, { action: 'Save', done: 'Saved', onSubmit: this.#save },
        h(Field, { label: 'Name', name: 'name', required: true, defaultValue: name, autoComplete: 'nickname', spellcheck: false, maxLength: 64 }),
        h(Field, { label: 'Status', name: 'status', defaultValue: profile.status ?? '', maxLength: 100, placeholder: 'What are you at?', autoComplete: 'off' }),
        h(Check, { label: 'I am away', name: 'away', checked: profile.away === true, hint: 'Shown instead of online, whatever your devices say.' }),
        h('fieldset', { class: 'colours' }, h('legend', null, 'Colour'),
          h('label', { title: 'Chosen by the chat' }, h('input', { type: 'radio', name: 'colour', value: '', defaultChecked: at === '', 'aria-label': 'Chosen by the chat' }), h('span', { class: 'swatch', 'data-hue': hue(me.user) }, 'Auto')),
          Array.from({ length: HUES }, (_, i) => h('label', { key: i }, h('input', { type: 'radio', name: 'colour', value: String(i * 30), defaultChecked: at === String(i), 'aria-label': `Colour ${i + 1}` }), h('span', { class: 'swatch', 'data-hue': i }))))),
      h('div', { class: 'foot' }, h(Sure, { action: 'Sign out', kind: 'plain', ask: () => losing(chat), sure: 'Sign out anyway', onSure: () => signOut(chat) })));
  }
}

/** @param {{chat: Chat}} props */
function Devices({ chat }) {
  return h(Loaded, { load: () => fetched('me/sessions'), children: (/** @type {{sessions: Device[]}} */ { sessions }, again) => h(Fragment, null,
    h('p', { class: 'hint' }, 'Where you are signed in. End what you do not know, and change your password then.'),
    h('ul', { class: 'list' }, sessions.map(({ session, device, address, created, used, current }) => h('li', { key: session },
      h('div', { class: 'what' }, h('strong', null, safe(device) || 'Without a name'), current && h('span', { class: 'tag' }, 'This device'),
        h('span', { class: 'hint', title: when(created) }, `${safe(address)} · ${current ? 'now' : `last used ${ago(used)}`}`)),
      !current && h('button', { type: 'button', class: 'plain', 'aria-label': `Sign out ${safe(device)}`, onClick: async () => {
        await done('DELETE', `me/sessions/${encodeURIComponent(session)}`);
        again();
      } }, 'Sign out')))),
    h('div', { class: 'foot' }, h(Sure, { action: 'Sign out everywhere', ask: () => ['This ends all your sessions, also this one.', losing(chat)].filter(Boolean).join(' '), sure: 'Sign out everywhere', onSure: () => signOut(chat, 'me/sessions', 'DELETE') }))) });
}

/** The tokens below a path, and a form for a new one. @extends {Component<{path: string, intro: string}, {secret: string}>} */
export class Tokens extends Component {
  state = { secret: '' };

  /** @param {() => void} again */
  #make = (again) => async (/** @type {FormData} */ data, /** @type {HTMLFormElement} */ form) => {
    const scopes = data.getAll('scope');
    if (scopes.length === 0) return 'Choose what it may do.';
    const rooms = String(data.get('rooms')).split(/[\s,]+/).map((room) => room.replace(/^#/, '').toLowerCase()).filter((room) => room !== '');
    const days = Number(data.get('days'));
    const answer = await call('POST', this.props.path, { name: String(data.get('name')).trim(), scopes, ...(rooms.length > 0 && { rooms }), ...(days > 0 && { days }) });
    if (!answer.ok) return answer.reason;
    this.setState({ secret: /** @type {{secret: string}} */ (answer.said).secret });
    form.reset();
    again();
    return '';
  };

  /** @param {{path: string, intro: string}} props */
  render({ path, intro }) {
    return h(Loaded, { load: () => fetched(path), children: (/** @type {{tokens: Token[]}} */ { tokens }, again) => h(Fragment, null,
      h('p', { class: 'hint' }, intro),
      this.state.secret && h(Secret, { label: 'The new token', text: this.state.secret, hint: 'Copy it now: it is not shown again.' }),
      tokens.length > 0 && h('ul', { class: 'list' }, tokens.map(({ token, name, scopes, rooms, used, expires }) => h('li', { key: token },
        h('div', { class: 'what' }, h('strong', null, safe(name)),
          h('span', { class: 'hint' }, [scopes.join(' and '), rooms ? `in ${rooms.map(safe).join(', ')}` : 'in all rooms', used ? `used ${ago(used)}` : 'never used', expires ? `until ${when(expires)}` : ''].filter(Boolean).join(' · '))),
        h('button', { type: 'button', class: 'plain', 'aria-label': `Withdraw ${safe(name)}`, onClick: async () => {
          await done('DELETE', `${path}/${encodeURIComponent(token)}`);
          again();
        } }, 'Withdraw')))),
      h('details', { open: tokens.length === 0 }, h('summary', null, 'New token'),
        h(Form, { action: 'Make token', onSubmit: this.#make(again) },
          h(Field, { label: 'What it is for', name: 'name', required: true, maxLength: 100, autoComplete: 'off', placeholder: 'deploy bot' }),
          h('fieldset', null, h('legend', null, 'It may'), h(Check, { label: 'read', name: 'scope', value: 'read', checked: true }), h(Check, { label: 'write', name: 'scope', value: 'write', checked: true })),
          h(Field, { label: 'Only in these rooms', name: 'rooms', autoComplete: 'off', placeholder: 'all rooms', hint: 'Their keys, with commas between them.' }),
          h(Field, { label: 'Ends', name: 'days', as: 'select' }, [['', 'never'], ['30', 'after 30 days'], ['90', 'after 90 days'], ['365', 'after a year']].map(([value, text]) => h('option', { key: value, value }, text)))))) });
  }
}
