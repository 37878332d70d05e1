// What the page shows, as data: rooms, their logs, who is there, who types, what waits. No DOM, no IO, no clock: `update`
// changes the state for one input, `rows` says what a timeline consists of. Rooms carry a `version` so that views can
// tell whether to draw again.

import { OWN, answered, cameOrWent, cover, holds, learn, moved, person, renamed, threadMarked, trim, unread } from './room.js';

/**
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./room.js').Stretch} Stretch
 * @typedef {import('./protocol.js').Message} Message
 * @typedef {import('./protocol.js').RoomInfo} RoomInfo
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./protocol.js').HistoryPage} HistoryPage
 * @typedef {import('./protocol.js').Role} Role
 * @typedef {import('./protocol.js').RoomRole} RoomRole
 * @typedef {import('./protocol.js').Rules} Rules
 * @typedef {import('./protocol.js').Profile} Profile
 * @typedef {import('./protocol.js').User} User
 * @typedef {import('./session.js').Output} Output
 * @typedef {import('./session.js').Link} Link
 *
 * Somebody came or went; `after` is the last event shown before it.
 * @typedef {{after: number, came: string[], went: string[], renamed: [string, string][], crowd: number}} Notice
 *
 * An own line that is not in the log yet, or failed; `saving` until this device has it on disk.
 * @typedef {import('./store.js').Entry & {state: 'saving' | 'queued' | 'sent' | 'stored' | 'failed',
 *   reason?: string | undefined, code?: string | undefined, at: number}} Line
 *
 * Somebody in a room; `standing` is what they are there, missing for who is only there.
 * @typedef {{name: string, guest: boolean, role: Role, standing: RoomRole | undefined, profile: Profile, state: string}} Person
 * @typedef {{name: string, role: Role, profile: Profile}} Face
 * @typedef {{room: string, title: string, sender: string}} Invitation
 * @typedef {Message & {type: 'message'}} Said
 *
 * A message as it was told as of a place, and as it is by what came since.
 * @typedef {{base: Said, asOf: number, now: Said}} Known
 *
 * What the server counted behind the place `read`, when `head` was the newest one.
 * @typedef {{read: number, head: number, unread: number, mentions: number}} Counted
 *
 * Answers in a thread of this room that one has not looked at, and up to where one has; `marker` is what the server has of
 * that, `due` that it is to be told, and `kept` as for a room.
 * @typedef {{fresh: Set<number>, read: number, marker?: number | undefined, due?: boolean, kept?: boolean}} ThreadState
 *
 * Where one was in a room: the first message in sight, and how far (in pixels) its top was below the upper edge.
 * @typedef {{seq: number, below: number}} Place
 *
 * What the composer of a room or a thread does instead of only saying something: answer a message, of which some `words` are
 * shown, or change one.
 * @typedef {{reply?: Pick<Said, 'seq' | 'sender'> | undefined, words?: string | undefined, edit?: {target: number | string, text: string} | undefined}} Aim
 * `kept`: it stays unread while one looks at it. `place`: where it opens, if not at its end.
 * @typedef {{room: string, title: string, topic: string, kind: RoomInfo['kind'], rules: Rules, standing: RoomRole | undefined, first: number, head: number, present: number,
 *   events: Event[], stretches: Stretch[], notices: Notice[], known: Map<number, Known>, changes: Map<number, Event[]>, counted: Counted | undefined,
 *   threads: Map<number, ThreadState>, readers: Map<string, {name: string, upto: number}>, pins: number, pinsAt: number, people: Map<string, Person>, before: Set<string>, typing: Map<string, {name: string, until: number, thread?: number | undefined}>,
 *   read: number, marker: number | undefined, mark: number | null, atEnd: boolean, target: number | null, place: Place | null, kept: boolean, loading: boolean, synced: boolean, joined: boolean, version: number}} Room
 * @typedef {{rooms: Map<string, Room>, active: string, me: User | null, faces: Map<string, Face>, invitations: Map<string, Invitation>, blocked: Set<string>, levels: Map<string, import('./protocol.js').Level>, prefs: {keywords: string[], quiet?: import('./protocol.js').Quiet | undefined},
 *   thread: {room: string, root: number} | null, aims: Map<string, Aim>, link: Link | {state: 'idle'}, readOnly: boolean,
 *   limit: number, lines: Line[], watching: boolean, trouble: string | null, notice: string | null, isOld: boolean, dialog: {name: string, args: any} | null, out: Set<string>, found: any, liveAt: number, version: number}} State
 * `out`: rooms that one was put out of, or left, while the page was open; `found`: what was looked for last, to come back to.
 */

