//! The chat's terminal client: opens the chat, or does one thing for a script.

use std::process::ExitCode;

use chat_tui::cli::{Cli, Command};
use chat_tui::config::Config;
use chat_tui::{headless, link, net, runtime};
use clap::Parser;
use time::UtcOffset;

#[expect(clippy::print_stderr, reason = "this is where a person is told why it ended")]
fn main() -> ExitCode {
    let cli = Cli::parse();
    // To be read while there is one thread: the environment may not change meanwhile.
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    match run(cli, offset) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("chat-tui: {}", chat_tui::app::safe::block(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a person is told what came of it")]
fn run(cli: Cli, offset: UtcOffset) -> anyhow::Result<ExitCode> {
    let config = match &cli.command {
        Some(Command::Open { link }) => link::settle(link, &cli.options)?,
        _ => Config::settle(&cli.options)?,
    };
    net::install_crypto();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = match cli.command {
        command @ (None | Some(Command::Open { .. })) => {
            let spot = match command {
                Some(Command::Open { link }) => Some(link::read(&link, &config.address)?),
                _ => None,
            };
            runtime.block_on(runtime::run(config, offset, spot)).map(|farewell| {
                if let Some(told) = farewell {
                    println!("{told}");
                }
                ExitCode::SUCCESS
            })
        }
        Some(Command::Login { who }) => runtime.block_on(headless::login(&config, who)),
        Some(Command::Register { who }) => runtime.block_on(headless::register(&config, who)),
        Some(Command::Reset) => runtime.block_on(headless::reset(&config)),
        Some(Command::Avatar { file }) => runtime.block_on(headless::avatar(&config, &file)),
        Some(Command::Audit) => runtime.block_on(headless::audit(&config)),
        Some(Command::Logout { everywhere }) => runtime.block_on(headless::logout(&config, everywhere)),
        Some(Command::Send { text, timeout, bot }) => {
            runtime.block_on(headless::send(&config, &bot, text, timeout))
        }
        Some(Command::Upload { files, message, bot }) => {
            runtime.block_on(headless::upload_files(&config, &bot, &files, message))
        }
        Some(Command::Download { message, to, bot }) => {
            runtime.block_on(headless::download_files(&config, &bot, &message, to))
        }
        Some(Command::Tail { json, since, bot }) => {
            runtime.block_on(headless::tail(&config, &bot, json, since, offset))
        }
    };
    // A dial may be waiting for a name server in a thread that cannot be stopped.
    runtime.shutdown_background();
    code
}
