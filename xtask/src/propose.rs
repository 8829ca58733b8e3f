//! Proposing what a command has written: a branch, a commit, a pull request, by `git` and GitHub's `gh`.
//!
//! What is in the commit and in the request is decided by the caller. A proposal that was made before is not made again.

use std::path::Path;
use std::process::Command;

use jsm_codegen::document;

use crate::outcome::Error;

/// Who commits: the account under which GitHub's own jobs do.
const AUTHOR: [&str; 4] = [
    "-c",
    "user.name=github-actions[bot]",
    "-c",
    "user.email=41898282+github-actions[bot]@users.noreply.github.com",
];

/// Commits `paths` and opens a pull request with the text of the file `page`; `key` is what the proposal is about.
///
/// Without paths the commit is empty: the request then lists what to fix.
///
/// # Errors
/// Fails with the command that did not do its work.
pub fn run(root: &Path, key: &str, title: &str, paths: &[&str], page: &str) -> Result<String, Error> {
    let branch = branch(key);
    let known = Command::new("git")
        .args(["ls-remote", "--exit-code", "--heads", "origin", &branch])
        .current_dir(root)
        .output()
        .map_err(|error| Error::work("", format!("git does not run ({error})"), "install git"))?;
    if known.status.success() {
        return Ok(format!("proposed before, on {branch}"));
    }
    for command in commands(&branch, title, paths, page) {
        let (program, words) = command.split_first().unwrap_or((&"git", &[]));
        let shown = command.join(" ");
        let status = Command::new(program).args(words).current_dir(root).status();
        let status = status.map_err(|error| {
            Error::work("", format!("`{program}` does not run ({error})"), format!("install {program}"))
        })?;
        if !status.success() {
            return Err(Error::work(
                "",
                format!("`{shown}` failed"),
                "read what it says above, and run it by hand",
            ));
        }
    }
    Ok(format!("proposed on {branch}"))
}

/// The name of the branch: the same for the same proposal.
pub fn branch(key: &str) -> String {
    format!("spec/{}", document::sha256(key.as_bytes()).get(..12).unwrap_or_default())
}

/// What is run, in order.
pub fn commands<'a>(branch: &'a str, title: &'a str, paths: &[&'a str], page: &'a str) -> Vec<Vec<&'a str>> {
    let mut commands = vec![vec!["git", "switch", "--create", branch]];
    if !paths.is_empty() {
        commands.push([&["git", "add", "--"], paths].concat());
    }
    commands.push([&["git"], AUTHOR.as_slice(), &["commit", "--allow-empty", "--message", title]].concat());
    commands.push(vec!["git", "push", "origin", branch]);
    commands.push(vec!["gh", "pr", "create", "--head", branch, "--title", title, "--body-file", page]);
    commands
}
