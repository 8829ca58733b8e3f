//! Lists the customers of a service desk, one line each: account id, tab, display name.
//!
//! With `JSM_URL`, `JSM_EMAIL` and `JSM_TOKEN` set it reads that site, else a sandbox that it starts.

mod connect;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use jsm_client::BoxError;
use jsm_client::servicedesk::customer::GetCustomers;

const USAGE: &str = "usage: customers [--desk ID] [--query TEXT] [--page-size N]";

struct Args {
    desk: String,
    query: Option<String>,
    page_size: Option<u32>,
}

fn args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut args = Args { desk: "1".to_owned(), query: None, page_size: None };
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("desk") => args.desk = parser.value()?.string()?,
            Long("query") => args.query = Some(parser.value()?.string()?),
            Long("page-size") => args.page_size = Some(parser.value()?.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(args)
}

async fn run(args: Args) -> Result<(), BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let mut list = GetCustomers::new(args.desk);
    if let Some(query) = args.query {
        list = list.query(query);
    }
    let mut people = jira.items(list);
    if let Some(size) = args.page_size {
        people = people.page_size(size);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let mut count = 0;
    while let Some(person) = people.try_next().await? {
        writeln!(out, "{}\t{}", person.account_id, person.display_name)?;
        count += 1;
    }
    out.flush()?;
    eprintln!("{count} customers, {} requests", people.requests());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = match args() {
        Ok(args) => args,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        // The program that reads the list has closed it, as `head` does.
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
