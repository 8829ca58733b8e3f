//! Generates one module for each effective document in `openapi/`.

use std::path::Path;
use std::{env, fs};

use jsm_codegen::emit::{emit, include};

fn main() {
    println!("cargo::rerun-if-changed=openapi");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let mut names: Vec<String> = fs::read_dir("openapi")
        .expect("the package carries openapi/")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    let (mut modules, mut documents) = (String::new(), String::new());
    for api in names {
        if env::var_os(format!("CARGO_FEATURE_{}", api.to_uppercase())).is_none() {
            continue;
        }
        let file = Path::new(&root).join("openapi").join(format!("{api}.json"));
        let document = fs::read_to_string(&file).expect("the effective document is readable");
        let emitted = emit(&api, &document).and_then(|source| {
            let module = include(&api, &document, &file.display().to_string())?;
            Ok((source, module))
        });
        match emitted {
            Ok((source, module)) => {
                fs::write(Path::new(&out).join(format!("{api}.rs")), source).expect("OUT_DIR is writable");
                modules += &module;
                documents += &format!(
                    "{api:?} => {{ static READ: LazyLock<Document> = LazyLock::new(|| read(crate::{api}::DOCUMENT)); Some(&READ) }}\n"
                );
            }
            Err(error) => panic!("cannot generate {}: {error}", file.display()),
        }
    }
    println!("cargo::rustc-check-cfg=cfg(no_api)");
    if modules.is_empty() {
        println!("cargo::rustc-cfg=no_api");
    }
    fs::write(Path::new(&out).join("apis.rs"), modules).expect("OUT_DIR is writable");
    let documents = format!("match api {{\n{documents}_ => None,\n}}\n");
    fs::write(Path::new(&out).join("documents.rs"), documents).expect("OUT_DIR is writable");
}
