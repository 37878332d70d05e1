//! What the server is told: flags before the environment before the file before the defaults.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use protocol::people::{Guests, Registration};
use serde::Deserialize;

use crate::cli::{Flags, GuestsName, RegistrationName};
use crate::core::networks::Network;
use crate::error::Error;
use crate::files::Limits;
use crate::http::origin::PublicUrl;
use crate::serve::Bounds;
use crate::size::ByteSize;
use crate::store::Durability;

/// All that can be set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Under which URLs people come; empty: this machine's own names at the port.
    pub public_urls: Vec<PublicUrl>,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// When a message counts as stored.
    pub durability: Durability,
    /// Whether what anybody may send in a time is limited.
    pub rate_limits: bool,
    /// Where the page is read from, if not from this program.
    pub web_dir: Option<PathBuf>,
    /// Proxies that are believed when they say who asks.
    pub trusted_proxies: Vec<Network>,
    /// Whether guests are let in.
    pub guests: Guests,
    /// Who may make an account.
    pub registration: Registration,
    /// What is logged.
    pub log: String,
    /// What anybody may hold.
    pub bounds: Bounds,
    /// What files may take.
    pub files: Limits,
}

/// The file, with the names of the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Settings {
    listen: Option<SocketAddr>,
    public_url: Option<OneOrMore<PublicUrl>>,
    trusted_proxy: Option<OneOrMore<Network>>,
    guests: Option<GuestsName>,
    registration: Option<RegistrationName>,
    data_dir: Option<PathBuf>,
    durability: Option<Durability>,
    no_rate_limits: Option<bool>,
    max_connections: Option<u32>,
    max_file: Option<ByteSize>,
    max_files_per_user: Option<ByteSize>,
    keep_free: Option<ByteSize>,
    web_dir: Option<PathBuf>,
    log: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected what the flag takes, like \"http://chat.example.org\" or \"10.0.0.0/8\", or a list of them"
)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    /// What the flags say, or else what the file does.
    fn or(flags: Vec<T>, file: Option<Self>) -> Vec<T> {
        match file {
            Some(Self::One(one)) if flags.is_empty() => vec![one],
            Some(Self::More(more)) if flags.is_empty() => more,
            _ => flags,
        }
    }
}

impl Config {
    /// The defaults, with everything in `data_dir`.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 3000).into(),
            public_urls: Vec::new(),
            data_dir,
            durability: Durability::Full,
            rate_limits: true,
            web_dir: None,
            trusted_proxies: Vec::new(),
            guests: Guests::default(),
            registration: Registration::default(),
            log: "info".to_owned(),
            bounds: Bounds::default(),
            files: Limits::default(),
        }
    }

    /// From the flags (which hold the environment already), the file that they name and the defaults.
    pub fn load(flags: Flags) -> Result<Self, Error> {
        let file = flags.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
        let data_dir = match flags.data_dir.or(file.data_dir) {
            Some(dir) => dir,
            None => default_data_dir(|name| env::var_os(name).map(PathBuf::from))?,
        };
        let mut config = Self::new(data_dir);
        config.listen = flags.listen.or(file.listen).unwrap_or(config.listen);
        config.public_urls = OneOrMore::or(flags.public_urls, file.public_url);
        config.trusted_proxies = OneOrMore::or(flags.trusted_proxies, file.trusted_proxy);
        config.guests = flags.guests.or(file.guests).map_or(config.guests, Guests::from);
        config.registration =
            flags.registration.or(file.registration).map_or(config.registration, Registration::from);
        config.durability = flags.durability.or(file.durability).unwrap_or_default();
        config.rate_limits = !flags.no_rate_limits.or(file.no_rate_limits).unwrap_or(false);
        config.web_dir = flags.web_dir.or(file.web_dir);
        config.log = flags.log.or(file.log).unwrap_or(config.log);
        if let Some(connections) = flags.max_connections.or(file.max_connections) {
            config.bounds.connections = connections as usize;
        }
        let files = &mut config.files;
        for (said, limit) in [
            (flags.max_file.or(file.max_file), &mut files.file),
            (flags.max_files_per_user.or(file.max_files_per_user), &mut files.per_user),
            (flags.keep_free.or(file.keep_free), &mut files.keep_free),
        ] {
            *limit = said.map_or(*limit, |size| size.0);
        }
        config.check()?;
        Ok(config)
    }

    /// Whether what is said could be read on the way: neither on this machine alone nor behind TLS.
    pub fn is_exposed(&self) -> bool {
        let secure = !self.public_urls.is_empty() && self.public_urls.iter().all(PublicUrl::is_secure);
        !self.listen.ip().is_loopback() && !secure
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |reason: String| Err(Error::Config(reason));
        if !self.rate_limits && !self.listen.ip().is_loopback() {
            return wrong(format!(
                "--no-rate-limits is only for --listen on this machine, not {}",
                self.listen
            ));
        }
        if self.bounds.connections == 0 {
            return wrong("--max-connections must be at least 1".to_owned());
        }
        match &self.web_dir {
            Some(dir) if !dir.join("index.html").is_file() => {
                wrong(format!("--web-dir {} holds no index.html", dir.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Settings {
    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = crate::store::directory::reason(&error);
            Error::Config(format!("cannot read the configuration {}: {reason}", path.display()))
        })?;
        Self::parse(&text)
            .map_err(|(line, reason)| Error::Config(format!("{}, line {line}: {reason}", path.display())))
    }

    /// The error is the line, from 1, and what is wrong there.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.bytes().take(start).filter(|&byte| byte == b'\n').count() + 1;
            (line, error.message().lines().collect::<Vec<_>>().join(" "))
        })
    }
}

