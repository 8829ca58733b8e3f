//! Snapshots for reviewers.

/// Compares a text with its snapshot. Ports differ in every run.
pub(crate) fn snapshot(name: &str, text: &str) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")]}, {
        insta::assert_snapshot!(name, text);
    });
}
