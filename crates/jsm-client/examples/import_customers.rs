//! Imports customers into a service desk and their organizations, with a progress bar. It can be killed at any point and
//! run again until it is complete: see `import_customers/import.rs`.

mod connect;
#[path = "import_customers/import.rs"]
mod import;

use std::process::ExitCode;

use import::{Row, import};
use indicatif::{ProgressBar, ProgressStyle};
use jsm_client::BoxError;
use jsm_client::servicedesk::ServiceDeskId;

/// How many customers are imported at a time.
const AT_ONCE: usize = 8;

/// The customers to import. Some of the sandbox's are among them.
fn rows() -> Vec<Row> {
    let new = (0..60).map(|number| Row {
        email: format!("customer{number}@example.com"),
        name: format!("Customer {number}"),
        organization: format!("Organization {}", number % 3),
    });
    let existing = [("ada.adler.0@example.com", "Ada Adler"), ("boris.brook.1@example.com", "Boris Brook")];
    let existing = existing.map(|(email, name)| Row {
        email: email.to_owned(),
        name: name.to_owned(),
        organization: "Acme".to_owned(),
    });
    new.chain(existing).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let rows = rows();
    let bar = ProgressBar::new(rows.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {wide_msg}")?);
    let summary = import(&jira, &ServiceDeskId::from(1), rows, AT_ONCE, |row, account| {
        bar.set_message(row.email.clone());
        if let Err(error) = account {
            bar.println(format!("{}: {error}", row.email));
        }
        bar.inc(1);
    })
    .await?;
    bar.finish_and_clear();
    println!(
        "{} customers are new, {} existed, {} organizations are new",
        summary.created, summary.existing, summary.organizations
    );
    for (row, error) in &summary.failed {
        eprintln!("{} is not imported: {error}", row.email);
    }
    for (place, error) in &summary.unfinished {
        eprintln!("{place} lacks customers: {error}");
    }
    Ok(if summary.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
