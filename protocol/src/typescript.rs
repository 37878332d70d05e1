//! TypeScript declarations of every frame, against which the web client is type-checked.

use ts_rs::{Config, TS, TypeVisitor};

use crate::client::ClientFrame;
use crate::http;
use crate::server::ServerFrame;

/// The declarations as the text of one module.
pub fn declarations() -> String {
    let config = Config::default().with_large_int("number");
    let mut collected = Declarations { config: &config, seen: Vec::new(), texts: Vec::new() };
    collected.visit::<ClientFrame>();
    collected.visit::<ServerFrame>();
    collected.visit_http();
    collected.texts.sort();
    let mut text =
        String::from("// Generated from the `protocol` crate by `cargo xtask codegen`; do not edit.\n\n");
    for declaration in collected.texts {
        text.push_str("export ");
        text.push_str(&declaration);
        text.push('\n');
    }
    text
}

struct Declarations<'a> {
    config: &'a Config,
    seen: Vec<std::any::TypeId>,
    texts: Vec<String>,
}

impl Declarations<'_> {
    /// The bodies of requests and answers; those that they are made of come along.
    fn visit_http(&mut self) {
        self.visit::<http::About>();
        self.visit::<http::Register>();
        self.visit::<http::Login>();
        self.visit::<http::PasswordReset>();
        self.visit::<http::SignedIn>();
        self.visit::<http::ProfileChange>();
        self.visit::<http::PasswordChange>();
        self.visit::<http::Sessions>();
        self.visit::<http::NewToken>();
        self.visit::<http::TokenMade>();
        self.visit::<http::Tokens>();
        self.visit::<http::NewInvite>();
        self.visit::<http::Invites>();
        self.visit::<http::Users>();
        self.visit::<http::NewUser>();
        self.visit::<http::UserMade>();
        self.visit::<http::RoleChange>();
        self.visit::<http::NewFile>();
        self.visit::<http::Upload>();
        self.visit::<http::Uploaded>();
    }
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if self.seen.contains(&std::any::TypeId::of::<T>()) {
            return;
        }
        self.seen.push(std::any::TypeId::of::<T>());
        if T::output_path().is_some() {
            self.texts.push(T::decl(self.config));
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn declarations_have_the_wires_names() {
        let text = super::declarations();
        assert!(text.contains("ref?: number"), "{text}");
        assert!(text.contains("ref: number"), "{text}");
        assert!(text.contains("\"type\": \"message\""), "{text}");
        assert!(!text.contains("bigint"), "{text}");
    }

    #[test]
    fn every_declaration_has_its_own_name() {
        let text = super::declarations();
        let mut names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("export type "))
            .filter_map(|line| line.split([' ', '<']).next())
            .collect();
        names.sort_unstable();
        let repeated: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(repeated.is_empty() && names.len() > 20, "{repeated:?}");
    }
}
