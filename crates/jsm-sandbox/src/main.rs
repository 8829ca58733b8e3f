//! The sandbox as a program, for clients in any language.
//!
//! Everything it serves is in the library.

use std::process::ExitCode;

use jsm_sandbox::Sandbox;

const USAGE: &str = "\
usage: jsm-sandbox [--port PORT]

Serves a make-believe service management site on 127.0.0.1 until it is interrupted.

  --port PORT   the port to listen on (default: 8080; 0 takes a free one)";

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

    let mut port = 8080;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("port") => port = arguments.value()?.parse()?,
            Long("help") | Short('h') => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let sandbox = Sandbox::builder().port(port).start_blocking()?;
    sandbox.clock().run();
    let (url, email, token) = (sandbox.url(), sandbox.email(), sandbox.token());
    println!("site   {url}");
    println!("email  {email}");
    println!("token  {token}");
    println!("try    curl -u {email}:{token} '{url}/rest/servicedeskapi/servicedesk'");
    loop {
        std::thread::park();
    }
}
