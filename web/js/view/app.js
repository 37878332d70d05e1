// The page around the timeline: rooms, people, the truth about the link, and the composer.

import { Component, createRef, Fragment, h, render } from 'preact';
import { bytes, line as safe, meant, typingText } from '../safe_text.js';
import { named, rank, silence } from '../room.js';
import { LATER } from '../socket.js';
import { elsewhere, headline, levelOf, missed, placeKey, waiting } from '../state.js';
import { Avatar, Timeline } from './timeline.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../state.js').State} State
 */

/** Without a frame for this long, the page is drawn anyway. */
const UNSEEN_MS = 100;
/** People listed by name; a crowd is counted. */
const PEOPLE = 200;
/** Written with a thumb: Enter makes a new line there. */
const touch = matchMedia('(pointer: coarse)');
/** Loads what is wanted without a link too. */
const ahead = () => [...['switcher', 'message', 'react', 'thread', 'marks'].map((name) => LATER[name]?.()), import('../later/deeds.js')].forEach((loaded) => loaded?.catch(() => {}));
/** What could not be loaded is asked for again after this. */
const AGAIN_MS = 5_000;
const FINAL = {
  4001: 'Signed out.',
  4003: 'This page is out of date. Reload it.',
  4010: 'This chat went on in another window.',
};

/** Puts what the chat knows on the screen and into the window's title. */
export class Screen {
  /** @param {Chat} chat */
  constructor(chat) {
    this.chat = chat;
    this.drawing = false;
  }

  /** Draws soon, however often it is called; a hidden tab gets no frames, also one that hides right now, but its title counts. */
  draw() {
    if (this.drawing) return;
    this.drawing = true;
    const now = () => {
      cancelAnimationFrame(frame);
      clearTimeout(late);
      this.drawing = false;
      this.chat.seen();
      const { room, count } = headline(this.chat.state);
      document.title = `${count > 0 ? `(${count}) ` : ''}${safe(room)} · Chat`;
      render(h(App, { chat: this.chat, version: this.chat.state.version }), /** @type {Element} */ (document.getElementById('app')));
    };
    const frame = requestAnimationFrame(now);
    const late = setTimeout(now, UNSEEN_MS);
  }
}

/** @extends {Component<{chat: Chat, version: number}, {drawer: '' | 'rooms' | 'people', renaming: boolean}>} */
class App extends Component {
  state = { drawer: /** @type {'' | 'rooms' | 'people'} */ (''), renaming: false };
  /** The dialogs that were fetched. @type {Map<string, any>} */
  views = new Map();
  timeline = createRef();
  composer = createRef();
  shell = createRef();

  componentDidMount() {
    addEventListener('keydown', this.#key);
    // Fetched with the first thing somebody does, so that it opens without a link too, and is no part of the first load.
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, ahead, { once: true, passive: true });
    this.composer.current?.focus();
  }

  componentDidUpdate() {
    if (this.props.chat.state.dialog && this.state.drawer) this.setState({ drawer: '' });
  }

