//! Commands that write to the checkout: one at a time, and all of their files or none, also when they are killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use jsm_codegen::pins;
use serde_json::json;
use tempfile::TempDir;
use xtask::files::journal::{Journal, Step};
use xtask::files::{self, Draft, Writer};
use xtask::outcome::Outcome;
use xtask::pin::{self, PinArgs};

use crate::third_api::write;

#[test]
fn no_record_is_lost_when_two_apis_are_pinned_at_once() {
    for round in 0..12 {
        let checkout = TempDir::new().expect("a folder");
        let root = checkout.path();
        let apis = ["bikes", "vans"];
        let tables =
            apis.map(|api| format!("[{api}]\ntitle = \"{api}\"\nurl = \"https://{api}.example/api.json\"\n"));
        write(root, files::PINS, &tables.join("\n"));
        let start = Barrier::new(apis.len());
        thread::scope(|scope| {
            for api in apis {
                let start = &start;
                scope.spawn(move || {
                    let paths = json!({format!("/{api}"): {"get": {"responses": {"200": {}}}}});
                    let document = json!({"openapi": "3.0.1", "info": {"version": api}, "paths": paths});
                    write(root, api, &document.to_string());
                    let from = Some(root.join(api).display().to_string());
                    let args = PinArgs { api: api.to_owned(), from, ..PinArgs::default() };
                    start.wait();
                    pin::run(root, &args).expect("the other one is waited for");
                });
            }
        });
        let text = fs::read_to_string(root.join(files::PINS)).expect("it is there");
        for (api, pin) in pins::read(&text).expect("it is a record") {
            assert_eq!(pin.upstream_version, Some(api), "round {round}: {text}");
        }
    }
}

#[test]
fn a_command_that_is_killed_at_any_step_leaves_all_or_nothing_to_the_next() {
    let (before, drafts) = checkout();
    let steps = steps(&drafts);
    let mut ends = Vec::new();
    for killed in 0..=steps.len() {
        for torn in [false, true] {
            let folder = laid(&before);
            let root = folder.path();
            let journal = Journal::of(root, &drafts).expect("texts").expect("there is something to write");
            for step in &steps[..killed] {
                journal.perform(root, step).expect("there is room");
            }
            // What the step at which it was killed had begun to write.
            let begun = match steps.get(killed).filter(|_| torn) {
                Some(Step::Record) => Some("target/xtask-journal.json.xtask-new".to_owned()),
                Some(Step::Stage(at)) => Some(format!("{}.xtask-new", drafts[*at].0)),
                _ => None,
            };
            begun.into_iter().for_each(|path| write(root, &path, "{\"fil"));
            let committed = steps[..killed].contains(&Step::Commit);
            let settled = files::settled(root).is_ok();
            assert_eq!(settled, !committed || killed == steps.len(), "killed after {killed} steps");

            drop(Writer::open(root).expect("what was begun can be finished"));
            let now = texts(root);
            let wanted = if committed { after(&before, &drafts) } else { before.clone() };
            assert_eq!(now, wanted, "killed after {killed} steps");
            files::settled(root).expect("nothing is left to do");
            ends.push(committed);
        }
    }
    assert!(ends.contains(&true) && ends.contains(&false));
}

#[test]
fn a_file_that_was_changed_since_is_kept_and_the_rest_taken_back() {
    let (before, drafts) = checkout();
    let steps = steps(&drafts);
    for killed in 2..steps.len() {
        let folder = laid(&before);
        let root = folder.path();
        let journal = Journal::of(root, &drafts).expect("texts").expect("there is something to write");
        steps[..killed].iter().for_each(|step| journal.perform(root, step).expect("there is room"));
        write(root, "c/new", "somebody's");
        drop(Writer::open(root).expect("it can be taken back"));
        // Where all other files were written, there is nothing to take back.
        let mut wanted =
            if steps[..killed].contains(&Step::Place(0)) { after(&before, &drafts) } else { before.clone() };
        wanted.insert("c/new".to_owned(), "somebody's".to_owned());
        assert_eq!(texts(root), wanted, "killed after {killed} steps");
        files::settled(root).expect("nothing is left to do");
    }
}

#[test]
fn a_command_that_writes_waits_for_another() {
    let folder = laid(&BTreeMap::from([(files::PINS.to_owned(), String::new())]));
    let root = folder.path();
    let writer = Writer::open(root).expect("nobody else writes");
    thread::scope(|scope| {
        let other =
            scope.spawn(|| xtask::effective::run(root, &xtask::effective::EffectiveArgs { check: false }));
        writer.write_all(&[(files::PINS.to_owned(), "broken".to_owned())]).expect("there is room");
        writer.write_all(&[(files::PINS.to_owned(), "# none\n".to_owned())]).expect("there is room");
        drop(writer);
        let ended = other.join().expect("it does not panic");
        assert!(matches!(ended, Ok(Outcome::Fine(_))), "{ended:?}");
    });
}

/// The files of a checkout, and what a command writes: one file is replaced, one stays as it is, one is new.
fn checkout() -> (BTreeMap<String, String>, Vec<Draft>) {
    let before = [("a", "old a"), ("b/kept", "as it was"), ("b/same", "same")];
    let drafts = [("a", "new a"), ("b/same", "same"), ("c/new", "new c")];
    let own = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
    (before.map(own).into(), drafts.map(own).into())
}

fn steps(drafts: &[Draft]) -> Vec<Step> {
    let folder = TempDir::new().expect("a folder");
    Journal::of(folder.path(), drafts).expect("texts").expect("there is something to write").steps()
}

fn after(before: &BTreeMap<String, String>, drafts: &[Draft]) -> BTreeMap<String, String> {
    before.clone().into_iter().chain(drafts.iter().cloned()).collect()
}

fn laid(texts: &BTreeMap<String, String>) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    texts.iter().for_each(|(path, text)| write(folder.path(), path, text));
    folder
}

/// Every file but the lock, those that are not complete included.
fn texts(root: &Path) -> BTreeMap<String, String> {
    fn visit(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("it is inside").display().to_string();
            match name.as_str() {
                "target/xtask.lock" => {}
                _ if path.is_dir() => visit(root, &path, found),
                _ => drop(found.insert(name, fs::read_to_string(&path).expect("a text"))),
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(root, root, &mut found);
    found
}
