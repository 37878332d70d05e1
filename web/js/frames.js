// Reading what the server sends: a frame is taken only if it has what its type must have. Pure, no IO.

/**
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./protocol.js').Event} Event
 */

const text = (/** @type {unknown} */ value) => typeof value === 'string';
const flag = (/** @type {unknown} */ value) => typeof value === 'boolean';
const list = (/** @type {unknown} */ value) => Array.isArray(value);
/** A place in a log, or a count. */
export const seq = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) >= 0;
const record = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null && !list(value);
const roomInfo = (/** @type {any} */ value) =>
  record(value) && text(value.room) && text(value.title) && seq(value.first) && seq(value.head);
const written = { room: text, seq, id: text, user: text, sender: text, timestamp: text };

/** What a frame of each type must have; anything else in it is ignored. @type {Record<string, Record<string, (value: any) => boolean>>} */
const SHAPES = {
  welcome: { epoch: text, user: (user) => record(user) && text(user.user) && text(user.name), token: text, rooms: (rooms) => list(rooms) && rooms.every(roomInfo), limits: record },
  message: { ...written, message: text },
  edit: { ...written, target: seq, text },
  delete: { ...written, target: seq },
  react: { ...written, target: seq, emoji: text, on: flag },
  synced: { room: text, head: seq },
  reset: { room: text, epoch: text, first: seq, head: seq },
  ack: { id: text, room: text, seq, timestamp: text },
  history: { room: text, events: list, first: seq, last: seq, head: seq, as_of: seq, more: flag },
  ok: { ref: seq },
  members: { ref: seq, room: text, members: (members) => list(members) && members.every((/** @type {any} */ member) => record(member) && text(member.user) && text(member.name)), present: seq },
  rooms: { ref: seq, rooms: (rooms) => list(rooms) && rooms.every(roomInfo) },
  room: { room: roomInfo, joined: flag },
  join: { room: text, timestamp: text },
  leave: { room: text, timestamp: text },
  renamed: { room: text, user: text, from: text, to: text },
  typing: { room: text, user: text, sender: text, on: flag },
  presence: { room: text, user: text, sender: text, state: text },
  error: { code: text, reason: text },
  ping: {},
  goaway: { after_ms: seq },
};
const EVENTS = new Set(['message', 'edit', 'delete', 'react']);

/**
 * Reads an event: one that is not understood but has a place in a log becomes `unknown`, anything else null.
 * @param {any} value
 * @returns {Event | null}
 */
export function readEvent(value) {
  if (!record(value) || !text(value.room) || !seq(value.seq)) return null;
  const known = EVENTS.has(value.type) && fits(value);
  return known ? value : { type: 'unknown', room: value.room, seq: value.seq };
}

/**
 * Reads a frame; null for what this version does not know or cannot read, which does no harm if ignored.
 * @param {string} source
 * @returns {ServerFrame | null}
 */
export function readFrame(source) {
  let value;
  try {
    value = JSON.parse(source);
  } catch {
    return null;
  }
  if (!record(value)) return null;
  if (EVENTS.has(value.type) || !Object.hasOwn(SHAPES, value.type)) return readEvent(value);
  if (!fits(value)) return null;
  if (value.type === 'history') {
    const events = value.events.map(readEvent);
    return events.includes(null) ? null : { ...value, events };
  }
  return value;
}

/** @param {any} value */
function fits(value) {
  return Object.entries(SHAPES[value.type] ?? {}).every(([field, check]) => check(value[field]));
}

/** @param {ServerFrame} frame @returns {frame is Event} */
export function isEvent(frame) {
  return EVENTS.has(frame.type) || frame.type === 'unknown';
}
