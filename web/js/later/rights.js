// What is offered to whom: no more than the server would allow anyway, which decides anew each time. Pure.

import { MODERATOR, OWNER, moderates, rank, silence, weight } from '../room.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../state.js').Room} Room
 */

/** @param {State} state */
export const isAccount = (state) => state.me?.guest === false;
/** @param {State} state */
export const isAdmin = (state) => rank(state.me?.role) >= rank('admin');
/** @param {State} state */
export const keepsOrder = (state) => rank(state.me?.role) >= rank('moderator');

/** Decides about the room: its name, its rules, its owners. @param {State} state @param {Room} room */
export function runs(state, room) {
  return isAccount(state) && room.kind !== 'direct' && weight(room, { role: state.me?.role, standing: room.standing }) >= OWNER;
}

/** Changes it, and says who else may. @param {State} state @param {Room} room */
export const shapes = (state, room) => room.rules.archived !== true && runs(state, room);

/** Puts somebody out, or mutes them: only who is less. @param {State} state @param {Room} room @param {string} user */
export function moderatesWhom(state, room, user) {
  if (user === state.me?.user || room.rules.archived || !moderates(state, room)) return false;
  const them = weight(room, room.people.get(user) ?? state.faces.get(user));
  return Math.max(them, 0) < MODERATOR || weight(room, { role: state.me?.role, standing: room.standing }) > them;
}

/** Invites others. @param {State} state @param {Room} room */
export function invites(state, room) {
  if (!isAccount(state) || room.kind === 'direct' || (room.kind === 'private' && room.standing === undefined) || room.rules.archived) return false;
  return room.rules.announce !== true || moderates(state, room);
}

/** Takes a message out. @param {State} state @param {Room} room @param {string} author */
export function deletes(state, room, author) {
  if (room.rules.archived) return false;
  return author === state.me?.user || moderatesWhom(state, room, author);
}

/** Changes a message of one's own. @param {State} state @param {Room} room @param {string} author */
export const edits = (state, room, author) => author === state.me?.user && silence(state, room) === '';

/** Pins messages to the room. @param {State} state @param {Room} room */
export const pins = (state, room) => room.joined && room.rules.archived !== true && (room.kind === 'direct' || moderates(state, room));

/** Reacts to messages: also where only a few say something. @param {State} state @param {Room} room */
export const reacts = (state, room) => room.joined && room.rules.archived !== true && !state.readOnly;
