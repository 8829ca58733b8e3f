//! Builds the packages from their own contents, as a program that gets them from a registry does.
//!
//! `cargo package` can build what it packs, but it unpacks the crates that depend on each other where downloads are
//! kept, and does not unpack a version again that it finds there. The next change under the same version is then built
//! against old code. So the packages are unpacked and built here.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use flate2::read::GzDecoder;
use tar::Archive;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

use crate::command::step;
use crate::outcome::Error;

/// The crates that are published, each after those it depends on.
const PACKAGES: [&str; 4] = ["jsm-codegen", "jsm-raw", "jsm-sandbox", "jsm-client"];

/// What the steps check.
const CLAIM: &str = "the packages build";

/// What every package contains besides its code.
const TEXTS: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Packs every crate, checks that it carries its texts, and builds it from the package.
///
/// # Errors
/// When a package cannot be made, lacks a text, or does not build.
pub fn check(root: &Path) -> Result<(), Error> {
    let all = PACKAGES.map(|name| format!(" -p {name}")).concat();
    // Wherever the user's builds go: the packages are read from here.
    let target = root.join("target").display().to_string();
    let environment = [("CARGO_TARGET_DIR", target.as_str())];
    step(root, CLAIM, &format!("cargo package{all} --no-verify --allow-dirty --quiet"), &environment)?;
    let unpacked = root.join("target/package/unpacked");
    let workspace = unpack(root, &unpacked).map_err(|error| {
        Error::work("target/package", format!("cannot unpack the packages: {error}"), "remove that directory")
    })?;
    for name in PACKAGES {
        let package = unpacked.join(name);
        if let Some(missing) = TEXTS.into_iter().find(|text| !package.join(text).is_file()) {
            let problem = format!("the package {name} has no {missing}");
            return Err(Error::work("", problem, format!("add it to crates/{name}")));
        }
    }
    fs::write(unpacked.join("Cargo.toml"), workspace.to_string())
        .and_then(|()| fs::copy(root.join("Cargo.lock"), unpacked.join("Cargo.lock")))
        .map_err(|error| Error::work("target/package", error.to_string(), "remove that directory"))?;
    step(&unpacked, CLAIM, "cargo check --workspace --quiet", &environment)
}

/// Unpacks all packages beside each other, and returns the manifest of a workspace that consists of them.
fn unpack(root: &Path, to: &Path) -> io::Result<DocumentMut> {
    let document = |text: String| text.parse::<DocumentMut>().map_err(io::Error::other);
    let manifest = document(fs::read_to_string(root.join("Cargo.toml"))?)?;
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    let mut patch = Table::new();
    for name in PACKAGES {
        let crates = root.join("crates").join(name).join("Cargo.toml");
        let version = match document(fs::read_to_string(crates)?)?["package"]["version"].as_str() {
            Some(version) => version.to_owned(),
            None => manifest["workspace"]["package"]["version"].as_str().unwrap_or_default().to_owned(),
        };
        let package = format!("{name}-{version}");
        let file = File::open(root.join(format!("target/package/{package}.crate")))?;
        let mut archive = Archive::new(GzDecoder::new(file));
        // Every file in a package is as old as any other, and cargo would not notice that one has changed.
        archive.set_preserve_mtime(false);
        archive.unpack(to)?;
        fs::rename(to.join(package), to.join(name))?;
        patch[name] = value(InlineTable::from_iter([("path", name)]));
    }
    let mut workspace = DocumentMut::new();
    workspace["workspace"]["resolver"] = manifest["workspace"]["resolver"].clone();
    workspace["workspace"]["members"] = value(Array::from_iter(PACKAGES));
    // With the same profiles, what is built for the other checks serves here too.
    workspace["profile"] = manifest["profile"].clone();
    workspace["patch"]["crates-io"] = Item::Table(patch);
    Ok(workspace)
}
