//! What a revision of the checkout holds, as git has it.

use std::path::Path;
use std::process::Command;

use crate::outcome::Error;

/// What git prints, or nothing where it fails: then there is no such thing.
///
/// # Errors
/// Fails with exit code 1 if git does not run.
pub fn git(root: &Path, words: &[&str]) -> Result<Option<String>, Error> {
    let ran = Command::new("git").arg("-C").arg(root).args(words).output();
    let ran = ran.map_err(|error| Error::work("", format!("git does not run ({error})"), "install git"))?;
    Ok(ran.status.success().then(|| String::from_utf8_lossy(&ran.stdout).into_owned()))
}

/// The text of a file in a revision; `None` if it has none.
///
/// # Errors
/// As [`git`].
pub fn show(root: &Path, revision: &str, path: &str) -> Result<Option<String>, Error> {
    git(root, &["show", &format!("{revision}:{path}")])
}

/// The paths of the files below a folder in a revision; the folder itself ends in a slash.
///
/// # Errors
/// As [`git`].
pub fn list(root: &Path, revision: &str, folder: &str) -> Result<Vec<String>, Error> {
    let listed = git(root, &["ls-tree", "-r", "--name-only", revision, folder])?.unwrap_or_default();
    Ok(listed.lines().map(str::to_owned).collect())
}
