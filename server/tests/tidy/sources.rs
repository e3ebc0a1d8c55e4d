//! The Rust sources of the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file.
pub(crate) struct Source {
    /// Its path from the root of the checkout.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The text without comments and without what is compiled for tests alone, so that prose and tests may name what
    /// production code may not.
    pub(crate) fn code(&self) -> String {
        let production = self.text.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        production.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    /// Whether the file holds tests alone.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All sources of the workspace.
pub(crate) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["app", "server", "frontend", "end2end/fault-upstream"] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "dist" | "corpus") {
                collect(&path, found);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
}

/// Fails with a list of the sources for which `is_bad` holds.
pub(crate) fn assert_none(complaint: &str, is_bad: impl Fn(&Source) -> bool) {
    let bad: Vec<_> = sources().into_iter().filter(is_bad).map(|it| it.path).collect();
    assert!(bad.is_empty(), "{complaint}: {bad:#?}");
}
