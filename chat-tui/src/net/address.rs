//! Where the server is.

use std::fmt::{self, Write};
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use thiserror::Error;
use tokio_tungstenite::tungstenite::http::Uri;

use super::Authorities;

/// A server's address, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    secure: bool,
    authority: String,
    path: String,
    authorities: Authorities,
}

/// Why a text is no server's address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It cannot be read at all.
    #[error("{0:?} is not an address like http://localhost:3000")]
    Unreadable(String),
    /// Not a scheme that leads to a chat.
    #[error("{0:?} must begin with http://, https://, ws:// or wss://")]
    Scheme(String),
    /// It has parts that an address of a server does not have.
    #[error("{0:?} must not have a user, a query or a fragment")]
    Parts(String),
}

impl Address {
    /// Reads `http://host[:port][/path]`, or the same with `https`, `ws`, `wss`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let owned = || text.to_owned();
        let uri: Uri = text.parse().map_err(|_| AddressError::Unreadable(owned()))?;
        let secure = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(AddressError::Scheme(owned())),
        };
        let authority = uri.authority().ok_or_else(|| AddressError::Unreadable(owned()))?;
        if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
            return Err(AddressError::Parts(owned()));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        let authority = authority.as_str().to_ascii_lowercase();
        Ok(Self { secure, authority, path, authorities: Authorities::default() })
    }

    /// The same, whose certificate may also be signed by these.
    #[must_use]
    pub fn trusting(self, authorities: Authorities) -> Self {
        Self { authorities, ..self }
    }

    /// What to connect with; `None` where nothing is encrypted.
    pub(super) fn tls(&self) -> io::Result<Option<Arc<ClientConfig>>> {
        self.secure.then(|| self.authorities.client()).transpose()
    }

    /// The address to dial.
    pub fn websocket(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{}/ws", self.authority, self.path)
    }

    /// The host and the port to connect to.
    pub fn host(&self) -> (&str, u16) {
        let default = if self.secure { 443 } else { 80 };
        let (host, port) = match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(default)),
            _ => (self.authority.as_str(), default),
        };
        (host.trim_start_matches('[').trim_end_matches(']'), port)
    }

    /// Whether what is said to it cannot be read on the way.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether it is this machine.
    pub fn is_local(&self) -> bool {
        let (host, _) = self.host();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// What stands before `/ws` and `/api`; empty for most.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host, and the port where one is named.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether both are the same server, however it is spelled.
    pub fn is_same_server(&self, other: &Self) -> bool {
        (self.secure, self.host(), &self.path) == (other.secure, other.host(), &other.path)
    }

    /// The address of the page.
    pub fn page(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.path)
    }

    /// A directory's name for this server; different for different servers.
    pub fn profile(&self) -> String {
        let scheme = if self.secure { "tls-" } else { "" };
        let mut name = String::from(scheme);
        for byte in format!("{}{}", self.authority, self.path).bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => name.push(char::from(byte)),
                other => write!(name, "_{other:02x}").expect("a string takes everything"),
            }
        }
        name
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_the_socket() {
        let socket = |text: &str| Address::parse(text).unwrap().websocket();
        assert_eq!(socket("http://localhost:3000"), "ws://localhost:3000/ws");
        assert_eq!(socket("https://Chat.Example/team/"), "wss://chat.example/team/ws");
        assert_eq!(socket("ws://[::1]:3000/"), "ws://[::1]:3000/ws");
        assert_eq!(Address::parse("http://[::1]:3000").unwrap().profile(), "_5b_3a_3a1_5d_3a3000");
    }

    #[test]
    fn hosts_have_ports() {
        for (text, host, local) in [
            ("http://localhost:3000", ("localhost", 3000), true),
            ("https://Chat.Example/team", ("chat.example", 443), false),
            ("http://[::1]:81", ("::1", 81), true),
            ("http://[fe80::1]", ("fe80::1", 80), false),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host(), address.is_local()), (host, local), "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for (text, error) in [
            ("", "is not an address"),
            ("localhost:3000", "must begin with"),
            ("file:///etc/passwd", "must begin with"),
            ("http://me:secret@host", "must not have a user"),
            ("http://host/?a=b", "must not have"),
            ("http://host/#x", "must not have"),
        ] {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains(error) || message.contains("is not an address"), "{text}: {message}");
        }
    }
}
