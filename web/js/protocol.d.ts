// Generated from the `protocol` crate by `cargo xtask codegen`; do not edit.

export type Ack = { 
/**
 * The command.
 */
id: Id, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * When it was stored.
 */
timestamp: string, 
/**
 * It was stored before: this is the first ack again.
 */
dup?: boolean, };
export type ClientFrame = { "type": "hello" } & Hello | { "type": "message" } & Say | { "type": "history" } & History | { "type": "create" } & RoomQuestion | { "type": "join" } & RoomQuestion | { "type": "leave" } & RoomQuestion | { "type": "members" } & RoomQuestion | { "type": "rooms" } & Question | { "type": "nick" } & Nick | { "type": "typing" } & TypingCommand | { "type": "presence" } & PresenceCommand | { "type": "pong" } & Pong;
export type ComeAndGo = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * A sentence for whoever shows only that: `ana joined the room`.
 */
message: string, 
/**
 * Their names; empty in a crowd, where only `count` is told.
 */
names: Array<string>, 
/**
 * Their user ids, in the order of `names`.
 */
users: Array<UserId>, 
/**
 * How many came or went.
 */
count: number, 
/**
 * How many are in the room now.
 */
present: number, 
/**
 * When, RFC 3339 in UTC with milliseconds.
 */
timestamp: string, };
export type Delete = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its own place in the log.
 */
seq: number, 
/**
 * The command that made it.
 */
id: Id, 
/**
 * The message that is gone.
 */
target: number, 
/**
 * Who took it out.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * When it was stored.
 */
timestamp: string, };
export type Done = { 
/**
 * The request.
 */
ref: number, 
/**
 * The room that was made, joined or left.
 */
room?: RoomInfo, 
/**
 * The name that was taken.
 */
name?: string, };
export type Edit = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its own place in the log.
 */
seq: number, 
/**
 * The command that made it.
 */
id: Id, 
/**
 * The message that it changes.
 */
target: number, 
/**
 * Who changed it.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * The new text.
 */
text: string, 
/**
 * When it was stored.
 */
timestamp: string, };
export type Epoch = string;
export type ErrorCode = "bad_frame" | "unknown_type" | "hello_expected" | "unexpected_hello" | "bad_name" | "name_taken" | "room_exists" | "no_room" | "not_joined" | "too_many_rooms" | "empty" | "too_long" | "id_reused" | "rate_limited" | "storage_full" | "unavailable" | "other";
export type Event = { "type": "message" } & Message | { "type": "edit" } & Edit | { "type": "delete" } & Delete | { "type": "react" } & React | { "type": "unknown" } & Unknown;
export type Folded = { 
/**
 * Its newest text.
 */
text?: string, 
/**
 * It was taken out.
 */
deleted?: boolean, 
/**
 * Who reacted with what.
 */
reactions?: { [key in string]: Array<UserId> }, };
export type Goaway = { 
/**
 * Reconnect after a random time up to this, in milliseconds.
 */
after_ms: number, 
/**
 * Why, in one word.
 */
why: string, };
export type Hello = { 
/**
 * The client's name and version, for the server's log.
 */
client: string, 
/**
 * One per process or tab, kept over reconnects: an older connection of the same `conn` is replaced.
 */
conn: Id, 
/**
 * What an earlier `welcome` gave: makes this the same user again. An unknown or expired one yields a new guest.
 */
token?: string, 
/**
 * The name that a guest asks for; adapted if it is taken or not allowed, as `welcome` tells.
 */
name?: string, 
/**
 * What the client has already; the events after it come right behind `welcome`.
 */
resume?: Resume, };
export type History = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Whose log; need not be joined.
 */
room: RoomKey, 
/**
 * The page that ends just before this place.
 */
before?: number, 
/**
 * The page that begins just after this place.
 */
after?: number, 
/**
 * The page with this place in its middle.
 */
around?: number, 
/**
 * At most so many events; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
 */
