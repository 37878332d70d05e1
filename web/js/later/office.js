// Running the chat: accounts, invites, reports, and what was decided.

import { Component, Fragment, h } from 'preact';
import { line as safe } from '../safe_text.js';
import { rank } from '../room.js';
import { Avatar } from '../view/timeline.js';
import { call } from './account.js';
import { Field, Form, Loaded, Secret, Sheet, Sure, Tabs, ago, when } from './parts.js';
import { isAdmin } from './rights.js';
import { Tokens, done, fetched } from './settings.js';
import { clean } from './sgr.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Account} Account
 * @typedef {import('../protocol.js').InviteInfo} InviteInfo
 * @typedef {import('../protocol.js').LinkMade} LinkMade
 * @typedef {import('../protocol.js').Reported} Reported
 * @typedef {import('../protocol.js').AuditEntry} AuditEntry
 */

const ROLES = ['member', 'moderator', 'admin', 'owner'];

/** @param {{chat: Chat, onClose: () => void}} props */
export function Office({ chat, onClose }) {
  const tabs = /** @type {[string, () => import('preact').ComponentChildren][]} */ ([['Reports', () => h(Reports, { chat })]]);
  if (isAdmin(chat.state)) tabs.unshift(['People', () => h(People, { chat })], ['Invites', () => h(Invites, { chat })]);
  if (isAdmin(chat.state)) tabs.push(['Audit log', () => h(Audit, { chat })]);
  return h(Sheet, { title: 'Administration', onClose, wide: true }, h(Tabs, { label: 'Administration', tabs }));
}

/** @extends {Component<{chat: Chat}, {text: string, open: string, link: LinkMade | null, for: string}>} */
class People extends Component {
  state = { text: '', open: '', link: /** @type {LinkMade | null} */ (null), for: '' };

