//! Links that can be clicked, where the terminal has `OSC 8`.
//!
//! An escape sequence within a cell would be counted as characters wherever text is measured, cut and compared. So a
//! cell of a link only has a number in it, in the place of the underline's colour, which nothing else here uses; the
//! addresses are kept beside, and whoever writes the cells to the terminal writes the sequences around them. What lies
//! over a link, moves or cuts it needs to know nothing of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use ratatui::style::Color;

/// The longest address, in bytes; what browsers and terminals agree on.
const LONGEST: usize = 2083;
/// So many addresses are known at most. One that is known keeps its number: cells are compared by it.
const MOST: usize = 2048;
/// In the underline's colour, the first byte of what is no colour.
const LINK: u8 = 2;
/// Where links may lead.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// The addresses of links that were drawn.
#[derive(Debug, Default)]
pub struct Links {
    known: RefCell<Known>,
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<Arc<str>, u16>,
    addresses: Vec<Arc<str>>,
}

impl Links {
    /// What is put into the cells of a link; `None` where it leads nowhere that one may go by clicking.
    pub fn mark(&self, href: &str) -> Option<Color> {
        let address = address(href)?;
        let known = &mut *self.known.borrow_mut();
        let number = match known.numbers.get(address.as_str()) {
            Some(number) => *number,
            None if known.addresses.len() >= MOST => return None,
            None => {
                let number = u16::try_from(known.addresses.len()).ok()?;
                let address: Arc<str> = address.into();
                known.addresses.push(Arc::clone(&address));
                known.numbers.insert(address, number);
                number
            }
        };
        let [high, low] = number.to_be_bytes();
        Some(Color::Rgb(LINK, high, low))
    }

    /// The number and the address of a link, by what stands in its cells.
    pub fn of(&self, colour: Color) -> Option<(u16, Arc<str>)> {
        let number = number(colour)?;
        let address = self.known.borrow().addresses.get(usize::from(number)).cloned()?;
        Some((number, address))
    }

    /// There is no room for more: they are to be forgotten, and all that is shown drawn anew.
    pub fn is_full(&self) -> bool {
        self.known.borrow().addresses.len() >= MOST
    }

    /// Forgets all of them.
    pub fn forget(&self) {
        self.known.take();
    }
}

/// The number of the link that a cell belongs to.
pub fn number(colour: Color) -> Option<u16> {
    match colour {
        Color::Rgb(LINK, high, low) => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// An address fit to be written: printable ASCII alone, of web pages and mailboxes, and not too long.
fn address(href: &str) -> Option<String> {
    let starts =
        |scheme: &&str| href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if href.len() > LONGEST || !SCHEMES.iter().any(starts) {
        return None;
    }
    let mut address = String::with_capacity(href.len());
    for byte in href.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    (address.len() <= LONGEST).then_some(address)
}

/// Whether the terminal can be given links, by what the environment tells, a variable at a time. Most that cannot show
/// them pass over them.
pub fn are_possible(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).unwrap_or_default();
    let term = set("TERM");
    let in_screen = set("TMUX").is_empty() && (!set("STY").is_empty() || term.starts_with("screen"));
    // Those made with an old VTE did not pass over them, and worse.
    let old = set("VTE_VERSION").parse::<u32>().is_ok_and(|version| version < 5000);
    !matches!(term.as_str(), "" | "dumb" | "linux") && !in_screen && !old
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_addresses_that_one_may_go_to_are_links() {
        for (href, written) in [
            ("https://example.org/a?b=c;d#e", Some("https://example.org/a?b=c;d#e")),
            ("HTTP://example.org", Some("HTTP://example.org")),
            ("mailto:ana@example.org", Some("mailto:ana@example.org")),
            ("https://bücher.example/ä b", Some("https://b%C3%BCcher.example/%C3%A4%20b")),
            ("https://x/\u{1b}]8;;\u{7}\u{9c}", Some("https://x/%1B]8;;%07%C2%9C")),
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("//example.org", None),
            ("", None),
        ] {
            assert_eq!(address(href).as_deref(), written, "{href:?}");
        }
        assert_eq!(address(&format!("https://{}", "a".repeat(LONGEST))), None);
        assert_eq!(address(&format!("https://{}", "ä".repeat(LONGEST / 4))), None);
    }

    #[test]
    fn a_link_keeps_its_number_and_all_have_an_end() {
        let links = Links::default();
        let one = links.mark("https://one.example").unwrap();
        let two = links.mark("https://two.example").unwrap();
        assert_ne!(one, two);
        assert_eq!(links.mark("https://one.example"), Some(one));
        assert_eq!(links.of(two), Some((1, "https://two.example".into())));
        assert_eq!(
            (links.of(Color::Reset), links.of(Color::Rgb(2, 9, 9)), number(Color::Red)),
            (None, None, None)
        );
        for n in 0..MOST {
            links.mark(&format!("https://{n}.example"));
        }
        assert!(links.is_full() && links.mark("https://more.example").is_none());
        assert_eq!(links.mark("https://one.example"), Some(one), "what is known stays");
        links.forget();
        assert!(!links.is_full() && links.of(one).is_none());
    }

    #[test]
    fn terminals_that_would_stumble_get_none() {
        let can = |variables: &[(&str, &str)]| {
            are_possible(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(can(&[("TERM", "xterm-256color")]) && can(&[("TERM", "xterm"), ("VTE_VERSION", "7600")]));
        assert!(can(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x,1,0")]));
        for variables in [&[("TERM", "dumb")][..], &[("TERM", "linux")], &[("TERM", "screen")], &[]] {
            assert!(!can(variables), "{variables:?}");
        }
        assert!(!can(&[("TERM", "xterm"), ("VTE_VERSION", "4803")]));
    }

    proptest! {
        #[test]
        fn whatever_a_link_says_its_address_is_printable(href in "(https://|mailto:)[\\x00-\\x7f\\x{80}-\\x{9f} ä語]{0,60}|.{0,80}") {
            if let Some(address) = address(&href) {
                prop_assert!(address.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(address.len() <= LONGEST);
            }
        }
    }
}
