//! Lists that lie over the room: what was asked for, to be read and closed.

use protocol::http::{Account, Invites, Session, Token, Users};
use protocol::ids::{Id, RoomKey, UserId};
use protocol::people::{Role, Scope};
use protocol::rooms::{Audit, Reports};
use protocol::server::RoomInfo;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::room::Verdict;
use super::{Model, names, safe, timeline, told};

/// A list, or what was made and is told once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// From the top, safe to draw.
    pub lines: Vec<Line>,
    /// Rows scrolled away.
    pub scroll: u16,
}

/// A line of a sheet, wrapped where it is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// What an entry is.
    Head(String),
    /// More about it.
    Text(String),
    /// What can be done.
    Hint(String),
}

/// What the numbers of the list shown last stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Listed {
    /// There was none.
    #[default]
    Nothing,
    /// Devices that are signed in.
    Sessions(Vec<Id>),
    /// Tokens.
    Tokens(Vec<Id>),
    /// Invites.
    Invites(Vec<Id>),
    /// What was decided against people of a room.
    Sentences(RoomKey, Vec<(UserId, Verdict)>),
}

impl Sheet {
    /// An empty one.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    fn head(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Head(text.into()));
    }

    fn text(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Text(text.into()));
    }

    fn hint(&mut self, text: impl Into<String>) {
        self.lines.push(Line::Hint(text.into()));
    }

    fn entry(&mut self, head: impl Into<String>, text: impl Into<String>) {
        self.head(head);
        let text = text.into();
        if !text.is_empty() {
            self.text(text);
        }
    }

    fn or_none(&mut self, none: &str) {
        if self.lines.is_empty() {
            self.text(none);
        }
    }
}

/// The public rooms.
pub(super) fn rooms(model: &Model, rooms: &[RoomInfo]) -> Sheet {
    let mut sheet = Sheet::new("Public rooms");
    for info in rooms {
        let here = model.rooms.get(&info.room).is_some_and(|room| room.joined);
        let here = if here { " · you are in it" } else { "" };
        let title = safe::line(&info.title);
        let key = if title.eq_ignore_ascii_case(info.room.as_str()) {
            String::new()
        } else {
            format!(" ({})", info.room)
        };
        let present = match info.present {
            0 => "nobody here now".to_owned(),
            1 => "1 person".to_owned(),
            n => format!("{n} people"),
        };
        let topic = info.topic.as_deref().map(safe::line).unwrap_or_default();
        sheet.entry(format!("#{title}{key} · {present}{here}"), topic);
    }
    sheet.or_none("there is none that is not archived");
    sheet.hint("/join NAME goes there, /create NAME makes one");
    sheet
}

/// Who is in the room on the screen.
pub(super) fn people(model: &Model) -> Sheet {
    let room = model.room();
    let mut sheet = Sheet::new(format!("In {}", room.label()));
    for person in &room.people {
        let mut about = vec![presence_word(person).to_owned()];
        about.extend(person.standing.map(|role| told::a_role(role).to_owned()));
        match person.role {
            Role::Guest => about.push("guest".to_owned()),
            Role::Member | Role::Other => {}
            role => about.push(format!("{} of the server", role.as_str())),
        }
        if model.own.blocked.contains(&person.user) {
            about.push("hidden from you".to_owned());
        }
        sheet.entry(
            format!("{} · {}", person.name, about.join(" · ")),
            person.status.clone().unwrap_or_default(),
        );
    }
    let more = usize::try_from(room.present).unwrap_or(usize::MAX).saturating_sub(room.people.len());
    if more > 0 {
        sheet.text(format!("and {more} more"));
    }
    sheet.or_none("nobody is known to be here");
    if model.keeps_order() {
        sheet.hint("/bans: who is banned or muted");
    }
    if room.key.is_made() {
        // `send` and `tail` know rooms by their keys.
        sheet.hint(format!("this room's key, for scripts: {}", room.key));
    }
    sheet
}

