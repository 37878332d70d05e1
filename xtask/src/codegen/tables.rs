//! The tables of `docs/PROTOCOL.md` and its companions, one section a marker.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::source::{Item, Kind, Member};

type Items = [(&'static str, Item)];

/// The text of one generated section.
pub(super) fn section(items: &Items, name: &str) -> Result<String> {
    match name {
        "client frames" => frames(items, "client", "ClientFrame"),
        "server frames" => frames(items, "server", "ServerFrame"),
        "events" => frames(items, "event", "Event"),
        "parts" => parts(items),
        "routes" => Ok(routes()),
        "bodies" => bodies(items),
        "error codes" => {
            let codes = find(items, "error", "ErrorCode")?;
            Ok(codes
                .members
                .iter()
                .filter(|code| !is_hidden(code))
                .fold("| code | meaning |\n|---|---|\n".to_owned(), |text, code| {
                    text + &format!("| `{}` | {} |\n", snake(&code.name), code.doc)
                }))
        }
        "close codes" => constants(items, "error"),
        "limits" => constants(items, "limits"),
        _ => bail!("no generated section is called `{name}`"),
    }
}

/// One table for all frames of an enum: a row for the frame, then one for each of its fields.
fn frames(items: &Items, file: &str, name: &str) -> Result<String> {
    let mut text = HEAD.to_owned();
    for variant in find(items, file, name)?.members.iter().filter(|variant| !is_hidden(variant)) {
        let body = variant.ty.trim_start_matches("Box<").trim_end_matches('>');
        let (_, fields) = items
            .iter()
            .filter(|(_, item)| item.kind == Kind::Struct && item.name == body)
            // Some names stand in two files: the frame's own file goes first.
            .min_by_key(|(home, _)| *home != file)
            .with_context(|| format!("no struct `{body}`"))?;
        let _ = writeln!(text, "| **`{}`** | | | {} |", snake(&variant.name), variant.doc);
        rows(&mut text, fields, file == "client");
    }
    Ok(text)
}

/// The structures and closed sets of words that fields of frames are made of.
fn parts(items: &Items) -> Result<String> {
    let mut text = HEAD.to_owned();
    for (file, name) in [
        ("client", "Resume"),
        ("server", "User"),
        ("server", "Limits"),
        ("server", "RoomInfo"),
        ("server", "Member"),
        ("event", "Folded"),
        ("messages", "Replies"),
        ("messages", "File"),
        ("messages", "Hit"),
        ("messages", "Version"),
        ("messages", "Reader"),
        ("own", "Quiet"),
        ("rooms", "Rules"),
        ("rooms", "Sentence"),
        ("rooms", "AuditEntry"),
        ("rooms", "Reported"),
        ("people", "Profile"),
    ] {
        let item = find(items, file, name)?;
        let _ = writeln!(text, "| **{name}** | | | {} |", item.doc);
        rows(&mut text, item, file == "client");
    }
    for (file, name) in [
        ("rooms", "RoomKind"),
        ("rooms", "RoomRole"),
        ("messages", "Everyone"),
        ("messages", "SearchOrder"),
        ("rooms", "MemberChange"),
        ("own", "Level"),
        ("server", "ResetWhy"),
        ("signal", "PresenceState"),
        ("people", "Role"),
    ] {
        let item = find(items, file, name)?;
        let _ = writeln!(text, "| **{name}** | | | {} One of: |", item.doc);
        // The catch-all of `ResetWhy` is a word of its own; that of `RoomKind` is none.
        for word in item.members.iter().filter(|word| word.name != "Other") {
            let _ = writeln!(text, "| `{}` | | | {} |", snake(&word.name), word.doc);
        }
    }
    Ok(text)
}

/// Every route of the HTTP API.
fn routes() -> String {
    use protocol::http::{For, ROUTES};
    ROUTES.iter().fold("| | route | for | |\n|---|---|---|---|\n".to_owned(), |text, route| {
        let who = match route.who {
            For::All => "all",
            For::Readers => "readers",
            For::Guests => "guests",
            For::People => "people",
            For::Accounts => "accounts",
            For::Admins => "admins",
        };
        text + &format!("| `{}` | `{}` | {who} | {} |\n", route.method, route.path, route.does)
    })
}

/// The bodies of the HTTP API, in the order of the source.
fn bodies(items: &Items) -> Result<String> {
    let mut text = HEAD.to_owned();
    let structs = items.iter().filter(|(home, item)| home.starts_with("http") && item.kind == Kind::Struct);
    for (_, item) in structs.filter(|(_, item)| item.name != "Route") {
        let _ = writeln!(text, "| **{}** | | | {} |", item.name, item.doc);
        rows(&mut text, item, false);
    }
    for name in ["Scope", "Guests", "Registration"] {
        let item = find(items, "people", name)?;
        let _ = writeln!(text, "| **{name}** | | | {} One of: |", item.doc);
        for word in item.members.iter().filter(|word| word.name != "Other") {
            let _ = writeln!(text, "| `{}` | | | {} |", snake(&word.name), word.doc);
        }
    }
    Ok(text)
}

const HEAD: &str = "| | type | | meaning |\n|---|---|---|---|\n";

fn rows(text: &mut String, item: &Item, from_client: bool) {
    for field in &item.members {
        let missing = field.ty.starts_with("Option<")
            || field.attributes.contains("skip_serializing_if")
            || (from_client && field.attributes.contains("serde(") && field.attributes.contains("default"));
        let presence = if missing { "optional" } else { "" };
        let _ = writeln!(
            text,
            "| `{}` | {} | {presence} | {} |",
            wire_name(field),
            wire_type(&field.ty),
            field.doc
        );
    }
}

/// Constants by their name, to which other tables refer.
fn constants(items: &Items, file: &str) -> Result<String> {
    let mut text = "| name | value | meaning |\n|---|---|---|\n".to_owned();
    for (_, item) in items.iter().filter(|(home, item)| *home == file && item.kind == Kind::Const) {
        let value = wire_value(&item.value).with_context(|| format!("the value of `{}`", item.name))?;
        let _ = writeln!(text, "| `{}` | {value} | {} |", item.name, item.doc);
    }
    Ok(text)
}

fn find<'a>(items: &'a Items, file: &str, name: &str) -> Result<&'a Item> {
    items
        .iter()
        .find(|(home, item)| *home == file && item.name == name)
        .map(|(_, item)| item)
        .with_context(|| format!("no `{name}` in protocol/src/{file}.rs"))
}

