//! A few fields to fill in: signing in, making an account, a new password.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::http::{Call, PasswordChange};
use protocol::{names, people};

use super::{Effect, Layer, Model, safe};
use crate::api::{Hidden, Request};

/// The longest text of a field, in bytes.
const FIELD: usize = 1024;

/// Fields, and what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What for.
    pub kind: Kind,
    /// From the top.
    pub fields: Vec<Field>,
    /// The field with the cursor.
    pub at: usize,
    /// What is wrong, safe to draw.
    pub error: Option<String>,
    /// It was sent, and the answer did not come yet.
    pub busy: bool,
}

/// What a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Signing in.
    Login,
    /// Making an account.
    Register,
    /// Another password.
    Password,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it asks for.
    pub label: &'static str,
    /// What was typed.
    pub text: Hidden,
    /// It is drawn as dots.
    pub secret: bool,
}

impl Form {
    /// Signing in, under a name if one is known.
    pub fn login(name: &str) -> Self {
        Self::new(Kind::Login, name, &[("Name", false), ("Password", true)])
    }

    /// Making an account, with an invite if one is known.
    pub fn register(name: &str, invite: &str) -> Self {
        let fields = [
            ("Name", false),
            ("Password", true),
            ("Once more", true),
            ("Invite, where one is needed", false),
        ];
        let mut form = Self::new(Kind::Register, name, &fields);
        invite.clone_into(&mut form.fields[3].text.0);
        form
    }

    /// Another password.
    pub fn password() -> Self {
        Self::new(
            Kind::Password,
            "",
            &[("Password until now", true), ("New password", true), ("Once more", true)],
        )
    }

    fn new(kind: Kind, name: &str, fields: &[(&'static str, bool)]) -> Self {
        let field = |&(label, secret)| Field { label, text: Hidden::default(), secret };
        let mut fields: Vec<Field> = fields.iter().map(field).collect();
        name.clone_into(&mut fields[0].text.0);
        // A name that is known already need not be typed.
        let at = usize::from(!name.is_empty());
        Self { kind, fields, at, error: None, busy: false }
    }

    /// What stands above it.
    pub fn title(&self) -> &'static str {
        match self.kind {
            Kind::Login => "Sign in",
            Kind::Register => "Make an account",
            Kind::Password => "Another password",
        }
    }

    fn text(&self, field: usize) -> &str {
        &self.fields[field].text.0
    }

    /// What to do with what was typed, or what is wrong with it.
    fn send(&self) -> Result<Effect, String> {
        match self.kind {
            Kind::Login => {
                let name = names::name(self.text(0)).map_err(|error| error.to_string())?;
                Ok(Effect::Login { name, password: self.fields[1].text.clone() })
            }
            Kind::Register => {
                let name = names::name(self.text(0)).map_err(|error| error.to_string())?;
                let password = self.new_password(1, &name)?;
                let invite = Some(self.text(3).trim()).filter(|invite| !invite.is_empty());
                Ok(Effect::Register {
                    name,
                    password,
                    invite: invite.map(|invite| Hidden(invite.to_owned())),
                })
            }
            Kind::Password => {
                let password = self.new_password(1, "")?.0;
                let change = PasswordChange { current: self.text(0).to_owned(), password };
                Ok(Effect::Call(Box::new(Request::new(Call::ChangePassword).saying(&change))))
            }
        }
    }

    fn new_password(&self, field: usize, name: &str) -> Result<Hidden, String> {
        people::new_password(self.text(field), name).map_err(|error| error.to_string())?;
        if self.fields[field].text != self.fields[field + 1].text {
            return Err("the two new passwords are not the same".to_owned());
        }
        Ok(self.fields[field].text.clone())
    }
}

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Layer::Form(form)) = model.layers.last_mut() else { return Vec::new() };
    let last = form.fields.len() - 1;
    let modified = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Esc => {
            model.layers.pop();
        }
        // What is under way is answered first.
        _ if form.busy => {}
        KeyCode::Enter if form.at == last => match form.send() {
            Ok(effect) => {
                (form.busy, form.error) = (true, None);
                return vec![effect];
            }
            Err(error) => form.error = Some(error),
        },
        KeyCode::Enter | KeyCode::Tab | KeyCode::Down => form.at = (form.at + 1).min(last),
        KeyCode::BackTab | KeyCode::Up => form.at = form.at.saturating_sub(1),
        KeyCode::Backspace => {
            form.fields[form.at].text.0.pop();
        }
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            form.fields[form.at].text.0.clear();
        }
        KeyCode::Char(c) if !modified => put(form, c.encode_utf8(&mut [0; 4])),
        _ => {}
    }
    Vec::new()
}

pub(super) fn paste(form: &mut Form, text: &str) {
    // A password is taken to the byte, but for the line break that copying brings along.
    put(form, text.trim_end_matches(['\n', '\r']));
}

fn put(form: &mut Form, text: &str) {
    let field = &mut form.fields[form.at];
    let text = safe::typed(text);
    if !form.busy && field.text.0.len() + text.len() <= FIELD {
        field.text.0.push_str(&text);
    }
}
