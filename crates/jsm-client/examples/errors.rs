//! What errors report, and what a program does about each.

mod connect;

use std::time::Duration;

use jsm_client::servicedesk::customer::CreateCustomer;
use jsm_client::servicedesk::request::{CreateRequest, GetRequest};
use jsm_client::servicedesk::service_desk::GetServiceDesk;
use jsm_client::{BoxError, Client, Error, ErrorKind, RetryPolicy};

fn what_now(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Conflict => "it is there already: go on",
        ErrorKind::NotFound => "check the id, then the permissions",
        ErrorKind::InvalidRequest | ErrorKind::Validation => "fix the request",
        ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::Server => "try again later",
        ErrorKind::RateLimited => "wait as long as retry_after says",
        ErrorKind::Authentication => "renew the credentials",
        _ => "show it to a person",
    }
}

fn report<T>(result: Result<T, Error>) {
    match result {
        Ok(_) => println!("done"),
        Err(error) => {
            println!("{error}\n  {:?}, {} attempts: {}", error.kind(), error.attempts(), what_now(&error));
            for (field, why) in error.field_errors() {
                println!("  {field}: {why}");
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let fred = CreateCustomer::new("fred@example.com", "Fred F. User").strict_conflict_status_code(true);
    report(jira.call(fred.clone()).await);
    report(jira.call(fred).await);
    report(jira.call(GetRequest::new("NONE-1")).await);
    report(jira.call(GetServiceDesk::new("../info")).await);
    report(jira.call(CreateRequest::new("1", "1")).await);

    // No server listens there. Nothing was sent, so the call would be retried for a while.
    let nowhere = Client::builder("http://127.0.0.1:9").api_token("me@example.com", "my token").build()?;
    let call = nowhere.call(GetServiceDesk::new("1")).retry(RetryPolicy::never());
    report(call.deadline(Duration::from_secs(5)).await);
    Ok(())
}
