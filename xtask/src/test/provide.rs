//! Makes sure that the programs the tests need are there, by installing them where that is possible.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::sh;

const LIMIT: Duration = Duration::from_mins(15);
/// The oldest node that the web tests run on.
const NODE_MAJOR: u32 = 18;

pub(super) fn cargo_deny() -> Result<()> {
    if sh::has("cargo-deny") {
        return Ok(());
    }
    sh::run(sh::cargo(["install", "cargo-deny", "--locked"]), LIMIT).map(drop)
}

pub(super) fn python() -> Result<()> {
    if sh::has("python3") { Ok(()) } else { apt(&["python3"], "Python 3 (`python3`)") }
}

/// A Python that has the `websockets` library, in an environment under the target directory.
pub(super) fn websockets() -> Result<PathBuf> {
    let directory = sh::target_dir().join("venv");
    let python = directory.join("bin/python3");
    let program = python.to_string_lossy().into_owned();
    let ready =
        || sh::output(&mut sh::command(&program, ["-c", "import websockets"])).is_ok_and(|(ok, _)| ok);
    if ready() {
        return Ok(python);
    }
    self::python()?;
    if !sh::output(&mut sh::command("python3", ["-c", "import venv, ensurepip"]))?.0 {
        apt(&["python3-venv"], "Python's `venv` module")?;
    }
    sh::run(sh::command("python3", ["-m", "venv", &directory.to_string_lossy()]), LIMIT)?;
    sh::run(sh::command(&program, ["-m", "pip", "install", "--quiet", "websockets==15.0.1"]), LIMIT)?;
    if !ready() {
        bail!("the environment in {} has no `websockets`", directory.display());
    }
    Ok(python)
}

pub(super) fn node() -> Result<()> {
    if !(sh::has("node") && sh::has("npm")) {
        apt(&["nodejs", "npm"], "node and npm")?;
    }
    let (_, version) = sh::output(&mut sh::command("node", ["--version"]))?;
    match major(&version) {
        Some(found) if found >= NODE_MAJOR => Ok(()),
        _ => bail!("node {NODE_MAJOR} or newer is needed; this one says {}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

pub(super) fn chromium() -> Result<()> {
    if sh::has("chromium") { Ok(()) } else { apt(&["chromium"], "Chromium (`chromium`)") }
}

/// The browser tests drive the terminal client in it.
pub(super) fn tmux() -> Result<()> {
    if sh::on_path("tmux") { Ok(()) } else { apt(&["tmux"], "tmux") }
}

/// Installs Debian packages, as root or by a `sudo` that asks nothing.
fn apt(packages: &[&str], what: &str) -> Result<()> {
    let manual = || format!("{what} is missing; install it: apt-get install {}", packages.join(" "));
    if !sh::has("apt-get") {
        bail!(manual());
    }
    let user = sh::output(&mut sh::command("id", ["-u"]))?.1;
    let prefix: &[&str] = if user.trim() == "0" {
        &[]
    } else if sh::output(&mut sh::command("sudo", ["-n", "true"])).is_ok_and(|(ok, _)| ok) {
        &["sudo", "-n"]
    } else {
        bail!(manual());
    };
    let base = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let words: Vec<&str> = prefix.iter().chain(&base).copied().collect();
    let run = |args: &[&str]| sh::run(sh::command(words[0], words[1..].iter().chain(args)), LIMIT);
    run(&["update"])
        .and_then(|_| run(&[&["install", "--yes", "--no-install-recommends"], packages].concat()))
        .with_context(manual)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
