// What is done with messages now and then: going to one, opening its thread, marking it, the next thing that wants one.

import * as model from '../state.js';
import { holds, learn, openThread, unseeThread } from '../room.js';
import { words } from '../safe_text.js';
import { LATER } from '../socket.js';
import { linkTo, sentence } from './account.js';
import { deletes, edits, pins } from './rights.js';
import { clean, isColoured, shown } from './sgr.js';
import { wanted } from './wants.js';

/**
 * @typedef {import('../main.js').Chat} Chat
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../state.js').Said} Said
 */

/** Answers asked for at a time. */
const ANSWERS = 50;
/** How long a message that was jumped to is marked. */
const SOUGHT_MS = 2_500;
/** Looked for again while the page draws. */
const TRIES = 20;
/** Events asked for around a place. */
const AROUND = 100;

/** Shows a message in its place, in its thread where it is in one. @param {Chat} chat @param {string} key @param {number} seq */
export async function jump(chat, key, seq) {
  const room = await entered(chat, key);
  if (!room) return;
  if (!holds(room, seq)) {
    const answer = await chat.socket.ask({ type: 'history', room: key, around: seq, limit: AROUND });
    if (answer?.type !== 'history') return chat.say(refused(answer));
    if (!holds(room, seq)) return chat.say('This message is not there any more.');
  }
  const message = room.known.get(seq)?.now;
  show(chat, room, message?.thread ?? seq);
  if (message?.thread === undefined) return;
  await thread(chat, key, message.thread);
  // What draws it may come later than what it draws.
  await LATER['thread']?.();
  for (let i = 0; i < TRIES; i++) {
    await new Promise(requestAnimationFrame);
    const row = document.querySelector(`aside [data-key="m${seq}"]`);
    if (!row) continue;
    row.scrollIntoView({ block: 'center' });
    row.classList.add('sought');
    setTimeout(() => row.classList.remove('sought'), SOUGHT_MS);
    return;
  }
}

/** Shows what one had in sight in a room before this page was loaded, or what is nearest to it of what is held. @param {Chat} chat @param {string} key @param {import('../state.js').Place} place */
export async function back(chat, key, place) {
  if (await chat.socket.soonLive()) await chat.socket.ask({ type: 'history', room: key, around: place.seq, limit: AROUND });
  const room = chat.state.rooms.get(key);
  if (!room || chat.state.active !== key) return;
  const nearest = room.stretches.reduce((found, [from, to]) => [from, to].reduce((best, seq) => (Math.abs(seq - place.seq) < Math.abs(best - place.seq) ? seq : best), found), Infinity);
  room.place = holds(room, place.seq) ? place : { seq: nearest, below: 0 };
  room.version += 1;
  chat.draw();
}

/** Shows what was said first on a day, or after it. @param {Chat} chat @param {string} key @param {Date} day @returns {Promise<string>} why not, or '' */
export async function toDay(chat, key, day) {
  const answer = await chat.socket.ask({ type: 'history', room: key, at: day.toISOString(), limit: AROUND });
  if (answer?.type !== 'history') return refused(answer);
  const said = answer.events.filter((event) => event.type === 'message' && event.thread === undefined);
  const found = said.find((event) => 'timestamp' in event && Date.parse(event.timestamp) >= +day) ?? said.at(-1);
  if (!found) return 'Nothing was said here on that day, or after it.';
  show(chat, model.roomOf(chat.state, key), found.seq);
  return '';
}

/** Shows the first message that one did not see yet. @param {Chat} chat @param {string} [key] */
export async function firstUnread(chat, key = chat.state.active) {
  const { state } = chat;
  const room = model.roomOf(state, key);
  const read = room.mark ?? room.read;
  if (read < room.head && !holds(room, read + 1)) await chat.socket.ask({ type: 'history', room: key, around: read + 1, limit: AROUND });
  const first = room.events.find((event) => event.type === 'message' && event.seq > read && event.user !== state.me?.user && event.thread === undefined);
  if (!first) return chat.say('All is read here.');
  show(chat, room, first.seq);
}

/** @param {import('../protocol.js').ServerFrame | null} answer */
const refused = (answer) => (answer?.type === 'error' ? sentence(answer.reason) : 'Not connected: try again in a moment.');

/** The timeline opens at a message that is held. @param {Chat} chat @param {Room} room @param {number} seq */
function show(chat, room, seq) {
  room.target = seq;
  if (chat.state.active !== room.room) chat.open(room.room);
  // What is behind the message was not seen by this.
  room.atEnd = false;
  room.version += 1;
  chat.draw();
}

/** One's own room, or one that is joined for it. @param {Chat} chat @param {string} key */
async function entered(chat, key) {
  if (!chat.state.rooms.get(key)?.joined) {
    const error = await chat.enter('join', key);
    if (error !== '') return void chat.say(sentence(error));
  }
  return model.roomOf(chat.state, key);
}

/** Opens the thread that began with a message, and asks for its answers. @param {Chat} chat @param {string} room @param {number} root */
export async function thread(chat, room, root) {
  openThread(chat.state, { room, root });
  chat.saver.rooms.add(room);
  chat.saver.soon();
  chat.draw();
  await answers(chat, room, root);
}

/** Asks for the newest answers in a thread, or those before one. @param {Chat} chat @param {string} room @param {number} root @param {number} [before] @returns {Promise<{more: boolean, error: string}>} whether there are older ones, and why they did not come, or '' */
export async function answers(chat, room, root, before) {
  const answer = await chat.socket.ask({ type: 'thread', room, root, limit: ANSWERS, ...(before !== undefined && { before }) });
  chat.draw();
  return answer?.type === 'thread' ? { more: answer.more, error: '' } : { more: false, error: refused(answer) };
}

