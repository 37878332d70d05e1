//! The page and what it loads: embedded in the binary, or read from a directory for live editing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use warp::Reply;
use warp::reply::Response;

use super::headers::{Policy, import_map};

const INDEX: &str = "index.html";

/// What belongs to the page, and not its tests and tools.
#[derive(RustEmbed)]
#[folder = "../web/"]
#[include = "index.html"]
#[include = "manifest.webmanifest"]
#[include = "css/*"]
#[include = "fonts/*"]
#[include = "img/*"]
#[include = "js/*"]
#[include = "vendor/*"]
#[exclude = "*.d.ts"]
struct Embedded;

/// The files that are served, by their path without the leading `/`.
#[derive(Debug)]
pub(crate) enum Assets {
    /// As they were when this program was built.
    Embedded(HashMap<String, Asset>),
    /// As they are now in this directory.
    Directory(PathBuf),
}

/// One file, and what is told with it.
#[derive(Debug)]
pub(crate) struct Asset {
    bytes: Bytes,
    /// `None` where compressing gains nothing; made when it is first asked for.
    gzip: OnceLock<Option<Bytes>>,
    hash: String,
    content_type: &'static str,
    import_map: Option<String>,
}

impl Assets {
    pub(crate) fn embedded() -> Self {
        let files = Embedded::iter().filter_map(|path| {
            let bytes = match Embedded::get(&path)?.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            let asset = Asset::new(&path, bytes)?;
            Some((path.into_owned(), asset))
        });
        Self::Embedded(files.collect())
    }

    pub(crate) fn directory(path: PathBuf) -> Self {
        Self::Directory(path)
    }

    /// The answer to a request for `path`; `None` where there is nothing.
    pub(crate) fn reply(&self, path: &str, asked: &HeaderMap, policy: &Policy) -> Option<Response> {
        let path = path.strip_prefix('/')?;
        let path = if path.is_empty() || is_place(path) { INDEX } else { path };
        match self {
            Self::Embedded(files) => files.get(path).map(|asset| asset.reply(asked, policy)),
            Self::Directory(root) => read(root, path).map(|asset| asset.reply(asked, policy)),
        }
    }
}

impl Asset {
    /// `None` for a kind of file that a page does not load.
    fn new(path: &str, bytes: Bytes) -> Option<Self> {
        let content_type = content_type(path)?;
        let digest = Sha256::digest(&bytes);
        let hash = digest[..16].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let import_map = if content_type.starts_with("text/html") {
            std::str::from_utf8(&bytes).ok().and_then(import_map).map(str::to_owned)
        } else {
            None
        };
        Some(Self { bytes, gzip: OnceLock::new(), hash, content_type, import_map })
    }

    fn reply(&self, asked: &HeaderMap, policy: &Policy) -> Response {
        let gzip = self.gzip().filter(|_| accepts_gzip(asked));
        let etag =
            if gzip.is_some() { format!("\"{}-gz\"", self.hash) } else { format!("\"{}\"", self.hash) };
        let mut response = if is_known(asked, &etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(gzip.unwrap_or(&self.bytes).clone().into());
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if gzip.is_some() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, HeaderValue::try_from(etag).expect("hexadecimal digits in quotes"));
        // The names say no version: a browser keeps the files, and asks each time whether they are still the same.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if self.content_type.starts_with("text/html") {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy.content(self.import_map.as_deref()));
        }
        response
    }

    fn gzip(&self) -> Option<&Bytes> {
        let compress = || {
            if !is_text(self.content_type) {
                return None;
            }
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&self.bytes).ok()?;
            let compressed = encoder.finish().ok()?;
            (compressed.len() < self.bytes.len()).then(|| compressed.into())
        };
        self.gzip.get_or_init(compress).as_ref()
    }
}

/// Whether a path names a room, or a message in it (`r/ROOM/SEQ`), which the page finds.
fn is_place(path: &str) -> bool {
    let Some(place) = path.strip_prefix("r/") else { return false };
    let (room, seq) = place.split_once('/').unwrap_or((place, "1"));
    !room.is_empty() && !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit())
}

/// A file of the directory, which may change at any time. Only plain paths below the directory are files.
fn read(root: &Path, path: &str) -> Option<Asset> {
    let relative = Path::new(path);
    let hidden = path.split('/').any(|part| part.starts_with('.') || part == "node_modules");
    if hidden
        || path.contains('\\')
        || !relative.components().all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let file = root.join(relative).canonicalize().ok()?;
    if !file.starts_with(root.canonicalize().ok()?) || !file.is_file() {
        return None;
    }
    Asset::new(path, std::fs::read(file).ok()?.into())
}

fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "LICENSE" | "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/") || matches!(content_type, "application/json" | "image/svg+xml")
}

fn accepts_gzip(asked: &HeaderMap) -> bool {
    let mut codings = asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        let refused = parts.any(|part| {
            part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|quality| quality <= 0.0))
        });
        named && !refused
    })
}

/// Whether the browser has this very file.
pub(super) fn is_known(asked: &HeaderMap, etag: &str) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