/// Who is banned and muted in the room on the screen, and what the numbers stand for.
pub(super) fn bans(model: &Model) -> (Sheet, Listed) {
    let room = model.room();
    let mut sheet = Sheet::new(format!("Banned and muted in {}", room.label()));
    for (n, sentenced) in room.sentences.iter().enumerate() {
        let what = match sentenced.verdict {
            Verdict::Banned => "banned",
            Verdict::Muted => "muted",
        };
        let until = sentenced.until.as_deref().map(|until| format!(" until {}", time(until, model.offset)));
        sheet.entry(
            format!("{}  {} · {what}{}", n + 1, sentenced.name, until.unwrap_or_default()),
            sentenced.reason.clone().unwrap_or_default(),
        );
    }
    sheet.or_none("nobody is");
    if !room.sentences.is_empty() {
        sheet.hint("/revoke N lifts one · /unban NAME and /unmute NAME do, too");
    }
    let sentences = room.sentences.iter().map(|sentenced| (sentenced.user.clone(), sentenced.verdict));
    (sheet, Listed::Sentences(room.key.clone(), sentences.collect()))
}

/// One person.
pub(super) fn profile(model: &Model, name: &str) -> Sheet {
    let mut sheet = Sheet::new(name.to_owned());
    let person = model.rooms.values().flat_map(|room| &room.people).find(|person| person.name == name);
    if let Some(person) = person {
        sheet.head(presence_word(person));
        if let Some(status) = &person.status {
            sheet.text(format!("“{status}”"));
        }
        sheet.text(match person.role {
            Role::Guest => "a guest, not signed in".to_owned(),
            role => format!("{} of this server", role.as_str()),
        });
        let standing = model.room().people.iter().find(|here| here.user == person.user);
        if let Some(role) = standing.and_then(|here| here.standing) {
            sheet.text(format!("{} of {}", told::a_role(role), model.room().label()));
        }
        if model.own.blocked.contains(&person.user) {
            sheet.text("hidden from you (/unblock shows them again)");
        }
        sheet.text(format!("id {}", person.user));
    }
    sheet.or_none("has an account, and is in none of your rooms now");
    sheet
}

fn presence_word(person: &super::room::Person) -> &'static str {
    use protocol::signal::PresenceState;
    match person.state {
        _ if person.away => "away",
        PresenceState::Online => "online",
        PresenceState::Idle => "idle",
        PresenceState::Offline => "offline",
    }
}

/// Devices that are signed in.
pub(super) fn sessions(sessions: &[Session], offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new("Devices that are signed in");
    for (n, session) in sessions.iter().enumerate() {
        let this = if session.current { " · this one" } else { "" };
        let (device, address) = (safe::line(&session.device), safe::line(&session.address));
        let (used, created) = (time(&session.used, offset), time(&session.created, offset));
        sheet.entry(
            format!("{}  {device}{this}", n + 1),
            format!("from {address} · used {used} · since {created}"),
        );
    }
    sheet.hint("/revoke N signs one out · /logout everywhere signs all out");
    sheet
}

/// One's own tokens, or a bot's.
pub(super) fn tokens(tokens: &[Token], offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new("Tokens for bots and scripts");
    for (n, token) in tokens.iter().enumerate() {
        sheet.head(format!("{}  {} · {}", n + 1, safe::line(&token.name), scopes(&token.scopes)));
        sheet.text(token_text(token, offset));
    }
    sheet.or_none("there is none");
    sheet.hint("/tokens new NAME read|write|both [DAYS] makes one · /revoke N withdraws one");
    sheet
}

/// A token that was made: its secret is told this once.
pub(super) fn token_made(secret: &str, token: &Token, offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new("A token: shown this once");
    sheet.head(safe::line(secret));
    sheet.text(format!(
        "{} · {} · {}",
        safe::line(&token.name),
        scopes(&token.scopes),
        token_text(token, offset)
    ));
    sheet
        .hint("it is in the clipboard, if the terminal allows that; chat-tui send --token-file FILE uses it");
    sheet
}

fn token_text(token: &Token, offset: UtcOffset) -> String {
    let mut about = vec![format!("made {}", time(&token.created, offset))];
    if let Some(rooms) = &token.rooms {
        let rooms: Vec<&str> = rooms.iter().map(protocol::ids::RoomKey::as_str).collect();
        about.push(format!("only in {}", rooms.join(", ")));
    }
    about.push(match &token.used {
        Some(used) => format!("used {}", time(used, offset)),
        None => "never used".to_owned(),
    });
    about.extend(token.expires.as_deref().map(|at| format!("ends {}", time(at, offset))));
    about.join(" · ")
}

