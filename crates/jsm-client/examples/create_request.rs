//! Creates a request with a file, by the names that people see in the portal.

mod connect;

use jsm_client::{BoxError, FilePart};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (jira, _sandbox) = connect::connect().await?;
    let request = jira
        .create_request("HELP", "Ask for access")
        .field("summary", "Access to the warehouse")
        .field("System", "Warehouse")
        .file(FilePart::bytes("reason.txt", "Stocktaking on Monday."));
    println!("{} was created", request.await?.issue_key);
    Ok(())
}
