// One room: the stretches of its log that are held, what later events make of earlier ones, and who is in it. Pure.

import { emptied, fold, says, targetOf } from './safe_text.js';

/**
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./protocol.js').User} User
 * @typedef {import('./state.js').Room} Room
 * @typedef {import('./state.js').State} State
 * @typedef {import('./state.js').Person} Person
 * @typedef {import('./state.js').Notice} Notice
 * @typedef {import('./state.js').Line} Line
 * @typedef {import('./protocol.js').Message} Message
 *
 * A stretch `[from, to]` of a log of which every event is held.
 * @typedef {[number, number]} Stretch
 */

/** What belongs to oneself alone. Of each thing only the newest event is kept there: places in between mean nothing. */
export const OWN = '@self';
/** Events kept in memory of a room that is not being read back. */
export const KEPT = 2_000;
const NOTICES = 100;
/** This long after one's own return, others return. */
const RETURN_MS = 60_000;
/** A run of one author's lines gets a new header after this long. */
const RUN_MS = 5 * 60_000;

const ROLES = /** @type {import('./protocol.js').Role[]} */ (['other', 'guest', 'member', 'moderator', 'admin', 'owner']);
const STANDINGS = ['other', 'member', 'moderator', 'owner'];
export const MODERATOR = STANDINGS.indexOf('moderator');
export const OWNER = STANDINGS.indexOf('owner');

/** Colours of people. */
export const HUES = 12;

/** A user's colour, the same in every session. @param {string} user */
export function hue(user) {
  let hash = 2166136261;
  for (let i = 0; i < user.length; i++) hash = Math.imul(hash ^ user.charCodeAt(i), 16777619);
  return (hash >>> 8) % HUES;
}

/** The colour that somebody chose, or theirs by chance. @param {string} user @param {import('./state.js').Face | undefined} face */
export function tint(user, face) {
  const chosen = face?.profile.colour;
  return chosen === undefined ? hue(user) : Math.round(chosen / (360 / HUES)) % HUES;
}

/** Higher where more is allowed on the server. @param {import('./protocol.js').Role | undefined} role */
export const rank = (role) => ROLES.indexOf(role ?? 'guest');

/**
 * What somebody counts as in a room, higher where more is allowed: in public rooms those who run the chat count as owners,
 * and those who keep order in it as moderators.
 * @param {Room} room @param {{role?: import('./protocol.js').Role | undefined, standing?: string | undefined} | undefined} who
 */
export function weight(room, who) {
  const own = STANDINGS.indexOf(who?.standing ?? '');
  if (room.kind !== 'public' || rank(who?.role) < rank('moderator')) return own;
  return Math.max(own, rank(who?.role) >= rank('admin') ? OWNER : MODERATOR);
}

/** One keeps order in the room. @param {State} state @param {Room} room */
export function moderates(state, room) {
  return state.me?.guest === false && room.kind !== 'direct' && weight(room, { role: state.me.role, standing: room.standing }) >= MODERATOR;
}

/** Why one may say nothing in the room, or ''. @param {State} state @param {Room} room */
export function silence(state, room) {
  if (state.readOnly) return 'Guests only read here. Sign in to write.';
  if (room.rules.archived) return 'This room is archived: it can be read, and nothing more is said in it.';
  if (room.rules.announce && !moderates(state, room)) return 'Only its owners and moderators write in this room.';
  return '';
}

/**
 * The events after the last held one have a hole before them until it is filled. Messages have what happened to them up to
 * `asOf`: for a live event that is its own place.
 * @param {Room} room @param {number} from @param {number} to @param {Event[]} events @param {number} [asOf]
 */
export function cover(room, from, to, events, asOf = to) {
  room.version += 1;
  const told = events.map((event) => (event.type === 'message' ? learn(room, event, asOf) : event));
  const last = room.events.at(-1);
  if (told.length === 1 && (last === undefined || /** @type {Event} */ (told[0]).seq > last.seq)) {
    room.events.push(/** @type {Event} */ (told[0]));
  } else if (told.length > 0) {
    const bySeq = new Map(room.events.map((event) => [event.seq, event]));
    for (const event of told) bySeq.set(event.seq, event);
    room.events = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  }
  for (const event of events) note(room, event);
  if (to < from) return;
  /** @type {Stretch[]} */
  const joined = [];
  let [low, high] = [from, to];
  for (const [a, b] of room.stretches) {
    if (b + 1 < low || a - 1 > high) joined.push([a, b]);
    else [low, high] = [Math.min(a, low), Math.max(b, high)];
  }
  joined.push([low, high]);
  room.stretches = joined.sort((a, b) => a[0] - b[0]);
}

