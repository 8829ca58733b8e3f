//! A client for the examples: of the site that the environment names, or of a sandbox.

use std::env;

use jsm_client::{BoxError, Client, ClientBuilder};
use jsm_sandbox::Sandbox;

/// A client of the site that `JSM_URL`, `JSM_EMAIL` and `JSM_TOKEN` name. Without `JSM_URL`, of a sandbox, which stops
/// when it is dropped.
pub(crate) async fn connect() -> Result<(Client, Option<Sandbox>), BoxError> {
    if env::var_os("JSM_URL").is_some() {
        return Ok((ClientBuilder::from_env()?.experimental(true).build()?, None));
    }
    let sandbox = Sandbox::start().await?;
    let builder = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token());
    Ok((builder.experimental(true).build()?, Some(sandbox)))
}
