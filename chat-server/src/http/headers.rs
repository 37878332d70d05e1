//! What a browser may do with what we send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use warp::reply::Response;

use super::origin::Names;

/// The same on every answer.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The content security policy, but for the page's own inline import map.
#[derive(Debug)]
pub(crate) struct Policy {
    connect: String,
}

impl Policy {
    pub(crate) fn new(names: &Names) -> Self {
        // Not every browser takes 'self' to hold for the WebSocket. The grammar has no IPv6 addresses.
        let sockets =
            names.iter().map(super::origin::PublicUrl::socket).filter(|socket| !socket.contains('['));
        Self { connect: sockets.fold("'self'".to_owned(), |all, socket| format!("{all} {socket}")) }
    }

    /// The policy of a page whose inline import map (if it has one) is `import_map`.
    pub(crate) fn content(&self, import_map: Option<&str>) -> HeaderValue {
        let inline = import_map.map_or_else(String::new, |text| {
            format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
        });
        let connect = &self.connect;
        let policy = format!(
            "default-src 'none'; script-src 'self'{inline}; style-src 'self'; img-src 'self' data: blob:; \
             media-src 'self' blob:; connect-src {connect}; font-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'"
        );
        HeaderValue::try_from(policy).expect("hosts and base64 are visible ASCII")
    }

    /// Adds what is not there yet.
    pub(crate) fn secure(&self, mut response: Response) -> Response {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // Not a document.
            return response;
        }
        let headers = response.headers_mut();
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| self.content(None));
        response
    }
}

/// The text of a page's inline import map.
pub(crate) fn import_map(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<script type=\"importmap\">")?;
    rest.split_once("</script>").map(|(map, _)| map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_import_map_is_allowed_by_its_hash_and_nothing_else_inline() {
        let page = "<html><script type=\"importmap\">{\"imports\":{}}</script><script src=\"a\"></script>";
        let names = Names::new(&[], "127.0.0.1:3000".parse().unwrap());
        let policy = Policy::new(&names).content(import_map(page));
        let policy = policy.to_str().unwrap();
        // printf '{"imports":{}}' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("script-src 'self' 'sha256-URrTy+Il/Nz0lHojVUx275hWqAWhkSF0VsHbUM4/6Hw=';"),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self' ws://localhost:3000 ws://127.0.0.1:3000;"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