/** A typing signal that is not renewed is over after this. */
export const TYPING_TTL_MS = 5_000;
/** A small picture takes no more room than this, and its place is kept before it is there. */
const WIDTH = 360;
const HEIGHT = 260;
/** Whoever missed so many events was away. */
const AWAY = 20;

/** @returns {State} */
export function initial() {
  return {
    rooms: new Map(), active: 'lobby', me: null, faces: new Map(), invitations: new Map(), blocked: new Set(), levels: new Map(), prefs: { keywords: [] }, thread: null, aims: new Map(), link: { state: 'idle' }, readOnly: false, limit: 65_536, lines: [],
    watching: true, trouble: null, notice: null, isOld: false, dialog: null, out: new Set(), found: null, liveAt: 0, version: 0,
  };
}

/** @param {State} state @param {string} key @returns {Room} */
export function roomOf(state, key) {
  const known = state.rooms.get(key);
  if (known) return known;
  const room = blank(key);
  state.rooms.set(key, room);
  return room;
}

/** A room of which nothing is known yet. @param {string} key @returns {Room} */
function blank(key) {
  return {
    room: key, title: key, topic: '', kind: 'public', rules: {}, standing: undefined, first: 1, head: 0, present: 0, events: [], stretches: [], notices: [],
    known: new Map(), changes: new Map(), counted: undefined, threads: new Map(), readers: new Map(), pins: 0, pinsAt: 0, people: new Map(), before: new Set(), typing: new Map(), read: 0, marker: undefined, mark: null, atEnd: true, target: null, place: null, kept: false, loading: false, synced: false, joined: key === 'lobby', version: 0,
  };
}

/** Applies what the session tells. @param {State} state @param {Output} output @param {number} now */
export function update(state, output, now) {
  state.version += 1;
  switch (output.is) {
    case 'link':
      state.link = output.link;
      if (output.link.state !== 'live') quiet(state);
      return;
    case 'line':
      return change(state, output.id, { state: output.state, reason: undefined, code: undefined });
    case 'failed':
      return change(state, output.id, { state: 'failed', reason: output.reason, code: output.code });
    case 'placed':
      state.lines = state.lines.map((line) => (line.id === output.id && line.change ? { ...line, change: { ...line.change, target: output.target } } : line));
      return;
    case 'stored':
      return stored(state, output.id, output.room, output.seq);
    case 'frame':
      return frame(state, output.frame, now);
  }
}

/** What to tell of a room: nothing, where one does not want to know. @param {State} state @param {Room} room */
export const missed = (state, room) => (levelOf(state, room) === 'none' ? 0 : unread(room, state.me?.user, state.blocked));

/** Names the composer of a room, or of a thread in it; each has a draft of its own. @param {string} room @param {number | undefined} thread */
export const placeKey = (room, thread) => (thread === undefined ? room : `${room} ${thread}`);

/** Of what one wants to be told in a room. @param {State} state @param {Room} room */
export const levelOf = (state, room) => state.levels.get(room.room) ?? (room.kind === 'direct' ? 'all' : 'mentions');

/** For the window's title: where one is, and how much there is to read in all rooms. @param {State} state */
export function headline(state) {
  const count = [...state.rooms.values()].reduce((sum, room) => sum + missed(state, room), 0);
  return { room: state.rooms.get(state.active)?.title ?? state.active, count };
}

/** How many lines were not sent yet. @param {State} state */
export function waiting(state) {
  return state.lines.filter(({ state }) => state === 'saving' || state === 'queued').length;
}

