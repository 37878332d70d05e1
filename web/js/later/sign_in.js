// The ways in: with name and password, with an invite, with a link for a new password.

import { Component, Fragment, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { call, losing, secretOf, sentence, signOut, signedIn, waiting } from './account.js';
import { Field, Form, Password, Sheet, Sure } from './parts.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').About} About
 * @typedef {import('../protocol.js').SignedIn} SignedIn
 * @typedef {{chat: Chat, onClose: () => void, invite?: string, reset?: string, reason?: string | null, must?: boolean}} Props
 */

/** What this browser is called in the list of devices. @param {string} agent */
export function device(agent) {
  const [, system = 'a computer'] = /(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)/.exec(agent) ?? [];
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`)) ?? 'Browser';
  const names = /** @type {Record<string, string>} */ ({ Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS', CrOS: 'ChromeOS' });
  return `${names[browser] ?? browser} on ${names[system] ?? system}`;
}

const HERE = device(navigator.userAgent);

/** @extends {Component<Props, {about: About | null, mode: 'in' | 'new' | 'reset'}>} */
export class SignIn extends Component {
  state = { about: /** @type {About | null} */ (null), mode: /** @type {'in' | 'new' | 'reset'} */ (this.props.reset ? 'reset' : this.props.invite ? 'new' : 'in') };

  async componentDidMount() {
    const answer = await call('GET', 'about');
    if (answer.ok) this.setState({ about: /** @type {About} */ (answer.said) });
  }

  /** @param {string} path @param {object} body */
  #enter = async (path, body) => {
    const answer = await call('POST', path, { ...body, device: HERE });
    if (!answer.ok) return answer.reason;
    await signedIn(this.props.chat, /** @type {SignedIn} */ (answer.said).me);
    return '';
  };

  /** @param {FormData} data */
  #login = (data) => this.#enter('login', { name: String(data.get('name')).trim(), password: data.get('password') });

  /** @param {FormData} data */
  #register = (data) => {
    const { chat } = this.props;
    const invite = this.props.invite ?? secretOf(String(data.get('invite') ?? ''));
    const guest = chat.state.me?.guest !== false && chat.named ? chat.session.token : undefined;
    return this.#enter('register', { name: String(data.get('name')).trim(), password: data.get('password'), ...(invite && { invite }), ...(guest && { guest }) });
  };

  /** @param {FormData} data */
  #reset = (data) => this.#enter('reset', { link: this.props.reset, password: data.get('password') });

  /** @param {Props} props */
  render({ chat, onClose, invite, reason, must }) {
    const { about, mode } = this.state;
    const count = waiting(chat);
    const guest = chat.state.me?.guest !== false && chat.named ? chat.state.me?.name : undefined;
    const isOwner = mode === 'new' && invite !== undefined && about?.owned === false;
    const title = mode === 'reset' ? 'Choose a new password' : mode === 'in' ? 'Sign in' : isOwner ? 'Make the owner account' : 'Create your account';
    return h(Sheet, { title, onClose, must, key: mode },
      reason && mode === 'in' && h('p', { class: 'lead' }, safe(sentence(reason))),
      must && count > 0 && h('p', { class: 'lead waiting' }, `${count} message${count === 1 ? ' is' : 's are'} not sent yet. ${count === 1 ? 'It waits' : 'They wait'} on this device, and ${count === 1 ? 'goes' : 'go'} out when you sign in again as the same person.`),
      mode === 'reset' && h(Fragment, null,
        h('p', { class: 'lead' }, 'This signs you out on all other devices.'),
        h(Form, { action: 'Set password and sign in', onSubmit: this.#reset }, h(Password, { label: 'New password', name: 'password', hint: 'At least 10 characters. A few words are easy to remember.' }))),
      mode === 'in' && h(Fragment, null,
        h(Form, { action: 'Sign in', onSubmit: this.#login },
          h(Field, { label: 'Name', name: 'name', required: true, autoComplete: 'username', spellcheck: false, maxLength: 64 }),
          h(Password, { label: 'Password', name: 'password', current: true })),
        h('p', { class: 'hint' }, 'Forgot it? An admin can give you a link for a new one.'),
        about && about.registration !== 'closed' && h('p', { class: 'other' }, 'No account yet? ', h('button', { type: 'button', class: 'linklike', onClick: () => this.setState({ mode: 'new' }) }, about.registration === 'open' ? 'Create one' : 'Use an invite')),
        must && about && about.guests !== 'off' && h('div', { class: 'other' }, 'Or ', h(Sure, { action: 'go on as a guest', kind: 'linklike', ask: () => losing(chat), sure: 'Discard and go on', onSure: () => signOut(chat) }))),
      mode === 'new' && h(Fragment, null,
        isOwner && h('p', { class: 'lead' }, 'You are the first here. The owner invites the others and decides who may do what.'),
        guest && h('p', { class: 'lead' }, 'You go on as you are: all you wrote as ', h('strong', null, safe(guest)), ' stays yours.'),
        h(Form, { action: 'Create account', onSubmit: this.#register },
          invite === undefined && about?.registration === 'invite' && h(Field, { label: 'Invite', name: 'invite', required: true, autoComplete: 'off', spellcheck: false, hint: 'The link or the code that you were given.' }),
          h(Field, { label: 'Name', name: 'name', required: true, autoComplete: 'username', spellcheck: false, maxLength: 64, defaultValue: guest ?? '', hint: 'How the others see you, and how you sign in.' }),
          h(Password, { label: 'Password', name: 'password', hint: 'At least 10 characters. A few words are easy to remember.' })),
        h('p', { class: 'other' }, 'Have an account? ', h('button', { type: 'button', class: 'linklike', onClick: () => this.setState({ mode: 'in' }) }, 'Sign in'))));
  }
}
