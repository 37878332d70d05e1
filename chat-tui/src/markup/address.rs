//! Addresses: which of them a link may have, and where one begins and ends in a text.

use protocol::safe_text;

use super::ADDRESS_BYTES;

/// Brackets inside each other, in the address of a link.
const BRACKETS: u32 = 32;

/// An address found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) href: String,
    /// The bytes of the text that it took.
    pub(super) used: usize,
}

/// Whether a link may lead there.
pub(super) fn is_allowed(address: &str) -> bool {
    let leads =
        ["http://", "https://", "mailto:"].iter().any(|scheme| begins(address, scheme) < address.len());
    leads && address.len() <= ADDRESS_BYTES && !address.chars().any(ends_address)
}

/// What stands in angle brackets at the begin of a text: an address or that of a mailbox.
pub(super) fn in_angles(text: &str) -> Option<Found> {
    let text = text.strip_prefix('<')?;
    let end = text.bytes().take(ADDRESS_BYTES + 1).position(|byte| b"<> \n".contains(&byte))?;
    let address = text[end..].starts_with('>').then(|| &text[..end])?;
    let href = if is_mailbox(address) { format!("mailto:{address}") } else { address.to_owned() };
    is_allowed(&href).then_some(Found { href, used: end + 2 })
}

/// The address of a link, behind its text: `(address "title")`.
pub(super) fn target(text: &str) -> Option<Found> {
    let rest = text.strip_prefix('(')?.trim_start_matches([' ', '\n']);
    let (href, rest) = match rest.strip_prefix('<') {
        Some(rest) => {
            let end = rest.bytes().take(ADDRESS_BYTES + 1).position(|byte| byte == b'>')?;
            (rest[..end].to_owned(), &rest[end + 1..])
        }
        None => destination(rest)?,
    };
    let spaced = rest.trim_start_matches([' ', '\n']);
    let rest = if spaced.len() < rest.len() { titled(spaced) } else { spaced };
    let rest = rest.strip_prefix(')')?;
    is_allowed(&href).then(|| Found { href, used: text.len() - rest.len() })
}

/// A web address at the begin of a text, less what ends its sentence. Within brackets it ends where they do.
pub(super) fn bare(text: &str, in_brackets: bool) -> Option<Found> {
    let scheme = ["http://", "https://", "www."].iter().map(|scheme| begins(text, scheme)).min()?;
    let rest = text.get(scheme..).filter(|rest| !rest.is_empty())?;
    let stops = |c: char| ends_address(c) || ends_sentence(c) || (c == ']' && in_brackets);
    let reach = rest.char_indices().find(|(at, c)| *at > ADDRESS_BYTES || stops(*c));
    if matches!(reach, Some((_, safe_text::MARK))) {
        return None;
    }
    let rest = trimmed(&rest[..reach.map_or(rest.len(), |(at, _)| at)]);
    let address = &text[..scheme + rest.len()];
    let is_www = scheme == 4;
    let is_host = rest.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    if !is_host || (is_www && !rest.contains('.')) {
        return None;
    }
    let href = if is_www { format!("http://{address}") } else { address.to_owned() };
    is_allowed(&href).then_some(Found { href, used: address.len() })
}

/// The length of `start` if `text` begins with it in any case, else one that no text has.
fn begins(text: &str, start: &str) -> usize {
    let same = text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if same { start.len() } else { usize::MAX }
}

/// No address has these: browsers read a backslash as a slash.
fn ends_address(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '\\' | safe_text::MARK)
}

/// Punctuation of scripts that set no space behind it.
fn ends_sentence(c: char) -> bool {
    matches!(c,
        '\u{2018}'..='\u{201f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}

/// An address without the punctuation behind it, and brackets that were opened before it.
fn trimmed(address: &str) -> &str {
    let surplus = |open: char, close: char| {
        address.matches(close).count().saturating_sub(address.matches(open).count())
    };
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    let take = |count: &mut usize| count.checked_sub(1).map(|less| *count = less).is_some();
    address.trim_end_matches(|c: char| match c {
        ')' => take(&mut round),
        ']' => take(&mut square),
        c => "?!.,:;*_~'…".contains(c),
    })
}

fn is_mailbox(address: &str) -> bool {
    let Some((name, host)) = address.split_once('@') else { return false };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_{|}~-".contains(&byte);
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    !name.is_empty() && name.bytes().all(in_name) && !host.is_empty() && host.bytes().all(in_host)
}

/// An address up to a space or to the bracket that ends it, and what follows.
fn destination(text: &str) -> Option<(String, &str)> {
    let mut href = String::new();
    let mut open = 0_u32;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if at > ADDRESS_BYTES {
            return None;
        }
        match c {
            '\\' => {
                let escaped = rest.next_if(|(_, c)| c.is_ascii_punctuation());
                href.push(escaped.map_or('\\', |(_, c)| c));
            }
            ' ' | '\n' => return Some((href, &text[at..])),
            ')' if open == 0 => return Some((href, &text[at..])),
            '(' if open == BRACKETS => return None,
            _ => {
                open = if c == '(' { open + 1 } else { open - u32::from(c == ')') };
                href.push(c);
            }
        }
    }
    None
}

/// What follows a title, which is not shown; the text itself where there is none.
fn titled(text: &str) -> &str {
    let Some(quote) = text.bytes().next().filter(|byte| b"\"'".contains(byte)) else { return text };
    let end = text.bytes().take(ADDRESS_BYTES).skip(1).position(|byte| byte == quote);
    end.map_or(text, |end| text[end + 2..].trim_start_matches([' ', '\n']))
}