/** How much there is to read in other rooms. @param {State} state */
export function elsewhere(state) {
  return [...state.rooms.values()].reduce((sum, room) => sum + (room.room === state.active ? 0 : missed(state, room)), 0);
}

/** All messages of the room have been seen. @param {State} state @param {Room} room */
export function seen(state, room) {
  const last = room.events.at(-1)?.seq ?? 0;
  if (last <= room.read || room.kept) return false;
  room.read = last;
  state.version += 1;
  return true;
}

/** What comes from this message on is to be read again; looking at it does not change that until one comes back. @param {State} state @param {Room} room @param {number} seq */
export function unsee(state, room, seq) {
  Object.assign(room, { read: seq - 1, mark: seq - 1, kept: true, counted: undefined, version: room.version + 1 });
  state.version += 1;
}

/** Opens a room: what came since it was last looked at gets a mark. @param {State} state @param {string} key */
export function open(state, key) {
  const before = state.rooms.get(state.active);
  if (before && before.room !== key) Object.assign(before, { mark: null, kept: false });
  if (state.thread && state.thread.room !== key) state.thread = null;
  const room = roomOf(state, key);
  state.active = key;
  mark(state, room);
  if (before !== room) room.atEnd = room.place === null;
  state.version += 1;
  room.version += 1;
}

/** The window is looked at, or not any more. @param {State} state @param {boolean} watching */
export function watch(state, watching) {
  if (state.watching === watching) return;
  state.watching = watching;
  state.version += 1;
  const room = state.rooms.get(state.active);
  if (room && !watching) room.mark = null;
}

/** Typing signals that were not renewed end. @returns when the next one does @param {State} state @param {number} now */
export function expire(state, now) {
  let next = Infinity;
  for (const room of state.rooms.values()) {
    for (const [user, { until }] of room.typing) {
      if (until > now) next = Math.min(next, until);
      else {
        room.typing.delete(user);
        state.version += 1;
      }
    }
  }
  return next;
}

/** @param {State} state @param {Room} room */
function mark(state, room) {
  if (room.mark === null && unread(room, state.me?.user, state.blocked) > 0) room.mark = room.read;
}

/** Without a link nobody is known to type, and no answer will come. @param {State} state */
function quiet(state) {
  for (const room of state.rooms.values()) {
    room.typing.clear();
    room.loading = false;
    if (room.people.size > 0) room.before = new Set([...room.people].filter(([, { state }]) => state !== 'offline').map(([user]) => user));
    room.version += 1;
  }
}

/** @param {State} state @param {string} id @param {Partial<Line>} changes */
function change(state, id, changes) {
  state.lines = state.lines.map((line) => {
    if (line.id !== id) return line;
    touch(state, line.room);
    return { ...line, ...changes };
  });
}

/** @param {State} state @param {string} key */
function touch(state, key) {
  const room = state.rooms.get(key);
  if (room) room.version += 1;
}

/** An acknowledged line stays until its event is there. @param {State} state @param {string} id @param {string} key @param {number} seq */
function stored(state, id, key, seq) {
  const room = state.rooms.get(key);
  const there = room && (holds(room, seq) || seq < (room.stretches.at(-1)?.[1] ?? 0));
  if (there) drop(state, id);
  else change(state, id, { state: 'stored' });
}

/** The last one of a room that one is not in takes the room along, unless it is to be `replaced`. @param {State} state @param {string} id @param {boolean} [replaced] */
export function drop(state, id, replaced = false) {
  const line = state.lines.find((line) => line.id === id);
  if (line) touch(state, line.room);
  state.lines = state.lines.filter((line) => line.id !== id);
  state.version += 1;
  if (line && !replaced && state.rooms.get(line.room)?.joined === false) left(state, line.room);
}

