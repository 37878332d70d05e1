// Generated from the `protocol` crate by `cargo xtask codegen`; do not edit.

export type About = { 
/**
 * The server's name and version.
 */
server: string, 
/**
 * Whether guests are let in.
 */
guests: Guests, 
/**
 * Who may make an account.
 */
registration: Registration, 
/**
 * There is an owner: the one-time link that the first start printed is closed.
 */
owned: boolean, 
/**
 * The bytes that a file may have; 0 where no files are taken.
 */
max_file: number, };
export type Account = { 
/**
 * The immutable identity.
 */
user: UserId, 
/**
 * The present name.
 */
name: string, 
/**
 * What they are on this server.
 */
role: Role, 
/**
 * What they tell of themselves.
 */
profile?: Profile, 
/**
 * It is a bot's: nobody signs in to it, its tokens speak for it.
 */
bot?: boolean, 
/**
 * It was ended.
 */
inactive?: boolean, 
/**
 * When it was made, RFC 3339; for admins.
 */
created?: string, 
/**
 * When it was last there, give or take ten minutes; for admins.
 */
seen?: string, 
/**
 * How many devices are signed in; for admins.
 */
sessions?: number, };
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
export type Audit = { 
/**
 * The question.
 */
ref: number, 
/**
 * What was done, newest first.
 */
entries: Array<AuditEntry>, 
/**
 * There are older ones.
 */
more: boolean, };
export type AuditEntry = { 
/**
 * Its number: higher is newer.
 */
n: number, 
/**
 * When, RFC 3339 in UTC with milliseconds.
 */
timestamp: string, 
/**
 * Who did it; missing: whoever runs the server, on its command line.
 */
user?: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * What was done, in one word: `ban`, `delete`, `role` …
 */
action: string, 
/**
 * In which room.
 */
room?: RoomKey, 
/**
 * To whom.
 */
who?: UserId, 
/**
 * To which message.
 */
target?: number, 
/**
 * What else there is to know, for people.
 */
detail?: string, };
export type Block = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Whom.
 */
user: UserId, 
/**
 * Hides, or shows again.
 */
on: boolean, };
export type Blocked = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Who.
 */
who: UserId, 
/**
 * Hidden, or shown again.
 */
on: boolean, };
export type Browse = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Only what has a lower number; of mentions, what an earlier answer told here.
 */
before?: number, 
/**
 * At most so many; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
 */
limit?: number, };
export type Change = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The sender's name for this command, kept over repeats.
 */
id?: Id, 
/**
 * What is shown, at most [`TITLE_CHARS`](crate::limits::TITLE_CHARS) characters; the key stays, and links with it.
 */
title?: string, 
/**
 * What it is about; empty takes it away.
 */
topic?: string, 
/**
 * Only owners and moderators may say something.
 */
announce?: boolean, 
/**
 * Seconds between two messages of one member, at most [`SLOW_SECONDS`](crate::limits::SLOW_SECONDS); 0: no pause.
 */
slow_s?: number, 
/**
 * Kept to be read only, or open again.
 */
archived?: boolean, 
/**
 * Its members see who has read up to where, or no more.
 */