/** Asks for one message, which is not shown in its place by that. @param {Chat} chat @param {string} key @param {number} seq */
export async function fetch(chat, key, seq) {
  const answer = await chat.socket.ask({ type: 'history', room: key, around: seq, limit: 1 }, true);
  const room = chat.state.rooms.get(key);
  const message = answer?.type === 'history' ? answer.events.find((event) => event.seq === seq) : undefined;
  if (answer?.type !== 'history' || message?.type !== 'message' || !room) return;
  learn(room, message, answer.as_of);
  room.version += 1;
  chat.state.version += 1;
  chat.draw();
}

/** Closes the thread at the side. @param {Chat} chat */
export function closeThread(chat) {
  openThread(chat.state, null);
  chat.draw();
}

/** Puts one's reaction on a message, or takes it off. @param {Chat} chat @param {Said} message @param {string} emoji */
export function react(chat, message, emoji) {
  const on = !message.folded?.reactions?.[emoji]?.includes(chat.state.me?.user ?? '');
  chat.outbox.change(message.room, { type: 'react', target: message.seq, emoji, on });
}

/** Pins a message to its room, or takes it off. @param {Chat} chat @param {Said} message */
export function pin(chat, message) {
  chat.outbox.change(message.room, { type: 'pin', target: message.seq, on: message.folded?.pinned !== true });
}

/** What the composer says next answers this message. @param {Chat} chat @param {Said} message */
export function reply(chat, message) {
  chat.aim(message.room, message.thread, replyTo(message));
}

/** @param {Said} message @returns {model.Aim} */
export const replyTo = (message) => ({ reply: message, words: message.folded?.deleted ? '' : clean(words(message.folded?.text ?? message.message)) });

/** A text as it is changed: its colours can be seen as signs, and are not lost. @param {string} text */
const written = (text) => (isColoured(text) ? shown(text) : text);

/** The composer changes this message. @param {Chat} chat @param {Said} message */
export function edit(chat, message) {
  chat.aim(message.room, message.thread, { edit: { target: message.seq, text: written(message.folded?.text ?? message.message) } });
}

/** The composer changes what one said last, wherever that is by now. @param {Chat} chat @param {string} key @param {number} [thread] */
export function editLast(chat, key, thread) {
  const { state } = chat;
  const room = model.roomOf(state, key);
  const line = state.lines.findLast((line) => line.room === key && line.thread === thread && !line.change && line.state !== 'failed' && line.state !== 'stored');
  if (line) return chat.aim(key, thread, { edit: { target: line.id, text: written(line.text) } });
  const mine = (/** @type {import('../protocol.js').Event} */ event) => event.type === 'message' && event.user === state.me?.user && event.thread === thread && !event.folded?.deleted;
  const all = thread === undefined ? room.events : [...room.known.values()].map(({ now }) => now).sort((a, b) => a.seq - b.seq);
  const last = all.findLast(mine);
  if (last?.type === 'message') edit(chat, last);
}

/** Everything from this message on is to be read again, on all of one's devices. @param {Chat} chat @param {Said} message */
export function unsee(chat, { room: key, seq, thread }) {
  const { state, session } = chat;
  const room = model.roomOf(state, key);
  if (thread !== undefined) unseeThread(state, room, thread, seq);
  else {
    model.unsee(state, room, seq);
    chat.readTold.set(key, room.read);
  }
  if (state.me?.guest === false) chat.socket.do(() => session.signal(thread === undefined ? { type: 'read', room: key, seq: seq - 1, back: true } : { type: 'read_thread', room: key, thread, seq: seq - 1, back: true }));
  chat.saver.rooms.add(key);
  chat.saver.soon();
  chat.draw();
}

/** @param {Chat} chat @param {Said} message */
export function copyLink(chat, { room, seq }) {
  navigator.clipboard?.writeText(linkTo(room, seq));
  chat.say('The link to this message is copied.');
}

/** A key at a message. @param {Chat} chat @param {string} key @param {number} seq @param {string} letter */
export function key(chat, key, seq, letter) {
  const { state } = chat;
  const room = state.rooms.get(key);
  const message = room?.known.get(seq)?.now;
  if (!room || !message) return;
  const open = (/** @type {string} */ what, more = {}) => chat.show(what, { room: key, message, ...more });
  const { deleted } = message.folded ?? {};
  if (letter === 't') thread(chat, key, message.thread ?? seq);
  else if (letter === 'u') unsee(chat, message);
  else if (letter === 'l') copyLink(chat, message);
  else if (deleted) return;
  else if (letter === 'r') reply(chat, message);
  else if (letter === '+') open('react');
  else if (letter === 'e' && edits(state, room, message.user)) edit(chat, message);
  else if (letter === 'p' && pins(state, room)) pin(chat, message);
  else if (letter === 'd' && deletes(state, room, message.user)) open('message', { deleting: true });
}

/** To what wants one next: a message for oneself, an answer in a thread of one's own, a conversation, what is unread. @param {Chat} chat */
export function next(chat) {
  const { state } = chat;
  const found = wanted(state);
  if (!found) return chat.say('Nothing waits for you.');
  const { room: key } = found.room;
  if (found.seq === undefined && found.root === undefined && key === state.active) return firstUnread(chat, key);
  // To what is new, not to where one was.
  if (found.root === undefined) found.room.place = null;
  chat.open(key);
  if (found.root !== undefined) thread(chat, found.room.room, found.root);
  else if (found.seq !== undefined) jump(chat, found.room.room, found.seq);
}
