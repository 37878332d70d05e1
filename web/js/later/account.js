// What accounts and links need: the requests under `/api`, coming and going, and what belongs to an account on all of
// its devices. Loaded when the first of them is there.

import { OWN } from '../room.js';
import * as model from '../state.js';
import { placeKey } from '../state.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../protocol.js').Me} Me
 */

/** A draft is told to one's other devices a moment after it was written. */
const DRAFT_MS = 1_000;
/** No longer draft is told. */
const DRAFT_BYTES = 16_384;
/** Drafts per room that are remembered until they come back. */
const TOLD = 8;

/**
 * Carries out a request; `body` is sent as JSON, a picture as it is.
 * @template T
 * @param {string} method @param {string} path below `/api/` @param {unknown} [body]
 * @returns {Promise<{ok: true, said: T} | {ok: false, code: string, reason: string}>}
 */
export async function call(method, path, body) {
  const picture = body instanceof Blob;
  try {
    const response = await fetch(`/api/${path}`, {
      method,
      ...(method !== 'GET' && { headers: { 'content-type': picture ? body.type : 'application/json' }, body: picture ? body : JSON.stringify(body ?? {}) }),
      credentials: 'same-origin',
      cache: 'no-store',
    });
    const said = response.status === 204 ? {} : await response.json();
    if (response.ok) return { ok: true, said };
    return { ok: false, code: String(said.code), reason: said.retry_ms ? `${sentence(said.reason)} Try again in ${Math.ceil(said.retry_ms / 1000)} s.` : sentence(said.reason) };
  } catch {
    return { ok: false, code: 'unavailable', reason: 'Not connected: try again in a moment.' };
  }
}

