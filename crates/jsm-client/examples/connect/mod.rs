//! A client for the examples: of the site that the environment names, or of a sandbox.

use std::env;

use jsm_client::{BoxError, Client};
use jsm_sandbox::Sandbox;

/// With `JSM_URL`, `JSM_EMAIL` and `JSM_TOKEN` set, a client of that site; else of a sandbox, which lives as long as
/// it is held.
pub(crate) async fn connect() -> Result<(Client, Option<Sandbox>), BoxError> {
    if let Ok(site) = env::var("JSM_URL") {
        let var = |name: &str| env::var(name).map_err(|_| format!("set {name} as well as JSM_URL"));
        let builder = Client::builder(site).api_token(var("JSM_EMAIL")?, var("JSM_TOKEN")?);
        return Ok((builder.experimental(true).build()?, None));
    }
    let sandbox = Sandbox::start().await?;
    let builder = Client::builder(sandbox.url()).api_token(sandbox.email(), sandbox.token());
    Ok((builder.experimental(true).build()?, Some(sandbox)))
}
