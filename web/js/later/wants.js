// What wants somebody: of what they are told while they look elsewhere, and where they go next. Pure.

import { calls, freshIn, named, unread } from '../room.js';
import { levelOf } from '../state.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../state.js').Room} Room
 * @typedef {import('../state.js').Said} Said
 */

/** It is within somebody's quiet hours. @param {import('../protocol.js').Quiet | undefined} quiet @param {number} minute of the day */
export function isQuiet(quiet, minute) {
  if (!quiet || quiet.from === quiet.to) return false;
  return quiet.from < quiet.to ? quiet.from <= minute && minute < quiet.to : quiet.from <= minute || minute < quiet.to;
}

/** One began the thread, answered in it, or was named there. @param {State} state @param {Room} room @param {number} root */
function takesPart(state, room, root) {
  const me = state.me?.user ?? '';
  const message = room.known.get(root)?.now;
  if (message?.user === me || message?.folded?.replies?.users.includes(me)) return true;
  return [...room.known.values()].some(({ now }) => now.thread === root && (now.user === me || calls(state, now)));
}

/** Somebody is to be told of a message now: it is not in view, and of what they want to know. @param {State} state @param {Room} room @param {Said} message @param {number} minute of the day */
export function tells(state, room, message, minute) {
  const { user, thread, seq } = message;
  if (user === state.me?.user || state.blocked.has(user) || seq <= room.read) return false;
  const isInView = state.watching && (thread === undefined ? state.active === room.room && room.atEnd : state.thread?.room === room.room && state.thread.root === thread);
  const level = levelOf(state, room);
  if (isInView || level === 'none' || isQuiet(state.prefs.quiet, minute)) return false;
  if (calls(state, message)) return true;
  return thread === undefined ? level === 'all' : takesPart(state, room, thread);
}

/** What wants somebody next. @param {State} state @returns {{room: Room, seq?: number | undefined, root?: number | undefined} | undefined} */
export function wanted(state) {
  const rooms = [...state.rooms.values()].filter((room) => room.joined && levelOf(state, room) !== 'none');
  const others = rooms.filter((room) => room.room !== state.active || !room.atEnd);
  for (const room of others) {
    const first = room.events.find((event) => event.type === 'message' && event.seq > room.read && event.thread === undefined && !event.folded?.deleted && calls(state, event));
    if (first) return { room, seq: first.seq };
    if (named(state, room) > 0) return { room };
  }
  for (const room of rooms) {
    for (const root of room.threads.keys()) if (freshIn(state, room, root) > 0 && takesPart(state, room, root)) return { room, root };
  }
  const waiting = others.filter((room) => unread(room, state.me?.user, state.blocked) > 0);
  const room = waiting.find(({ kind }) => kind === 'direct') ?? waiting[0];
  return room && { room };
}
