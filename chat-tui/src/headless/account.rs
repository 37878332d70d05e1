//! `chat-tui login`, `register`, `reset` and `logout`.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use protocol::http::{Call, Login, PasswordReset, Register, SignedIn};

use super::ask::Asker;
use crate::api::{Answer, Failure, Request};
use crate::app::safe;
use crate::cache::{Account, Outbox, Profile};
use crate::config::Config;
use crate::net::http::call;

/// Signs in to an account.
pub async fn login(config: &Config, who: Option<String>) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    let mut asker = Asker::new()?;
    warn(config, &mut asker)?;
    let name = name(config, who, &mut asker)?;
    let password = asker.secret(&format!("Password of {name}: "))?.0;
    let known = profile.load_account()?.and_then(|account| account.known).map(|known| known.0);
    let request = Request::new(Call::Login).saying(&Login { name, password, device: Some(device()), known });
    enter(config, &profile, call(&config.address, None, &request).await)
}

/// Makes an account; the profile's guest becomes it.
pub async fn register(config: &Config, who: Option<String>) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    ensure!(profile.load_account()?.is_none(), "you are signed in here already: chat-tui logout comes first");
    let mut asker = Asker::new()?;
    warn(config, &mut asker)?;
    let state = profile.load_state()?;
    let name = name(config, who.or_else(|| state.name.clone()), &mut asker)?;
    asker.tell(&format!("An account for {name}."))?;
    let password = asker.new_password(&name)?.0;
    let invite = asker.secret("Invite (the link or its code; nothing where none is needed): ")?.0;
    let invite = Some(invite.trim().to_owned()).filter(|invite| !invite.is_empty());
    let guest = state.token.filter(|_| state.user.is_some());
    let request = Request::new(Call::Register).saying(&Register {
        name,
        password,
        invite,
        guest,
        device: Some(device()),
    });
    enter(config, &profile, call(&config.address, None, &request).await)
}

/// Sets a new password with a one-time link.
pub async fn reset(config: &Config) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    let mut asker = Asker::new()?;
    warn(config, &mut asker)?;
    let password = asker.new_password("")?.0;
    let link = asker.secret("The link that you were given: ")?.0.trim().to_owned();
    let request = Request::new(Call::Reset).saying(&PasswordReset { link, password, device: Some(device()) });
    enter(config, &profile, call(&config.address, None, &request).await)
}

/// Signs out.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "a person is told what came of it")]
pub async fn logout(config: &Config, everywhere: bool) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    let Some(account) = profile.load_account()? else {
        println!("nobody is signed in here");
        return Ok(ExitCode::SUCCESS);
    };
    let request = Request::new(if everywhere { Call::EndSessions } else { Call::Logout });
    let answer = call(&config.address, Some(&account.token.0), &request).await;
    match answer {
        // A token that proves nothing any more is signed out already.
        Ok(_) | Err(Failure { code: Some(protocol::error::ErrorCode::SignIn), .. }) => {}
        Err(failure) if everywhere => bail!("not signed out: {}", safe::line(&failure.reason)),
        Err(failure) => eprintln!(
            "chat-tui: the server could not be told ({}): end this device's session from another one",
            safe::line(&failure.reason)
        ),
    }
    let waiting = Outbox::open(&profile)?.entries().len();
    profile.sign_out().context("cannot forget the account")?;
    println!("signed out of {}", config.address);
    if waiting > 0 {
        println!("{waiting} unsent lines are kept until {} signs in again", safe::line(&account.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// The profile, for this process alone: an open chat would go on as whom it began.
fn own(config: &Config) -> anyhow::Result<Profile> {
    let profile = Profile::open(config.profile.clone()).context("cannot open the profile")?;
    ensure!(profile.is_owner(), "another chat-tui has this profile open: close it first");
    Ok(profile)
}

fn name(config: &Config, who: Option<String>, asker: &mut Asker) -> anyhow::Result<String> {
    let named = who.or_else(|| config.name.clone());
    let name = match named {
        Some(name) => name,
        None => asker.line("Name: ")?,
    };
    protocol::names::name(&name).map_err(Into::into)
}

/// A password should not be said where others can read it on its way.
fn warn(config: &Config, asker: &mut Asker) -> std::io::Result<()> {
    if config.address.is_secure() || config.address.is_local() {
        return Ok(());
    }
    asker.tell(&format!("Caution: what you type goes to {} without encryption.", config.address))
}

#[expect(clippy::print_stdout, reason = "a person is told what came of it")]
fn enter(config: &Config, profile: &Profile, answer: Answer) -> anyhow::Result<ExitCode> {
    let body = answer.map_err(|failure| anyhow::anyhow!("{}", safe::line(&failure.reason)))?;
    let signed_in: SignedIn = serde_json::from_str(&body.0).context("the server's answer cannot be read")?;
    let role = signed_in.me.role;
    let account = Account::of(signed_in).context("the server gave no token")?;
    profile.sign_in(&account).context("cannot keep the account")?;
    println!("signed in to {} as {} ({})", config.address, safe::line(&account.name), role.as_str());
    Ok(ExitCode::SUCCESS)
}

/// What this device is called in the list of sessions.
pub(crate) fn device() -> String {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy().into_owned();
    format!("chat-tui on {}", safe::line(&host)).chars().take(protocol::limits::STATUS_CHARS).collect()
}
