//! Under which names the server is reached, and that requests come under them.
//!
//! A page of another site can make a browser talk to us: by a name of its own that resolves to our address (so the
//! `Host` is checked), and by a WebSocket, to which no same-origin policy applies (so the `Origin` is checked).

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;

use super::reject::Refused;

/// `http://` or `https://`, a host and perhaps a port: how people reach the server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    secure: bool,
    /// In lower case, without the port that the scheme implies.
    authority: String,
}

/// Why a text is not a public URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not like http://chat.example.org or https://chat.example.org:8443")]
pub struct PublicUrlError(String);

impl PublicUrl {
    /// Whether it is reached by TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// What a browser says in `Origin`.
    fn origin(&self) -> String {
        self.to_string()
    }

    /// The same place for a WebSocket.
    pub(super) fn socket(&self) -> String {
        format!("{}://{}", if self.secure { "wss" } else { "ws" }, self.authority)
    }

    /// The port, where it is said.
    pub(super) fn port(&self) -> Option<&str> {
        self.authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'))
    }

    fn matches(&self, authority: &Authority) -> bool {
        let default = if self.secure { ":443" } else { ":80" };
        let said = authority.as_str();
        let said = said.strip_suffix(default).unwrap_or(said);
        said.eq_ignore_ascii_case(&self.authority)
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PublicUrlError(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| error())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(error()),
        };
        let authority = uri.authority().ok_or_else(error)?.as_str().to_ascii_lowercase();
        if uri.path() != "/" || uri.query().is_some() || authority.contains('@') || authority.ends_with(':') {
            return Err(error());
        }
        let authority = authority.strip_suffix(if secure { ":443" } else { ":80" }).unwrap_or(&authority);
        Ok(Self { secure, authority: authority.to_owned() })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }
}

/// The names that requests may come under.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    urls: Vec<PublicUrl>,
}

impl Names {
    /// Those given, or with none given those of this machine at the port of `listen`.
    pub(crate) fn new(given: &[PublicUrl], listen: SocketAddr) -> Self {
        let local = |host: &str| {
            format!("http://{host}:{}", listen.port()).parse().expect("a host and a port make a URL")
        };
        let urls = match given {
            [] => ["localhost", "127.0.0.1", "[::1]"].map(local).into(),
            given => given.to_vec(),
        };
        Self { urls }
    }

    /// The first one: what people are told.
    pub(crate) fn main(&self) -> &PublicUrl {
        &self.urls[0]
    }

    /// The one that a request came under, whose host was checked before.
    pub(crate) fn of(&self, headers: &HeaderMap) -> &PublicUrl {
        let host = headers.get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
        host.and_then(|host| self.urls.iter().find(|url| url.matches(&host))).unwrap_or(&self.urls[0])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &PublicUrl> {
        self.urls.iter()
    }

    /// Refuses a request for a host that we are not. `authority` is the request's own: from its target or `Host`.
    pub(crate) fn check_host(
        &self,
        headers: &HeaderMap,
        authority: Option<&Authority>,
    ) -> Result<(), Refused> {
        let mut said = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (said.next(), said.next()) else {
            return Err(Refused::new(StatusCode::BAD_REQUEST, "The request must have one Host header."));
        };
        let Ok(host) = Authority::try_from(host.as_bytes()) else {
            return Err(Refused::new(StatusCode::BAD_REQUEST, "The request's Host header is not a host."));
        };
        for host in [Some(&host), authority].into_iter().flatten() {
            if !self.urls.iter().any(|url| url.matches(host)) {
                return Err(Refused::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    format!(
                        "This chat does not answer for {host}. If it is to, start chat-server with \
                         --public-url http://{host} (or https://, behind a proxy that adds TLS)."
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Refuses what a page of another site asks for. Programs that are not browsers say no `Origin`.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let known = |origin: &HeaderValue| {
            self.urls.iter().any(|url| origin.as_bytes().eq_ignore_ascii_case(url.origin().as_bytes()))
        };
        match headers.get_all(header::ORIGIN).iter().find(|origin| !known(origin)) {
            None => Ok(()),
            Some(origin) => {
                let url = origin.to_str().ok().and_then(|origin| origin.parse::<PublicUrl>().ok());
                let reason = url.map_or_else(
                    || "This chat is not for pages without an origin of their own.".to_owned(),
                    |url| {
                        format!(
                            "This chat is not for pages of {url}. If it is reached under that address, start \
                             chat-server with --public-url {url}."
                        )
                    },
                );
                Err(Refused::new(StatusCode::FORBIDDEN, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_one_form() {
        for (text, form) in [
            ("http://Chat.Example.org", "http://chat.example.org"),
            ("https://chat.example.org:443/", "https://chat.example.org"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://a:8080", "http://a:8080"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), form);
        }
        for bad in [
            "",
            "chat.example.org",
            "ftp://a",
            "http://a/chat",
            "http://a?b",
            "http://u@a",
            "http://",
            "http://a b",
        ] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn hosts_are_checked_exactly() {
        let names = Names::new(&[], "127.0.0.1:3000".parse().unwrap());
        let check = |hosts: &[&'static str]| names.check_host(&headers(&header::HOST, hosts), None);
        for good in ["localhost:3000", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000"] {
            assert!(check(&[good]).is_ok(), "{good}");
        }
        for bad in
            ["localhost", "localhost:3001", "evil.org:3000", "localhost:3000.evil.org", "u@localhost:3000"]
        {
            let refused = check(&[bad]).unwrap_err();
            assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST, "{bad}");
            assert!(refused.reason.contains("--public-url"), "{bad}");
        }
        assert_eq!(check(&[]).unwrap_err().status, StatusCode::BAD_REQUEST);
        assert_eq!(check(&["localhost:3000", "evil.org"]).unwrap_err().status, StatusCode::BAD_REQUEST);
        let names =
            Names::new(&["https://chat.example.org".parse().unwrap()], "0.0.0.0:3000".parse().unwrap());
        for good in ["chat.example.org", "chat.example.org:443"] {
            assert!(names.check_host(&headers(&header::HOST, &[good]), None).is_ok(), "{good}");
        }
    }

    #[test]
    fn origins_are_checked_exactly() {
        let names = Names::new(&[], "127.0.0.1:3000".parse().unwrap());
        let check = |origins: &[&'static str]| names.check_origin(&headers(&header::ORIGIN, origins));
        assert!(check(&[]).is_ok(), "not a browser");
        assert!(check(&["http://localhost:3000"]).is_ok());
        for bad in [
            "null",
            "https://localhost:3000",
            "http://localhost",
            "http://evil.org",
            "http://localhost:3000/",
        ] {
            assert_eq!(check(&[bad]).unwrap_err().status, StatusCode::FORBIDDEN, "{bad}");
        }
        let reason = check(&["http://10.0.0.7:3000"]).unwrap_err().reason;
        assert!(reason.contains("--public-url http://10.0.0.7:3000"), "{reason}");
    }
}
