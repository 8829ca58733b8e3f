//! Creates the profile of a customer of Customer Service Management, and reads it together with others.

mod connect;

use jsm_client::BoxError;
use jsm_client::csm::customer::{CreateCustomerProfile, FetchCustomerProfiles, GetCustomerDetailFields};
use jsm_client::csm::types::ProfileDetailFieldValueRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let (csm, _sandbox) = connect::connect().await?;
    for field in csm.call(GetCustomerDetailFields::new()).await?.results {
        println!("customers have a {}", field.name);
    }
    let profile = CreateCustomerProfile::new("grace@example.com")
        .display_name("Grace G. Customer")
        .details([ProfileDetailFieldValueRequest::new("Language", ["English"])]);
    let created = csm.call(profile).await?;
    println!("created {}", created.customer_id);

    let ids = [created.customer_id.as_str(), "qm:nobody"];
    let fetched = csm.fetch(FetchCustomerProfiles::new(ids)).await?;
    for profile in &fetched.found {
        println!("{}: {} details", profile.display_name, profile.details.len());
    }
    for id in &fetched.missing {
        println!("{id} is not there");
    }
    Ok(())
}
