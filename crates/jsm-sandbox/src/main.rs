//! The sandbox as a program, for clients in any language. All that it serves is in the library.

use std::process::ExitCode;

use jsm_sandbox::{RateLimits, Sandbox};

const USAGE: &str = "\
usage: jsm-sandbox [--port PORT] [--limits] [--oauth-app CALLBACK]

Serves a service management site for tests on 127.0.0.1 until it is interrupted.

  --port PORT            the port to listen on (default: 8080; 0 takes a free one)
  --limits               hold requests to the documented rate limits
  --oauth-app CALLBACK   register an OAuth 2.0 app with this callback URL";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    use lexopt::prelude::*;

    let mut builder = Sandbox::builder().port(8080);
    let mut callback = None;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("port") => builder = builder.port(arguments.value()?.parse()?),
            Long("oauth-app") => callback = Some(arguments.value()?.string()?),
            Long("limits") => builder = builder.rate_limits(RateLimits::documented()),
            Long("help") | Short('h') => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let sandbox = builder.start_blocking()?;
    sandbox.clock().run();
    let (url, email, token) = (sandbox.url(), sandbox.email(), sandbox.token());
    let (gateway, cloud_id) = (sandbox.gateway_url(), sandbox.cloud_id());
    println!("site     {url}");
    println!("email    {email}");
    println!("token    {token}");
    println!("gateway  {gateway} (cloud id {cloud_id})");
    if let Some(app) = callback.map(|callback| sandbox.oauth_app(&callback)) {
        println!("app      {} with the secret {}", app.client_id, app.client_secret);
        println!("         {} and {}", app.authorize_url, app.token_url);
    }
    println!("try      curl -u {email}:{token} '{url}/rest/servicedeskapi/servicedesk'");
    println!("         curl -u {email}:{token} '{gateway}/jsm/csm/cloudid/{cloud_id}/api/v1/product'");
    loop {
        std::thread::park();
    }
}
