//! Imports 130 customer profiles in as few requests as possible, waits for their tasks, and lists the entries that failed.

mod connect;

use jsm_client::BoxError;
use jsm_client::csm::customer::BulkManageCustomerProfiles;
use jsm_client::csm::types::{
    BulkCustomerProfilePayload, BulkManageCustomerProfileOperation, ProfileOperationType,
};
use jsm_client::tasks::TaskResult;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (csm, _sandbox) = connect::connect().await?;
    let entries = (1..=130).map(|number| {
        let payload = BulkCustomerProfilePayload::new()
            .email(format!("customer{number}@example.com"))
            .display_name(format!("Customer {number}"));
        BulkManageCustomerProfileOperation::new(ProfileOperationType::Upsert, payload)
    });
    // With the same key, the program can be started again without submitting anything twice.
    let import = BulkManageCustomerProfiles::new(entries).idempotency_key("import of 1 March");
    let tasks = csm.bulk(import).await?;
    let wait =
        csm.wait_all(tasks).on_status(|task, status| println!("task {}: {}", task.id(), status.status));
    for (task, outcome) in wait.await {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // The other tasks are not affected.
            Err(error) => {
                println!("entries {:?}: {error}", task.positions());
                continue;
            }
        };
        println!("task {}: {:?}, {} failures", task.id(), outcome.result, outcome.response.failures.len());
        for (failure, positions) in outcome.failures() {
            println!("  entries {positions:?}: {:?}", failure.error);
        }
        if outcome.result == TaskResult::Unexplained {
            println!("  read back what is there before you import it again");
        }
    }
    Ok(())
}
