//! Bounds of the protocol, each in the unit that its name says.

use std::time::Duration;

/// A message's UTF-8 bytes after JSON decoding; a larger one is refused as `too_long`.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// A WebSocket message's bytes as sent; beyond it the connection is closed with 1009. Leaves room for a message of
/// [`MESSAGE_BYTES`] whose every byte is escaped (`\u0000`, six times its size).
pub const FRAME_BYTES: usize = 512 * 1024;
/// The bytes of a `hello` frame, and all that an unauthenticated connection may make the server hold.
pub const HELLO_BYTES: usize = 64 * 1024;
/// The characters of an [`Id`](crate::ids::Id).
pub const ID_CHARS: usize = 64;
/// The bytes of a room's key.
pub const ROOM_BYTES: usize = 64;
/// The characters of a name.
pub const NAME_CHARS: usize = 32;
/// The characters that a password has at least.
pub const PASSWORD_CHARS: usize = 10;
/// The bytes that a password has at most.
pub const PASSWORD_BYTES: usize = 1024;
/// The characters of a status text, and of the name of a device or a token.
pub const STATUS_CHARS: usize = 100;
/// The bytes of the body of a request under `/api`, but for a picture.
pub const BODY_BYTES: usize = 16 * 1024;
/// The bytes of a picture that is uploaded.
pub const PICTURE_BYTES: usize = 5 * 1024 * 1024;
/// The width and height of pictures of people, in pixels, once made small.
pub const AVATAR_PIXELS: usize = 128;
/// The characters of a room's title.
pub const TITLE_CHARS: usize = 64;
/// The characters of a room's topic.
pub const TOPIC_CHARS: usize = 250;
/// The characters of a reason.
pub const REASON_CHARS: usize = 500;
/// The people in a direct conversation, with oneself.
pub const DIRECT_PEOPLE: usize = 10;
/// The conversations that a person is in at most: beyond it nobody opens another one with them.
pub const CONVERSATIONS: u32 = 400;
/// The rooms that a person with an account makes at most, and the conversations that they open at most.
pub const ROOMS_MADE: u32 = 500;
/// The rooms that a guest makes at most.
pub const ROOMS_MADE_BY_GUEST: u32 = 20;
/// The invitations that wait for one person at most: beyond it nobody is invited who has not answered some.
pub const INVITATIONS: u32 = 100;
/// The longest pause between two messages that a room may ask for, in seconds.
pub const SLOW_SECONDS: u32 = 21_600;
/// The bytes of what is written and not yet said.
pub const DRAFT_BYTES: usize = 16 * 1024;
/// The bytes of an emoji that one reacts with.
pub const EMOJI_BYTES: usize = 64;
/// The different emojis on one message.
pub const EMOJIS_PER_MESSAGE: usize = 20;
/// The messages that are pinned in one room.
pub const PINS_PER_ROOM: u32 = 100;
/// The texts of a message that are told of it: the newest ones.
pub const VERSIONS: usize = 100;
/// The messages that one answer to a search or to `mentions` holds.
pub const FOUND_MESSAGES: u32 = 50;
/// People whom one message names; more are not told.
pub const MENTIONS: usize = 50;
/// The files of one message.
pub const FILES_PER_MESSAGE: usize = 20;
/// The bytes of a file's name.
pub const FILE_NAME_BYTES: usize = 255;
/// The bytes of one piece of an upload.
pub const UPLOAD_BYTES: usize = 4 * 1024 * 1024;
/// The longer side of a small picture of a file, in pixels.
pub const THUMB_PIXELS: usize = 480;
/// Words that somebody wants to be told of.
pub const KEYWORDS: usize = 20;
/// The characters of such a word.
pub const KEYWORD_CHARS: usize = 50;
/// Up to here unread messages are counted.
pub const UNREAD: u32 = 100;
/// The events of one history page; a larger `limit` is lowered to it.
pub const HISTORY_EVENTS: u32 = 200;
/// The events of a history page whose request gives no `limit`.
pub const HISTORY_DEFAULT: u32 = 100;
/// The bytes of text on one history page; a page ends early rather than exceed it, but holds at least one event.
pub const HISTORY_BYTES: usize = 256 * 1024;
/// How many events behind the head a cursor may resume from; beyond it the room is `reset` (`too_old`).
pub const RESUME_EVENTS: u64 = 10_000;
/// Rooms one connection may be in: all of them, with keys of [`ROOM_BYTES`], fit into a `hello`.
pub const ROOMS_PER_CONNECTION: usize = 500;
/// The largest integer that JavaScript holds exactly, 2^53 - 1; larger ones on the wire are refused.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Between two heartbeats (`ping`) of the server.
pub const HEARTBEAT: Duration = Duration::from_secs(10);
/// Without a frame for this long, the client gives the link up.
pub const CLIENT_PATIENCE: Duration = Duration::from_secs(20);
/// Without a frame for this long, the server gives the link up.
pub const SERVER_PATIENCE: Duration = Duration::from_mins(1);
/// From the handshake to the client's `hello`.
pub const HELLO_PATIENCE: Duration = Duration::from_secs(10);
/// From somebody's last link going down until the others are told; a reconnect in between shows nothing.
pub const LEAVE_GRACE: Duration = Duration::from_secs(5);
/// A typing signal that is not renewed is over after this.
pub const TYPING_TTL: Duration = Duration::from_secs(5);
/// A client that goes on typing renews its signal at this pace.
pub const TYPING_RENEW: Duration = Duration::from_secs(3);

/// The first reconnect attempt waits a random time below this; each further one doubles the bound.
pub const BACKOFF_BASE: Duration = Duration::from_millis(500);
/// The bound on the wait between two reconnect attempts.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A link that lived this long resets the backoff.
pub const BACKOFF_HEALTHY: Duration = Duration::from_secs(10);