/** @param {State} state @param {ServerFrame} frame @param {number} now */
function frame(state, frame, now) {
  switch (frame.type) {
    case 'welcome': {
      state.me = frame.user;
      seeFace(state, frame.user);
      if (Number.isSafeInteger(frame.limits.message_bytes)) state.limit = frame.limits.message_bytes;
      state.readOnly = frame.read_only === true;
      const first = state.liveAt === 0;
      state.liveAt = now;
      for (const info of frame.rooms) {
        const room = roomOf(state, info.room);
        room.synced = false;
        away(state, room, info.head, first);
        informed(state, room, info);
      }
      return;
    }
    case 'message':
    case 'edit':
    case 'delete':
    case 'react':
    case 'pin':
    case 'member':
    case 'changed':
    case 'unknown':
      return frame.room === OWN ? undefined : happened(state, frame);
    case 'read':
    case 'read_thread':
    case 'notify':
    case 'block':
    case 'prefs':
    case 'invited':
    case 'joined':
      return own(state, frame);
    case 'history':
      return frame.room === OWN ? frame.events.forEach((event) => own(state, event)) : paged(state, frame);
    case 'synced': {
      // What comes late for a room that was left meanwhile does not bring it back: so also below.
      const room = state.rooms.get(frame.room);
      if (room) Object.assign(room, { synced: true, head: Math.max(room.head, frame.head), version: room.version + 1 });
      return;
    }
    case 'reset': {
      const room = state.rooms.get(frame.room);
      if (frame.why === 'gone' || !room) return left(state, frame.room);
      // Another history: the places mean other events now, and the lines held may never have been in it.
      const isAnother = frame.why === 'epoch' || frame.why === 'ahead';
      if (isAnother && state.thread?.room === frame.room) state.thread = null;
      if (isAnother) Object.assign(room, { events: [], stretches: [], notices: [], known: new Map(), changes: new Map(), counted: undefined, threads: new Map(), mark: null, kept: false, place: null, read: frame.head });
      Object.assign(room, { first: frame.first, head: frame.head, synced: true, version: room.version + 1 });
      return;
    }
    case 'ok':
      if (frame.name !== undefined && state.me) state.me = { ...state.me, name: frame.name };
      return;
    case 'members': {
      const room = state.rooms.get(frame.room);
      if (!room) return;
      const people = new Map(frame.members.map((member) => [member.user, person(member)]));
      for (const member of frame.members) seeFace(state, member);
      room.standing = people.get(state.me?.user ?? '')?.standing ?? room.standing;
      Object.assign(room, { people, present: frame.present, version: room.version + 1 });
      return;
    }
    case 'join':
    case 'leave':
      return cameOrWent(state, frame, now);
    case 'renamed':
      return renamed(state, frame);
    case 'profile': {
      const { user, sender: name, role, profile } = frame;
      seeFace(state, { user, name, role, profile });
      const known = state.rooms.get(frame.room)?.people.get(user);
      if (known) Object.assign(known, { role, profile });
      if (user === state.me?.user) state.me = { ...state.me, role, profile };
      return touch(state, frame.room);
    }
    case 'typing': {
      const room = state.rooms.get(frame.room);
      if (!room || frame.user === state.me?.user) return;
      if (frame.on) room.typing.set(frame.user, { name: frame.sender, until: now + TYPING_TTL_MS, thread: frame.thread });
      else room.typing.delete(frame.user);
      return;
    }
    case 'thread': {
      const room = state.rooms.get(frame.room);
      if (!room) return;
      for (const message of [frame.root, ...frame.messages]) learn(room, { ...message, type: 'message' }, frame.as_of);
      return touch(state, frame.room);
    }
    case 'readers':
    case 'seen': {
      const room = state.rooms.get(frame.room);
      for (const { user, name, upto } of frame.type === 'seen' ? [{ ...frame, name: frame.sender }] : frame.readers) {
        if (upto > (room?.readers.get(user)?.upto ?? 0)) room?.readers.set(user, { name, upto });
      }
      return touch(state, frame.room);
    }
    case 'presence': {
      const person = state.rooms.get(frame.room)?.people.get(frame.user);
      if (!person) return;
      person.state = frame.state;
      return touch(state, frame.room);
    }
    case 'error':
      if (frame.id === undefined && frame.ref === undefined) state.notice = frame.reason;
  }
}