  #key = (/** @type {KeyboardEvent} */ event) => {
    const { chat } = this.props;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      this.#switch();
    } else if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === 'f') {
      event.preventDefault();
      chat.show('search');
    } else if (event.altKey && event.key.toLowerCase() === 'u') {
      event.preventDefault();
      chat.act('firstUnread');
    } else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      chat.step(event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.altKey && (event.code === 'KeyA' || event.code === 'KeyM') && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (event.code === 'KeyA') chat.act('next');
      else chat.show('mentions');
    } else if (event.key === 'Escape' && !chat.state.dialog) {
      if (chat.state.thread) chat.act('closeThread');
      else if (this.state.drawer || this.state.renaming) this.setState({ drawer: '', renaming: false });
      else this.timeline.current?.jump();
      this.composer.current?.focus();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.target === document.body) {
      this.composer.current?.focus();
    }
  };

  #switch = () => {
    this.setState({ drawer: '' });
    this.props.chat.show('switcher');
  };

  /** The view of a dialog that is to be seen, once it is there. @param {string} name @param {(error: unknown) => void} [fail] */
  #view(name, fail = (error) => this.#failed(name, error)) {
    const { chat } = this.props;
    if (!this.views.has(name)) {
      this.views.set(name, null);
      LATER[name]?.().then((view) => {
        if (!view) throw new TypeError(`no ${name}`);
        this.views.set(name, view);
        this.timeline.current?.forceUpdate();
        chat.draw();
      }).catch(fail);
    }
    return this.views.get(name);
  }

  /** A part of the page that is not there always. @param {string} name @param {string} key @param {object} props */
  #part(name, key, props) {
    const { chat } = this.props;
    const fail = (/** @type {unknown} */ error) => {
      setTimeout(() => this.views.delete(name) && chat.draw(), AGAIN_MS);
      if (chat.session.live) reportError(error);
    };
    const view = this.#view(name, fail);
    return view && h(Careful, { key, onFail: fail }, h(view, { chat, ...props }));
  }

  #seen = (/** @type {string} */ name) => this.#view(name, () => setTimeout(() => this.views.delete(name) && this.props.chat.draw(), AGAIN_MS));

  /** A dialog that was not loaded, or does not fit this page, leaves no dead button behind. @param {string} name @param {unknown} error */
  #failed(name, error) {
    const { chat } = this.props;
    this.views.delete(name);
    if (chat.state.dialog?.name === name) chat.show(null);
    chat.unloaded(error);
  }

  /** @param {NonNullable<State['dialog']>} dialog */
  #closed(dialog) {
    const { chat } = this.props;
    if (chat.state.dialog === dialog) chat.show(null);
    if (dialog.name === 'switcher' || document.activeElement === document.body) this.composer.current?.focus();
  }

  /** @param {string} room */
  #open(room) {
    this.props.chat.open(room);
    this.setState({ drawer: '' }, () => this.composer.current?.focus());
  }

  render() {
    const { chat } = this.props;
    const { drawer, renaming } = this.state;
    const model = chat.state;
    const room = /** @type {Room} */ (model.rooms.get(model.active));
    const { dialog } = model;
    const view = dialog && this.#view(dialog.name);
    const rooms = [...model.rooms.values()];
    const quiet = silence(model, room);
    return h('div', { class: `shell${model.thread ? ' threaded' : ''}`, 'data-drawer': drawer, ref: this.shell },
      drawer && h('div', { class: 'scrim', onClick: () => this.setState({ drawer: '' }) }),
      h('nav', { class: 'rooms', 'aria-label': 'Rooms' },
        h('div', { class: 'pane-head' }, h('h2', null, 'Rooms'),
          model.me?.guest === false && h('button', { type: 'button', class: 'icon', title: 'What is for you (Alt+M)', 'aria-label': 'What is for you', onClick: () => chat.show('mentions') }, h(Glyph, { of: 'at' })),
          h('button', { type: 'button', class: 'icon', title: 'Go to, join or create a room (Ctrl+K)', 'aria-label': 'Go to, join or create a room', onClick: this.#switch }, h(Glyph, { of: 'plus' }))),
        h('div', { class: 'lists' },
          model.invitations.size > 0 && h('h3', null, 'Invitations'),
          model.invitations.size > 0 && h('ul', { 'aria-label': 'Invitations' }, [...model.invitations.values()].map((each) => this.#part('invited', each.room, { invitation: each }))),
          h('ul', null, rooms.filter(({ kind }) => kind !== 'direct').map((each) => h('li', { key: each.room }, h(RoomButton, { room: each, model, onOpen: () => this.#open(each.room) })))),
          rooms.some(({ kind }) => kind === 'direct') && h('h3', null, 'Conversations'),
          rooms.some(({ kind }) => kind === 'direct') && h('ul', { 'aria-label': 'Conversations' }, rooms.filter(({ kind }) => kind === 'direct').map((each) => h('li', { key: each.room }, h(RoomButton, { room: each, model, onOpen: () => this.#open(each.room) }))))),
        h('div', { class: 'me' }, renaming
          ? h(NameForm, { chat, title: 'Your name', action: 'Save', onDone: () => this.setState({ renaming: false }) })
          : h(Me, { chat, onRename: () => this.setState({ renaming: true }) }))),
      h('main', null,
        h('header', { class: 'top' },
          h('button', { type: 'button', class: 'icon narrow', 'aria-label': 'Rooms', onClick: () => this.setState({ drawer: 'rooms' }) }, h(Glyph, { of: 'menu' }), elsewhere(model) > 0 && h('span', { class: 'dot' })),
          h('div', { class: 'title' }, h('h1', null, h(RoomSign, { room }), safe(room.title)), room.topic && h('p', null, safe(room.topic))),
          room.joined && h('button', { type: 'button', class: 'icon', title: 'About this room', 'aria-label': `About ${safe(room.title)}`, onClick: () => chat.show('room', { room: room.room }) }, h(Glyph, { of: 'about' })),
          room.pins > 0 && h('button', { type: 'button', class: 'icon', title: 'Pinned messages', 'aria-label': `Pinned messages: ${room.pins}`, onClick: () => chat.show('pins', { room: room.room }) }, h(Glyph, { of: 'pin' })),
          h('button', { type: 'button', class: 'icon', title: 'Search (Ctrl+Shift+F)', 'aria-label': 'Search', onClick: () => chat.show('search') }, h(Glyph, { of: 'search' })),
          h(LinkState, { chat, link: model.link, waiting: waiting(model) }),
          h('button', { type: 'button', class: 'icon narrow people-button', 'aria-label': `People: ${room.present}`, onClick: () => this.setState({ drawer: 'people' }) }, h(Glyph, { of: 'people' }), h('span', null, room.present))),
        (model.trouble ?? model.notice) && h('div', { class: 'banner', role: 'alert' }, h('span', null, safe(model.trouble ?? model.notice ?? '')), model.isOld && h('button', { type: 'button', onClick: () => location.reload() }, 'Reload'), h('button', { type: 'button', onClick: () => chat.dismiss() }, 'Dismiss')),
        h(Timeline, { chat, room, version: room.version + (room.atEnd ? 0.5 : 0), handle: this.timeline, view: this.#seen }),
        h('div', { class: 'typing', 'aria-live': 'off' }, h(Typists, { room, model })),
        !room.joined ? this.#part('outside', room.room, { room }) : quiet ? h('div', { class: 'welcome silent' }, h('p', null, quiet), model.readOnly && h('button', { type: 'button', class: 'enter', onClick: () => chat.show('sign-in') }, 'Sign in')) : chat.named || (model.lines.length > 0)
          ? h(Composer, { chat, room, key: room.room, input: this.composer, onSent: () => this.timeline.current?.jump() })
          : h('div', { class: 'welcome' }, h(NameForm, { chat, title: 'What should we call you?', action: 'Start chatting', onDone: () => this.forceUpdate(() => this.composer.current?.focus()) }))),
      model.thread && this.#part('thread', `${model.thread.room} ${model.thread.root}`, { room: model.rooms.get(model.thread.room), root: model.thread.root, version: model.version, view: this.#seen, onClose: () => this.composer.current?.focus() }),
      h('aside', { class: 'people', 'aria-label': 'People' },
        h('div', { class: 'pane-head' }, h('h2', null, 'Here now'), h('span', { class: 'count' }, room.present)),
        h('div', { class: 'lists' },
          h('ul', null, people(room, model, chat, true)),
          [...room.people.values()].some(({ state }) => state === 'offline') && h('h3', null, 'Not here'),
          h('ul', null, people(room, model, chat, false))),
        room.room !== 'lobby' && room.joined && room.kind !== 'direct' && this.#part('leave', room.room, { room })),
      dialog && view && h(Careful, { key: `${dialog.name} ${dialog.args.user ?? ''}`, onFail: (error) => this.#failed(dialog.name, error) },
        h(view, { chat, ...dialog.args, onClose: () => this.#closed(dialog) })));
  }
}

/** Around what is loaded later: it may be of another version than this page. @extends {Component<{onFail: (error: unknown) => void, children?: import('preact').ComponentChildren}, {failed: boolean}>} */
class Careful extends Component {
  state = { failed: false };

  componentDidCatch(/** @type {unknown} */ error) {
    this.setState({ failed: true });
    this.props.onFail(error);
  }

  render() {
    return this.state.failed ? null : this.props.children;
  }
}

/** @param {{chat: Chat, onRename: () => void}} props */
function Me({ chat, onRename }) {
  const { me, faces } = chat.state;
  if (!me) return null;
  const face = faces.get(me.user);
  const status = me.profile?.away ? 'Away' : me.profile?.status;
  return h(Fragment, null,
    h('button', { type: 'button', title: me.guest ? 'Change your name' : 'Profile, devices, password', onClick: me.guest ? onRename : () => chat.show('settings') },
      h(Avatar, { user: me.user, name: me.name, face }), h('span', { class: 'name' }, safe(me.name), status && h('span', { class: 'status' }, safe(status))), h('span', { class: 'hint' }, me.guest ? 'Change' : 'Settings')),
    me.guest && h('button', { type: 'button', class: 'office', onClick: () => chat.show('sign-in') }, h(Glyph, { of: 'key' }), 'Sign in'),
    rank(me.role) >= rank('moderator') && h('button', { type: 'button', class: 'office', onClick: () => chat.show('office') }, h(Glyph, { of: 'office' }), 'Administration'));
}

/** What kind of room it is, before its name. @param {{room: Room}} props */
function RoomSign({ room }) {
  if (room.kind === 'private') return h('span', { class: 'hash' }, h(Glyph, { of: 'lock' }), h('span', { class: 'unseen' }, 'private '));
  return h('span', { class: 'hash', 'aria-hidden': 'true' }, room.kind === 'direct' ? '@' : '#');
}

/** @param {{room: Room, model: State, onOpen: () => void}} props */
function RoomButton({ room, model, onOpen }) {
  const active = room.room === model.active;
  const count = active && model.watching && room.atEnd ? 0 : missed(model, room);
  const calls = count === 0 && levelOf(model, room) === 'none' ? 0 : active && model.watching && room.atEnd ? 0 : named(model, room);
  return h('button', { type: 'button', class: `room${active ? ' active' : ''}${count > 0 ? ' unread' : ''}`, 'aria-current': active ? 'page' : undefined, onClick: onOpen },
    h(RoomSign, { room }), h('span', { class: 'name' }, safe(room.title)), (room.rules.archived || levelOf(model, room) === 'none') && h('span', { class: 'hint' }, room.rules.archived ? 'archived' : 'muted'),
    (count > 0 || calls > 0) && h('span', { class: `badge${calls > 0 ? ' called' : ''}` }, calls > 0 && '@', count > 99 ? '99+' : count || '', h('span', { class: 'unseen' }, `${count > 0 ? ' unread' : ''}${calls > 0 ? ', for you' : ''}`)));
}

/** @param {Room} room @param {State} model @param {Chat} chat @param {boolean} here */
function people(room, model, chat, here) {
  const all = [...room.people].filter(([, { state }]) => (state !== 'offline') === here).sort(([, a], [, b]) => a.name.localeCompare(b.name));
  const shown = all.slice(0, PEOPLE).map(([user, person]) => {
    const { name, state, standing, role, profile } = person;
    const mark = standing === 'owner' || standing === 'moderator' ? standing : role === 'owner' || role === 'admin' || role === 'moderator' ? role : '';
    const seen = profile.away ? 'idle' : state;
    const sub = [mark, safe(profile.status ?? '')].filter(Boolean).join(' · ');
    return h('li', { key: user, class: seen },
      h('button', { type: 'button', onClick: () => chat.show('person', { room: room.room, user }) },
        h(Avatar, { user, name, face: { name, role, profile } }),
        h('span', { class: 'name' }, safe(name), user === model.me?.user && h('span', { class: 'hint' }, ' you'), sub && h('span', { class: 'status' }, sub)),
        h('span', { class: 'unseen' }, profile.away ? ', away' : `, ${state}`)));
  });
  const more = here ? room.present - shown.length : 0;
  return [...shown, more > 0 && shown.length > 0 && h('li', { key: '+', class: 'hint' }, `and ${more} more`)];
}

/** The truth about the link, always in sight. @extends {Component<{chat: Chat, link: State['link'], waiting: number}>} */
class LinkState extends Component {
  componentDidMount() {
    this.timer = setInterval(() => this.props.link.state === 'waiting' && this.setState({}), 500);
  }

  componentWillUnmount() {
    clearInterval(this.timer);
  }

  render() {
    const { chat, link, waiting } = this.props;
    const queue = waiting > 0 ? `: ${waiting} message${waiting === 1 ? '' : 's'} waiting` : '';
    if (link.state === 'live') return h('div', { class: 'link live', role: 'status' }, h('span', null, 'Connected'));
    if (link.state === 'stopped') {
      return h('div', { class: 'link stopped', role: 'status' }, h('span', null, FINAL[/** @type {4001} */ (link.code)] ?? 'Disconnected.'),
        h('button', { type: 'button', onClick: () => (link.code === 4003 ? location.reload() : link.code === 4001 ? chat.show('sign-in') : chat.reconnect()) }, link.code === 4003 ? 'Reload' : link.code === 4001 ? 'Sign in' : 'Use here'));
    }
    const seconds = link.state === 'waiting' ? Math.max(0, Math.ceil((link.until - performance.now()) / 1000)) : 0;
    return h('div', { class: 'link down', role: 'status' },
      h('span', null, `${chat.everLive ? 'Offline' : 'Connecting'}${queue}`),
      link.state === 'waiting' && h('span', { class: 'soon', 'aria-hidden': 'true' }, `reconnecting in ${seconds} s`),
      link.state === 'connecting' && chat.everLive && h('span', { class: 'soon', 'aria-hidden': 'true' }, 'reconnecting…'),
      link.state === 'waiting' && h('button', { type: 'button', onClick: () => chat.reconnect() }, 'Now'));
  }
}

/** @typedef {{chat: Chat, title: string, action: string, onDone: () => void}} NameProps */

/** @extends {Component<NameProps, {error: string, busy: boolean}>} */
class NameForm extends Component {
  state = { error: '', busy: false };
  input = createRef();

  componentDidMount() {
    this.input.current.focus({ preventScroll: true });
  }

  #submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = this.input.current.value.trim();
    if (name === '') return this.setState({ error: 'A name needs at least one letter.' });
    this.setState({ busy: true });
    const error = await this.props.chat.rename(name);
    this.setState({ busy: false, error });
    if (error === '') this.props.onDone();
    else this.input.current.select();
  };

  render() {
    const { title, action, chat } = this.props;
    const { error, busy } = this.state;
    return h('form', { class: 'name-form', onSubmit: this.#submit },
      h('label', { for: 'name' }, title),
      h('div', { class: 'field' },
        h('input', { id: 'name', ref: this.input, name: 'name', autoComplete: 'nickname', maxLength: 64, spellcheck: false, placeholder: 'Your name', 'aria-describedby': 'name-error', defaultValue: chat.named ? chat.state.me?.name : '' }),
        h('button', { type: 'submit', disabled: busy }, action)),
      h('p', { id: 'name-error', class: 'error', role: 'alert' }, safe(error)));
  }
}

/** What completes names, once somebody began one. @type {typeof import('../later/complete.js').Completion | undefined} */
let Completion;

/** @typedef {{chat: Chat, room: Room, thread?: number, input: import('preact').RefObject<HTMLTextAreaElement>, onSent: () => void}} ComposerProps */

/** Says something in a room or in a thread of it, or changes what was said. @extends {Component<ComposerProps, {over: number}>} */
export class Composer extends Component {
  state = { over: 0 };
  /** @type {import('../state.js').Aim | undefined} */
  aim;
  /** What it changes. @type {import('../state.js').Aim['edit']} */
  editing;

  get #place() {
    return placeKey(this.props.room.room, this.props.thread);
  }

  /** @returns {import('../state.js').Aim | undefined} */
  get #aim() {
    return this.props.chat.state.aims.get(this.#place);
  }

  componentDidMount() {
    const input = /** @type {HTMLTextAreaElement} */ (this.props.input.current);
    input.value = this.props.chat.drafts.get(this.#place) ?? '';
    this.#grow();
    if (matchMedia('(hover: hover)').matches) input.focus({ preventScroll: true });
    this.aim = this.#aim;
    this.componentDidUpdate();
  }

  /** What was written on another device comes in here, and what is to be changed or answered. */
  componentDidUpdate() {
    const { input, chat } = this.props;
    const aim = this.#aim;
    if (!input.current) return;
    const draft = chat.drafts.get(this.#place) ?? '';
    const text = aim?.edit !== this.editing ? (aim?.edit?.text ?? draft) : aim?.edit ? input.current.value : draft;
    this.editing = aim?.edit;
    if (aim && aim !== this.aim) input.current.focus();
    this.aim = aim;
    if (input.current.value === text) return;
    input.current.value = text;
    this.#grow();
  }

  #grow() {
    const input = /** @type {HTMLTextAreaElement} */ (this.props.input.current);
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight + 2}px`;
  }

  #typed = () => {
    const { chat, room, thread, input } = this.props;
    const text = input.current?.value ?? '';
    if (!this.editing) chat.setDraft(this.#place, text);
    chat.signals.typing(room.room, text.trim() !== '', thread);
    const over = Math.max(0, bytes(meant(text)) - chat.state.limit);
    if (over !== this.state.over) this.setState({ over });
    this.#grow();
    if (text.includes('\x1b')) import('../later/pasted.js').then(({ pasted }) => pasted(input.current) && this.#typed(), () => {});
    if (!Completion && /[@:]/.test(text)) {
      import('../later/complete.js').then((module) => {
        Completion = module.Completion;
        this.forceUpdate();
      }, () => {});
    }
  };

  #send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const { chat, room, thread, input, onSent } = this.props;
    const field = /** @type {HTMLTextAreaElement} */ (input.current);
    const typed = field.value.trimEnd();
    const text = meant(typed);
    if (bytes(text) > chat.state.limit) return;
    const { edit, reply } = this.#aim ?? {};
    // With files the text may be empty; they go out once they are there.
    const withFiles = edit ? false : chat.intake.send(room.room, text, { thread, aim: this.#aim });
    if (withFiles === null || (!withFiles && text.trim() === '')) return;
    field.value = '';
    if (edit && typed !== edit.text) chat.outbox.change(room.room, { type: 'edit', target: edit.target }, text);
    else if (!edit && !withFiles) chat.outbox.say(text, { reply: reply?.seq, thread });
    chat.aim(room.room, thread);
    this.#grow();
    if (!edit) onSent();
    field.focus();
  };

  #pick = (/** @type {Event} */ event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    this.props.chat.attach(field.files, this.props.thread);
    field.value = '';
  };

  #key = (/** @type {KeyboardEvent} */ event) => {
    const { chat, room, thread, input } = this.props;
    // While a word is being composed, Enter ends the word; some browsers say so only by the code 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape' && this.#aim) {
      event.stopPropagation();
      return chat.aim(room.room, thread);
    }
    if (event.key === 'ArrowUp' && input.current?.value === '' && !event.altKey && !this.#aim) {
      event.preventDefault();
      return chat.act('editLast', room.room, thread);
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    // A phone's keyboard has no other way to a new line, and the button is at hand.
    if (touch.matches && !event.ctrlKey && !event.metaKey) return;
    this.#send(event);
  };

  render() {
    const { room, input, chat, thread } = this.props;
    const { over } = this.state;
    const { edit, reply, words = '' } = this.#aim ?? {};
    const label = thread === undefined ? `Message to ${safe(room.title)}` : 'Answer in this thread';
    return h('form', { class: `composer${edit || reply ? ' aimed' : ''}`, onSubmit: this.#send },
      Completion && h(Completion, { chat, room, input }),
      (edit || reply) && h('div', { class: 'aim' }, h('span', { role: 'status' }, edit ? 'You change a message' : `You answer ${safe(reply?.sender || 'a message')}${words && ': '}`, words && h('q', null, safe(words.slice(0, 200)))),
        h('button', { type: 'button', 'aria-label': edit ? 'Leave it as it is' : 'Do not answer it', title: 'Cancel (Esc)', onClick: () => chat.aim(room.room, thread) }, '✕')),
      chat.files?.tray(room.room, thread), h(Coming, { chat, place: this.#place }),
      !edit && h('label', { class: 'icon clip', title: 'Attach files (or paste, or drop them here)' }, h(Glyph, { of: 'clip' }), h('input', { type: 'file', multiple: true, class: 'unseen', 'aria-label': 'Attach files', onChange: this.#pick })),
      h('textarea', { ref: input, rows: 1, 'aria-label': label, placeholder: thread === undefined ? `Message ${room.kind === 'direct' ? '' : '#'}${safe(room.title)}` : 'Answer…', 'aria-autocomplete': 'list', enterKeyHint: touch.matches ? 'enter' : 'send', onInput: this.#typed, onKeyDown: this.#key, onBlur: () => chat.signals.typing(room.room, false, thread) }),
      over === 0 && (room.rules.slow_s ?? 0) > 0 && h('span', { class: 'slow', title: `Slow mode: one message in ${room.rules.slow_s} s` }, h('span', { class: 'unseen' }, 'Slow mode: one message in '), `${room.rules.slow_s} s`),
      over > 0 && h('span', { class: 'over', role: 'alert' }, `${over} bytes too long`),
      h('button', { type: 'submit', class: 'send', 'aria-label': edit ? 'Save' : 'Send', title: edit ? 'Save (Enter)' : 'Send (Enter)', disabled: over > 0 }, h(Glyph, { of: 'send' })));
  }
}

/** Who types in the room, or in a thread of it. @param {{room: Room, model: State, thread?: number}} props */
export function Typists({ room, model, thread }) {
  const names = [...room.typing].filter(([user, who]) => !model.blocked.has(user) && who.thread === thread).map(([, { name }]) => safe(name));
  return names.length > 0 && h(Fragment, null, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i', null), h('i', null), h('i', null)), typingText(names));
}

/** Files that were picked, and are not in the tray. @param {{chat: Chat, place: string}} props */
function Coming({ chat, place }) {
  const { coming, lost } = chat.intake;
  const [taken, left] = [coming.get(place)?.count ?? 0, lost.get(place)?.length ?? 0];
  if (taken + left === 0) return null;
  if (taken > 0) return h('p', { class: 'taking hint', role: 'status' }, taken === 1 ? 'A file is taken in…' : `${taken} files are taken in…`);
  return h('p', { class: 'taking hint', role: 'status' }, left === 1 ? 'A file could not be taken in. It is tried again when you send. ' : `${left} files could not be taken in. They are tried again when you send. `,
    h('button', { type: 'button', onClick: () => lost.delete(place) && chat.draw() }, left === 1 ? 'Leave it out' : 'Leave them out'));
}

const GLYPHS = {
  plus: 'M12 5v14M5 12h14',
  menu: 'M4 7h16M4 12h16M4 17h10',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.8c2 .7 3.2 2.5 3.5 5.200',
  send: 'M5 12h14M13 6l6 6-6 6',
  about: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.500M12 7.800v.1',
  clip: 'M19.500 11.500l-7.800 7.800a5 5 0 0 1-7-7l8.300-8.300a3.300 3.300 0 0 1 4.700 4.700l-8.300 8.300a1.700 1.700 0 0 1-2.400-2.400l7.300-7.300',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500L20.500 20.500',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  at: 'M12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM15.500 8.500v5a2.500 2.500 0 0 0 5 0V12a8.500 8.500 0 1 0-3.500 6.900',
  pin: 'M9 4h6l-.700 6 3.200 3.500H6.500L9.700 10zM12 13.500V20',
  key: 'M14 14.500a5 5 0 1 0-4.500-4.500L4 15.500V20h4.500v-2.500H11V15zM15.500 8.500v.1',
  office: 'M12 3l8 3v5c0 5-3.400 8.500-8 10-4.600-1.500-8-5-8-10V6z',
};

/** @param {{of: keyof typeof GLYPHS}} props */
export function Glyph({ of }) {
  return h('svg', { viewBox: '0 0 24 24', width: 20, height: 20, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' }, h('path', { d: GLYPHS[of] }));
}
