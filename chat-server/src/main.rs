//! The chat server's program: reads the command line, and does what it says.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use chat_server::cli::{Cli, Command};
use chat_server::{Config, Error, Server, serve, store, telemetry};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| chat_server::cli::exit(&error));
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "chat-server: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), Error> {
    let config = Config::load(cli.flags)?;
    telemetry::init(&config.log)?;
    match cli.command {
        Some(Command::Backup { file, files }) => {
            return Ok(store::backup::backup(&config.data_dir, &file, &files.into())?);
        }
        Some(Command::Restore { file, files }) => {
            return Ok(store::backup::restore(&file, &config.data_dir, &files.into())?);
        }
        Some(command) => return chat_server::offline::run(command, &config),
        None => serve::raise_open_files(),
    }
    // Before the data directory is touched: a second server on a taken port leaves no traces.
    let listener =
        serve::listen(config.listen).map_err(|error| Error::Listen { address: config.listen, error })?;
    let system = |what| move |error| Error::System { what, error };
    let runtime = tokio::runtime::Runtime::new().map_err(system("start threads"))?;
    let result = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(system("handle signals"))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(system("handle signals"))?;
        let server = Server::start(config, listener).await?;
        let _ = writeln!(std::io::stdout(), "{server}");
        let shutdown = async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tokio::spawn(async move {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
                std::process::exit(130)
            });
        };
        server.run_until(shutdown).await;
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}