/** What was said while this page was not there is marked, although it comes while one looks; a short break is no absence. @param {State} state @param {Room} room @param {number} head @param {boolean} first */
function away(state, room, head, first) {
  const held = room.events.at(-1)?.seq ?? head;
  if (room.room === state.active && room.mark === null && head > held && room.read >= held && (first || head - held >= AWAY)) room.mark = held;
}

/** @param {State} state @param {Room} room @param {RoomInfo} info */
export function informed(state, room, info) {
  const { topic, kind, rules, standing, first, head, present, people, read, unread = 0, mentions = 0, pins = 0 } = info;
  for (const one of people ?? []) seeFace(state, one);
  state.out.delete(room.room);
  const title = info.title || (people ?? []).map(({ name }) => name).join(', ') || info.room;
  Object.assign(room, {
    // Where all is had, the events up to a higher head are on their way.
    title, topic: topic ?? '', kind, rules: rules ?? {}, standing, first, head: room.synced ? room.head : Math.max(head, room.head), present: present ?? 0,
    pins, pinsAt: head, joined: true, version: room.version + 1,
    counted: read === undefined ? undefined : { read, head, unread, mentions },
  });
  if (read !== undefined) marked(state, room, read);
  // A conversation begins with something to read.
  if (room.stretches.length === 0 && room.read === 0 && kind !== 'direct') room.read = head;
}

/** @param {State} state @param {{user: string, name: string, role?: Role, profile?: Profile}} told */
function seeFace(state, { user, name, role = 'guest', profile = {} }) {
  const known = state.faces.get(user);
  if (known?.name === name && known.role === role && JSON.stringify(known.profile) === JSON.stringify(profile)) return;
  state.faces.set(user, { name, role, profile });
  for (const room of state.rooms.values()) room.version += 1;
}

/** Up to where one has read a room, as the server has it: it goes back only where one marked something as unread, here or elsewhere. @param {State} state @param {Room} room @param {number} upto */
function marked(state, room, upto) {
  const { marker, read, kept } = room;
  const isBack = marker !== undefined && upto < marker;
  // Of what is kept unread the server may still tell what it heard before; once it has the mark, all that follows is news.
  const isOver = kept && marker === read && upto > read;
  if (isBack && state.active === room.room) Object.assign(room, { mark: upto, kept: true, counted: undefined });
  if (isOver) room.kept = false;
  Object.assign(room, { read: isBack ? upto : room.kept ? read : Math.max(read, upto), marker: upto, version: room.version + 1 });
}

/** What belongs to oneself alone, on all devices. @param {State} state @param {Event} event */
function own(state, event) {
  state.version += 1;
  if (event.type === 'read') {
    const room = state.rooms.get(event.of);
    if (room) marked(state, room, event.upto);
  } else if (event.type === 'read_thread') {
    const room = state.rooms.get(event.of);
    if (room) threadMarked(state, room, event.thread, event.upto);
  } else if (event.type === 'block') {
    if (event.on) state.blocked.add(event.who);
    else state.blocked.delete(event.who);
    for (const room of state.rooms.values()) room.version += 1;
  } else if (event.type === 'notify') {
    state.levels.set(event.of, event.level);
  } else if (event.type === 'prefs') {
    state.prefs = { keywords: event.keywords, quiet: event.quiet };
    for (const room of state.rooms.values()) room.version += 1;
  } else if (event.type === 'invited') {
    if (event.on) state.invitations.set(event.of, { room: event.of, title: event.title, sender: event.sender });
    else state.invitations.delete(event.of);
  } else if (event.type === 'joined' && event.on) state.invitations.delete(event.of);
}

/** Whoever was here is not any more: what was told to them is forgotten, but for their own unsent lines, which stay in sight. @param {State} state */
export function forget(state) {
  state.lines = state.lines.filter((line) => line.state !== 'stored');
  Object.assign(state, { rooms: new Map(), active: state.lines[0]?.room ?? 'lobby', me: null, faces: new Map(), invitations: new Map(), blocked: new Set(), levels: new Map(), prefs: { keywords: [] }, thread: null, aims: new Map(), found: null });
  for (const key of ['lobby', ...state.lines.map(({ room }) => room)]) roomOf(state, key);
  state.version += 1;
}