seen?: boolean, };
export type ClientFrame = { "type": "hello" } & Hello | { "type": "message" } & Say | { "type": "edit" } & EditCommand | { "type": "react" } & ReactCommand | { "type": "pin" } & PinCommand | { "type": "history" } & History | { "type": "thread" } & ThreadOf | { "type": "edits" } & EditsOf | { "type": "pins" } & OfRoom | { "type": "search" } & Search | { "type": "mentions" } & Browse | { "type": "readers" } & OfRoom | { "type": "create" } & Create | { "type": "direct" } & Direct | { "type": "join" } & RoomQuestion | { "type": "leave" } & RoomQuestion | { "type": "decline" } & RoomQuestion | { "type": "change" } & Change | { "type": "invite" } & Moderate | { "type": "kick" } & Moderate | { "type": "ban" } & Moderate | { "type": "unban" } & Moderate | { "type": "mute" } & Moderate | { "type": "unmute" } & Moderate | { "type": "role" } & SetRole | { "type": "delete" } & DeleteCommand | { "type": "report" } & Report | { "type": "reports" } & Browse | { "type": "resolve" } & Resolve | { "type": "audit" } & Browse | { "type": "members" } & RoomQuestion | { "type": "rooms" } & Question | { "type": "nick" } & Nick | { "type": "read" } & Read | { "type": "read_thread" } & ReadThread | { "type": "notify" } & Notify | { "type": "block" } & Block | { "type": "draft" } & Draft | { "type": "prefs" } & Prefs | { "type": "typing" } & TypingCommand | { "type": "presence" } & PresenceCommand | { "type": "pong" } & Pong;
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
export type Create = { 
/**
 * Names the answer; a plain connection may leave it out (0).
 */
ref: number, 
/**
 * Its name as a person types it: what is shown, and of a public room the key. A private room's key is the server's.
 */
room: string, 
/**
 * `public` where it is missing, or `private`.
 */
kind?: RoomKind, 
/**
 * What it is about, at most [`TOPIC_CHARS`](crate::limits::TOPIC_CHARS) characters.
 */
topic?: string, };
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
export type DeleteCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * The sender's name for this command, kept over repeats; made by the server where it is missing.
 */
id?: Id, };
export type Direct = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * The others, at most [`DIRECT_PEOPLE`](crate::limits::DIRECT_PEOPLE) with oneself.
 */
users: Array<UserId>, };
export type Done = { 
/**
 * The request.
 */
ref: number, 
/**
 * The room that was made, joined, left or changed.
 */
room?: RoomInfo, 
/**
 * The name that was taken.
 */
name?: string, };
export type Draft = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The text, at most [`DRAFT_BYTES`](crate::limits::DRAFT_BYTES) bytes; empty: there is none any more.
 */
text: string, 
/**
 * The message it is to answer.
 */
reply?: number, 
/**
 * The message whose thread it is for; each thread has a draft of its own.
 */
thread?: number, };
export type Drafted = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Which room it is for.
 */
of: RoomKey, 
/**
 * The text; empty: there is none any more.
 */
text: string, 
/**
 * The message it is to answer.
 */
reply?: number, 
/**
 * The message whose thread it is for; each thread has a draft of its own.
 */
thread?: number, };
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
 * The new text; empty where the message, and with it this text, was taken out later.
 */
text: string, 
/**
 * Whom the new text names.
 */
mentions?: Array<UserId>, 
/**
 * Whom it calls beside those.
 */
everyone?: Everyone, 
/**
 * When it was stored.
 */
timestamp: string, };
export type EditCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * Its text from now on, at most [`MESSAGE_BYTES`](crate::limits::MESSAGE_BYTES) bytes; empty only where the message
 * has files.
 */
text: string, 
/**
 * The sender's name for this command, kept over repeats; made by the server where it is missing.
 */
