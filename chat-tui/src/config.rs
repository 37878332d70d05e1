//! Settings: from flags and environment, else from the file, else the defaults.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protocol::ids::RoomKey;
use protocol::names::{self, NameError};
use serde::Deserialize;
use thiserror::Error;

use crate::app::pictures::Choice;
use crate::cli::Options;
use crate::net::{Address, AddressError, Authorities};

/// The server where none is named.
const URL: &str = "http://localhost:3000";

/// Everything settled.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server.
    pub address: Address,
    /// The name to go by, where one is set.
    pub name: Option<String>,
    /// Whether that was said on the command line or in the environment, for this start.
    pub name_is_explicit: bool,
    /// The room to go to.
    pub room: Option<RoomKey>,
    /// How pictures of messages are shown.
    pub images: Choice,
    /// Whether links can be clicked where the terminal can do that.
    pub links: bool,
    /// The profile's directory.
    pub profile: PathBuf,
    /// Whether the profile was named, rather than being the server's own.
    pub profile_is_named: bool,
}

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// The file is not what it should be.
    #[error("the settings in {0} are wrong: {1}")]
    Wrong(PathBuf, toml::de::Error),
    /// The server's address.
    #[error(transparent)]
    Url(#[from] AddressError),
    /// Whom to trust.
    #[error("cannot read the certificates in {0}: {1}")]
    Certificates(PathBuf, String),
    /// The name.
    #[error("the name {0:?}: {1}")]
    Name(String, NameError),
    /// The room's name.
    #[error("the room {0:?}: {1}")]
    Room(String, NameError),
    /// The profile's name.
    #[error("the profile {0:?}: a profile's name is made of letters, digits, '-', '_' and '.'")]
    Profile(String),
    /// How pictures are shown.
    #[error("images = {0:?}: write auto, kitty, iterm, sixel, blocks or off")]
    Images(String),
    /// There is no place for files.
    #[error("neither XDG_STATE_HOME nor HOME is set, so there is no place to keep anything")]
    Homeless,
}

/// The file, as written by a person.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: Option<String>,
    name: Option<String>,
    room: Option<String>,
    profile: Option<String>,
    ca_file: Option<PathBuf>,
    images: Option<Images>,
    links: Option<bool>,
}

/// `true`, `false`, or how: as `/images` takes it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Images {
    Shown(bool),
    How(String),
}

impl Images {
    fn choice(self) -> Result<Choice, ConfigError> {
        match self {
            Self::Shown(true) => Ok(Choice::Auto),
            Self::Shown(false) => Ok(Choice::Off),
            Self::How(how) => Choice::named(&how).ok_or(ConfigError::Images(how)),
        }
    }
}

impl Config {
    /// Settles everything.
    pub fn settle(options: &Options) -> Result<Self, ConfigError> {
        let written = read(options.config.as_deref())?;
        let url = options.url.clone().or(written.url);
        let mut address = Address::parse(url.as_deref().unwrap_or(URL))?;
        if let Some(path) = options.ca_file.clone().or(written.ca_file) {
            let authorities = Authorities::read(&path);
            address = address.trusting(authorities.map_err(|why| ConfigError::Certificates(path, why))?);
        }
        let name = options.name.clone().or(written.name);
        let name = name
            .map(|name| names::name(&name).map_err(|error| ConfigError::Name(name, error)))
            .transpose()?;
        let room = options.room.clone().or(written.room);
        let room = room
            .map(|room| RoomKey::new(&room).map_err(|error| ConfigError::Room(room, error)))
            .transpose()?;
        let named = options.profile.clone().or(written.profile);
        let profile_is_named = named.is_some();
        let profile = match named {
            Some(profile) => names::room_key(&profile).map_err(|_| ConfigError::Profile(profile))?,
            None => address.profile(),
        };
        let state = xdg("XDG_STATE_HOME", ".local/state").ok_or(ConfigError::Homeless)?;
        Ok(Self {
            address,
            name,
            name_is_explicit: options.name.is_some(),
            room,
            images: written.images.map(Images::choice).transpose()?.unwrap_or_default(),
            links: written.links.unwrap_or(true),
            profile: state.join("chat-tui").join(profile),
            profile_is_named,
        })
    }
}

fn read(path: Option<&Path>) -> Result<Written, ConfigError> {
    let default = xdg("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("chat-tui/config.toml"));
    let Some(file) = path.map(Path::to_owned).or(default) else { return Ok(Written::default()) };
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        // A file that was asked for must be there; the usual one need not.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_none() => {
            return Ok(Written::default());
        }
        Err(error) => return Err(ConfigError::Unreadable(file, error)),
    };
    toml::from_str(&text).map_err(|error| ConfigError::Wrong(file, error))
}

/// An XDG directory; relative ones are ignored, as the specification says.
fn xdg(variable: &str, under_home: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| Some(PathBuf::from(env::var_os("HOME").filter(|home| !home.is_empty())?).join(under_home)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphics::Way;

    fn settle(file: &str, options: Options) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, file).unwrap();
        Config::settle(&Options { config: Some(path), ..options })
    }

    #[test]
    fn flags_come_before_the_file_and_the_file_before_the_defaults() {
        let config = settle("", Options::default()).unwrap();
        assert_eq!((config.address.to_string().as_str(), config.name), (URL, None));
        let file = "url = \"https://chat.example\"\nname = \"ana\"\nroom = \"Ops\"\n";
        let options = Options { name: Some("bo".to_owned()), ..Options::default() };
        let config = settle(file, options).unwrap();
        assert_eq!(config.address.to_string(), "https://chat.example");
        assert_eq!((config.name.as_deref(), config.name_is_explicit), (Some("bo"), true));
        assert_eq!(config.room.unwrap().as_str(), "ops");
        assert!(config.profile.ends_with("chat-tui/tls-chat.example"));
    }

    #[test]
    fn pictures_are_shown_as_it_is_written() {
        for (file, images) in [
            ("", Choice::Auto),
            ("images = true", Choice::Auto),
            ("images = false", Choice::Off),
            ("images = \"sixel\"", Choice::By(Way::Sixel)),
        ] {
            let config = settle(file, Options::default()).unwrap();
            assert_eq!((config.images, config.links), (images, true), "{file}");
        }
        assert!(!settle("links = false", Options::default()).unwrap().links);
    }

    #[test]
    fn mistakes_are_named() {
        let profile = |name: &str| Options { profile: Some(name.to_owned()), ..Options::default() };
        for (file, options, part) in [
            ("colour = 1", Options::default(), "colour"),
            ("url = 7", Options::default(), "config.toml"),
            ("url = \"ftp://x\"", Options::default(), "must begin with"),
            ("name = \"a b\"", Options::default(), "' ' is none"),
            ("", profile("../../etc"), "profile"),
            ("images = \"ascii\"", Options::default(), "write auto, kitty"),
            ("images = 7", Options::default(), "config.toml"),
        ] {
            let error = settle(file, options).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let missing = Options { config: Some("/nowhere/config.toml".into()), ..Options::default() };
        assert!(matches!(Config::settle(&missing), Err(ConfigError::Unreadable(..))));
    }
}
