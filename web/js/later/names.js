// Names of emoji and of people, as they are found while somebody types. Pure, but for what was used last on this device.

import { moderates } from '../room.js';
import { line as safe } from '../safe_text.js';
import { REACTIONS } from '../store.js';
import { GROUPS } from './emoji.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../state.js').Room} Room
 * @typedef {{text: string, hint: string, user?: string}} Choice
 */

/** Before anything was used. */
const FIRST = ['👍', '❤️', '😄', '🎉', '👀', '✅', '🙏', '👎'];
/** All there are, in the order of a picker, each with its names. */
export const ALL = GROUPS.flatMap(([, all]) => (all ?? '').split(',')).map((each) => each.trim().split(' ')).filter(([emoji]) => emoji)
  .map(([emoji = '', ...names]) => ({ emoji, names }));
/** Shown at once: more are found by their names. */
const SHOWN = 160;
/** Offered while somebody writes. */
const OFFERED = 8;
const REMEMBERED = 12;

/** Those used last, then the usual ones. @returns {string[]} */
export function usual() {
  let used = [];
  try {
    used = JSON.parse(localStorage.getItem(REACTIONS) ?? '[]');
  } catch {
    // Nothing is remembered where nothing may be stored.
  }
  const known = Array.isArray(used) ? used.filter((each) => typeof each === 'string' && each.length <= 32).map(safe) : [];
  return [...new Set([...known, ...FIRST])];
}

/** @param {string} emoji */
export function use(emoji) {
  try {
    localStorage.setItem(REACTIONS, JSON.stringify([emoji, ...usual().filter((each) => each !== emoji)].slice(0, REMEMBERED)));
  } catch {
    // As above.
  }
}

/** Those that a word finds; an emoji itself is one too. @param {string} typed @returns {string[]} */
export function found(typed) {
  const word = typed.trim().toLowerCase().replaceAll(':', '');
  if (word === '') return [...new Set([...usual(), ...ALL.map(({ emoji }) => emoji)])].slice(0, SHOWN);
  if (/^\p{Emoji}/u.test(word) && !/^[\d#*]/.test(word)) return [typed.trim()];
  const name = word.replaceAll(' ', '_');
  const exact = ALL.filter(({ names }) => names.includes(name));
  const begin = ALL.filter(({ names }) => names.some((each) => each.startsWith(name)));
  const within = ALL.filter(({ names }) => names.some((each) => each.includes(name, 1)));
  return [...new Set([...exact, ...begin, ...within].map(({ emoji }) => emoji))].slice(0, SHOWN);
}

/** The emoji of a name that is being written. @param {string} word @returns {Choice[]} */
const signs = (word) => found(word).slice(0, OFFERED).map((emoji) => ({ text: emoji, hint: ALL.find((each) => each.emoji === emoji)?.names[0] ?? '' }));

/** Whom a word that begins with @ may mean, whoever spoke last first. @param {State} state @param {Room} room @param {string} word @returns {Choice[]} */
export function choices(state, room, word) {
  if (word.startsWith(':')) return signs(word);
  const wanted = word.slice(1).toLowerCase();
  /** @type {Map<string, number>} */
  const spoke = new Map();
  for (const event of room.events) if (event.type === 'message') spoke.set(event.user, event.seq);
  const people = [...room.people].map(([user, { name }]) => ({ user, name }));
  for (const user of spoke.keys()) if (!room.people.has(user)) people.push({ user, name: state.faces.get(user)?.name ?? '' });
  const at = (/** @type {string} */ user) => spoke.get(user) ?? 0;
  const named = people.filter(({ user, name }) => name !== '' && user !== state.me?.user && !state.blocked.has(user) && name.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b.name.toLowerCase().startsWith(wanted)) - Number(a.name.toLowerCase().startsWith(wanted)) || at(b.user) - at(a.user) || a.name.localeCompare(b.name))
    .map(({ user, name }) => ({ text: `@${name}`, hint: '', user }));
  const all = room.kind === 'direct' || moderates(state, room) ? [{ text: '@here', hint: 'whoever is online' }, { text: '@room', hint: 'everybody in this room' }] : [];
  return [...named.slice(0, OFFERED), ...all.filter(({ text }) => text.startsWith(`@${wanted}`))];
}