  /** @param {() => void} again */
  #add = (again) => async (/** @type {FormData} */ data, /** @type {HTMLFormElement} */ form) => {
    const answer = await call('POST', 'users', { name: String(data.get('name')).trim(), role: data.get('role'), bot: data.get('kind') === 'bot' });
    if (!answer.ok) return answer.reason;
    const { account, link } = /** @type {import('../protocol.js').UserMade} */ (answer.said);
    this.setState({ link: link ?? null, for: account.name, open: account.bot ? account.user : '' });
    form.reset();
    again();
    return '';
  };

  /** @param {Account} account */
  #reset = async (account) => {
    const answer = await call('POST', `users/${encodeURIComponent(account.user)}/reset`);
    if (!answer.ok) return answer.reason;
    this.setState({ link: /** @type {LinkMade} */ (answer.said), for: account.name });
    return '';
  };

  /** @param {{chat: Chat}} props */
  render({ chat }) {
    const { text, open, link } = this.state;
    const wanted = text.trim().toLowerCase();
    const mine = rank(chat.state.me?.role);
    return h(Loaded, { load: () => fetched('users'), children: (/** @type {{users: Account[]}} */ { users }, again) => h(Fragment, null,
      h('input', { type: 'search', 'aria-label': 'Find somebody', placeholder: `Find among ${users.length}`, value: text, autoComplete: 'off', onInput: (/** @type {InputEvent} */ event) => this.setState({ text: /** @type {HTMLInputElement} */ (event.target).value }) }),
      link && h(Secret, { label: `Link for ${safe(this.state.for)}`, text: link.link, hint: `With it ${safe(this.state.for)} chooses a password, once, until ${when(link.expires)}. It is not shown again.` }),
      h('ul', { class: 'list' }, users.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, 200).map((each) => h('li', { key: each.user, class: each.inactive ? 'inactive' : '' },
        h(Avatar, { user: each.user, name: each.name, face: { name: each.name, role: each.role, profile: each.profile ?? {} } }),
        h('div', { class: 'what' }, h('strong', null, safe(each.name)), each.role !== 'member' && h('span', { class: 'tag' }, each.role), each.bot && h('span', { class: 'tag' }, 'bot'), each.inactive && h('span', { class: 'tag' }, 'ended'),
          h('span', { class: 'hint' }, each.seen ? `there ${ago(each.seen)}` : 'was never there', each.sessions ? ` · ${each.sessions} device${each.sessions === 1 ? '' : 's'}` : '')),
        (mine > rank(each.role) || (chat.state.me?.role === 'owner' && each.user !== chat.state.me.user)) && h('button', { type: 'button', class: 'plain', 'aria-expanded': String(open === each.user), 'aria-label': `Manage ${safe(each.name)}`, onClick: () => this.setState({ open: open === each.user ? '' : each.user }) }, 'Manage'),
        open === each.user && h(Managed, { account: each, again, onReset: () => this.#reset(each), owner: chat.state.me?.role === 'owner' })))),
      h('details', null, h('summary', null, 'Add somebody, or a bot'),
        h(Form, { action: 'Add', onSubmit: this.#add(again) },
          h(Field, { label: 'Name', name: 'name', required: true, maxLength: 64, autoComplete: 'off', spellcheck: false }),
          h(Field, { label: 'What', name: 'kind', as: 'select' }, h('option', { value: 'person' }, 'a person'), h('option', { value: 'bot' }, 'a bot')),
          h(Field, { label: 'Role', name: 'role', as: 'select' }, ROLES.filter((role) => rank(/** @type {any} */ (role)) < mine || chat.state.me?.role === 'owner').map((role) => h('option', { key: role }, role)))))) });
  }
}

/** @typedef {{account: Account, again: () => void, onReset: () => Promise<string>, owner: boolean}} ManagedProps */

/** @extends {Component<ManagedProps, {error: string, said: string}>} */
class Managed extends Component {
  state = { error: '', said: '' };

  /** @param {Promise<string>} asked @param {string} said */
  async #do(asked, said) {
    const error = await asked;
    this.setState({ error, said: error === '' ? said : '' });
    if (error === '') this.props.again();
    return error;
  }

  /** @param {ManagedProps} props */
  render({ account, onReset, owner }) {
    const path = `users/${encodeURIComponent(account.user)}`;
    const roles = ROLES.filter((role) => owner || rank(/** @type {any} */ (role)) < rank('admin'));
    return h('div', { class: 'managed' },
      h(Field, { label: 'Role', as: 'select', disabled: account.inactive, onChange: (/** @type {Event} */ event) => this.#do(done('POST', `${path}/role`, { role: /** @type {HTMLSelectElement} */ (event.target).value }), 'Changed.') },
        roles.map((role) => h('option', { key: role, value: role, selected: role === account.role }, role))),
      h('div', { class: 'choices' },
        !account.bot && !account.inactive && h('button', { type: 'button', class: 'plain', onClick: () => this.#do(onReset(), 'The link is above.') }, 'Link for a new password'),
        !account.inactive && h('button', { type: 'button', class: 'plain', onClick: () => this.#do(done('DELETE', `${path}/sessions`), 'Signed out everywhere.') }, 'Sign out everywhere'),
        account.inactive ? h('button', { type: 'button', class: 'plain', onClick: () => this.#do(done('POST', `${path}/reactivate`), 'Open again.') }, 'Open the account again')
          : h(Sure, { action: 'End the account', ask: `${safe(account.name)} is signed out everywhere and cannot come back. What they wrote stays.`, sure: 'End it', onSure: () => this.#do(done('POST', `${path}/deactivate`), 'Ended.') })),
      h('p', { class: 'done', role: 'status' }, this.state.said), h('p', { class: 'error', role: 'alert' }, safe(this.state.error)),
      account.bot && !account.inactive && h(Tokens, { path: `${path}/tokens`, intro: 'With a token a program speaks as this bot.' }));
  }
}

/** @extends {Component<{chat: Chat}, {link: LinkMade | null}>} */
class Invites extends Component {
  state = { link: /** @type {LinkMade | null} */ (null) };

  /** @param {() => void} again */
  #make = (again) => async (/** @type {FormData} */ data) => {
    const note = String(data.get('note')).trim();
    const answer = await call('POST', 'invites', { role: data.get('role'), uses: Number(data.get('uses')), hours: Number(data.get('hours')), ...(note && { note }) });
    if (!answer.ok) return answer.reason;
    this.setState({ link: /** @type {LinkMade} */ (answer.said) });
    again();
    return '';
  };

  /** @param {{chat: Chat}} props */
  render({ chat }) {
    const { link } = this.state;
    const roles = ROLES.filter((role) => rank(/** @type {any} */ (role)) < rank(chat.state.me?.role) || chat.state.me?.role === 'owner');
    return h(Loaded, { load: () => fetched('invites'), children: (/** @type {{invites: InviteInfo[]}} */ { invites }, again) => h(Fragment, null,
      link && h(Secret, { label: 'The new invite', text: link.link, hint: `Send it to whom it is for. It is good until ${when(link.expires)}, and is not shown again.` }),
      h(Form, { action: 'Make invite', class: 'across', onSubmit: this.#make(again) },
        h(Field, { label: 'For', name: 'note', maxLength: 100, autoComplete: 'off', placeholder: 'Bo, from design' }),
        h(Field, { label: 'Makes', name: 'role', as: 'select' }, roles.map((role) => h('option', { key: role, value: role }, role))),
        h(Field, { label: 'Accounts', name: 'uses', type: 'number', min: 1, max: 1000, defaultValue: 1, required: true }),
        h(Field, { label: 'Ends', name: 'hours', as: 'select' }, [[24, 'in a day'], [168, 'in a week'], [720, 'in 30 days']].map(([hours, text]) => h('option', { key: hours, value: hours, selected: hours === 168 }, text)))),
      invites.length === 0 ? h('p', { class: 'hint' }, 'No invite is open.') : h('ul', { class: 'list' }, invites.map(({ invite, role, uses, note, by, expires }) => h('li', { key: invite },
        h('div', { class: 'what' }, h('strong', null, safe(note) || 'Without a note'), role !== 'member' && h('span', { class: 'tag' }, role),
          h('span', { class: 'hint' }, `${uses} account${uses === 1 ? '' : 's'} · ends ${ago(expires)}${by ? ` · by ${safe(by)}` : ''}`)),
        h('button', { type: 'button', class: 'plain', 'aria-label': `Withdraw the invite ${safe(note)}`, onClick: async () => {
          await done('DELETE', `invites/${encodeURIComponent(invite)}`);
          again();
        } }, 'Withdraw'))))) });
  }
}

/** A list that is asked for over the wire, page by page. @extends {Component<{chat: Chat, type: 'reports' | 'audit', children: (rows: any[], again: () => void) => import('preact').ComponentChildren}, {rows: any[] | null, more: boolean, error: string}>} */
class Paged extends Component {
  state = { rows: /** @type {any[] | null} */ (null), more: false, error: '' };

  componentDidMount() {
    this.#load([]);
  }

  /** @param {any[]} before */
  async #load(before) {
    const { chat, type } = this.props;
    const answer = /** @type {any} */ (await chat.socket.ask({ type, limit: 50, ...(before.length > 0 && { before: before.at(-1).n }) }));
    if (answer?.type !== type) return this.setState({ error: answer?.reason ?? 'Not connected: try again in a moment.' });
    this.setState({ rows: [...before, ...(answer.reports ?? answer.entries)], more: answer.more, error: '' });
  }

  render() {
    const { rows, more, error } = this.state;
    return h(Fragment, null, h('p', { class: 'error', role: 'alert' }, safe(error)),
      rows === null ? !error && h('p', { class: 'hint', role: 'status' }, 'Loading…') : this.props.children(rows, () => this.#load([])),
      rows !== null && more && h('div', { class: 'choices' }, h('button', { type: 'button', class: 'plain', onClick: () => this.#load(rows) }, 'Older')));
  }
}

/** @param {{chat: Chat}} props */
function Reports({ chat }) {
  /** @param {Reported} report @param {() => void} again */
  const settle = async ({ n }, again) => {
    await chat.ask({ type: 'resolve', report: n });
    again();
  };
  return h(Paged, { chat, type: 'reports', children: (/** @type {Reported[]} */ rows, again) => rows.length === 0 ? h('p', { class: 'hint' }, 'Nothing was reported.')
    : h('ul', { class: 'list' }, rows.map((row) => h('li', { key: row.n, class: row.resolved ? 'inactive' : '' },
      h('div', { class: 'what' }, h('strong', null, safe(row.reason)), row.resolved && h('span', { class: 'tag' }, 'done'),
        h('blockquote', null, safe(clean(row.text)) || 'The message was deleted.'),
        h('span', { class: 'hint' }, `${safe(row.name)} in ${safe(row.room)} · reported by ${safe(row.sender)} ${ago(row.timestamp)}`)),
      !row.resolved && h('div', { class: 'choices' },
        row.text && h(Sure, { action: 'Delete the message', ask: 'It is taken out for everybody.', sure: 'Delete', onSure: async () => {
          const error = await chat.remove(row.room, row.target);
          if (error === '') settle(row, again);
          return error;
        } }),
        h('button', { type: 'button', class: 'plain', onClick: () => settle(row, again) }, 'Done'))))) });
}

/** Saves all of the audit log as a file. @extends {Component<{}, {busy: boolean, error: string}>} */
class Exporter extends Component {
  state = { busy: false, error: '' };

  #save = async () => {
    this.setState({ busy: true, error: '' });
    /** @type {string[]} */
    const lines = [];
    let page;
    for (let before = ''; page === undefined || (page.more && page.entries.length > 0); ) {
      const answer = await call('GET', `audit${before}`);
      if (!answer.ok) return this.setState({ busy: false, error: answer.reason });
      page = /** @type {import('../protocol.js').Audit} */ (answer.said);
      for (const entry of page.entries) lines.push(JSON.stringify(entry));
      before = `/${page.entries.at(-1)?.n ?? 0}`;
    }
    const href = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`], { type: 'application/jsonl' }));
    Object.assign(document.createElement('a'), { href, download: 'audit.jsonl' }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
    this.setState({ busy: false });
  };

  render() {
    return h('div', { class: 'choices' }, h('button', { type: 'button', class: 'plain', disabled: this.state.busy, onClick: this.#save }, 'Export'),
      h('span', { class: 'hint' }, 'All of it as a file, one line of JSON for each entry.'), h('p', { class: 'error', role: 'alert' }, safe(this.state.error)));
  }
}

/** @param {{chat: Chat}} props */
function Audit({ chat }) {
  return h(Fragment, null,
    h(Exporter, null),
    h(Loaded, { load: () => fetched('users'), children: (/** @type {{users: Account[]}} */ { users }) => {
      const names = new Map(users.map(({ user, name }) => [user, name]));
      const name = (/** @type {string | undefined} */ user) => (user === undefined ? '' : safe(names.get(user) ?? chat.state.faces.get(user)?.name ?? user));
      return h(Paged, { chat, type: 'audit', children: (/** @type {AuditEntry[]} */ rows) => rows.length === 0 ? h('p', { class: 'hint' }, 'Nothing was decided yet.')
        : h('div', { class: 'wide-table', role: 'region', tabIndex: 0, 'aria-label': 'What was decided' }, h('table', null,
          h('thead', null, h('tr', null, ['When', 'Who', 'Did', 'To', 'Room', 'More'].map((head) => h('th', { key: head, scope: 'col' }, head)))),
          h('tbody', null, rows.map((row) => h('tr', { key: row.n }, h('td', { title: when(row.timestamp) }, ago(row.timestamp)), h('td', null, safe(row.sender)), h('td', null, safe(row.action)), h('td', null, name(row.who)), h('td', null, safe(row.room ?? '')), h('td', null, safe(row.detail ?? '')))))) ) });
    } }));
}
