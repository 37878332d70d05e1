//! Links to rooms and messages: `http://chat.example.org/r/ROOM/SEQ`.

use std::fmt::Write as _;

use anyhow::{Context, bail, ensure};
use protocol::ids::{RoomKey, Seq};
use protocol::limits::MAX_SAFE_INTEGER;

use crate::cli::Options;
use crate::config::{Config, ConfigError};
use crate::net::Address;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The room.
    pub room: RoomKey,
    /// The message; none: the room as a whole.
    pub seq: Option<Seq>,
}

/// The server that a whole link leads to; `None` for the rest of one.
fn server(text: &str) -> Option<&str> {
    let (address, _) = text.trim().split_once("/r/")?;
    address.contains("://").then_some(address)
}

/// The settings to open a link with: those of the server that it leads to. A profile that was named holds what proves
/// who one is to the server that was named with it: no link of anybody takes that elsewhere.
pub fn settle(text: &str, options: &Options) -> Result<Config, ConfigError> {
    let usual = Config::settle(options)?;
    let Some(url) = server(text) else { return Ok(usual) };
    let elsewhere = Address::parse(url).is_ok_and(|there| !there.is_same_server(&usual.address));
    if !elsewhere || usual.profile_is_named {
        return Ok(usual);
    }
    Config::settle(&Options { url: Some(url.to_owned()), ..options.clone() })
}

/// Reads a link of this server's, whole or from `/r/` on, or `ROOM/SEQ`.
pub fn read(text: &str, server: &Address) -> anyhow::Result<Spot> {
    let text = text.trim();
    let path = if text.contains("://") {
        let (address, path) = text.split_once("/r/").context("this is no link to a message")?;
        let address = Address::parse(address)?;
        ensure!(
            address.is_same_server(server),
            "this link leads to {}, not to {}: name it with --url",
            address.authority(),
            server.authority()
        );
        path
    } else {
        text.strip_prefix("/r/").unwrap_or(text)
    };
    let mut parts = path.trim_end_matches('/').split('/');
    let room = decoded(parts.next().unwrap_or_default()).context("this is no link to a message")?;
    let room =
        RoomKey::new(&room).map_err(|error| anyhow::anyhow!("this is no link to a message: {error}"))?;
    let seq = match parts.next() {
        None => None,
        Some(number) => {
            let seq: Seq = number.parse().context("this is no link to a message")?;
            ensure!((1..=MAX_SAFE_INTEGER).contains(&seq), "this is no link to a message");
            Some(seq)
        }
    };
    if parts.next().is_some() {
        bail!("this is no link to a message");
    }
    Ok(Spot { room, seq })
}

/// The link to a message.
pub fn to(server: &Address, room: &RoomKey, seq: Seq) -> String {
    at(&server.page(), room, seq)
}

/// The link to a message below the address of the server's page.
pub fn at(page: &str, room: &RoomKey, seq: Seq) -> String {
    let mut key = String::new();
    for byte in room.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            key.push(char::from(byte));
        } else {
            let _ = write!(key, "%{byte:02X}");
        }
    }
    format!("{page}/r/{key}/{seq}")
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let server = Address::parse("https://chat.example.org/team").unwrap();
        let room = RoomKey::new("büro").unwrap();
        let link = to(&server, &room, 12);
        assert_eq!(link, "https://chat.example.org/team/r/b%C3%BCro/12");
        let spot = Spot { room: room.clone(), seq: Some(12) };
        for text in [link.as_str(), "/r/b%C3%BCro/12", "büro/12", " /r/büro/12/ "] {
            assert_eq!(read(text, &server).unwrap(), spot, "{text}");
        }
        assert_eq!(read("/r/büro", &server).unwrap(), Spot { room, seq: None });
    }

    #[test]
    fn a_link_takes_no_named_profile_to_another_server() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "url = \"https://chat.example\"\n").unwrap();
        let options = Options { config: Some(file), ..Options::default() };
        let there = "https://evil.example/r/lobby/5";
        let config = settle(there, &options).unwrap();
        assert_eq!(config.address.to_string(), "https://evil.example");
        assert!(config.profile.ends_with("tls-evil.example"), "what is kept there is all that it may know");
        assert!(read(there, &config.address).is_ok());

        let named = Options { profile: Some("work".to_owned()), ..options.clone() };
        let config = settle(there, &named).unwrap();
        assert_eq!(config.address.to_string(), "https://chat.example");
        let error = read(there, &config.address).unwrap_err().to_string();
        assert!(error.contains("name it with --url"), "{error}");
        let own = settle("https://chat.example:443/r/lobby/5", &named).unwrap();
        assert!(own.profile.ends_with("work"), "{}", own.profile.display());
        let said = Options { url: Some("https://evil.example".to_owned()), ..named };
        assert!(read(there, &settle(there, &said).unwrap().address).is_ok(), "its person said so");
        assert!(settle("lobby/5", &options).unwrap().profile.ends_with("tls-chat.example"));
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let server = Address::parse("http://localhost:3000").unwrap();
        for text in [
            "https://localhost:3000/r/lobby/1",
            "http://evil.example/r/lobby/1",
            "http://localhost:3000/x/r/lobby/1",
            "http://localhost:3000/lobby/1",
            "/r/lobby/0",
            "/r/lobby/x",
            "/r/lobby/1/2",
            "/r/%zz/1",
            "/r/a b/1",
            "",
        ] {
            assert!(read(text, &server).is_err(), "{text}");
        }
        assert!(read("http://LOCALHOST:3000/r/lobby/1", &server).is_ok());
        assert_eq!(super::server("https://a.example/team/r/lobby/1"), Some("https://a.example/team"));
        assert_eq!(super::server("/r/lobby/1"), None);
    }
}
