// One room: the stretches of its log that are held, what later events make of earlier ones, and who is in it. Pure.

/**
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./protocol.js').User} User
 * @typedef {import('./state.js').Room} Room
 * @typedef {import('./state.js').State} State
 * @typedef {import('./state.js').Person} Person
 * @typedef {import('./state.js').Notice} Notice
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

const ROLES = /** @type {import('./protocol.js').Role[]} */ (['other', 'guest', 'member', 'moderator', 'admin', 'owner']);
const STANDINGS = ['other', 'member', 'moderator', 'owner'];
export const MODERATOR = STANDINGS.indexOf('moderator');
export const OWNER = STANDINGS.indexOf('owner');

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

/** The events after the last held one have a hole before them until it is filled. @param {Room} room @param {number} from @param {number} to @param {Event[]} events */
export function cover(room, from, to, events) {
  room.version += 1;
  const last = room.events.at(-1);
  if (events.length === 1 && (last === undefined || /** @type {Event} */ (events[0]).seq > last.seq)) {
    room.events.push(/** @type {Event} */ (events[0]));
  } else if (events.length > 0) {
    // A page's message carries what later events made of it, so it replaces one that is held.
    const bySeq = new Map(room.events.map((event) => [event.seq, event]));
    for (const event of events) bySeq.set(event.seq, event);
    room.events = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  }
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

/** The log goes on before the oldest event held. @param {Room} room */
export function earlier(room) {
  return (room.stretches[0]?.[0] ?? 0) > room.first;
}

/** What a later event makes of an earlier message: its author changes it, and the server decides who takes it out. @param {Room} room @param {Event & {type: 'edit' | 'delete'}} event */
export function fold(room, event) {
  const place = room.events.findIndex((other) => other.seq === event.target);
  const target = room.events[place];
  if (target?.type !== 'message' || (event.type === 'edit' && target.user !== event.user)) return;
  const folded = event.type === 'edit' ? { ...target.folded, text: event.text } : { deleted: true };
  room.events[place] = { ...target, folded };
}

/** Forgets the oldest events of a long session; they can be paged in again. @param {Room} room */
export function trim(room) {
  if (room.events.length <= KEPT * 2) return;
  room.events = room.events.slice(-KEPT);
  const from = /** @type {Event} */ (room.events[0]).seq;
  room.stretches = room.stretches.filter(([, to]) => to >= from).map(([a, b]) => [Math.max(a, from), b]);
  room.notices = room.notices.filter((notice) => notice.after >= from);
}

/** @type {ReadonlySet<string>} */
const NOBODY = new Set();

/** How many messages of others came since one looked. @param {Room} room @param {string | undefined} me @param {ReadonlySet<string>} [blocked] */
export function unread(room, me, blocked = NOBODY) {
  let count = 0;
  for (let i = room.events.length - 1; i >= 0; i--) {
    const event = /** @type {Event} */ (room.events[i]);
    if (event.seq <= room.read) break;
    if (event.type === 'message' && event.user !== me && !blocked.has(event.user)) count += 1;
  }
  return count;
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

/** The room itself changed. @param {Room} room @param {Event & {type: 'changed'}} event */
export function edited(room, { title, topic, announce, slow_s, archived }) {
  const rules = { ...room.rules, ...(announce !== undefined && { announce }), ...(slow_s !== undefined && { slow_s }), ...(archived !== undefined && { archived }) };
  Object.assign(room, { title: title ?? room.title, topic: topic ?? room.topic, rules });
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