/** A reason as it is shown. @param {unknown} reason */
export function sentence(reason) {
  const text = String(reason ?? 'This did not work.');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** The secret of a link, also where the whole link was typed. @param {string} typed */
export function secretOf(typed) {
  const [, secret] = /#(?:invite|reset)=(.+)$/.exec(typed.trim()) ?? [];
  return secret ?? typed.trim();
}

/** What stands behind # in the address: a secret, which does not stay there, or a room; or a path to a message, which stays until it was followed, also through signing in. @param {Chat} chat @param {string} [path] */
export function arrive(chat, path = location.pathname) {
  const [, key, seq] = /^\/r\/([^/]+)(?:\/(\d{1,15}))?\/?$/.exec(path) ?? [];
  if (key !== undefined) {
    chat.wanted = { room: decode(key), ...(seq !== undefined && { seq: Number(seq) }) };
    return follow(chat);
  }
  const [, what, value] = /^#(invite|reset|room)=(.+)$/.exec(location.hash) ?? [];
  if (what === undefined || value === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (what !== 'room') return chat.show('sign-in', { [what]: value });
  chat.wanted = { room: decode(value) };
  follow(chat);
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** To the room of a link, once connected. @param {Chat} chat */
export async function follow(chat) {
  if (chat.wanted === undefined || !chat.session.live) return;
  const { room, seq } = chat.wanted;
  chat.wanted = undefined;
  if (location.pathname !== '/') history.replaceState(null, '', '/');
  // What is one's own alone is no place to go to.
  if (room === OWN) return;
  if (seq !== undefined) return chat.jump(room, seq);
  if (chat.state.rooms.get(room)?.joined) chat.open(room);
  else chat.state.notice = (await chat.enter('join', room)) || null;
  chat.draw();
}

/** A name was taken without a link: the greeting may have been on its way before. @param {Chat} chat @param {string} now what one is called by the server */
export async function wished(chat, now) {
  const { wish } = chat;
  chat.wish = undefined;
  const error = wish === undefined || wish === now ? '' : await chat.rename(wish);
  if (error !== '') chat.state.notice = `You are ${now} here: ${error}`;
  chat.draw();
}

/** The address of a room, or of a message in it, for others. @param {string} room @param {number} [seq] */
export function linkTo(room, seq) {
  if (seq !== undefined) return `${location.origin}/r/${encodeURIComponent(room)}/${seq}`;
  return `${location.origin}/#room=${encodeURIComponent(room)}`;
}

/** What belongs to one's account: all of it is asked for anew, since only the newest event of each thing is kept. @param {Chat} chat */
export async function own(chat) {
  const drafts = (chat.shared ??= new Drafts(chat));
  drafts.told.clear();
  let answer = await chat.socket.ask({ type: 'join', room: OWN });
  for (let after = 0; answer?.type === 'ok' || (answer?.type === 'history' && answer.more); ) {
    answer = await chat.socket.ask({ type: 'history', room: OWN, after, limit: 200 });
    if (answer?.type === 'history') after = Math.max(after + 1, answer.last);
  }
  if (answer) drafts.tellAll();
  chat.store.saveIdentity({ blocked: [...chat.state.blocked] });
  chat.draw();
}

/** A draft as one text, with what it answers: what is not written yet answers nothing. @param {string} text @param {number | undefined} reply */
const joined = (text, reply) => (text === '' || reply === undefined ? text : `${text}\0${reply}`);

/** @param {string} draft */
function parted(draft) {
  const [text = '', reply] = draft.split('\0');
  return { text, reply: reply === undefined ? undefined : Number(reply) };
}

/** Drafts of rooms and threads, and what they answer, as all of one's devices have them: the newest is taken over where nothing else was written meanwhile. */
export class Drafts {
  /** @param {Chat} chat */
  constructor(chat) {
    this.chat = chat;
    /** As the server knows them. @type {Map<string, string>} */
    this.known = chat.store.sharedDrafts();
    /** Told to the server, and not come back yet, oldest first. @type {Map<string, string[]>} */
    this.told = new Map();
    /** @type {Set<string>} */
    this.places = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    // What is written is kept over a reload, and what it answers is known here.
    for (const [place, draft] of this.known) {
      const { text, reply } = parted(draft);
      if (reply !== undefined && text === chat.drafts.get(place) && !chat.state.aims.has(place)) this.#answer(place, reply);
    }
  }

  /** Something else is written there now. @param {string} place */
  written(place) {
    this.places.add(place);
    this.timer ??= setTimeout(() => this.#tell(), DRAFT_MS);
  }

  /** What was written without a link. */
  tellAll() {
    for (const place of new Set([...this.chat.drafts.keys(), ...this.known.keys()])) this.places.add(place);
    this.#tell();
  }

  /** @param {{of: string, text: string, thread?: number | undefined, reply?: number | undefined}} draft */
  learn({ of, text, thread, reply }) {
    const place = placeKey(of, thread);
    const draft = joined(text, reply);
    const told = this.told.get(place) ?? [];
    const here = this.#here(place);
    const known = this.known.get(place) ?? '';
    this.known.set(place, draft);
    this.chat.store.shareDraft(place, draft);
    // One's own, come back; or what was written here since is newer, and will be told.
    if (told.includes(draft)) told.splice(0, told.indexOf(draft) + 1);
    else if (here === known && here !== draft) {
      this.chat.setDraft(place, text);
      this.#answer(place, text === '' ? undefined : reply);
    }
    this.chat.draw();
  }

  /** @param {string} place */
  #here(place) {
    return joined(this.chat.drafts.get(place) ?? '', this.chat.state.aims.get(place)?.reply?.seq);
  }

  /** The draft answers a message, or none, also where this device does not have it yet. @param {string} place @param {number | undefined} seq */
  #answer(place, seq) {
    const { chat } = this;
    const { aims } = chat.state;
    // What one changes at the moment is no draft.
    if (aims.get(place)?.edit || aims.get(place)?.reply?.seq === seq) return;
    if (seq === undefined) return void aims.delete(place);
    const [room = ''] = place.split(' ');
    aims.set(place, { reply: { seq, sender: '' } });
    import('./deeds.js').then(async ({ fetch, replyTo }) => {
      if (!chat.state.rooms.get(room)?.known.has(seq) && (await chat.socket.soonLive())) await fetch(chat, room, seq);
      const message = chat.state.rooms.get(room)?.known.get(seq)?.now;
      if (message && aims.get(place)?.reply?.seq === seq) aims.set(place, replyTo(message));
      chat.draw();
    }, () => {});
  }

  #tell() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { session, socket } = this.chat;
    if (!session.live) return;
    for (const place of this.places) {
      const draft = this.#here(place);
      const { text, reply } = parted(draft);
      const told = this.told.get(place) ?? [];
      if (draft === (told.at(-1) ?? this.known.get(place) ?? '') || new TextEncoder().encode(text).length > DRAFT_BYTES) continue;
      this.told.set(place, [...told, draft].slice(-TOLD));
      const [of = '', thread] = place.split(' ');
      socket.do(() => session.signal({ type: 'draft', room: of, text, ...(reply !== undefined && { reply }), ...(thread !== undefined && { thread: Number(thread) }) }));
    }
    this.places.clear();
  }
}

/** What would be lost with what waits on this device, or ''. @param {Chat} chat */
export function losing(chat) {
  const count = waiting(chat);
  return count === 0 ? '' : `${count} of your messages ${count === 1 ? 'is' : 'are'} not sent yet and would be lost.`;
}

/** How many lines are not in any log. @param {Chat} chat */
export const waiting = (chat) => chat.state.lines.filter(({ state }) => state !== 'stored').length;

/** Not here, or not any more: what others said is no longer for this screen and this disk; what one wrote oneself waits. @param {Chat} chat */
export function signedOut(chat) {
  const { me, notice } = chat.state;
  const isOver = me?.guest === false;
  chat.state.notice = null;
  if (isOver) {
    chat.last = me.user;
    model.forget(chat.state);
    chat.session.cursors.clear();
    chat.store.ended(me.user);
  }
  chat.show('sign-in', { ...chat.state.dialog?.args, reason: notice ?? (isOver ? 'Your session has ended.' : null), must: true });
}

/** From now on this browser is signed in as somebody, who may have been here as a guest before. @param {Chat} chat @param {Me} me */
export async function signedIn(chat, me) {
  const { me: before } = chat.state;
  const isSame = me.user === (before?.user ?? chat.last);
  // A page that goes writes down what it knows: not what somebody else knew.
  if (!isSame) chat.session.cursors.clear();
  if (!isSame && (before?.guest === false || chat.last !== undefined)) {
    chat.drafts.clear();
    chat.store.forgetDrafts();
  }
  await chat.store.saveIdentity({ token: undefined, user: me.user, name: me.name, guest: false, last: undefined }, !isSame);
  location.reload();
}

/** Signs this browser out: nothing of the account stays on it, so ask first about what is `losing`. @param {Chat} chat @param {string} [path] which sessions end @param {string} [method] @returns {Promise<string>} why not, or '' */
export async function signOut(chat, path = 'logout', method = 'POST') {
  const answer = await call(method, path);
  if (!answer.ok && answer.code !== 'sign_in') return answer.reason;
  chat.socket.stop();
  for (const { id } of chat.state.lines) chat.outbox.tell({ is: 'gone', id });
  const who = chat.state.me?.user ?? chat.last;
  // A page that goes writes down what it knows: by then it knows nothing.
  model.forget(chat.state);
  chat.session.cursors.clear();
  chat.drafts.clear();
  await chat.store.wipe(who);
  location.reload();
  return '';
}
