//! Running other programs by the line that a person would type.

use std::path::Path;
use std::process::Command;

/// A command line, to be run in a directory. No shell reads it: words are what spaces separate.
pub fn words(place: &Path, line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(place);
    command
}
