// What the page shows, as data: rooms, their logs, who is there, who types, what waits. No DOM, no IO, no clock: `update`
// changes the state for one input, `rows` says what a timeline consists of. Rooms carry a `version` so that views can
// tell whether to draw again.

/**
 * @typedef {import('./protocol.js').Event} Event
 * @typedef {import('./protocol.js').Message} Message
 * @typedef {import('./protocol.js').RoomInfo} RoomInfo
 * @typedef {import('./protocol.js').ServerFrame} ServerFrame
 * @typedef {import('./protocol.js').HistoryPage} HistoryPage
 * @typedef {import('./session.js').Output} Output
 * @typedef {import('./session.js').Link} Link
 *
 * A stretch `[from, to]` of a log of which every event is held.
 * @typedef {[number, number]} Stretch
 *
 * Somebody came or went; `after` is the last event shown before it.
 * @typedef {{after: number, came: string[], went: string[], renamed: [string, string][], crowd: number}} Notice
 *
 * An own line that is not in the log yet, or failed; `saving` until this device has it on disk.
 * @typedef {{id: string, room: string, text: string, user: string | null, state: 'saving' | 'queued' | 'sent' | 'stored' | 'failed',
 *   reason?: string | undefined, code?: string | undefined, at: number}} Line
 *
 * @typedef {{name: string, guest: boolean, state: string}} Person
 * @typedef {{room: string, title: string, topic: string, first: number, head: number, present: number,
 *   events: Event[], stretches: Stretch[], notices: Notice[], people: Map<string, Person>, before: Set<string>, typing: Map<string, {name: string, until: number}>,
 *   read: number, mark: number | null, atEnd: boolean, loading: boolean, synced: boolean, joined: boolean, version: number}} Room
 * @typedef {{rooms: Map<string, Room>, active: string, me: {user: string, name: string, guest: boolean} | null, link: Link | {state: 'idle'},
 *   limit: number, lines: Line[], watching: boolean, trouble: string | null, notice: string | null, liveAt: number, version: number}} State
 */

/** A typing signal that is not renewed is over after this. */
export const TYPING_TTL_MS = 5_000;
/** Events kept in memory of a room that is not being read back. */
export const KEPT = 2_000;
/** A run of one author's lines gets a new header after this long. */
const RUN_MS = 5 * 60_000;
const NOTICES = 100;
/** This long after one's own return, others return. */
const RETURN_MS = 60_000;

/** @returns {State} */
export function initial() {
  return {
    rooms: new Map(), active: 'lobby', me: null, link: { state: 'idle' }, limit: 65_536, lines: [],
    watching: true, trouble: null, notice: null, liveAt: 0, version: 0,
  };
}

/** @param {State} state @param {string} key @returns {Room} */
export function roomOf(state, key) {
  let room = state.rooms.get(key);
  if (room === undefined) {
    room = {
      room: key, title: key, topic: '', first: 1, head: 0, present: 0, events: [], stretches: [], notices: [],
      people: new Map(), before: new Set(), typing: new Map(), read: 0, mark: null, atEnd: true, loading: false, synced: false, joined: key === 'lobby', version: 0,
    };
    state.rooms.set(key, room);
  }
  return room;
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
    case 'stored':
      return stored(state, output.id, output.room, output.seq);
    case 'frame':
      return frame(state, output.frame, now);
  }
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

/** How many messages of others came since one looked. @param {Room} room @param {string | undefined} me */
export function unread(room, me) {
  let count = 0;
  for (let i = room.events.length - 1; i >= 0; i--) {
    const event = /** @type {Event} */ (room.events[i]);
    if (event.seq <= room.read) break;
    if (event.type === 'message' && event.user !== me) count += 1;
  }
  return count;
}

/** The log goes on before the oldest event held. @param {Room} room */
export function earlier(room) {
  return (room.stretches[0]?.[0] ?? 0) > room.first;
}

