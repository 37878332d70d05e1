//! The one door by which text of others enters the model: what comes out is safe to draw.

/// A text for one line: a name, a title, a reason.
pub fn line(text: &str) -> String {
    protocol::safe_text::line(text).into_owned()
}

/// A text of several lines: a message, or what was pasted.
pub fn block(text: &str) -> String {
    protocol::safe_text::block(text).into_owned()
}

/// One typed character's text. Marks and joiners are kept, since they belong to the character typed before.
pub fn typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