/** A message as it is now, which was told as of a place. What is known of later changes is folded in. @param {Room} room @param {Message & {type: 'message'}} message @param {number} asOf */
export function learn(room, message, asOf) {
  const known = room.known.get(message.seq);
  if (known && known.asOf >= asOf) return known.now;
  const now = refolded(room, message, asOf);
  room.known.set(message.seq, { base: now.folded?.deleted ? emptied(message) : message, asOf, now });
  return now;
}

/** Keeps what changes another message, whether that one is known yet or not: pages and live events may come in any order. @param {Room} room @param {Event} event */
function note(room, event) {
  const target = targetOf(event);
  if (target === undefined) return;
  const changes = room.changes.get(target) ?? [];
  const isLast = (changes.at(-1)?.seq ?? 0) < event.seq;
  const isNew = isLast || !changes.some(({ seq }) => seq === event.seq);
  if (isNew) {
    changes.push(event);
    if (!isLast) changes.sort((a, b) => a.seq - b.seq);
    room.changes.set(target, changes);
  }
  if (event.type === 'edit' || event.type === 'delete') forgetTexts(room, target);
  const known = room.known.get(target);
  if (!isNew || known === undefined || event.seq <= known.asOf) return;
  if (event.type === 'delete') known.base = emptied(known.base);
  // In their order, each is folded once: a message may have many.
  known.now = isLast ? fold(known.now, event) : refolded(room, known.base, known.asOf);
  replace(room, known.now);
}

/** Of a message that was taken out nothing stays: not what it said before, either. @param {Room} room @param {number} target */
function forgetTexts(room, target) {
  const changes = room.changes.get(target) ?? [];
  if (!changes.some(({ type }) => type === 'delete')) return;
  const empty = changes.map((each) => (each.type === 'edit' ? { ...each, text: '' } : each));
  room.changes.set(target, empty);
  for (const each of empty) if (each.type === 'edit') replace(room, each);
}

/** @param {Room} room @param {Event} event */
function replace(room, event) {
  const place = placeOf(room, event.seq);
  if (room.events[place]?.seq === event.seq) room.events[place] = event;
}

/** @param {Room} room @param {Message & {type: 'message'}} message @param {number} asOf */
function refolded(room, message, asOf) {
  return (room.changes.get(message.seq) ?? []).filter(({ seq }) => seq > asOf).reduce(fold, message);
}