id?: Id, };
export type Edits = { 
/**
 * The question.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * Its texts, the first one first; at most the newest [`VERSIONS`](crate::limits::VERSIONS).
 */
versions: Array<Version>, };
export type EditsOf = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, };
export type Epoch = string;
export type ErrorCode = "bad_frame" | "unknown_type" | "hello_expected" | "unexpected_hello" | "bad_name" | "name_taken" | "room_exists" | "no_room" | "not_joined" | "too_many_rooms" | "empty" | "too_long" | "id_reused" | "rate_limited" | "storage_full" | "unavailable" | "muted" | "banned" | "archived" | "announce_only" | "sign_in" | "forbidden" | "bad_login" | "bad_password" | "bad_link" | "not_found" | "bad_image" | "last_owner" | "bad_origin" | "bad_query" | "too_big" | "bad_emoji" | "bad_offset" | "bad_file" | "other";
export type Event = { "type": "message" } & Message | { "type": "edit" } & Edit | { "type": "delete" } & Delete | { "type": "react" } & React | { "type": "pin" } & Pin | { "type": "member" } & MemberChanged | { "type": "changed" } & RoomEdited | { "type": "read" } & ReadUpto | { "type": "read_thread" } & ThreadRead | { "type": "notify" } & NotifyOf | { "type": "block" } & Blocked | { "type": "draft" } & Drafted | { "type": "prefs" } & PrefsSet | { "type": "invited" } & Invited | { "type": "joined" } & Joined | { "type": "unknown" } & Unknown;
export type Everyone = "here" | "room" | "other";
export type File = { 
/**
 * Its id: `GET /api/files/ID`.
 */
file: Id, 
/**
 * Its name, without a path; at most [`FILE_NAME_BYTES`](crate::limits::FILE_NAME_BYTES) bytes.
 */
name: string, 
/**
 * Its bytes.
 */
size: number, 
/**
 * Its media type (RFC 6838) as the server found it: `image/png`; `application/octet-stream` where nothing is known.
 */
kind: string, 
/**
 * Of a picture: its width in pixels.
 */
width?: number, 
/**
 * Of a picture: its height in pixels.
 */
height?: number, 
/**
 * There is a small picture of it: `GET /api/files/ID/thumb`.
 */
thumb?: boolean, };
export type Folded = { 
/**
 * Its newest text; whom it names is said anew by the message's own `mentions` and `everyone`.
 */
text?: string, 
/**
 * When the text was last changed, RFC 3339 in UTC with milliseconds.
 */
edited?: string, 
/**
 * It was taken out.
 */
deleted?: boolean, 
/**
 * Who reacted with what.
 */
reactions?: { [key in string]: Array<UserId> }, 
/**
 * It is pinned to the room.
 */
pinned?: boolean, 
/**
 * What was answered in its thread.
 */
replies?: Replies, };
export type Found = { 
/**
 * The question.
 */
ref: number, 
/**
 * In the order that was asked for.
 */
hits: Array<Hit>, 
/**
 * There may be more: ask again with it.
 */
before?: number, 
/**
 * How many of the newest events cannot be found yet; at most 1000 are counted.
 */
behind: number, };
export type Goaway = { 
/**
 * Reconnect after a random time up to this, in milliseconds.
 */
after_ms: number, 
/**
 * Why, in one word.
 */
why: string, };
export type Guests = "on" | "read_only" | "off";
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
 * Proves who this is: what an earlier `welcome` gave a guest, or the token of a session or a bot. An unknown one of
 * a guest yields a new guest; any other that does not hold (any more) is refused (`sign_in`, close code 4001).
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
 * The page with the first event of this time or later in its middle; RFC 3339.
 */
at?: string, 
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
export type Hit = { 
/**
 * The message, with what later events made of it.
 */
message: Message, 
/**
 * What its room is called.
 */
title: string, 
/**
 * What was said just before it.
 */
previous?: Message, 
/**
 * What was said just after it.
 */
next?: Message, };
export type Id = string;
export type InviteInfo = { 
/**
 * Names it; proves nothing.
 */
invite: Id, 
/**
 * What whoever uses it becomes.
 */
role: Role, 
/**
 * How many accounts it can still make.
 */
uses: number, 
/**
 * For whom or what.
 */
note: string, 
/**
 * The name of whoever made it; missing where the server did.
 */
by?: string, 
/**
 * When it was made, RFC 3339.
 */
created: string, 
/**
 * When it ends.
 */
expires: string, };
export type Invited = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Where to: `join` it, or `decline`.
 */
of: RoomKey, 
/**
 * What is shown of it.
 */
title: string, 
/**
 * Who invites.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * It stands; otherwise it was taken, declined or withdrawn.
 */
on: boolean, 
/**
 * When.
 */
timestamp: string, };
export type Invites = { 
/**
 * The newest first.
 */
invites: Array<InviteInfo>, };
export type Joined = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Which room.
 */
of: RoomKey, 
/**
 * What was shown of it then.
 */
title: string, 
/**
 * Its kind.
 */
kind: RoomKind, 
/**
 * In it, or no more.
 */
on: boolean, 
/**
 * Where one was put out: `kicked` or `banned`.
 */
why?: string, 
/**
 * For what reason, as it was given.
 */
reason?: string, 
/**
 * When a ban is over; missing: never.
 */