/** One is not in the room any more: what others said there is no longer for this screen, whatever shows it. @param {State} state @param {string} key */
export function left(state, key) {
  state.version += 1;
  state.out.add(key);
  if (state.dialog?.args.room === key) state.dialog = null;
  if (state.thread?.room === key) state.thread = null;
  const room = state.rooms.get(key);
  if (room && unsent(state, key).length > 0) {
    // Its lines stay in sight until somebody decides about them.
    const { title, topic, kind, version } = room;
    Object.assign(room, blank(key), { title, topic, kind, joined: false, version: version + 1 });
    return;
  }
  state.rooms.delete(key);
  if (state.active === key) open(state, 'lobby');
}

/** The room's lines that are not in its log, and would be lost with it. @param {State} state @param {string} key */
export function unsent(state, key) {
  return state.lines.filter((line) => line.room === key && line.state !== 'stored');
}

/** The room itself changed. @param {Room} room @param {Event & {type: 'changed'}} event */
function edited(room, { title, topic, announce, slow_s, archived, seen }) {
  const rules = { ...room.rules, ...(announce !== undefined && { announce }), ...(slow_s !== undefined && { slow_s }), ...(archived !== undefined && { archived }), ...(seen !== undefined && { seen }) };
  if (seen === false) room.readers.clear();
  Object.assign(room, { title: title ?? room.title, topic: topic ?? room.topic, rules });
}

/** @param {State} state @param {Event} event */
function happened(state, event) {
  const room = roomOf(state, event.room);
  const looking = state.watching && state.active === room.room;
  const before = event.type === 'pin' || event.type === 'delete' ? room.known.get(event.target)?.now : undefined;
  const wasPinned = before ? before.folded?.pinned === true : event.type === 'pin' && !event.on;
  const isPinned = event.type === 'pin' && event.on;
  cover(room, event.seq, event.seq, [event]);
  room.head = Math.max(room.head, event.seq);
  if (event.type === 'member') moved(state, room, event);
  if (event.type === 'changed') edited(room, event);
  if ((event.type === 'pin' || event.type === 'delete') && event.seq > room.pinsAt) room.pins = Math.max(0, room.pins + Number(isPinned) - Number(wasPinned));
  if (event.type === 'message') {
    room.typing.delete(event.user);
    if (event.user === state.me?.user) mine(state, room, event);
    else if (event.thread !== undefined) answered(state, room, event);
    else if (!(looking && room.atEnd)) mark(state, room);
  } else if ('target' in event && event.user === state.me?.user) drop(state, event.id);
  if (room.atEnd) trim(room);
}

/** One's own message came back: its line is in the log now, and all before it was seen. @param {State} state @param {Room} room @param {Message} message */
function mine(state, room, message) {
  drop(state, message.id);
  if (state.active === room.room) room.mark = null;
}

/** @param {State} state @param {HistoryPage} page */
function paged(state, page) {
  const room = state.rooms.get(page.room);
  if (!room) return;
  const read = room.read;
  cover(room, page.first, page.last, page.events, page.as_of);
  room.loading = false;
  room.head = Math.max(room.head, page.head);
  room.synced = true;
  for (const event of page.events) {
    if (event.type !== 'unknown' && 'id' in event && event.user === state.me?.user) drop(state, event.id);
    else if (event.type === 'message' && event.thread !== undefined && event.seq > read) answered(state, room, event);
  }
}

/** How large a small picture is drawn. @param {import('./protocol.js').File} file */
export function fitted({ width = 240, height = 180 }) {
  const by = Math.min(1, WIDTH / Math.max(1, width), HEIGHT / Math.max(1, height));
  return { width: Math.max(24, Math.round(width * by)), height: Math.max(24, Math.round(height * by)) };
}
