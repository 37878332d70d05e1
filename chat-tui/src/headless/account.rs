//! `chat-tui login`, `register`, `reset` and `logout`.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use protocol::error::ErrorCode;
use protocol::http::{Call, Login, PasswordReset, Register, SignedIn};
use protocol::names::skeleton;

use super::ask::Asker;
use crate::api::{Answer, Failure, Request};
use crate::app::safe;
use crate::cache::{Account, Profile, Unsent};
use crate::config::Config;
use crate::net::http::call;
use crate::picture;

/// Signs in to an account.
pub async fn login(config: &Config, who: Option<String>) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    let mut asker = Asker::new()?;
    warn(config, &mut asker)?;
    let name = name(config, who, &mut asker)?;
    let here = profile.load_account()?;
    if let Some(here) = here.as_ref().filter(|here| skeleton(&here.name) != skeleton(&name)) {
        ensure!(asker.agrees(&instead(&profile, here)?)?, "{} stays signed in", safe::line(&here.name));
    }
    let password = asker.secret(&format!("Password of {name}: "))?.0;
    let known = here.and_then(|here| here.known).map(|known| known.0);
    let request = Request::new(Call::Login).saying(&Login { name, password, device: Some(device()), known });
    enter(config, &profile, call(&config.address, None, &request).await).await
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
    enter(config, &profile, call(&config.address, None, &request).await).await
}

/// Sets a new password with a one-time link.
pub async fn reset(config: &Config) -> anyhow::Result<ExitCode> {
    let profile = own(config)?;
    let mut asker = Asker::new()?;
    warn(config, &mut asker)?;
    if let Some(here) = profile.load_account()? {
        // Whose link it is only the server knows.
        let question = format!("If the link is for another account: {}", instead(&profile, &here)?);
        ensure!(asker.agrees(&question)?, "{} stays signed in", safe::line(&here.name));
    }
    let password = asker.new_password("")?.0;
    let link = asker.secret("The link that you were given: ")?.0.trim().to_owned();
    let request = Request::new(Call::Reset).saying(&PasswordReset { link, password, device: Some(device()) });
    enter(config, &profile, call(&config.address, None, &request).await).await
}

/// Shows a picture beside the name, or none any more.
#[expect(clippy::print_stdout, reason = "a person is told what came of it")]
pub async fn avatar(config: &Config, file: &str) -> anyhow::Result<ExitCode> {
    let account = signed_in(config)?;
    let request = if file == "off" {
        Request::new(Call::RemoveAvatar)
    } else {
        let picture = picture::read(file).map_err(|why| anyhow::anyhow!("{}", safe::line(&why)))?;
        Request::new(Call::SetAvatar).carrying(picture)
    };
    let answer = call(&config.address, Some(&account.token.0), &request).await;
    answer.map_err(|failure| anyhow::anyhow!("{}", safe::line(&failure.reason)))?;
    println!("{}", if file == "off" { "your picture is taken away" } else { "your picture is shown" });
    Ok(ExitCode::SUCCESS)
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
    match call(&config.address, Some(&account.token.0), &request).await {
        Err(failure) if everywhere && !is_over(&failure) => {
            bail!("not signed out: {}", safe::line(&failure.reason))
        }
        Err(failure) if !is_over(&failure) => eprintln!("chat-tui: {}", not_told(&failure)),
        _ => {}
    }
    let unsent = profile.sign_out().context("cannot forget the account")?;
    println!("signed out of {}", config.address);
    if !unsent.is_empty() {
        println!("{}", kept(&unsent, &account.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// A token that proves nothing any more is signed out already.
fn is_over(failure: &Failure) -> bool {
    failure.code == Some(ErrorCode::SignIn)
}

fn not_told(failure: &Failure) -> String {
    let reason = safe::line(&failure.reason);
    format!("the server could not be told ({reason}): end this device's session from another one")
}

/// What becomes of what somebody who signs out did not send.
pub(crate) fn kept(unsent: &Unsent, name: &str) -> String {
    let are = if unsent.count() == 1 { "is" } else { "are" };
    format!("{} {are} kept here until {} signs in again", unsent.told(), safe::line(name))
}

/// What signing in as somebody else does to who is signed in here.
fn instead(profile: &Profile, here: &Account) -> anyhow::Result<String> {
    let unsent = profile.unsent_of(&here.user).context("cannot read what was not sent")?;
    let end = if unsent.is_empty() { String::new() } else { format!("; {}", kept(&unsent, &here.name)) };
    Ok(format!("{} is signed in here and will be signed out{end}. Go on?", safe::line(&here.name)))
}

/// Whoever is signed in here; any number of commands may ask beside an open chat.
pub(super) fn signed_in(config: &Config) -> anyhow::Result<Account> {
    let profile = Profile::look(config.profile.clone()).context("cannot read the profile")?;
    profile.load_account()?.context("nobody is signed in here: chat-tui login comes first")
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

/// Takes the place of whoever was signed in here.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "a person is told what came of it")]
async fn enter(config: &Config, profile: &Profile, answer: Answer) -> anyhow::Result<ExitCode> {
    let body = answer.map_err(|failure| anyhow::anyhow!("{}", safe::line(&failure.reason)))?;
    let signed_in: SignedIn = serde_json::from_str(&body.0).context("the server's answer cannot be read")?;
    let role = signed_in.me.role;
    let account = Account::of(signed_in).context("the server gave no token")?;
    if let Some(before) = profile.load_account()? {
        let ended = call(&config.address, Some(&before.token.0), &Request::new(Call::Logout)).await;
        if let Some(failure) = ended.err().filter(|failure| !is_over(failure)) {
            eprintln!("chat-tui: {}", not_told(&failure));
        }
        if before.user != account.user {
            let unsent = profile.sign_out().context("cannot forget who was signed in")?;
            let kept =
                if unsent.is_empty() { String::new() } else { format!("; {}", kept(&unsent, &before.name)) };
            println!("signed out {}{kept}", safe::line(&before.name));
        }
    }
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
