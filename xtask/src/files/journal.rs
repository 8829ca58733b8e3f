//! Writing several files as one step: first a journal of all of it, then the files, then the journal goes.
//!
//! A process can be killed at any moment. Before the journal has its name, nothing has happened. After that, the next
//! command that writes does every step again, each of which may be done twice. Where a file is by then neither what it was
//! nor what it was to be, it was changed since: what was written is then taken back. Which command may
//! write is decided by [`super::Writer`].

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::texts::{Draft, read};
use crate::outcome::Error;

/// Where the journal is, seen from the root.
pub const PLACE: &str = "target/xtask-journal.json";

/// What a file is called that is not complete yet: its own name and this.
const NEW: &str = ".xtask-new";

/// What is to be written, with what was there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Journal {
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    before: Option<String>,
    after: String,
}

/// One change of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The journal is written under another name.
    Record,
    /// The journal gets its name: from here on the files will be written.
    Commit,
    /// A file's new text is written beside it.
    Stage(usize),
    /// A file's new text takes its place.
    Place(usize),
    /// The journal goes.
    Forget,
}

impl Journal {
    /// The journal of these drafts; nothing where there is nothing to write.
    ///
    /// # Errors
    /// Fails with exit code 1 if a file that is to be replaced cannot be read.
    pub fn of(root: &Path, drafts: &[Draft]) -> Result<Option<Self>, Error> {
        let entry = |(path, after): &Draft| {
            Ok(Entry { path: path.clone(), before: read(root, path)?, after: after.clone() })
        };
        let files = drafts.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
        Ok((!files.is_empty()).then_some(Journal { files }))
    }

    /// Everything that has to be done, in order.
    pub fn steps(&self) -> Vec<Step> {
        let each = |step: fn(usize) -> Step| (0..self.files.len()).map(step);
        // All texts are on the disk before the first takes its place.
        [Step::Record, Step::Commit]
            .into_iter()
            .chain(each(Step::Stage))
            .chain(each(Step::Place))
            .chain([Step::Forget])
            .collect()
    }

    /// Does one step; it may have been done before.
    ///
    /// # Errors
    /// Fails with exit code 1 if the disk does not take it.
    pub fn perform(&self, root: &Path, step: &Step) -> Result<(), Error> {
        let journal = root.join(PLACE);
        let (path, done) = match step {
            Step::Record => {
                let text = serde_json::to_string(self).map_err(io::Error::from);
                (PLACE, text.and_then(|text| write(&unfinished(&journal), &text)))
            }
            Step::Commit => (PLACE, rename(&journal)),
            Step::Stage(at) => {
                let Entry { path, after, .. } = &self.files[*at];
                (path.as_str(), write(&unfinished(&root.join(path)), after))
            }
            Step::Place(at) => (self.files[*at].path.as_str(), rename(&root.join(&self.files[*at].path))),
            Step::Forget => (PLACE, remove(&journal)),
        };
        done.map_err(|error| failed(path, &error))
    }

    /// Puts every file back and cleans up.
    ///
    /// # Errors
    /// Fails with exit code 1 if the disk does not take that either; the journal then stays for the next command.
    pub fn undo(&self, root: &Path) -> Result<(), Error> {
        for Entry { path, before, after } in &self.files {
            let target = root.join(path);
            let undone = match (before, fs::read_to_string(&target)) {
                (Some(before), Ok(now)) if now == *after && now != *before => {
                    write(&unfinished(&target), before).and_then(|()| rename(&target))
                }
                (None, Ok(now)) if now == *after => remove(&target),
                _ => Ok(()),
            };
            undone.map_err(|error| failed(path, &error))?;
        }
        self.clean(root)
    }

    /// Finishes what a command left behind, or cleans up after it, and returns which of the two.
    ///
    /// # Errors
    /// Fails with exit code 1 if the disk takes neither.
    pub fn finish(root: &Path) -> Result<Option<String>, Error> {
        let place = root.join(PLACE);
        remove(&unfinished(&place)).map_err(|error| failed(PLACE, &error))?;
        let Some(text) = read(root, PLACE)? else { return Ok(None) };
        let journal: Journal = serde_json::from_str(&text).map_err(|error| {
            Error::work(
                "",
                format!("{PLACE} is not a journal: {error}"),
                "look at what is changed in the checkout, then delete it",
            )
        })?;
        let is = |entry: &Entry, text: Option<&String>| {
            fs::read_to_string(root.join(&entry.path)).ok().as_ref() == text
        };
        let waits = |entry: &&Entry| is(entry, entry.before.as_ref()) && !is(entry, Some(&entry.after));
        let changed = journal.files.iter().find(|entry| !is(entry, Some(&entry.after)) && !waits(entry));
        if let Some(Entry { path, .. }) = changed {
            // Where all other files were written, there is nothing to take back.
            match journal.files.iter().any(|entry| waits(&entry)) {
                true => journal.undo(root)?,
                false => journal.clean(root)?,
            }
            return Ok(Some(format!(
                "took back what a command had written when it was stopped: {path} was changed since"
            )));
        }
        let steps = journal.steps().into_iter().filter(|step| !matches!(step, Step::Record | Step::Commit));
        if let Err(failure) = steps.into_iter().try_for_each(|step| journal.perform(root, &step)) {
            journal.undo(root)?;
            return Err(failure);
        }
        let paths: Vec<&str> = journal.files.iter().map(|entry| entry.path.as_str()).collect();
        Ok(Some(format!("finished what a command was stopped at: wrote {}", paths.join(", "))))
    }

    /// Removes what only a step in between needs.
    fn clean(&self, root: &Path) -> Result<(), Error> {
        let unplaced = self.files.iter().map(|entry| entry.path.as_str());
        for path in unplaced.chain([PLACE]) {
            remove(&unfinished(&root.join(path))).map_err(|error| failed(path, &error))?;
        }
        remove(&root.join(PLACE)).map_err(|error| failed(PLACE, &error))
    }
}

/// The file beside a file that holds its new text until it is complete.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(NEW);
    name.into()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives a complete file its name; where that was done before, there is nothing to do.
fn rename(path: &Path) -> io::Result<()> {
    match fs::rename(unfinished(path), path) {
        Err(error) if error.kind() == ErrorKind::NotFound && path.exists() => Ok(()),
        done => done,
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn failed(path: &str, error: &io::Error) -> Error {
    Error::work(
        "",
        format!("{path} cannot be written: {error}"),
        "make room or fix the permissions; no file was changed",
    )
}
