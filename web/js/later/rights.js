// What is offered to whom: no more than the server would allow anyway, which decides anew each time. Pure.

import { moderates, rank, standingRank } from '../room.js';

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

/** Changes a room's name and rules. @param {State} state @param {Room} room */
export function runs(state, room) {
  if (!isAccount(state) || room.kind === 'direct') return false;
  return room.standing === 'owner' || (room.kind === 'public' && isAdmin(state));
}

/** Puts somebody out, or mutes them: only whoever is less. @param {State} state @param {Room} room @param {string} user */
export function moderatesWhom(state, room, user) {
  if (user === state.me?.user || !moderates(state, room)) return false;
  const them = room.people.get(user);
  const role = them?.role ?? state.faces.get(user)?.role;
  if (rank(role) >= rank('admin') && state.me?.role !== 'owner') return false;
  return standingRank(room.standing) > standingRank(them?.standing) || rank(state.me?.role) > rank(role);
}

/** Takes a message out. @param {State} state @param {Room} room @param {string} author */
export function deletes(state, room, author) {
  return room.rules.archived !== true && (author === state.me?.user || moderates(state, room));
}