until?: string, };
export type Level = "all" | "mentions" | "none";
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
export type LinkMade = { 
/**
 * Names it; proves nothing.
 */
id: Id, 
/**
 * The address to pass on: the secret stands behind `#invite=` or `#reset=`.
 */
link: string, 
/**
 * The secret alone, for whoever types it.
 */
secret: string, 
/**
 * When it ends, RFC 3339.
 */
expires: string, };
export type Login = { 
/**
 * The account's name.
 */
name: string, 
/**
 * Its password.
 */
password: string, 
/**
 * What the device is called in the list of sessions.
 */
device?: string, 
/**
 * What an earlier [`SignedIn::known`] gave: others' wrong passwords do not slow this device down.
 */
known?: string, };
export type Me = { 
/**
 * The immutable identity.
 */
user: UserId, 
/**
 * The present name.
 */
name: string, 
/**
 * What they are on this server.
 */
role: Role, 
/**
 * What they tell of themselves.
 */
profile?: Profile, 
/**
 * The session that asks; missing where a bot's token does.
 */
session?: Id, };
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
 * What they are on this server.
 */
role: Role, 
/**
 * What they are in this room; missing: no member, only there.
 */
standing?: RoomRole, 
/**
 * What they tell of themselves.
 */
profile?: Profile, 
/**
 * Whether they are there.
 */
state: PresenceState, };
export type MemberChange = "joined" | "left" | "kicked" | "banned" | "unbanned" | "muted" | "unmuted" | "role" | "other";
export type MemberChanged = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * The command that made it.
 */
id: Id, 
/**
 * Who did it.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * Whose membership; often the same.
 */
who: UserId, 
/**
 * That person's name at that moment.
 */
name: string, 
/**
 * What became of it.
 */
change: MemberChange, 
/**
 * The role from now on.
 */
role?: RoomRole, 
/**
 * When a ban or mute is over, RFC 3339; missing: never.
 */
until?: string, 
/**
 * Why.
 */
reason?: string, 
/**
 * When it was stored.
 */
timestamp: string, };
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
 * Who is there, and who else is a member, by name; in a crowd only the first 500.
 */
members: Array<Member>, 
/**
 * How many are there.
 */
present: number, 
/**
 * Who is banned, by name, the first 500: told only to whoever may `unban`.
 */
banned?: Array<Sentence>, 
/**
 * Who is muted, by name, the first 500: told only to whoever may `unmute`.
 */
muted?: Array<Sentence>, };
export type Mentioned = { 
/**
 * The question.
 */
ref: number, 
/**
 * Newest first.
 */
hits: Array<Hit>, 
/**
 * There are older ones: ask again with it.
 */
before?: number, };
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
 * Whom its text names.
 */
mentions?: Array<UserId>, 
/**
 * Whom it calls beside those.
 */
everyone?: Everyone, 
/**
 * Its files.
 */
files?: Array<File>, 
/**
 * What later events made of it; only on history pages, as of the page's `as_of`.
 */
folded?: Folded, };
export type Moderate = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * To whom.
 */
user: UserId, 
/**
 * The sender's name for this command, kept over repeats.
 */
id?: Id, 
/**
 * Of `ban` and `mute`: over after so many seconds; missing: never.
 */
for_s?: number, 
/**
 * Why, at most [`REASON_CHARS`](crate::limits::REASON_CHARS) characters; the room sees it.
 */
reason?: string, };
export type NewFile = { 
/**
 * The room for whose members it is.
 */
room: RoomKey, 
/**
 * What it is called; the server keeps what is safe of it ([`file_name`](crate::file_name)).
 */
name: string, 
/**
 * Its bytes, at most [`About::max_file`](crate::http::About::max_file).
 */
size: number, 
/**
 * The SHA-256 of its content, 64 hexadecimal digits: what arrives and is something else is refused.
 */
sha256?: string, };
export type NewInvite = { 
/**
 * What whoever uses it becomes; missing: member.
 */
role?: Role, 
/**
 * How many accounts it makes; missing: 1.
 */
uses?: number, 
/**
 * After how many hours it ends; missing: 168, a week.
 */
hours?: number, 
/**
 * For whom or what, for the list.
 */
note?: string, };
export type NewToken = { 
/**
 * What it is for.
 */
name: string, 
/**
 * What it is good for; at least one.
 */
scopes: Array<Scope>, 
/**
 * The only rooms it is good for; missing: all that its account may see.
 */
rooms?: Array<RoomKey>, 
/**
 * After how many days it ends; missing: never.
 */
days?: number, };
export type NewUser = { 
/**
 * How it is called.
 */
name: string, 
/**
 * What it is; missing: member.
 */
role?: Role, 
/**
 * It is a bot's.
 */
bot?: boolean, };
export type Nick = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * The name wanted; refused if it is taken or not allowed.
 */
