//! Reads the items of the protocol's own source with their documentation. rustfmt's layout is the grammar: one
//! member a line, attributes and documentation above it.

use std::fmt::Write as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Enum,
    Struct,
    Const,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) members: Vec<Member>,
    /// A constant's value.
    pub(super) value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) doc: String,
    /// The type as written; empty for a variant without one.
    pub(super) ty: String,
    pub(super) attributes: String,
}

/// All public items of a file, up to its tests.
pub(super) fn read(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut doc = Vec::new();
    let mut attributes = String::new();
    let mut open = false;
    for line in text.lines().take_while(|line| line.trim() != "#[cfg(test)]") {
        let trimmed = line.trim();
        if let Some(text) = trimmed.strip_prefix("///") {
            doc.push(text.trim());
            continue;
        }
        if trimmed.starts_with("#[") {
            attributes.push_str(trimmed);
            continue;
        }
        let documented = doc.join(" ");
        if let Some(member) = open.then(|| member(trimmed)).flatten() {
            let item = items.last_mut().expect("an item is open");
            item.members.push(Member { doc: plain(&documented), attributes: attributes.clone(), ..member });
        } else if let Some((item, body_follows)) = item(trimmed) {
            items.push(Item { doc: plain(&documented), ..item });
            open = body_follows;
        } else if trimmed == "}" {
            open = false;
        }
        doc.clear();
        attributes.clear();
    }
    items
}

fn item(line: &str) -> Option<(Item, bool)> {
    let (kind, rest) = if let Some(rest) = line.strip_prefix("pub enum ") {
        (Kind::Enum, rest)
    } else if let Some(rest) = line.strip_prefix("pub struct ") {
        (Kind::Struct, rest)
    } else {
        (Kind::Const, line.strip_prefix("pub const ")?)
    };
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let value = rest.split_once(" = ").map_or("", |(_, value)| value.trim_end_matches(';'));
    let item = Item {
        kind,
        name: rest[..end].to_owned(),
        doc: String::new(),
        members: Vec::new(),
        value: value.to_owned(),
    };
    Some((item, kind != Kind::Const && line.ends_with('{')))
}

/// `pub name: Type,` of a struct, or `Variant,` or `Variant(Type),` of an enum.
fn member(line: &str) -> Option<Member> {
    let line = line.strip_suffix(',')?;
    let (name, ty) = if let Some(field) = line.strip_prefix("pub ") {
        field.split_once(": ")?
    } else if let Some((name, ty)) = line.split_once('(') {
        (name, ty.strip_suffix(')')?)
    } else {
        (line, "")
    };
    let attributes = String::new();
    Some(Member { name: name.to_owned(), doc: String::new(), ty: ty.to_owned(), attributes })
}

/// Documentation with rustdoc's links reduced to their text.
fn plain(doc: &str) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some((before, after)) = rest.split_once("[`") {
        text.push_str(before);
        let Some((name, tail)) = after.split_once("`]") else {
            text.push_str("[`");
            rest = after;
            continue;
        };
        let _ = write!(text, "`{name}`");
        rest = match tail.strip_prefix('(') {
            Some(target) => target.split_once(')').map_or(tail, |(_, tail)| tail),
            None => tail,
        };
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_members_are_read_with_their_documentation() {
        let text = "\
/// Opens it.
#[derive(Debug)]
pub struct Hello {
    /// Its [`Id`](crate::ids::Id),
    /// always.
    #[serde(default, rename = \"ref\")]
    pub reference: Option<Ref>,
}

/// All.
pub enum Frame {
    /// First.
    Hello(Hello),
    /// Second.
    Plain,
}
/// So many.
pub const BYTES: usize = 64 * 1024;
";
        let items = read(text);
        let [hello, frame, bytes] = &items[..] else { panic!("{items:?}") };
        assert_eq!(
            (hello.kind, hello.name.as_str(), hello.doc.as_str()),
            (Kind::Struct, "Hello", "Opens it.")
        );
        let [field] = &hello.members[..] else { panic!("{hello:?}") };
        assert_eq!((field.name.as_str(), field.ty.as_str()), ("reference", "Option<Ref>"));
        assert_eq!(field.doc, "Its `Id`, always.");
        assert_eq!(field.attributes, "#[serde(default, rename = \"ref\")]");
        let variants: Vec<_> = frame.members.iter().map(|member| (&*member.name, &*member.ty)).collect();
        assert_eq!(variants, [("Hello", "Hello"), ("Plain", "")]);
        assert_eq!((bytes.kind, bytes.value.as_str()), (Kind::Const, "64 * 1024"));
    }
}
