//! Of what one wants to be told, and when not.

use protocol::client::ClientFrame;
use protocol::limits::{KEYWORD_CHARS, KEYWORDS};
use protocol::own::{Prefs, Quiet};

use super::{ask, refuse, usage};
use crate::app::{Effect, Model, safe};

pub(super) fn keywords(model: &mut Model, argument: &str) -> Vec<Effect> {
    let keywords: Vec<String> = match argument {
        "" => {
            let now = told(&present(model));
            model.say(now);
            return Vec::new();
        }
        "off" => Vec::new(),
        words => {
            words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
        }
    };
    if keywords.len() > KEYWORDS {
        return refuse(model, &format!("at most {KEYWORDS} words"));
    }
    if keywords.iter().any(|word| word.chars().count() > KEYWORD_CHARS) {
        return refuse(model, &format!("a word has at most {KEYWORD_CHARS} characters"));
    }
    ask(ClientFrame::Prefs(Prefs { keywords, ..present(model) }))
}

pub(super) fn quiet(model: &mut Model, argument: &str) -> Vec<Effect> {
    let quiet = match argument {
        "" => {
            let now = told(&present(model));
            model.say(now);
            return Vec::new();
        }
        "off" => None,
        hours => match hours.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?))) {
            Some((from, to)) if from != to => Some(Quiet { from, to }),
            _ => return refuse(model, &usage("/quiet")),
        },
    };
    ask(ClientFrame::Prefs(Prefs { quiet, ..present(model) }))
}

/// What holds now; all of it is said anew.
fn present(model: &Model) -> Prefs {
    Prefs { reference: 0, keywords: model.own.watch.keywords.clone(), quiet: model.own.quiet }
}

/// `22:30` or `22` as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// What holds from now on, in words.
pub(in crate::app) fn told(prefs: &Prefs) -> String {
    let keywords = match prefs.keywords.as_slice() {
        [] => "only your name counts as being named".to_owned(),
        words => {
            let words: Vec<String> = words.iter().map(|word| safe::line(word)).collect();
            format!("these words count as being named: {}", words.join(", "))
        }
    };
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let quiet = match prefs.quiet {
        Some(quiet) => format!("not disturbed from {} to {}", clock(quiet.from), clock(quiet.to)),
        None => "no quiet hours".to_owned(),
    };
    format!("{keywords} · {quiet}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_day_are_read() {
        for (text, expected) in [
            ("22:30", Some(1350)),
            ("7", Some(420)),
            ("00:00", Some(0)),
            ("24:00", None),
            ("7:60", None),
            ("x", None),
        ] {
            assert_eq!(minute(text), expected, "{text}");
        }
    }
}