name: string, };
export type Notify = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * Of what.
 */
level: Level, };
export type NotifyOf = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Which room.
 */
of: RoomKey, 
/**
 * Of what.
 */
level: Level, };
export type OfRoom = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Which room.
 */
room: RoomKey, };
export type PasswordChange = { 
/**
 * The one until now.
 */
current: string, 
/**
 * The one from now on.
 */
password: string, };
export type PasswordReset = { 
/**
 * What stands behind `#reset=` in the link.
 */
link: string, 
/**
 * The new password.
 */
password: string, 
/**
 * What the device is called in the list of sessions.
 */
device?: string, };
export type Pin = { 
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
 * Who did it.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * Pinned, or taken off.
 */
on: boolean, 
/**
 * When it was stored.
 */
timestamp: string, };
export type PinCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * Pinned, or no more.
 */
on: boolean, 
/**
 * The sender's name for this command, kept over repeats; made by the server where it is missing.
 */
id?: Id, };
export type Ping = { 
/**
 * The last `seq` written to this connection, per room: what is above the client's own was lost on the way.
 */
heads: { [key in RoomKey]: number }, };
export type Pins = { 
/**
 * The question.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The pinned messages as they are now, the latest pinned first.
 */
messages: Array<Message>, };
export type Pong = Record<symbol, never>;
export type Prefs = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Words that count as being named, whole and in any case; at most [`KEYWORDS`](crate::limits::KEYWORDS) of at most
 * [`KEYWORD_CHARS`](crate::limits::KEYWORD_CHARS) characters.
 */
keywords: Array<string>, 
/**
 * When not to be disturbed; missing: never.
 */
quiet?: Quiet, };
export type PrefsSet = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Words that count as being named.
 */
keywords: Array<string>, 
/**
 * When not to be disturbed.
 */
quiet?: Quiet, };
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
export type Profile = { 
/**
 * The hue of their name, 0 to 359 degrees; screens choose how light it is.
 */
colour?: number, 
/**
 * Names their picture: `GET /api/avatars/{avatar}`.
 */
avatar?: string, 
/**
 * What they are at, in a few words.
 */
status?: string, 
/**
 * They say that they are not there, whatever their devices say.
 */
away?: boolean, };
export type ProfileChange = { 
/**
 * The new name.
 */
name?: string, 
/**
 * The hue of the name, 0 to 359 degrees; -1 takes it away.
 */
colour?: number, 
/**
 * What they are at, at most [`STATUS_CHARS`](crate::limits::STATUS_CHARS) characters.
 */
status?: string, 
/**
 * They say that they are not there.
 */
away?: boolean, };
export type Profiled = { 
/**
 * Where this is told.
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
 * Their role from now on.
 */
role: Role, 
/**
 * What they tell from now on.
 */
profile: Profile, };
export type Question = { 
/**
 * Names the answer.
 */
ref: number, };
export type Quiet = { 
/**
 * From this minute of the day, 0 to 1439,
 */
from: number, 
/**
 * up to, but not including, this one; before `from`: on the next day.
 */
to: number, };
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
export type ReactCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * With what: one emoji, at most [`EMOJI_BYTES`](crate::limits::EMOJI_BYTES) bytes.
 */
emoji: string, 
/**
 * Put on, or taken off.
 */
on: boolean, 
/**
 * The sender's name for this command, kept over repeats; made by the server where it is missing.
 */
id?: Id, };
export type Read = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The last event that was read; moves back only with `back`.
 */
seq: number, 
/**
 * What comes after it is to be read again: it was marked as unread.
 */
back?: boolean, };
export type ReadThread = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The message whose thread it is.
 */
thread: number, 
/**
 * The last event of the room that was read there; moves back only with `back`.
 */
seq: number, 
/**
 * What comes after it is to be read again: it was marked as unread.
 */
