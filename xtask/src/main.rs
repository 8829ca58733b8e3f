//! The command line: `cargo xtask COMMAND`. Each arm is one call.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bump, changes, ci, dependents, effective, files, outcome, peers, pin, update};

/// Maintenance commands of this repository.
///
/// Exit codes: 0 when all is well, 1 when something is not current or went wrong, 2 on bad usage or bad input.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Update(update::UpdateArgs),
    Pin(pin::PinArgs),
    Effective(effective::EffectiveArgs),
    Expand(effective::ExpandArgs),
    Ci(ci::CiArgs),
    Peers(peers::PeersArgs),
    Dependents(dependents::DependentsArgs),
    Changes(changes::ChangesArgs),
    Bump(bump::BumpArgs),
}

fn main() -> ExitCode {
    let root = files::root();
    outcome::report(match Cli::parse().command {
        Command::Update(args) => update::run(&root, &args),
        Command::Pin(args) => pin::run(&root, &args),
        Command::Effective(args) => effective::run(&root, &args),
        Command::Expand(args) => effective::expand(&root, &args),
        Command::Ci(args) => ci::run(&root, &args),
        Command::Peers(args) => peers::run(&root, &args),
        Command::Dependents(args) => dependents::run(&root, &args),
        Command::Changes(args) => changes::run(&root, &args),
        Command::Bump(args) => bump::run(&root, &args),
    })
}
