//! Watches the first queue of a service desk, and prints what is new in it.
//!
//! `watch_queue [ROUNDS]` looks three times by default, half a minute apart; in the sandbox it does not wait, and
//! creates a request in between.

mod connect;

use std::collections::HashSet;
use std::time::Duration;

use jsm_client::BoxError;
use jsm_client::servicedesk::queue::{GetQueueIssues, GetQueues};
use jsm_client::servicedesk::request::CreateRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let rounds: u32 = std::env::args().nth(1).map_or(Ok(3), |text| text.parse())?;
    let (jira, sandbox) = connect::connect().await?;
    let desk = "1";
    let queue = jira.items(GetQueues::new(desk)).try_next().await?.ok_or("the desk has no queues")?;
    let mut seen = HashSet::new();
    for round in 0..rounds {
        let mut issues = jira.items(GetQueueIssues::new(desk, &queue.id));
        while let Some(issue) = issues.try_next().await? {
            if seen.insert(issue.key.clone()) && round > 0 {
                println!("{}: {} is new", queue.name, issue.key);
            }
        }
        println!("{}: {} issues were seen", queue.name, seen.len());
        match &sandbox {
            Some(_) => {
                let summary = [("summary", "The coffee machine is out of order")];
                jira.call(CreateRequest::new(desk, "1").request_field_values(summary)).await?;
            }
            None if round + 1 < rounds => tokio::time::sleep(Duration::from_secs(30)).await,
            None => {}
        }
    }
    Ok(())
}
