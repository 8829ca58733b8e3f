//! The commands of the program, and their arguments.

use std::io::Write;
use std::path::PathBuf;

use jsm_sandbox::{RateLimits, Replay, Sandbox};

const USAGE: &str = "\
usage: jsm-sandbox [--port PORT] [--limits] [--oauth-app CALLBACK]
       jsm-sandbox record --target URL --out FOLDER [--port PORT] [--gateway URL] [--keep TEXT]...
       jsm-sandbox replay FOLDER [--port PORT]

Serves a service management site for tests on 127.0.0.1 until it is interrupted; or forwards to a real site and records
what is sent, without credentials and people; or serves what was recorded.

  --port PORT            the port to listen on (default: 8080; 0 takes a free one)
  --limits               hold requests to the documented rate limits
  --oauth-app CALLBACK   register an OAuth 2.0 app with this callback URL
  --target URL           the site to record, such as https://acme.atlassian.net
  --out FOLDER           the folder for the recording, which must have none
  --gateway URL          the gateway (default: https://api.atlassian.com)
  --keep TEXT            a value or a name of a property to keep as it is
  --version              print the version";

/// The arguments, for all commands.
#[derive(Default)]
struct Arguments {
    port: u16,
    limits: bool,
    callback: Option<String>,
    target: Option<String>,
    folder: Option<PathBuf>,
    gateway: Option<String>,
    keep: Vec<String>,
}

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Runs the program.
pub(crate) fn run() -> Outcome {
    use lexopt::prelude::*;

    let mut parser = lexopt::Parser::from_env();
    let mut command = None;
    let mut given = Arguments { port: 8080, ..Arguments::default() };
    while let Some(argument) = parser.next()? {
        let is = |known: &str| command.as_deref() == Some(known);
        match argument {
            Long("port") => {
                let port = parser.value()?;
                let number = port.to_str().and_then(|text| text.parse().ok());
                given.port =
                    number.ok_or_else(|| format!("--port takes a number from 0 to 65535, not {port:?}"))?;
            }
            Long("limits") if command.is_none() => given.limits = true,
            Long("oauth-app") if command.is_none() => given.callback = Some(parser.value()?.string()?),
            Long("target") if is("record") => given.target = Some(parser.value()?.string()?),
            Long("out") if is("record") => given.folder = Some(parser.value()?.into()),
            Long("gateway") if is("record") => given.gateway = Some(parser.value()?.string()?),
            Long("keep") if is("record") => given.keep.push(parser.value()?.string()?),
            Long("help") | Short('h') => {
                show(format_args!("{USAGE}"));
                return Ok(());
            }
            Long("version") | Short('V') => {
                show(format_args!("jsm-sandbox {}", env!("CARGO_PKG_VERSION")));
                return Ok(());
            }
            Value(name) if command.is_none() && (name == "record" || name == "replay") => {
                command = Some(name.string()?);
            }
            Value(folder) if is("replay") && given.folder.is_none() => given.folder = Some(folder.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    match command.as_deref() {
        Some("record") => record(given),
        Some(_) => replay(given),
        None => serve(given),
    }
}

fn serve(given: Arguments) -> Outcome {
    let mut builder = Sandbox::builder().port(given.port);
    if given.limits {
        builder = builder.rate_limits(RateLimits::documented());
    }
    let sandbox = builder.start_blocking()?;
    sandbox.clock().run();
    let (url, email, token) = (sandbox.url(), sandbox.email(), sandbox.token());
    let (gateway, cloud_id) = (sandbox.gateway_url(), sandbox.cloud_id());
    show(format_args!("site     {url}"));
    show(format_args!("email    {email}"));
    show(format_args!("token    {token}"));
    show(format_args!("gateway  {gateway} (cloud id {cloud_id})"));
    if let Some(app) = given.callback.map(|callback| sandbox.oauth_app(&callback)) {
        show(format_args!("app      {} with the secret {}", app.client_id, app.client_secret));
        show(format_args!("         {} and {}", app.authorize_url, app.token_url));
    }
    show(format_args!("try      curl -u {email}:{token} '{url}/rest/servicedeskapi/servicedesk'"));
    show(format_args!(
        "         curl -u {email}:{token} '{gateway}/jsm/csm/cloudid/{cloud_id}/api/v1/product'"
    ));
    wait()
}

fn replay(given: Arguments) -> Outcome {
    let folder = given.folder.ok_or("replay needs the folder of a recording")?;
    let replay = Replay::on_port(folder, given.port)?;
    show(format_args!("site     {}", replay.url()));
    if let Some(cloud_id) = replay.cloud_id() {
        show(format_args!("cloud id {cloud_id}"));
    }
    wait()
}

#[cfg(feature = "record")]
fn record(given: Arguments) -> Outcome {
    let target = given.target.ok_or("record needs --target, the address of the site")?;
    let folder = given.folder.ok_or("record needs --out, the folder for the recording")?;
    let mut builder = jsm_sandbox::RecordingProxy::builder(&target, &folder).port(given.port);
    if let Some(gateway) = given.gateway {
        builder = builder.gateway(gateway);
    }
    let recorder =
        given.keep.into_iter().fold(builder, jsm_sandbox::RecordingProxyBuilder::keep).start_blocking()?;
    show(format_args!("site     {} (forwards to {target})", recorder.url()));
    show(format_args!("files    {}", folder.display()));
    let mut shown = 0;
    loop {
        let files = recorder.files();
        files[shown..].iter().for_each(|file| show(format_args!("wrote    {}", file.display())));
        shown = files.len();
        if let Some(problem) = recorder.problem() {
            return Err(format!("the recording is incomplete: {problem}").into());
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[cfg(not(feature = "record"))]
fn record(_: Arguments) -> Outcome {
    Err("this program was built without the recorder; build it with `--features record`".into())
}

/// Prints a line. That no one reads it any more, as in `jsm-sandbox record ... | head`, must not end the program.
fn show(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn wait() -> ! {
    loop {
        std::thread::park();
    }
}
