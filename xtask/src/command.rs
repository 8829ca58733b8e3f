//! Running other programs by the line that a person would type.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::outcome::Error;

/// A command line, to be run in a directory. No shell reads it: words are what spaces separate.
pub fn words(place: &Path, line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(place);
    command
}

/// Runs a command line that checks something, with these environment variables, and prints how long it took.
///
/// # Errors
/// When the command cannot be run or fails, with what it checks.
pub fn step(place: &Path, claim: &str, command: &str, environment: &[(&str, &str)]) -> Result<(), Error> {
    println!("== {claim}: {command}");
    let start = Instant::now();
    let status = words(place, command).envs(environment.iter().copied()).status();
    let ended =
        status.map_err(|error| Error::work("", format!("cannot run `{command}`: {error}"), "install it"))?;
    println!("   {} s", start.elapsed().as_secs());
    match ended.success() {
        true => Ok(()),
        false => Err(Error::work(
            "",
            format!("the check that {claim} failed"),
            format!("run `{command}` in {} and fix what it reports", place.display()),
        )),
    }
}
