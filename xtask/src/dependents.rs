//! `cargo xtask dependents`: how long a program that depends on this library takes to build from nothing, against
//! programs that depend on something else.
//!
//! Each program is written to a directory of its own under `target/dependents`. What it depends on is fetched before
//! the clock starts.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::command::words;
use crate::outcome::{Error, Outcome};

/// Time the build of small programs that depend on this library, on plain reqwest, or on another client.
#[derive(clap::Args, Debug)]
pub struct DependentsArgs {
    /// Build with optimizations.
    #[arg(long)]
    release: bool,
}

/// A program: its name, what it depends on besides tokio (`{root}` is this checkout), and what it does.
type Dependent = (&'static str, &'static str, &'static str);

const DEPENDENTS: [Dependent; 5] = [
    ("reqwest, as it comes", "reqwest = { version = '0.13', features = ['json'] }", BY_HAND),
    (
        "reqwest, rustls with ring",
        "reqwest = { version = '0.13', default-features = false, features = ['json', 'rustls-no-provider', 'http2'] }\n\
         rustls = { version = '0.23', default-features = false, features = ['ring', 'std', 'tls12'] }",
        BY_HAND,
    ),
    ("jsm-client", "jsm-client = { path = '{root}/crates/jsm-client' }", OURS),
    (
        "jsm-client, servicedesk alone",
        "jsm-client = { path = '{root}/crates/jsm-client', default-features = false, features = ['servicedesk', \
         'rustls'] }",
        OURS,
    ),
    (
        "jira 0.4.0, service-desk alone",
        "jira = { version = '=0.4.0', default-features = false, features = ['service-desk'] }",
        "use jira as _;\nfn main() {}",
    ),
];

const BY_HAND: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), reqwest::Error> {
    let people = "https://acme.atlassian.net/rest/servicedeskapi/servicedesk/1/customer";
    let request = reqwest::Client::new().get(people).basic_auth("me@example.com", Some("my token"));
    println!("{}", request.send().await?.text().await?);
    Ok(())
}
"#;

const OURS: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> jsm_client::Result<()> {
    let site = jsm_client::Client::builder("https://acme.atlassian.net");
    let jira = site.api_token("me@example.com", "my token").experimental(true).build()?;
    let mut people = jira.items(jsm_client::servicedesk::customer::GetCustomers::new(1));
    while let Some(person) = people.try_next().await? {
        println!("{}", person.display_name);
    }
    Ok(())
}
"#;

/// Builds every program from nothing, and prints a row for each.
///
/// # Errors
/// Fails with the first program that does not build.
pub fn run(root: &Path, args: &DependentsArgs) -> Result<Outcome, Error> {
    println!("| a program that depends on | crates | cold build |\n| --- | --- | --- |");
    for dependent in DEPENDENTS {
        let (crates, seconds) = build(root, dependent, args.release)?;
        println!("| {} | {crates} | {seconds:.0} s |", dependent.0);
    }
    Ok(Outcome::Fine("each was built once; only ratios within one run mean anything".to_owned()))
}

fn build(root: &Path, (name, needs, main): Dependent, release: bool) -> Result<(usize, f64), Error> {
    let failed = |why: String| Error::work(name, why, "fix it and run the command again");
    let place = root.join("target/dependents").join(name.replace([' ', ',', '.'], "-"));
    let manifest = format!(
        "[package]\nname = 'dependent'\nversion = '0.1.0'\nedition = '2024'\n\n[dependencies]\n\
         tokio = {{ version = '1', features = ['macros', 'rt'] }}\n{}\n\n[workspace]\n",
        needs.replace("{root}", &root.display().to_string())
    );
    let write = || {
        fs::create_dir_all(place.join("src"))?;
        fs::write(place.join("Cargo.toml"), manifest)?;
        fs::write(place.join("src/main.rs"), main)?;
        fs::remove_dir_all(place.join("target")).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    };
    write().map_err(|error| failed(error.to_string()))?;
    let cargo = |line: &str| {
        let output = words(&place, line)
            .env("CARGO_TARGET_DIR", place.join("target"))
            .output()
            .map_err(|error| failed(error.to_string()))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    };
    cargo("cargo fetch --quiet")?;
    let start = Instant::now();
    cargo(if release { "cargo build --quiet --release" } else { "cargo build --quiet" })?;
    let seconds = start.elapsed().as_secs_f64();
    let tree = cargo("cargo tree --edges normal,build --prefix none --no-dedupe --format {p}")?;
    let mut crates: Vec<&str> = tree.lines().collect();
    crates.sort_unstable();
    crates.dedup();
    Ok((crates.len() - 1, seconds))
}