/// Variants that are never on the wire under a name of their own.
fn is_hidden(variant: &Member) -> bool {
    ["serde(skip)", "serde(untagged)", "serde(other)"].iter().any(|word| variant.attributes.contains(word))
        || variant.name == "Unknown"
}

fn wire_name(field: &Member) -> &str {
    field
        .attributes
        .split_once("rename = \"")
        .and_then(|(_, after)| after.split_once('"'))
        .map_or(&field.name, |(name, _)| name)
}

fn wire_type(ty: &str) -> String {
    let inner = |prefix: &str| ty.strip_prefix(prefix)?.strip_suffix('>');
    if let Some(inner) = inner("Option<").or_else(|| inner("Box<")) {
        return wire_type(inner);
    }
    if let Some(inner) = inner("Vec<") {
        return format!("array of {}", wire_type(inner));
    }
    if let Some((key, value)) = inner("BTreeMap<").and_then(|inner| inner.split_once(", ")) {
        return format!("object: {} to {}", wire_type(key), wire_type(value));
    }
    match ty {
        "String" => "text".to_owned(),
        "bool" => "boolean".to_owned(),
        "u16" | "i16" | "u32" | "u64" => "number".to_owned(),
        "Seq" => "number (seq)".to_owned(),
        "Ref" => "number (ref)".to_owned(),
        "Id" => "text (id)".to_owned(),
        "UserId" => "text (user)".to_owned(),
        "RoomKey" => "text (room)".to_owned(),
        "Epoch" => "text (epoch)".to_owned(),
        "ErrorCode" => "an error code".to_owned(),
        "Event" => "event".to_owned(),
        other => other.to_owned(),
    }
}

/// A constant's value as people write it.
fn wire_value(value: &str) -> Result<String> {
    for (call, unit) in
        [("Duration::from_millis(", "ms"), ("Duration::from_secs(", "s"), ("Duration::from_mins(", "min")]
    {
        if let Some(number) = value.strip_prefix(call) {
            return Ok(format!("{} {unit}", number.trim_end_matches(')')));
        }
    }
    if value == "(1 << 53) - 1" {
        return Ok("9007199254740991".to_owned());
    }
    let product: Option<u64> =
        value.split(" * ").map(|factor| factor.replace('_', "").parse::<u64>().ok()).product();
    product.map(|number| number.to_string()).with_context(|| format!("cannot read `{value}`"))
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_types_and_values_are_the_wires() {
        assert_eq!(snake("HelloExpected"), "hello_expected");
        assert_eq!(wire_type("Option<Vec<RoomInfo>>"), "array of RoomInfo");
        assert_eq!(wire_type("BTreeMap<RoomKey, Seq>"), "object: text (room) to number (seq)");
        assert_eq!(wire_value("64 * 1024").unwrap(), "65536");
        assert_eq!(wire_value("1_000").unwrap(), "1000");
        assert_eq!(wire_value("Duration::from_millis(500)").unwrap(), "500 ms");
        assert!(wire_value("other()").is_err());
    }
}
