//! A browser's cookies: one proves its session, one that it had a session before.

use http::{HeaderMap, HeaderValue, header};

use crate::core::secret::{Kind, Secret};
use crate::http::origin::PublicUrl;

/// Seconds that a browser keeps them: as long as browsers keep any. Whether they hold is the server's to say.
const KEPT: u32 = 400 * 24 * 3600;

/// What the cookies are called under one of our addresses.
#[derive(Debug)]
pub(crate) struct Jar {
    session: String,
    device: String,
    secure: bool,
}

impl Jar {
    /// With TLS nobody else can set a cookie of such a name. Without it the name holds the port, by which browsers do
    /// not tell cookies apart.
    pub(crate) fn of(url: &PublicUrl) -> Self {
        let secure = url.is_secure();
        let session = match url.port() {
            _ if secure => "__Host-chat".to_owned(),
            Some(port) => format!("chat-{port}"),
            None => "chat".to_owned(),
        };
        Self { device: format!("{session}-device"), session, secure }
    }

    /// The session's secret, where the browser says one.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Secret> {
        find(headers, &self.session).and_then(Secret::parse).filter(|secret| secret.kind() == Kind::Session)
    }

    /// What proves that this browser had a session before.
    pub(super) fn device<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, &self.device)
    }

    /// Has the browser keep them.
    pub(super) fn keep(&self, session: &Secret, device: &str) -> [HeaderValue; 2] {
        [self.set(&self.session, session.expose(), KEPT), self.set(&self.device, device, KEPT)]
    }

    /// Has the browser forget its session.
    pub(super) fn forget(&self) -> HeaderValue {
        self.set(&self.session, "", 0)
    }

    fn set(&self, name: &str, value: &str, seconds: u32) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        let mut value = HeaderValue::try_from(text).expect("secrets are letters, digits, '-', '_' and '.'");
        value.set_sensitive(true);
        value
    }
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies =
        lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(said, _)| *said == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> Jar {
        Jar::of(&url.parse().unwrap())
    }

    #[test]
    fn w05_cookies_are_out_of_reach_of_pages_and_other_sites() {
        let secret = Secret::new(Kind::Session, [1; 32]);
        let secure = jar("https://chat.example.org").keep(&secret, "d.e");
        let said = secure[0].to_str().unwrap();
        assert!(said.starts_with("__Host-chat=chat_s_"), "{said}");
        for word in ["; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/"] {
            assert!(secure.iter().all(|cookie| cookie.to_str().unwrap().contains(word)), "{word}");
        }
        assert!(!secure.iter().any(|cookie| cookie.to_str().unwrap().contains("Domain")));
        let plain = jar("http://localhost:3000").keep(&secret, "d.e");
        let said = plain[0].to_str().unwrap();
        assert!(
            said.starts_with("chat-3000=") && said.contains("HttpOnly") && !said.contains("Secure"),
            "{said}"
        );
        assert!(
            jar("http://[::1]:3000").forget().to_str().unwrap().starts_with("chat-3000=; Path=/; Max-Age=0")
        );
        assert!(jar("http://[::1]").forget().to_str().unwrap().starts_with("chat=;"));
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let secret = Secret::new(Kind::Session, [1; 32]);
        let said = |text: String| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::try_from(text).unwrap());
            jar("http://localhost:3000").session(&headers).is_some()
        };
        assert!(said(format!("a=b; chat-3000={}; c=d", secret.expose())));
        assert!(!said(format!("xchat-3000={}", secret.expose())));
        assert!(!said(format!("chat-3001={}", secret.expose())), "of another server");
        assert!(!said(format!("chat-3000={}", Secret::new(Kind::Bot, [1; 32]).expose())), "not a session's");
        assert!(!said("chat-3000=".to_owned()));
    }
}
