//! Choosing an emoji for a message.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::ids::Seq;
use protocol::session::{Change, Target};

use super::{Effect, Layer, Model, fuzzy, place, safe};

/// What is offered before anything is typed.
const USUAL: [&str; 12] = ["👍", "👎", "🎉", "❤️", "😂", "😮", "😢", "👀", "🙏", "🚀", "✅", "❌"];
/// How many are offered.
pub const OFFERED: usize = 12;

/// An emoji being chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct React {
    /// For which message.
    pub seq: Seq,
    /// What was typed.
    pub query: String,
    /// Which of those offered.
    pub chosen: usize,
}

impl React {
    /// What is offered, best first: an emoji and its name.
    pub fn offered(&self) -> Vec<(&'static str, &'static str)> {
        let name = |emoji: &'static emojis::Emoji| emoji.shortcode().unwrap_or_else(|| emoji.name());
        if self.query.is_empty() {
            let usual = USUAL.iter().filter_map(|text| emojis::get(text));
            return usual.map(|emoji| (emoji.as_str(), name(emoji))).collect();
        }
        if let Some(emoji) = emojis::get(&self.query) {
            return vec![(emoji.as_str(), name(emoji))];
        }
        let query = self.query.trim_matches(':');
        let score = |emoji: &'static emojis::Emoji| {
            emoji.shortcodes().filter_map(|code| fuzzy::score(query, code).map(|score| (score, code))).max()
        };
        // A terminal that does not know flags draws two letters, wider than they are: only by their whole name.
        let fits = |emoji: &&'static emojis::Emoji| {
            emoji.group() != emojis::Group::Flags || emoji.shortcodes().any(|code| code == query)
        };
        let mut found: Vec<_> = emojis::iter()
            .filter(fits)
            .filter_map(|emoji| score(emoji).map(|(score, code)| (score, emoji.as_str(), code)))
            .collect();
        // Of those that fit alike, the one of the shortest name.
        found.sort_by_key(|(score, _, code)| (std::cmp::Reverse(*score), code.len()));
        found.into_iter().take(OFFERED).map(|(_, emoji, code)| (emoji, code)).collect()
    }
}

/// Lets the person choose.
pub(super) fn begin(model: &mut Model, seq: Seq) {
    model.layers.push(Layer::React(React { seq, query: String::new(), chosen: 0 }));
}

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Layer::React(react)) = model.layers.last_mut() else { return Vec::new() };
    let count = react.offered().len().max(1);
    match key.code {
        KeyCode::Enter => {
            let (seq, emoji) = (react.seq, react.offered().get(react.chosen).map(|(emoji, _)| *emoji));
            model.layers.pop();
            if let Some(emoji) = emoji {
                return toggle(model, seq, emoji);
            }
            model.toast("no emoji is called that");
        }
        KeyCode::Esc => {
            model.layers.pop();
        }
        KeyCode::Up | KeyCode::Left => react.chosen = (react.chosen + count - 1) % count,
        KeyCode::Down | KeyCode::Right | KeyCode::Tab => react.chosen = (react.chosen + 1) % count,
        KeyCode::Backspace => {
            react.query.pop();
            react.chosen = 0;
        }
        KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) && react.query.len() < 64 => {
            react.query.push_str(&safe::typed(c.encode_utf8(&mut [0; 4])));
            react.chosen = 0;
        }
        _ => {}
    }
    Vec::new()
}

/// Reacts, or takes the same reaction back.
pub(super) fn toggle(model: &Model, seq: Seq, emoji: &str) -> Vec<Effect> {
    let Some(me) = model.me.as_ref().map(|me| &me.user) else { return Vec::new() };
    let on = !place::said(model, seq).is_some_and(|said| said.has_reaction(emoji, me));
    let (room, target) = (model.current.clone(), Target::Stored(seq));
    let change = Change::React { target, emoji: emoji.to_owned(), on };
    vec![Effect::Change { room, change, text: String::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emojis_are_found_by_name_and_by_themselves() {
        let offered = |query: &str| React { seq: 1, query: query.to_owned(), chosen: 0 }.offered();
        assert_eq!(offered("").len(), USUAL.len());
        assert_eq!(offered("tada").first().map(|(emoji, _)| *emoji), Some("🎉"));
        assert_eq!(offered(":rocket:").first().map(|(emoji, _)| *emoji), Some("🚀"));
        assert_eq!(offered("🦀"), [("🦀", "crab")]);
        assert_eq!(offered("qqqqqq"), []);
        assert!(offered("t").iter().all(|(emoji, _)| !emoji.chars().any(|c| ('🇦'..='🇿').contains(&c))));
        assert_eq!(offered("tr").first(), Some(&("🇹🇷", "tr")));
    }
}