/** Where an event of this place is in `events`, or would be. @param {Room} room @param {number} seq */
function placeOf({ events }, seq) {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {Event} */ (events[middle]).seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {Room} room @param {number} seq */
export const holds = ({ stretches }, seq) => stretches.some(([from, to]) => from <= seq && seq <= to);

/** The log goes on before the oldest event held. @param {Room} room */
export function earlier(room) {
  return (room.stretches[0]?.[0] ?? 0) > room.first;
}

/** Forgets the oldest events of a long session; they can be paged in again. @param {Room} room */
export function trim(room) {
  if (room.events.length <= KEPT * 2) return;
  room.events = room.events.slice(-KEPT);
  const from = /** @type {Event} */ (room.events[0]).seq;
  room.stretches = room.stretches.filter(([, to]) => to >= from).map(([a, b]) => [Math.max(a, from), b]);
  room.notices = room.notices.filter((notice) => notice.after >= from);
  for (const old of [room.known, room.changes]) for (const seq of old.keys()) if (seq < from) old.delete(seq);
}

/** @type {ReadonlySet<string>} */
const NOBODY = new Set();

/**
 * How many messages of others, outside threads, came since one looked. What is not held is as the server counted it.
 * @param {Room} room @param {string | undefined} me @param {ReadonlySet<string>} [blocked]
 */
export const unread = (room, me, blocked = NOBODY) => since(room, 'unread', (event) => event.thread === undefined && event.user !== me && !blocked.has(event.user));

/** How many of the messages since one looked name one, also in threads. @param {State} state @param {Room} room */
export const named = (state, room) => since(room, 'mentions', (event) => calls(state, event) && !state.blocked.has(event.user));

/** @param {Room} room @param {'unread' | 'mentions'} what @param {(event: Message) => boolean} counts */
function since(room, what, counts) {
  const { counted, read } = room;
  const held = room.stretches.at(-1)?.[0] ?? Infinity;
  // The server counted what this device does not hold all of.
  const isBehind = counted !== undefined && counted.read === read && held > read + 1;
  const from = isBehind ? counted.head : read;
  let count = isBehind ? counted[what] : 0;
  for (let i = room.events.length - 1; i >= 0; i--) {
    const event = /** @type {Event} */ (room.events[i]);
    if (event.seq <= from) break;
    if (event.type === 'message' && !event.folded?.deleted && counts(event)) count += 1;
  }
  return count;
}

/** The message is for this person: it names them, calls everybody, or says one of their words. @param {State} state @param {Message} message */
export function calls(state, { user, mentions, everyone, message, folded }) {
  const me = state.me?.user;
  if (user === me || me === undefined) return false;
  if (mentions?.includes(me) || everyone === 'here' || everyone === 'room') return true;
  const text = folded?.text ?? message;
  return state.prefs.keywords.some((word) => says(text, word));
}

/** Somebody answered in a thread. @param {State} state @param {Room} room @param {Message} answer */
export function answered(state, room, { seq, thread = 0 }) {
  const known = threadOf(room, thread);
  const isSeen = state.watching && isOpen(state, room, thread) && !known.kept;
  if (isSeen) Object.assign(known, { read: Math.max(known.read, seq), due: true });
  else if (seq > known.read) known.fresh.add(seq);
}

/** The thread is at the side. @param {State} state @param {Room} room @param {number} root */
const isOpen = ({ thread }, room, root) => thread?.room === room.room && thread.root === root;

/** Up to where one has read a thread, as the server has it: for it goes what goes for a room. @param {State} state @param {Room} room @param {number} root @param {number} upto */
export function threadMarked(state, room, root, upto) {
  const known = threadOf(room, root);
  const { marker, read, kept } = known;
  const isBack = marker !== undefined && upto < marker;
  if (isBack) known.kept = isOpen(state, room, root);
  else if (kept && marker === read && upto > read) known.kept = false;
  Object.assign(known, { read: isBack ? upto : known.kept ? read : Math.max(read, upto), marker: upto });
  fresh(state, room, root);
}

/** From this answer on a thread is to be read again; looking at it does not change that until one comes back. @param {State} state @param {Room} room @param {number} root @param {number} seq */
export function unseeThread(state, room, root, seq) {
  Object.assign(threadOf(room, root), { read: seq - 1, kept: isOpen(state, room, root), due: false });
  fresh(state, room, root);
}

/** Finds anew which of the answers that are known were not looked at. @param {State} state @param {Room} room @param {number} root */
function fresh(state, room, root) {
  const known = threadOf(room, root);
  const others = [...room.known.values()].filter(({ now }) => now.thread === root && now.user !== state.me?.user).map(({ now }) => now.seq);
  known.fresh = new Set([...known.fresh, ...others].filter((seq) => seq > known.read));
  room.version += 1;
}

/** @param {Room} room @param {number} root @returns {import('./state.js').ThreadState} */
export function threadOf(room, root) {
  const known = room.threads.get(root) ?? { fresh: new Set(), read: 0 };
  room.threads.set(root, known);
  return known;
}

/** The answers of others in a thread that one has not looked at. @param {State} state @param {Room} room @param {number} root */
export function freshIn(state, room, root) {
  return [...(room.threads.get(root)?.fresh ?? [])].filter((seq) => !state.blocked.has(room.known.get(seq)?.now.user ?? '') && !room.known.get(seq)?.now.folded?.deleted).length;
}

/** Opens a thread at the side, or closes the one that is open. @param {State} state @param {{room: string, root: number} | null} thread */
export function openThread(state, thread) {
  const before = state.thread && state.rooms.get(state.thread.room)?.threads.get(state.thread.root);
  if (before) before.kept = false;
  state.thread = thread;
  state.version += 1;
  const room = thread && state.rooms.get(thread.room);
  if (!room) return;
  const known = threadOf(room, thread.root);
  Object.assign(known, { read: Math.max(known.read, room.head, ...known.fresh), due: true });
  known.fresh.clear();
  room.version += 1;
}

/** Somebody as the room's list tells of them. @param {User | import('./protocol.js').Member} member @returns {Person} */
export function person(member) {
  const { name, guest, role = 'guest', profile = {} } = member;
  return { name, guest: guest === true, role, standing: 'standing' in member ? member.standing : undefined, profile, state: 'state' in member ? member.state : 'online' };
}

/** Somebody's membership changed. @param {State} state @param {Room} room @param {Event & {type: 'member'}} event */
export function moved(state, room, { who, name, change, role }) {
  const known = room.people.get(who);
  const isOut = change === 'left' || change === 'kicked' || change === 'banned';
  const standing = isOut ? undefined : (role ?? known?.standing ?? (change === 'joined' ? 'member' : undefined));
  if (known) known.standing = standing;
  else if (change === 'joined') {
    const { role = 'member', profile = {} } = state.faces.get(who) ?? {};
    room.people.set(who, { name, guest: who.startsWith('g-') && role === 'guest', role, standing, profile, state: 'offline' });
  }
  if (isOut && (known?.state === 'offline' || change !== 'left')) room.people.delete(who);
  if (who === state.me?.user) room.standing = standing;
}

/** @param {State} state @param {import('./protocol.js').ComeAndGo & {type: 'join' | 'leave'}} frame @param {number} now */
export function cameOrWent(state, frame, now) {
  const room = state.rooms.get(frame.room);
  if (!room) return;
  const names = Array.isArray(frame.names) ? frame.names : [];
  const users = Array.isArray(frame.users) ? frame.users : [];
  users.forEach((user, i) => {
    const known = room.people.get(user);
    if (frame.type === 'join') {
      const { role = user.startsWith('g-') ? 'guest' : 'member', profile = {} } = state.faces.get(user) ?? {};
      room.people.set(user, { guest: user.startsWith('g-') && role === 'guest', role, profile, standing: known?.standing, ...known, name: names[i] ?? user, state: 'online' });
    } else if (known?.standing) known.state = 'offline';
    else room.people.delete(user);
    if (frame.type === 'leave') room.typing.delete(user);
  });
  room.present = frame.present ?? room.present;
  // After a restart of the server everybody comes back: who was there before is no news.
  const back = (/** @type {string} */ user) => frame.type === 'join' && now - state.liveAt < RETURN_MS && room.before.has(user);
  const others = names.filter((_, i) => users[i] !== state.me?.user && !back(users[i] ?? ''));
  const crowd = names.length === 0 ? (frame.count ?? 0) : 0;
  if (others.length > 0 || crowd > 0) {
    notice(room, (open) => {
      if (frame.type === 'join') open.came.push(...others);
      else open.went.push(...others);
      open.crowd += crowd;
    });
  }
  room.version += 1;
}

/** @param {State} state @param {import('./protocol.js').Renamed} frame */
export function renamed(state, frame) {
  const room = state.rooms.get(frame.room);
  if (!room) return;
  const person = room.people.get(frame.user);
  if (person) person.name = frame.to;
  const face = state.faces.get(frame.user);
  if (face) state.faces.set(frame.user, { ...face, name: frame.to });
  const typist = room.typing.get(frame.user);
  if (typist) typist.name = frame.to;
  if (frame.user === state.me?.user) state.me = { ...state.me, name: frame.to };
  room.version += 1;
  const open = room.notices.at(-1);
  const came = open?.came.indexOf(frame.from) ?? -1;
  // Who takes a name right after coming is told once, by that name.
  if (open && came >= 0 && open.after === lastOf(room)) open.came[came] = frame.to;
  else if (frame.user !== state.me?.user) notice(room, (open) => open.renamed.push([frame.from, frame.to]));
}

/** Adds to the notice at the end of the log, so that coming and going fold into one quiet row. @param {Room} room @param {(open: Notice) => void} add */
function notice(room, add) {
  const after = lastOf(room);
  let last = room.notices.at(-1);
  if (last === undefined || last.after !== after) {
    last = { after, came: [], went: [], renamed: [], crowd: 0 };
    room.notices.push(last);
    if (room.notices.length > NOTICES) room.notices.shift();
  }
  add(last);
}

/** @param {Room} room */
function lastOf(room) {
  return room.events.at(-1)?.seq ?? room.head;
}

/**
 * One row of a timeline. `key` is the same for the same thing over all versions.
 * @typedef {{key: string, kind: 'begin'} | {key: string, kind: 'day', timestamp: string}
 *   | {key: string, kind: 'gap', from: number, to: number} | {key: string, kind: 'new'}
 *   | {key: string, kind: 'notice', notice: Notice} | {key: string, kind: 'unknown', seq: number} | {key: string, kind: 'hidden', seq: number}
 *   | {key: string, kind: 'told', event: Event & {type: 'member' | 'changed'}}
 *   | {key: string, kind: 'message', message: import('./state.js').Said, head: boolean, own: boolean, pending: boolean}
 *   | {key: string, kind: 'line', line: Line, head: boolean} | {key: string, kind: 'seen', names: string[]}} Row
 */

/** What a room's timeline consists of, oldest first. @param {Room} room @param {State} state @returns {Row[]} */
export function rows(room, state) {
  const me = state.me?.user;
  const doing = pending(room, state);
  /** @type {Row[]} */
  const out = [];
  let run = { user: /** @type {string | undefined} */ (undefined), name: '', at: 0 };
  let day = '';
  let stretch = 0;
  let notices = 0;
  let marked = room.mark === null;
  const told = (/** @type {number} */ before) => {
    for (; notices < room.notices.length && /** @type {Notice} */ (room.notices[notices]).after < before; notices++) {
      const notice = /** @type {Notice} */ (room.notices[notices]);
      out.push({ key: `n${notice.after}`, kind: 'notice', notice });
      run = { user: undefined, name: '', at: 0 };
    }
  };
  const begun = room.stretches[0]?.[0] ?? room.head + 1;
  if (begun <= room.first && (room.synced || room.events.length > 0)) out.push({ key: 'begin', kind: 'begin' });
  for (const event of room.events) {
    told(event.seq);
    while (event.seq > (room.stretches[stretch]?.[1] ?? Infinity)) {
      stretch += 1;
      const [from, to] = [room.stretches[stretch - 1]?.[1] ?? 0, room.stretches[stretch]?.[0] ?? 0];
      if (to > from + 1) out.push({ key: `g${from}`, kind: 'gap', from: from + 1, to: to - 1 });
      run = { user: undefined, name: '', at: 0 };
    }
    if (event.type === 'member' || event.type === 'changed') {
      out.push({ key: `m${event.seq}`, kind: 'told', event });
      run = { user: undefined, name: '', at: 0 };
    }
    if ((event.type !== 'message' || event.thread !== undefined) && event.type !== 'unknown') continue;
    if (event.type === 'message' && state.blocked.has(event.user)) {
      if (out.at(-1)?.kind !== 'hidden') out.push({ key: `m${event.seq}`, kind: 'hidden', seq: event.seq });
      run = { user: undefined, name: '', at: 0 };
      continue;
    }
    if (event.type === 'message') {
      const date = new Date(event.timestamp);
      if (date.toDateString() !== day) {
        day = date.toDateString();
        out.push({ key: `d${day}`, kind: 'day', timestamp: event.timestamp });
        run = { user: undefined, name: '', at: 0 };
      }
    }
    if (!marked && event.seq > (room.mark ?? 0) && !(event.type === 'message' && event.user === me)) {
      marked = true;
      out.push({ key: 'new', kind: 'new' });
      run = { user: undefined, name: '', at: 0 };
    }
    if (event.type === 'unknown') {
      out.push({ key: `m${event.seq}`, kind: 'unknown', seq: event.seq });
      run = { user: undefined, name: '', at: 0 };
      continue;
    }
    const at = Date.parse(event.timestamp);
    const head = event.user !== run.user || event.sender !== run.name || !(at - run.at < RUN_MS);
    out.push({ key: `m${event.seq}`, kind: 'message', message: doing(event), head, own: event.user === me, pending: doing(event) !== event });
    run = { user: event.user, name: event.sender, at: head ? at : run.at };
  }
  told(Infinity);
  const end = room.stretches.at(-1)?.[1] ?? 0;
  if (room.synced && room.head > end && room.stretches.length > 0) out.push({ key: `g${end}`, kind: 'gap', from: end + 1, to: room.head });
  const seen = readers(room, out.findLast(({ kind }) => kind === 'message'), me);
  if (seen.length > 0) out.push({ key: 'seen', kind: 'seen', names: seen });
  return [...out, ...waiting(room, state, undefined, run.user !== me || me === undefined)];
}

/** A thread as it is shown: what it began with, and the answers that are held. @param {Room} room @param {number} root @param {State} state @returns {Row[]} */
export function threadRows(room, root, state) {
  const me = state.me?.user;
  const doing = pending(room, state);
  const all = [...room.known.values()].map(({ now }) => now).filter((message) => message.seq === root || message.thread === root).sort((a, b) => a.seq - b.seq);
  /** @type {Row[]} */
  const out = [];
  let run = { user: /** @type {string | undefined} */ (undefined), at: 0 };
  for (const message of all) {
    if (message.seq !== root && state.blocked.has(message.user)) continue;
    const at = Date.parse(message.timestamp);
    const head = message.user !== run.user || !(at - run.at < RUN_MS);
    out.push({ key: `m${message.seq}`, kind: 'message', message: doing(message), head, own: message.user === me, pending: doing(message) !== message });
    run = message.seq === root ? { user: undefined, at: 0 } : { user: message.user, at: head ? at : run.at };
  }
  return [...out, ...waiting(room, state, root, run.user !== me || me === undefined)];
}

/** One's own lines that are not in the log yet, and what was done to messages and failed. @param {Room} room @param {State} state @param {number | undefined} thread @param {boolean} first @returns {Row[]} */
function waiting(room, state, thread, first) {
  /** @type {Row[]} */
  const out = [];
  for (const line of state.lines) {
    // In a room that one is not in there are no threads to look into.
    if (line.room !== room.room || (line.change ? thread !== undefined || line.state !== 'failed' : line.thread !== thread && room.joined)) continue;
    const edit = state.lines.findLast(({ change, state }) => change?.type === 'edit' && change.target === line.id && state !== 'failed');
    out.push({ key: `l${line.id}`, kind: 'line', line: edit ? { ...line, text: edit.text } : line, head: first });
    first = false;
  }
  return out;
}

/** Shows of a message what one did to it, before the server has said so. @param {Room} room @param {State} state @returns {(message: Message & {type: 'message'}) => Message & {type: 'message'}} */
function pending(room, state) {
  /** @type {Map<number, Message & {type: 'message'}>} */
  const shown = new Map();
  const lines = state.lines.filter(({ room: key, change, state }) => change && key === room.room && state !== 'failed');
  const done = (/** @type {Message & {type: 'message'}} */ message) => lines.filter(({ change }) => change?.target === message.seq)
    .reduce((message, { id, change, text, at }) => fold(message, /** @type {any} */ ({ ...change, room: room.room, seq: 0, id, user: state.me?.user, sender: state.me?.name, text, mentions: message.mentions, everyone: message.everyone, timestamp: new Date(at).toISOString() })), message);
  return (message) => {
    if (lines.length === 0) return message;
    const known = shown.get(message.seq) ?? done(message);
    shown.set(message.seq, known);
    return known;
  };
}

/** Who has read all there is, beside who said it. @param {Room} room @param {Row | undefined} last @param {string | undefined} me */
function readers({ readers }, last, me) {
  if (last?.kind !== 'message') return [];
  return [...readers].filter(([user, { upto }]) => upto >= last.message.seq && user !== me && user !== last.message.user).map(([, { name }]) => name).sort();
}