/** For the window's title: where one is, and how much there is to read in all rooms. @param {State} state */
export function headline(state) {
  const count = [...state.rooms.values()].reduce((sum, room) => sum + unread(room, state.me?.user), 0);
  return { room: state.rooms.get(state.active)?.title ?? state.active, count };
}

/** All messages of the room have been seen. @param {State} state @param {Room} room */
export function seen(state, room) {
  const last = room.events.at(-1)?.seq ?? 0;
  if (last <= room.read) return false;
  room.read = last;
  state.version += 1;
  return true;
}

/** Opens a room: what came since it was last looked at gets a mark. @param {State} state @param {string} key */
export function open(state, key) {
  const before = state.rooms.get(state.active);
  if (before && before.room !== key) before.mark = null;
  const room = roomOf(state, key);
  state.active = key;
  mark(state, room);
  room.atEnd = true;
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
  if (room.mark === null && unread(room, state.me?.user) > 0) room.mark = room.read;
}

/** Without a link nobody is known to type, and no answer will come. @param {State} state */
function quiet(state) {
  for (const room of state.rooms.values()) {
    room.typing.clear();
    room.loading = false;
    if (room.people.size > 0) room.before = new Set(room.people.keys());
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
  const there = room?.stretches.some(([from, to]) => from <= seq && seq <= to) || (room && seq < (room.stretches.at(-1)?.[1] ?? 0));
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
    case 'welcome':
      state.me = frame.user;
      if (Number.isSafeInteger(frame.limits.message_bytes)) state.limit = frame.limits.message_bytes;
      state.liveAt = now;
      for (const info of frame.rooms) {
        const room = roomOf(state, info.room);
        room.synced = false;
        informed(room, info);
      }
      return;
    case 'message':
    case 'edit':
    case 'delete':
    case 'react':
    case 'unknown':
      return happened(state, frame);
    case 'history':
      return paged(state, frame);
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
      if (frame.why === 'epoch' || frame.why === 'ahead') Object.assign(room, { events: [], stretches: [], notices: [], mark: null, read: frame.head });
      Object.assign(room, { first: frame.first, head: frame.head, synced: true, version: room.version + 1 });
      return;
    }
    case 'ok':
      if (frame.name !== undefined && state.me) state.me = { ...state.me, name: frame.name };
      return;
    case 'members': {
      const room = state.rooms.get(frame.room);
      if (!room) return;
      const people = new Map(frame.members.map(({ user, name, guest, state: presence }) => [user, { name, guest: guest === true, state: presence }]));
      Object.assign(room, { people, present: frame.present, version: room.version + 1 });
      return;
    }
    case 'join':
    case 'leave':
      return cameOrWent(state, frame, now);
    case 'renamed':
      return renamed(state, frame);
    case 'typing': {
      const room = state.rooms.get(frame.room);
      if (!room || frame.user === state.me?.user) return;
      if (frame.on) room.typing.set(frame.user, { name: frame.sender, until: now + TYPING_TTL_MS });
      else room.typing.delete(frame.user);
      return;
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

/** @param {Room} room @param {RoomInfo} info */
export function informed(room, info) {
  const { title, topic, first, head, present } = info;
  Object.assign(room, { title, topic: topic ?? '', first, head: Math.max(head, room.head), present: present ?? 0, joined: true, version: room.version + 1 });
  if (room.stretches.length === 0 && room.read === 0) room.read = head;
}

/** @param {State} state @param {string} key */
export function left(state, key) {
  state.version += 1;
  const room = state.rooms.get(key);
  if (room && unsent(state, key).length > 0) {
    // Its lines stay in sight until somebody decides about them.
    Object.assign(room, { joined: false, synced: false, present: 0, people: new Map(), version: room.version + 1 });
    return;
  }
  state.rooms.delete(key);
  if (state.active === key) open(state, 'lobby');
}

/** The room's lines that are not in its log, and would be lost with it. @param {State} state @param {string} key */
export function unsent(state, key) {
  return state.lines.filter((line) => line.room === key && line.state !== 'stored');
}

/** @param {State} state @param {Event} event */
function happened(state, event) {
  const room = roomOf(state, event.room);
  const looking = state.watching && state.active === room.room;
  cover(room, event.seq, event.seq, [event]);
  room.head = Math.max(room.head, event.seq);
  if (event.type === 'edit' || event.type === 'delete') fold(room, event);
  if (event.type === 'message') {
    room.typing.delete(event.user);
    if (event.user === state.me?.user) mine(state, room, event);
    else if (!(looking && room.atEnd)) mark(state, room);
  }
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
  cover(room, page.first, page.last, page.events);
  room.loading = false;
  room.head = Math.max(room.head, page.head);
  room.synced = true;
  for (const event of page.events) {
    if (event.type === 'message' && event.user === state.me?.user) drop(state, event.id);
  }
  // Changes that came live after the page was folded are applied to it anew.
  for (const event of room.events) {
    if (event.seq > page.as_of && (event.type === 'edit' || event.type === 'delete')) fold(room, event);
  }
}

/** @param {Room} room @param {Event & {type: 'edit' | 'delete'}} event */
function fold(room, event) {
  const place = room.events.findIndex((other) => other.seq === event.target);
  const target = room.events[place];
  if (target?.type !== 'message' || target.user !== event.user) return;
  const folded = event.type === 'edit' ? { ...target.folded, text: event.text } : { deleted: true };
  room.events[place] = { ...target, folded };
}

/** Forgets the oldest events of a long session; they can be paged in again. @param {Room} room */
function trim(room) {
  if (room.events.length <= KEPT * 2) return;
  room.events = room.events.slice(-KEPT);
  const from = /** @type {Event} */ (room.events[0]).seq;
  room.stretches = room.stretches.filter(([, to]) => to >= from).map(([a, b]) => [Math.max(a, from), b]);
  room.notices = room.notices.filter((notice) => notice.after >= from);
}

/** @param {State} state @param {import('./protocol.js').ComeAndGo & {type: 'join' | 'leave'}} frame @param {number} now */
function cameOrWent(state, frame, now) {
  const room = state.rooms.get(frame.room);
  if (!room) return;
  const names = Array.isArray(frame.names) ? frame.names : [];
  const users = Array.isArray(frame.users) ? frame.users : [];
  users.forEach((user, i) => {
    if (frame.type === 'leave') room.people.delete(user);
    else room.people.set(user, { name: names[i] ?? user, guest: user.startsWith('g-'), state: 'online' });
    if (frame.type === 'leave') room.typing.delete(user);
  });
  room.present = frame.present ?? room.people.size;
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
function renamed(state, frame) {
  const room = state.rooms.get(frame.room);
  if (!room) return;
  const person = room.people.get(frame.user);
  if (person) person.name = frame.to;
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
 *   | {key: string, kind: 'notice', notice: Notice} | {key: string, kind: 'unknown', seq: number}
 *   | {key: string, kind: 'message', message: Message, head: boolean, own: boolean}
 *   | {key: string, kind: 'line', line: Line, head: boolean}} Row
 */

/** What a room's timeline consists of, oldest first. @param {Room} room @param {State} state @returns {Row[]} */
export function rows(room, state) {
  const me = state.me?.user;
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
    if (event.type !== 'message' && event.type !== 'unknown') continue;
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
    out.push({ key: `m${event.seq}`, kind: 'message', message: event, head, own: event.user === me });
    run = { user: event.user, name: event.sender, at: head ? at : run.at };
  }
  told(Infinity);
  const end = room.stretches.at(-1)?.[1] ?? 0;
  if (room.synced && room.head > end && room.stretches.length > 0) out.push({ key: `g${end}`, kind: 'gap', from: end + 1, to: room.head });
  let first = run.user !== me || me === undefined;
  for (const line of state.lines) {
    if (line.room !== room.room) continue;
    out.push({ key: `l${line.id}`, kind: 'line', line, head: first });
    first = false;
  }
  return out;
}
