//! How a command ends: what it tells, and the exit code that goes with it.
//!
//! The convention of all commands: 0 when all is well, 1 when something is not current or could not be done, 2 on bad
//! usage or bad input.

use std::fmt;
use std::process::ExitCode;

use jsm_codegen::document::Refusal;

/// The end of a command that did its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well, told on stdout; exit code 0.
    Fine(String),
    /// A check found something that is not current, told on stdout; exit code 1.
    Stale(String),
}

/// The end of a command that could not do its work: what is wrong, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who or what failed and why, as a fragment.
    pub problem: String,
    /// What to do about it, as a fragment.
    pub next: String,
    /// The exit code: 2 for bad input, 1 for anything else.
    pub code: u8,
}

impl Failure {
    /// What was given cannot be taken; exit code 2.
    pub fn input(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Failure { problem: problem.into(), next: next.into(), code: 2 }
    }

    /// What was given is fine, doing it went wrong; exit code 1.
    pub fn work(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Failure { problem: problem.into(), next: next.into(), code: 1 }
    }

    /// A refusal of what stands at `place`; exit code 2.
    pub fn refused(place: impl fmt::Display, refusal: Refusal) -> Self {
        Failure::input(format!("{place}: {}", refusal.problem), refusal.next)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n next: {}", self.problem, self.next)
    }
}

impl std::error::Error for Failure {}

/// Prints the end of a command and gives its exit code.
pub fn tell(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome::Fine(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Outcome::Stale(text)) => {
            println!("{text}");
            ExitCode::from(1)
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.code)
        }
    }
}