fn default_data_dir(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, Error> {
    // The specification says that a relative XDG_DATA_HOME is to be ignored.
    variable("XDG_DATA_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").filter(|path| path.is_absolute()).map(|home| home.join(".local/share")))
        .map(|base| base.join("chat-server"))
        .ok_or_else(|| {
            Error::Config("there is no home directory: say where to keep the data with --data-dir".into())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chat.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_flag_goes_before_the_file_and_that_before_the_default() {
        let (_dir, path) = file(
            "listen = \"127.0.0.1:4000\"\npublic-url = \"http://a.example\"\ndata-dir = \"/file\"\ndurability = \"normal\"\nno-rate-limits = true\n",
        );
        let config = Config::load(Flags {
            config: Some(path.clone()),
            listen: Some("127.0.0.1:5000".parse().unwrap()),
            public_urls: vec!["http://b.example".parse().unwrap()],
            no_rate_limits: Some(false),
            ..Flags::default()
        })
        .unwrap();
        assert_eq!(config.listen.port(), 5000);
        assert_eq!(config.public_urls, ["http://b.example".parse().unwrap()]);
        assert_eq!(config.data_dir, Path::new("/file"));
        assert_eq!(config.durability, Durability::Normal);
        assert!(config.rate_limits);
        assert_eq!(config.log, "info");
        let config = Config::load(Flags { config: Some(path), ..Flags::default() }).unwrap();
        assert_eq!(config.public_urls, ["http://a.example".parse().unwrap()]);
        assert!(!config.rate_limits);
    }

    #[test]
    fn a_wrong_file_is_named_with_the_line() {
        for (text, words) in [
            ("\nlistne = \"x\"\n", "line 2: unknown field `listne`"),
            ("log = \"info\"\nlisten = \"nowhere\"\n", "line 2: "),
            ("public-url = [\"chat.example.org\"]\n", "line 1: expected what the flag takes"),
            ("listen = \n", "line 1: "),
        ] {
            let (_dir, path) = file(text);
            let error = Config::load(Flags { config: Some(path), ..Flags::default() }).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let message = error.to_string();
            assert!(message.contains("chat.toml") && message.contains(words), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }

    #[test]
    fn limits_are_lifted_on_this_machine_only() {
        let flags = |listen: &str| Flags {
            listen: Some(listen.parse().unwrap()),
            data_dir: Some("/x".into()),
            no_rate_limits: Some(true),
            ..Flags::default()
        };
        assert!(Config::load(flags("127.0.0.1:0")).is_ok());
        assert!(Config::load(flags("0.0.0.0:0")).unwrap_err().to_string().contains("--no-rate-limits"));
    }

    #[test]
    fn the_data_directory_follows_the_xdg_rules() {
        let with = |xdg: Option<&str>, home: Option<&str>| {
            default_data_dir(|name| match name {
                "XDG_DATA_HOME" => xdg.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            })
        };
        assert_eq!(with(Some("/d"), Some("/h")).unwrap(), Path::new("/d/chat-server"));
        assert_eq!(with(Some("d"), Some("/h")).unwrap(), Path::new("/h/.local/share/chat-server"));
        assert_eq!(with(None, None).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn exposure_without_tls_is_known() {
        let mut config = Config::new("/x".into());
        assert!(!config.is_exposed());
        config.listen = "0.0.0.0:3000".parse().unwrap();
        assert!(config.is_exposed());
        config.public_urls = vec!["https://a.example".parse().unwrap()];
        assert!(!config.is_exposed());
    }
}
