//! What a file may be called: one name without a path, that means nothing to a shell, a terminal or a file system.
//!
//! ```
//! use protocol::file_name::safe;
//!
//! assert_eq!(safe("holiday photo.jpg"), "holiday photo.jpg");
//! assert_eq!(safe("../../etc/passwd"), "passwd");
//! assert_eq!(safe("C:\\x\\NUL"), "_NUL");
//! assert_eq!(safe("annual\u{202e}gpj.exe"), "annual_gpj.exe");
//! ```

use unicode_normalization::UnicodeNormalization as _;

use crate::limits::FILE_NAME_BYTES;
use crate::safe_text;

/// What a file is called of whose name nothing is left.
const NAMELESS: &str = "file";
/// The bytes of an ending that is kept where a name is cut.
const ENDING_BYTES: usize = 16;
/// Names that are devices on some systems, whatever ending they have.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// What is safe of a name, at most [`FILE_NAME_BYTES`] bytes and never empty; a safe name is left as it is.
///
/// No path, no control characters, nothing that changes the direction of text, none of `<>:"|?*`; it begins with no dot,
/// dash, tilde or space, ends with no dot or space, and is no device.
pub fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).map(str::trim).find(|part| !part.is_empty()).unwrap_or_default();
    let composed: String = last.nfc().collect();
    let plain: String = safe_text::line(&composed)
        .chars()
        .map(|c| if c == safe_text::MARK || r#"<>:"|?*/\"#.contains(c) { '_' } else { c })
        .collect();
    let mut kept = cut(trim(&plain));
    let stem = kept.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_port = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port)
            .is_some_and(|number| number.chars().count() == 1 && !number.starts_with(char::is_alphabetic))
    });
    if is_port || DEVICES.contains(&stem.as_str()) {
        kept = cut(&format!("_{kept}"));
    }
    if kept.is_empty() { NAMELESS.to_owned() } else { kept }
}

fn trim(name: &str) -> &str {
    let leads = |c: char| c.is_whitespace() || matches!(c, '.' | '-' | '~');
    name.trim_start_matches(leads).trim_end_matches(|c: char| c.is_whitespace() || c == '.')
}

/// At most so many bytes as a name may have, with its ending where it has a short one.
fn cut(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= ENDING_BYTES { ending } else { "" };
    let mut end = FILE_NAME_BYTES - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let stem = name[..end].trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in
            ["report.pdf", "Übersicht (3).ods", "写真.jpg", "archive.tar.gz", "Makefile", "a b", "100%.txt"]
        {
            assert_eq!(safe(name), name);
        }
    }

    #[test]
    fn f01_hostile_names_become_harmless() {
        for (name, kept) in [
            ("../../x", "x"),
            ("..\\..\\x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\windows\\win.ini", "win.ini"),
            ("C:x", "C_x"),
            ("a\0b.txt", "a_b.txt"),
            ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
            (".bashrc", "bashrc"),
            ("--help", "help"),
            ("~root", "root"),
            ("x/", "x"),
            (".", "file"),
            ("..", "file"),
            ("", "file"),
            (" \u{200b} ", "file"),
            ("..%2f..%2fx", "%2f..%2fx"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("LPT1.pdf", "_LPT1.pdf"),
            ("com².x", "_com².x"),
            ("comma.x", "comma.x"),
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
            ("\u{1b}]0;x\u{7}y", "_]0;x_y"),
            ("a\"b", "a_b"),
            ("name. ", "name"),
        ] {
            assert_eq!(safe(name), kept, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = safe(&format!("{}.jpeg", "é".repeat(2000)));
        assert!(long.len() <= FILE_NAME_BYTES && long.ends_with("é.jpeg"), "{long}");
        assert!(safe(&"x".repeat(4096)).len() == FILE_NAME_BYTES);
        assert!(safe(&format!("x.{}", "y".repeat(4096))).len() <= FILE_NAME_BYTES);
    }

    proptest::proptest! {
        #[test]
        fn a_safe_name_is_harmless_and_stays(name in ".{0,300}") {
            let kept = safe(&name);
            proptest::prop_assert!(!kept.is_empty() && kept.len() <= FILE_NAME_BYTES);
            proptest::prop_assert!(!kept.contains(['/', '\\', '\0', '\n', '\r', '"', ':']));
            proptest::prop_assert!(!kept.starts_with(['.', '-', '~', ' ']));
            proptest::prop_assert!(!kept.chars().any(char::is_control));
            proptest::prop_assert_eq!(safe(&kept), kept);
        }
    }
}