limit?: number, };
export type HistoryPage = { 
/**
 * The question.
 */
ref?: number, 
/**
 * Whose log.
 */
room: RoomKey, 
/**
 * In the order of `seq`, without holes.
 */
events: Array<Event>, 
/**
 * The first place covered; `last + 1` on an empty page.
 */
first: number, 
/**
 * The last place covered.
 */
last: number, 
/**
 * The room's newest event.
 */
head: number, 
/**
 * The events up to here are folded into the messages: ignore changes with `seq <= as_of`.
 */
as_of: number, 
/**
 * There is more in the direction that was asked: before the page, or after it for `after`.
 */
more: boolean, };
export type Id = string;
export type Limits = { 
/**
 * UTF-8 bytes of a message.
 */
message_bytes: number, 
/**
 * Events of a history page.
 */
history: number, 
/**
 * Events behind the head from which a cursor may be resumed.
 */
resume: number, };
export type Member = { 
/**
 * Who.
 */
user: UserId, 
/**
 * Their name.
 */
name: string, 
/**
 * Not signed in.
 */
guest: boolean, 
/**
 * Whether they are there.
 */
state: PresenceState, };
export type Members = { 
/**
 * The question.
 */
ref: number, 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * Who is there, by name; in a crowd only the first 500.
 */
members: Array<Member>, 
/**
 * How many are there.
 */
present: number, };
export type Message = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * The sender's name for the command that made it.
 */
id: Id, 
/**
 * Who said it; with `id` it tells clients their own.
 */
user: UserId, 
/**
 * The sender's name at that moment.
 */
sender: string, 
/**
 * The text, at most [`MESSAGE_BYTES`](crate::limits::MESSAGE_BYTES) bytes.
 */
message: string, 
/**
 * When it was stored, RFC 3339 in UTC with milliseconds; for display, never for order.
 */
timestamp: string, 
/**
 * The sender is not signed in.
 */
guest?: boolean, 
/**
 * The message it answers.
 */
reply?: number, 
/**
 * The message whose thread it is in.
 */
thread?: number, 
/**
 * What later events made of it; only on history pages, as of the page's `as_of`.
 */
folded?: Folded, };
export type Nick = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * The name wanted; refused if it is taken or not allowed.
 */
name: string, };
export type Ping = { 
/**
 * The last `seq` written to this connection, per room: what is above the client's own was lost on the way.
 */
heads: { [key in RoomKey]: number }, };
export type Pong = Record<symbol, never>;
export type Presence = { 
/**
 * Where this is told.
 */
room: RoomKey, 
/**
 * Who.
 */
user: UserId, 
/**
 * Their name from now on.
 */
sender: string, 
/**
 * Their state from now on.
 */
state: PresenceState, };
export type PresenceCommand = { 
/**
 * `online` or `idle`; `offline` is taken as `idle`.
 */
state: PresenceState, };
export type PresenceState = "online" | "idle" | "offline";
export type Question = { 
/**
 * Names the answer.
 */
ref: number, };
export type React = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its own place in the log.
 */
seq: number, 
/**
 * The command that made it.
 */
id: Id, 
/**
 * The message that it is about.
 */
target: number, 
/**
 * Who reacted.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * With what.
 */
emoji: string, 
/**
 * Put on, or taken off.
 */
on: boolean, 
/**
 * When it was stored.
 */
timestamp: string, };
export type Refusal = { 
/**
 * The refused command's `id`.
 */
id?: Id, 
/**
 * The refused question's `ref`.
 */
ref?: number, 
/**
 * The room it was about.
 */
room?: RoomKey, 
/**
 * For programs.
 */
code: ErrorCode, 
/**
 * For people: one sentence.
 */
reason: string, 
/**
 * Whether to try the same again later; otherwise the client's line has failed.
 */
retry: boolean, 
/**
 * How long to wait before trying again, in milliseconds.
 */
retry_ms?: number, };
export type Renamed = { 
/**
 * Where this is told.
 */
room: RoomKey, 
/**
 * Who.
 */
user: UserId, 
/**
 * The name until now.
 */
from: string, 
/**
 * The name from now on.
 */
to: string, };
export type Reset = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The present history.
 */
epoch: Epoch, 
/**
 * The oldest event still kept.
 */