back?: boolean, };
export type ReadUpto = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * Which room was read.
 */
of: RoomKey, 
/**
 * The last event that was read.
 */
upto: number, };
export type Reader = { 
/**
 * Who.
 */
user: UserId, 
/**
 * Their name.
 */
name: string, 
/**
 * The last event that they have read.
 */
upto: number, };
export type Readers = { 
/**
 * The question.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Who has read up to where; nobody where the room does not tell.
 */
readers: Array<Reader>, };
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
export type Register = { 
/**
 * How to be called, and to sign in.
 */
name: string, 
/**
 * At least [`PASSWORD_CHARS`](crate::limits::PASSWORD_CHARS) characters.
 */
password: string, 
/**
 * What stands behind `#invite=` in an invite; needed where registration is not open.
 */
invite?: string, 
/**
 * A guest's token: the account goes on as that guest, with all that they have said.
 */
guest?: string, 
/**
 * What the device is called in the list of sessions.
 */
device?: string, };
export type Registration = "open" | "invite" | "closed";
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
export type Replies = { 
/**
 * How many answers were given; one that was taken out still counts.
 */
count: number, 
/**
 * The newest one.
 */
last: number, 
/**
 * When that was.
 */
timestamp: string, 
/**
 * Who answered, the latest first; at most 5.
 */
users: Array<UserId>, };
export type Report = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * What is wrong with it, at most [`REASON_CHARS`](crate::limits::REASON_CHARS) characters.
 */
reason: string, };
export type Reported = { 
/**
 * Its number: higher is newer.
 */
n: number, 
/**
 * When, RFC 3339 in UTC with milliseconds.
 */
timestamp: string, 
/**
 * Who reported it.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * Why.
 */
reason: string, 
/**
 * Where the message is.
 */
room: RoomKey, 
/**
 * The message.
 */
target: number, 
/**
 * Who said it.
 */
who: UserId, 
/**
 * Their name when they said it.
 */
name: string, 
/**
 * Its text when it was reported; empty once the message is deleted.
 */
text: string, 
/**
 * It needs nothing more.
 */
resolved?: boolean, };
export type Reports = { 
/**
 * The question.
 */
ref: number, 
/**
 * What was told, newest first.
 */
reports: Array<Reported>, 
/**
 * There are older ones.
 */
more: boolean, };
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
export type Resolve = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Its number.
 */
report: number, };
export type Resume = { 
/**
 * The history that the cursors belong to.
 */
epoch: Epoch, 
/**
 * The rooms that the client is in, each with the last `seq` it has (0: nothing). With `resume` the connection is
 * in exactly these rooms, the lobby, and all rooms that an account is a member of.
 */
rooms: { [key in RoomKey]: number }, };
export type Role = "guest" | "member" | "moderator" | "admin" | "owner" | "other";
export type RoleChange = { 
/**
 * The new one; not `guest`.
 */
role: Role, };
export type RoomChanged = { 
/**
 * The room.
 */
room: RoomInfo, 
/**
 * Joined, or left.
 */
joined: boolean, };
export type RoomEdited = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * Its place in the room's log.
 */
seq: number, 
/**
 * The command that made it.
 */
id: Id, 
/**
 * Who did it.
 */
user: UserId, 
/**
 * Their name at that moment.
 */
sender: string, 
/**
 * What is shown from now on.
 */
title?: string, 
/**
 * What it is about from now on; empty: nothing is said of that.
 */
topic?: string, 
/**
 * Only owners and moderators may say something, or everybody again.
 */
announce?: boolean, 
/**
 * Seconds between two messages of one member.
 */
slow_s?: number, 
/**
 * Kept to be read only, or open again.
 */
archived?: boolean, 
/**
 * Its members see who has read up to where, or no more.
 */
seen?: boolean, 
/**
 * When it was stored.
 */
timestamp: string, };
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
present: number, 
/**
 * How it is to be used.
 */
rules?: Rules, 
/**
 * What whoever is told this is there; missing: no member.
 */
standing?: RoomRole, 
/**
 * Up to where they have read it, on any of their devices.
 */
read?: number, 
/**
 * How many messages of others came after that; counted up to [`UNREAD`](crate::limits::UNREAD).
 */
