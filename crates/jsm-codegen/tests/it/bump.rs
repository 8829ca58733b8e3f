//! The next version: how far changes move it, and the manifest with it.

use std::collections::BTreeSet;

use jsm_codegen::bump;
use jsm_codegen::diff::{Bump, Severity};

#[test]
fn versions_move_as_far_as_changes_ask() {
    for (base, bump, day, next) in [
        ("0.3.1", Bump::None, None, Some("0.3.1")),
        ("0.3.1", Bump::Patch, None, Some("0.3.2")),
        ("0.3.1", Bump::Minor, None, Some("0.4.0")),
        ("0.3.1+20250910", Bump::Minor, Some("2026-06-20"), Some("0.4.0+20260620")),
        ("0.3.1", Bump::Patch, Some("June"), None),
        ("1.0.0", Bump::Patch, None, None),
        ("0.3", Bump::Patch, None, None),
        ("0.3.18446744073709551615", Bump::Patch, None, None),
    ] {
        assert_eq!(bump::next(base, bump, day).ok().as_deref(), next, "{base} {bump:?}");
    }
}

#[test]
fn a_line_that_is_gone_breaks_and_a_new_one_adds() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    for (old, new, severity) in
        [("a b", "b a", Severity::None), ("a", "a b", Severity::Additive), ("a b", "a c", Severity::Breaking)]
    {
        assert_eq!(bump::listed(&lines(old), &lines(new)), severity, "{old} {new}");
    }
}

#[test]
fn a_version_is_written_where_the_manifest_has_it() {
    let manifest = "[workspace.package]\nversion = \"0.3.1\" # ours\n\n[workspace.dependencies]\n\
                    # Not ours: it has no path.\nserde = { version = \"0.3.1\" }\n\
                    raw = { path = \"raw\", version = \"0.3.1\", default-features = false }\n";
    let written = bump::write(manifest, "0.4.0+20260620").expect("it has a version");
    let expected = manifest
        .replace("version = \"0.3.1\" # ours", "version = \"0.4.0+20260620\" # ours")
        .replace("path = \"raw\", version = \"0.3.1\"", "path = \"raw\", version = \"0.4.0\"");
    assert_eq!(written, expected);
    for broken in ["", "[workspace.package]\n", "[workspace"] {
        assert!(bump::write(broken, "0.4.0").is_err(), "{broken:?}");
    }
}

#[test]
fn build_metadata_does_not_make_a_version_later() {
    assert_eq!(bump::is_later("0.3.1+20260620", "0.3.1+20250101"), Ok(false));
    assert_eq!(bump::is_later("0.10.0", "0.9.9"), Ok(true));
    assert!(bump::is_later("soon", "0.3.0").is_err());
}
