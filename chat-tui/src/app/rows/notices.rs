//! Passing remarks between events, as rows.

use super::{Frame, GUTTER, Row};
use crate::app::text::wrap;
use crate::app::timeline::Notice;

/// Comings and goings in a row become one line; what the client says stands alone.
pub(super) fn notices<'a>(notices: impl Iterator<Item = &'a Notice>, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let columns = usize::from(frame.width.saturating_sub(GUTTER));
    let mut groups = Vec::new();
    for notice in notices {
        match notice {
            Notice::ComeAndGo { came, names, count } => fold(&mut groups, *came, names, *count),
            Notice::Info(text) => {
                flush(&mut groups, columns, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Notice));
            }
            Notice::Trouble(text) => {
                flush(&mut groups, columns, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Trouble));
            }
        }
    }
    flush(&mut groups, columns, rows);
}

/// People who came, or went, one after another; a crowd has no names.
struct Group<'a> {
    came: bool,
    names: Vec<&'a str>,
    crowd: u32,
}

fn fold<'a>(groups: &mut Vec<Group<'a>>, came: bool, names: &'a [String], count: u32) {
    if names.is_empty() {
        match groups.last_mut() {
            Some(last) if last.came == came && last.names.is_empty() => last.crowd += count,
            _ => groups.push(Group { came, names: Vec::new(), crowd: count }),
        }
        return;
    }
    for name in names {
        let back = groups
            .iter_mut()
            .filter(|group| group.came != came)
            .find_map(|group| group.names.iter().position(|other| other == name).map(|at| (group, at)));
        if let Some((group, at)) = back {
            // Who came and went, or went and is back, changed nothing.
            group.names.remove(at);
            groups.retain(|group| group.crowd > 0 || !group.names.is_empty());
            continue;
        }
        match groups.last_mut() {
            Some(last) if last.came == came && last.crowd == 0 => {
                if !last.names.contains(&name.as_str()) {
                    last.names.push(name);
                }
            }
            _ => groups.push(Group { came, names: vec![name], crowd: 0 }),
        }
    }
}

fn flush(groups: &mut Vec<Group<'_>>, columns: usize, rows: &mut Vec<Row>) {
    let tell = |group: Group<'_>| {
        let verb = if group.came { "joined" } else { "left" };
        match group.names.as_slice() {
            [] => format!("{} people {verb}", group.crowd),
            names => format!("{} {verb}", names.join(", ")),
        }
    };
    let told: Vec<String> = groups.drain(..).map(tell).collect();
    if !told.is_empty() {
        rows.extend(wrap(&told.join(" · "), columns).into_iter().map(Row::Notice));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_and_goes_at_once_is_not_told() {
        let bo = &["bo".to_owned()][..];
        let li = &["li".to_owned()][..];
        for (seen, expected) in [
            (vec![(true, bo, 1), (false, bo, 1)], ""),
            (vec![(false, bo, 1), (true, bo, 1)], ""),
            (vec![(true, bo, 1), (true, li, 1), (false, bo, 1)], "li joined"),
            (vec![(true, bo, 1), (false, bo, 1), (true, bo, 1)], "bo joined"),
            (vec![(true, bo, 1), (true, bo, 1), (false, li, 1)], "bo joined · li left"),
            (vec![(true, &[], 20), (true, &[], 3), (true, bo, 1)], "23 people joined · bo joined"),
        ] {
            let mut groups = Vec::new();
            for (came, names, count) in seen {
                fold(&mut groups, came, names, count);
            }
            let mut rows = Vec::new();
            flush(&mut groups, 80, &mut rows);
            let told = match rows.as_slice() {
                [] => "",
                [Row::Notice(told)] => told,
                other => panic!("{other:?}"),
            };
            assert_eq!(told, expected);
        }
    }
}
