//! How a command ends: what it prints, and the exit code that goes with it.
//!
//! The convention of all commands: 0 when all is well, 1 when something is not current or could not be done, 2 on bad
//! usage or bad input.

use std::fmt;
use std::process::ExitCode;

use jsm_codegen::diagnostic::Diagnostic;

/// The end of a command that did its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well, printed on stdout; exit code 0.
    Fine(String),
    /// A check found something that is not current, printed on stdout; exit code 1.
    Stale(String),
}

/// The end of a command that could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What to fix, at least one.
    pub diagnostics: Vec<Diagnostic>,
    /// The exit code: 2 for bad input, 1 for anything else.
    pub code: u8,
}

impl Error {
    /// What was given cannot be taken; exit code 2.
    pub fn input(place: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Diagnostic::new(place, problem, fix).into()
    }

    /// What was given is fine, doing it went wrong; exit code 1.
    pub fn work(place: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Error { diagnostics: vec![Diagnostic::new(place, problem, fix)], code: 1 }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Error { diagnostics: vec![diagnostic], code: 2 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Diagnostic { place, problem, fix }) in self.diagnostics.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            let colon = if place.is_empty() { "" } else { ": " };
            write!(f, "{line}error: {place}{colon}{problem}\n  fix: {fix}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Prints the end of a command and returns its exit code.
pub fn report(result: Result<Outcome, Error>) -> ExitCode {
    match result {
        Ok(Outcome::Fine(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Outcome::Stale(text)) => {
            println!("{text}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.code)
        }
    }
}
