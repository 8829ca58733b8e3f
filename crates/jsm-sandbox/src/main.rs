//! The sandbox as a program, for clients in any language. All that it serves is in the library.

mod command_line; // The commands and their arguments.

use std::process::ExitCode;

fn main() -> ExitCode {
    match command_line::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}