first: number, 
/**
 * The newest event; live events follow it.
 */
head: number, 
/**
 * Why.
 */
why: ResetWhy, };
export type ResetWhy = "epoch" | "too_old" | "ahead" | "gone";
export type Resume = { 
/**
 * The history that the cursors belong to.
 */
epoch: Epoch, 
/**
 * The rooms that the client is in, each with the last `seq` it has (0: nothing). With `resume` the connection is
 * in exactly these rooms and the lobby.
 */
rooms: { [key in RoomKey]: number }, };
export type RoomChanged = { 
/**
 * The room.
 */
room: RoomInfo, 
/**
 * Joined, or left.
 */
joined: boolean, };
export type RoomInfo = { 
/**
 * Its key.
 */
room: RoomKey, 
/**
 * What is shown.
 */
title: string, 
/**
 * Who may join.
 */
kind: RoomKind, 
/**
 * What it is about.
 */
topic?: string, 
/**
 * The oldest event still kept; `head + 1` where the log is empty.
 */
first: number, 
/**
 * The newest event; 0 where nothing was ever said.
 */
head: number, 
/**
 * How many people are there now.
 */
present: number, };
export type RoomKey = string;
export type RoomKind = "public" | "private" | "direct" | "other";
export type RoomQuestion = { 
/**
 * Names the answer; a plain connection may leave it out (0).
 */
ref: number, 
/**
 * Which room, by its key or its name as a person types it.
 */
room: string, };
export type Rooms = { 
/**
 * The question.
 */
ref: number, 
/**
 * The open rooms, most recently used first; at most 1000.
 */
rooms: Array<RoomInfo>, };
export type Say = { 
/**
 * Where; a plain connection may leave it out and means the room it is in.
 */
room?: RoomKey, 
/**
 * The text.
 */
message: string, 
/**
 * The sender's name for this command, kept over repeats; made by the server where it is missing.
 */
id?: Id, 
/**
 * The message it answers, in the same room.
 */
reply?: number, 
/**
 * The message whose thread it is in, in the same room.
 */
thread?: number, 
/**
 * The nickname a plain client goes by; ignored in `chat.v1`.
 */
sender?: string, };
export type ServerFrame = { "type": "welcome" } & Welcome | { "type": "synced" } & Synced | { "type": "reset" } & Reset | { "type": "ack" } & Ack | { "type": "history" } & HistoryPage | { "type": "ok" } & Done | { "type": "members" } & Members | { "type": "rooms" } & Rooms | { "type": "room" } & RoomChanged | { "type": "join" } & ComeAndGo | { "type": "leave" } & ComeAndGo | { "type": "renamed" } & Renamed | { "type": "typing" } & Typing | { "type": "presence" } & Presence | { "type": "error" } & Refusal | { "type": "ping" } & Ping | { "type": "goaway" } & Goaway | Event;
export type Synced = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The last event that was sent.
 */
head: number, };
export type Typing = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Who.
 */
user: UserId, 
/**
 * Their name.
 */
sender: string, 
/**
 * Began or goes on; or stopped.
 */
on: boolean, };
export type TypingCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Began or goes on (said anew every [`TYPING_RENEW`](crate::limits::TYPING_RENEW)); or stopped.
 */
on: boolean, };
export type Unknown = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its place in the log.
 */
seq: number, };
export type User = { 
/**
 * The immutable identity.
 */
user: UserId, 
/**
 * The present name.
 */
name: string, 
/**
 * Not signed in.
 */
guest: boolean, };
export type UserId = string;
export type Welcome = { 
/**
 * The server's name and version.
 */
server: string, 
/**
 * The history that all `seq`s belong to.
 */
epoch: Epoch, 
/**
 * Who this connection is.
 */
user: User, 
/**
 * Say it in the next `hello` to be the same user again.
 */
token: string, 
/**
 * Between two `ping`s, in milliseconds.
 */
heartbeat_ms: number, 
/**
 * This server's bounds.
 */
limits: Limits, 
/**
 * The rooms that this connection is in.
 */
rooms: Array<RoomInfo>, };