unread?: number, 
/**
 * How many of those name them; counted alike.
 */
mentions?: number, 
/**
 * How many messages are pinned.
 */
pins?: number, 
/**
 * The others in a direct conversation.
 */
people?: Array<User>, };
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
export type RoomRole = "owner" | "moderator" | "member" | "other";
export type Rooms = { 
/**
 * The question.
 */
ref: number, 
/**
 * The public rooms that are not archived, most recently used first; at most 1000.
 */
rooms: Array<RoomInfo>, };
export type Rules = { 
/**
 * Only its owners and moderators may say something.
 */
announce?: boolean, 
/**
 * Seconds between two messages of one member; 0: as fast as one likes. Owners and moderators are not held up.
 */
slow_s?: number, 
/**
 * Kept to be read: nothing more is said in it.
 */
archived?: boolean, 
/**
 * Its members see who has read up to where.
 */
seen?: boolean, };
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
 * Its files, each uploaded to this room before; at most [`FILES_PER_MESSAGE`](crate::limits::FILES_PER_MESSAGE).
 * With files the text may be empty.
 */
files?: Array<Id>, 
/**
 * The nickname a plain client goes by; ignored in `chat.v1`.
 */
sender?: string, };
export type Scope = "read" | "write" | "other";
export type Search = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Words, `"phrases"`, `prefix*`, and `from:NAME`, `in:ROOM`, `before:DAY`, `after:DAY`, `has:file`, `has:link`,
 * `has:image`; all must hold.
 */
query: string, 
/**
 * Which come first.
 */
order?: SearchOrder, 
/**
 * From where an earlier answer ended: the number that it told, which means nothing else.
 */
before?: number, 
/**
 * At most so many; lowered to [`FOUND_MESSAGES`](crate::limits::FOUND_MESSAGES).
 */
limit?: number, };
export type SearchOrder = "newest" | "rank";
export type Seen = { 
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
 * The last event that they have read.
 */
upto: number, };
export type Sentence = { 
/**
 * Against whom.
 */
user: UserId, 
/**
 * Their name now, or when it was decided where they have no account.
 */
name: string, 
/**
 * When it is over, RFC 3339; missing: never.
 */
until?: string, 
/**
 * Why.
 */
reason?: string, };
export type ServerFrame = { "type": "welcome" } & Welcome | { "type": "synced" } & Synced | { "type": "reset" } & Reset | { "type": "ack" } & Ack | { "type": "history" } & HistoryPage | { "type": "ok" } & Done | { "type": "members" } & Members | { "type": "rooms" } & Rooms | { "type": "reports" } & Reports | { "type": "audit" } & Audit | { "type": "found" } & Found | { "type": "mentioned" } & Mentioned | { "type": "thread" } & ThreadPage | { "type": "pins" } & Pins | { "type": "edits" } & Edits | { "type": "readers" } & Readers | { "type": "room" } & RoomChanged | { "type": "join" } & ComeAndGo | { "type": "leave" } & ComeAndGo | { "type": "renamed" } & Renamed | { "type": "profile" } & Profiled | { "type": "typing" } & Typing | { "type": "presence" } & Presence | { "type": "seen" } & Seen | { "type": "error" } & Refusal | { "type": "ping" } & Ping | { "type": "goaway" } & Goaway | Event;
export type Session = { 
/**
 * Names it; proves nothing.
 */
session: Id, 
/**
 * What it called itself.
 */
device: string, 
/**
 * From where it signed in.
 */
address: string, 
/**
 * When it signed in, RFC 3339.
 */
created: string, 
/**
 * When it was last used, RFC 3339, give or take ten minutes.
 */
used: string, 
/**
 * It is the one that asks.
 */
current?: boolean, };
export type Sessions = { 
/**
 * The one last used first.
 */
sessions: Array<Session>, };
export type SetRole = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Whom.
 */
user: UserId, 
/**
 * The role from now on.
 */
role: RoomRole, 
/**
 * The sender's name for this command, kept over repeats.
 */