fn scopes(scopes: &[Scope]) -> String {
    let word = |scope: &Scope| match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Other => "something else",
    };
    scopes.iter().map(word).collect::<Vec<_>>().join(" and ")
}

/// Invites that can still be used.
pub(super) fn invites(invites: &Invites, offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new("Invites");
    for (n, invite) in invites.invites.iter().enumerate() {
        let by = invite.by.as_deref().map_or_else(|| "the server".to_owned(), safe::line);
        let note = safe::line(&invite.note);
        let note = if note.is_empty() { String::new() } else { format!(" · {note}") };
        let uses =
            if invite.uses == 1 { "1 account".to_owned() } else { format!("{} accounts", invite.uses) };
        sheet.entry(
            format!("{}  {uses} as {}{note}", n + 1, invite.role.as_str()),
            format!("by {by} · until {}", time(&invite.expires, offset)),
        );
    }
    sheet.or_none("there is none that can still be used");
    sheet.hint("/invites new [USES] [HOURS] [ROLE] makes one · /revoke N withdraws one");
    sheet
}

/// A link that was made: told this once.
pub(super) fn link_made(title: &str, link: &str, expires: &str, offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new(title);
    sheet.head(safe::line(link));
    sheet.text(format!("until {}", time(expires, offset)));
    sheet.hint("pass it on; it is in the clipboard, if the terminal allows that");
    sheet
}

/// Everybody with an account.
pub(super) fn accounts(users: &Users, offset: UtcOffset) -> Sheet {
    let mut sheet = Sheet::new("Accounts");
    for account in &users.users {
        sheet.entry(
            format!("{} · {}", safe::line(&account.name), account_words(account)),
            account_text(account, offset),
        );
    }
    sheet.or_none("there is none");
    sheet
}

fn account_words(account: &Account) -> String {
    let mut words = vec![account.role.as_str()];
    if account.bot {
        words.push("bot");
    }
    if account.inactive {
        words.push("deactivated");
    }
    words.join(" · ")
}

fn account_text(account: &Account, offset: UtcOffset) -> String {
    let mut about = Vec::new();
    about.extend(account.profile.status.as_deref().map(|status| format!("“{}”", safe::line(status))));
    about.extend(account.seen.as_deref().map(|seen| format!("seen {}", time(seen, offset))));
    about.extend(
        account
            .sessions
            .map(|count| if count == 1 { "1 device".to_owned() } else { format!("{count} devices") }),
    );
    about.join(" · ")
}

/// What was decided.
pub(super) fn audit(model: &Model, audit: &Audit) -> Sheet {
    let mut sheet = Sheet::new("What was decided");
    for entry in &audit.entries {
        let (what, detail) = super::audit::entry(model, entry);
        sheet.entry(format!("{}  {what}", time(&entry.timestamp, model.offset)), detail);
    }
    sheet.or_none("nothing yet");
    if let Some(oldest) = audit.entries.last().filter(|_| audit.more) {
        sheet.hint(format!("/audit {} shows what was before", oldest.n));
    }
    sheet
}

/// What was reported.
pub(super) fn reports(model: &Model, reports: &Reports) -> Sheet {
    let mut sheet = Sheet::new("Reported messages");
    for report in &reports.reports {
        let done = if report.resolved { " · resolved" } else { "" };
        let (by, of) = (safe::line(&report.sender), safe::line(&report.name));
        sheet.head(format!(
            "{}  {by} about {of} in {}{done}",
            report.n,
            names::label_of(model, &report.room)
        ));
        sheet.text(format!("{} · {}", time(&report.timestamp, model.offset), safe::line(&report.reason)));
        let text = if report.text.is_empty() { "(deleted)".to_owned() } else { safe::line(&report.text) };
        sheet.text(format!("message {}: {text}", report.target));
    }
    sheet.or_none("nothing was reported");
    sheet.hint("/resolve N: it needs nothing more");
    if let Some(oldest) = reports.reports.last().filter(|_| reports.more) {
        sheet.hint(format!("/reports {} shows what was before", oldest.n));
    }
    sheet
}

fn time(rfc3339: &str, offset: UtcOffset) -> String {
    let at = OffsetDateTime::parse(rfc3339, &Rfc3339).ok().and_then(|at| at.checked_to_offset(offset));
    at.map_or_else(|| "some time".to_owned(), timeline::moment)
}
