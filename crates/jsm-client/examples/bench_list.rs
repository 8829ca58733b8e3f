//! Lists the users of organization 1 and prints sums over them: `bench_list BASE_URL [--in-flight K]`.
//!
//! It is what the benchmarks run as a whole process, against a server that sends prebuilt pages.

use std::process::ExitCode;

use jsm_client::Client;
use jsm_client::servicedesk::organization::GetOrganizationUsers;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn args() -> Result<(String, usize), lexopt::Error> {
    use lexopt::prelude::*;
    let (mut base, mut in_flight) = (None, 1);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("in-flight") => in_flight = parser.value()?.parse()?,
            Value(value) if base.is_none() => base = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok((base.ok_or("BASE_URL is missing")?, in_flight))
}

async fn run(base: String, in_flight: usize) -> Result<(), BoxError> {
    let jira = Client::builder(base).api_token("you@example.com", "token").build()?;
    let mut users = jira.items(GetOrganizationUsers::new("1")).page_size(50).prefetch(in_flight);
    let (mut count, mut id_length, mut active) = (0, 0, 0);
    while let Some(user) = users.try_next().await? {
        count += 1;
        id_length += user.account_id.as_str().len();
        active += usize::from(user.active == Some(true));
    }
    println!("count={count} idlen={id_length} active={active}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match args() {
        Ok((base, in_flight)) => run(base, in_flight).await,
        Err(error) => Err(format!("{error}; usage: bench_list BASE_URL [--in-flight K]").into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