id?: Id, };
export type SignedIn = { 
/**
 * Who that is.
 */
me: Me, 
/**
 * The session's token, for `hello` and `Authorization`; a browser has it as a cookie instead.
 */
token?: string, 
/**
 * Say it in the next [`Login`] from this device; a browser has it as a cookie instead.
 */
known?: string, };
export type Synced = { 
/**
 * Which room.
 */
room: RoomKey, 
/**
 * The last event that was sent.
 */
head: number, };
export type ThreadOf = { 
/**
 * Names the answer.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message that it began with.
 */
root: number, 
/**
 * Only what was said before this place.
 */
before?: number, 
/**
 * At most so many answers; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
 */
limit?: number, };
export type ThreadPage = { 
/**
 * The question.
 */
ref: number, 
/**
 * Where.
 */
room: RoomKey, 
/**
 * The message that it began with, as it is now.
 */
root: Message, 
/**
 * Its answers, oldest first, as they are now.
 */
messages: Array<Message>, 
/**
 * There are older answers.
 */
more: boolean, 
/**
 * The events up to here are folded in: ignore changes with `seq <= as_of`.
 */
as_of: number, };
export type ThreadRead = { 
/**
 * Always `@self`.
 */
room: RoomKey, 
/**
 * Its place in that log.
 */
seq: number, 
/**
 * In which room.
 */
of: RoomKey, 
/**
 * The message whose thread was read.
 */
thread: number, 
/**
 * The last event of the room that was read there.
 */
upto: number, };
export type Token = { 
/**
 * Names it; proves nothing.
 */
token: Id, 
/**
 * What it is for.
 */
name: string, 
/**
 * What it is good for.
 */
scopes: Array<Scope>, 
/**
 * The only rooms it is good for.
 */
rooms?: Array<RoomKey>, 
/**
 * When it was made, RFC 3339.
 */
created: string, 
/**
 * When it was last used, give or take ten minutes.
 */
used?: string, 
/**
 * When it ends.
 */
expires?: string, };
export type TokenMade = { 
/**
 * The secret, for `hello` and `Authorization`.
 */
secret: string, 
/**
 * All else.
 */
token: Token, };
export type Tokens = { 
/**
 * The newest first.
 */
tokens: Array<Token>, };
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
on: boolean, 
/**
 * The message in whose thread.
 */
thread?: number, };
export type TypingCommand = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Began or goes on (said anew every [`TYPING_RENEW`](crate::limits::TYPING_RENEW)); or stopped.
 */
on: boolean, 
/**
 * The message in whose thread.
 */
thread?: number, };
export type Unknown = { 
/**
 * Where.
 */
room: RoomKey, 
/**
 * Its place in the log.
 */
seq: number, };
export type Upload = { 
/**
 * Its id, from now on and for good.
 */
upload: Id, 
/**
 * Where to begin: 0.
 */
offset: number, 
/**
 * The bytes of one piece at most.
 */
chunk: number, };
export type Uploaded = { 
/**
 * So many bytes are on the server's disk; the next piece begins here.
 */
offset: number, 
/**
 * It is whole and verified: a `message` can have it.
 */
file?: File, };
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
guest: boolean, 
/**
 * What they are on this server.
 */
role: Role, 
/**
 * What they tell of themselves.
 */
profile?: Profile, };
export type UserId = string;
export type UserMade = { 
/**
 * The account.
 */
account: Account, 
/**
 * With this link its person sets the password; missing for a bot.
 */
link?: LinkMade, };
export type Users = { 
/**
 * By name.
 */
users: Array<Account>, };
export type Version = { 
/**
 * The event that gave it: the message itself, or an edit.
 */
seq: number, 
/**
 * The text.
 */
text: string, 
/**
 * Since when, RFC 3339 in UTC with milliseconds.
 */
timestamp: string, };
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
 * A guest's: say it in the next `hello` to be the same guest again. Whoever is signed in has a token already.
 */
token?: string, 
/**
 * Between two `ping`s, in milliseconds.
 */
heartbeat_ms: number, 
/**
 * This server's bounds.
 */
limits: Limits, 
/**
 * This connection may read, and write nothing: a guest's where guests only read, or a bot's that may only read.
 */
read_only?: boolean, 
/**
 * The rooms that this connection is in.
 */
rooms: Array<RoomInfo>, };
