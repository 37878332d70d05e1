//! What a file is, by its first bytes: neither its name nor whoever uploads it is asked.

/// So many bytes are looked at.
pub(crate) const HEAD: usize = 4096;

/// What nothing is known of.
pub(crate) const BINARY: &str = "application/octet-stream";

const TEXT: &str = "text/plain";

/// Bytes at a place, and the media type that they tell.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP8", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypqt  ", "video/quicktime"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\0asm", "application/wasm"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
];

/// How texts begin that a browser would not just show.
const MARKUP: &[(&str, &str)] = &[
    ("<svg", "image/svg+xml"),
    ("<?xml", "application/xml"),
    ("<!doctype svg", "image/svg+xml"),
    ("<!doctype html", "text/html"),
    ("<html", "text/html"),
    ("<head", "text/html"),
    ("<body", "text/html"),
    ("<script", "text/html"),
    ("<iframe", "text/html"),
    ("<style", "text/html"),
    ("<title", "text/html"),
    ("<table", "text/html"),
    ("<div", "text/html"),
    ("<p>", "text/html"),
    ("<a ", "text/html"),
    ("<b>", "text/html"),
    ("<h1", "text/html"),
    ("<br", "text/html"),
    ("<img", "text/html"),
    ("<font", "text/html"),
    ("<!--", "text/html"),
];

/// Kinds that a browser only shows or plays, beside plain text. All others are only ever downloads.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    TEXT,
];

/// The media type of a file that begins so (up to [`HEAD`] bytes of it) and has so many bytes.
pub(crate) fn kind(head: &[u8], size: u64) -> &'static str {
    let at = |place: usize, bytes: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(bytes));
    // What stands at the eighth byte is in one kind of container.
    let fits =
        |&&(place, bytes, _): &&(usize, &[u8], &str)| at(place, bytes) && (place != 8 || at(0, b"RIFF"));
    if let Some(&(_, _, kind)) = SIGNATURES.iter().find(fits) {
        return kind;
    }
    if at(0, b"\x1a\x45\xdf\xa3") {
        let names = |word: &[u8]| head.windows(word.len()).take(64).any(|window| window == word);
        return if names(b"webm") { "video/webm" } else { "video/x-matroska" };
    }
    if at(0, b"OggS") {
        return if head.get(28..).is_some_and(|rest| rest.starts_with(b"\x80theora")) {
            "video/ogg"
        } else {
            "audio/ogg"
        };
    }
    // Two frames of MPEG audio begin alike; the second is not looked for, but what else begins so is no text.
    if head.len() > 2 && head[0] == 0xff && matches!(head[1], 0xfa | 0xfb | 0xf2 | 0xf3) {
        return "audio/mpeg";
    }
    text(head, size).unwrap_or(BINARY)
}

/// Whether a browser may show such a file itself, rather than only keep it.
pub(crate) fn is_shown(kind: &str) -> bool {
    SHOWN.contains(&kind)
}

/// Whether a small picture can be made of such a file.
pub(crate) fn is_picture(kind: &str) -> bool {
    matches!(kind, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

fn text(head: &[u8], size: u64) -> Option<&'static str> {
    let said = match std::str::from_utf8(head) {
        Ok(said) => said,
        // The head may end within a character, where the file goes on.
        Err(error) if error.error_len().is_none() && size > head.len() as u64 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    // Escapes are kept: pasted output of terminals has them.
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{8}' | '\u{1b}');
    if said.chars().any(is_odd) {
        return None;
    }
    let begins = said.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_like = |tag: &str| begins.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let markup = MARKUP.iter().find(|(tag, _)| is_like(tag)).map(|&(_, kind)| kind);
    if markup == Some("application/xml") && contains(begins, "<svg") {
        return Some("image/svg+xml");
    }
    Some(markup.unwrap_or(TEXT))
}

fn contains(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> &'static str {
        kind(&bytes[..bytes.len().min(HEAD)], bytes.len() as u64)
    }

    #[test]
    fn kinds_are_told_by_content() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (b"\0\0\0\x20ftypisom", "video/mp4"),
            (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
            (b"OggS\0\x02", "audio/ogg"),
            (b"\xff\xfb\x90\x64", "audio/mpeg"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04", "application/zip"),
            (b"hello\n", "text/plain"),
            ("größe \u{1b}[31mred".as_bytes(), "text/plain"),
            (b"", "text/plain"),
            (b"\0\0\0", BINARY),
            (b"\xfe\xff\0a", BINARY),
            (b"a\xff", BINARY),
        ] {
            assert_eq!(of(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn w06_risky_kinds_are_only_downloads() {
        for bytes in [
            &b"<!DOCTYPE html><script>alert(1)</script>"[..],
            b"\xef\xbb\xbf \n<HTML>",
            b"<script>",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
            b"<?xml version='1.0'?><SVG/>",
            b"<?xml version='1.0'?><x/>",
            b"<!-- x --><html>",
            b"%PDF-1.4",
            b"\0asm\x01\0\0\0",
            b"MZ\x90\0",
            b"PK\x03\x04",
        ] {
            assert!(!is_shown(of(bytes)), "{:?} {}", String::from_utf8_lossy(bytes), of(bytes));
        }
        for bytes in [&b"GIF89a"[..], b"alert(1)", b"ID3\x03"] {
            assert!(is_shown(of(bytes)), "{bytes:?}");
        }
    }

    #[test]
    fn a_character_may_be_cut_by_the_heads_end() {
        let text = "x".repeat(HEAD - 1) + "é";
        assert_eq!(of(text.as_bytes()), "text/plain");
        assert_eq!(kind("é".as_bytes().split_last().unwrap().1, 1), BINARY, "the file itself ends there");
    }
}
