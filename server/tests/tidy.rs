//! The habits of the house that a test can keep: see docs/ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a broken checkout should fail loudly")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest file, in lines; a longer one is two concepts.
const LONGEST: usize = 500;

struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources() -> Vec<Source> {
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

/// Fails with a list of the sources that `bad` has a complaint about.
fn nobody(complaint: &str, bad: impl Fn(&Source) -> bool) {
    let bad: Vec<_> = sources().into_iter().filter(bad).map(|it| it.path).collect();
    assert!(bad.is_empty(), "{complaint}: {bad:#?}");
}

/// The text without its comments, so that prose may name what code may not.
fn code(source: &Source) -> String {
    source.text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_file_is_longer_than_one_concept() {
    nobody("longer than 500 lines", |it| it.text.lines().count() > LONGEST);
}

#[test]
fn nine_files_of_ten_are_short() {
    let all = sources();
    let long = all.iter().filter(|it| it.text.lines().count() > 300).count();
    assert!(long * 10 <= all.len(), "{long} of {} files have more than 300 lines", all.len());
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    // A module of tests belongs to the file that it tests.
    let tests = |it: &Source| it.path.ends_with("/tests.rs") || it.path.contains("/tests/");
    nobody("does not open with //!", |it| !tests(it) && !it.text.starts_with("//!"));
}

#[test]
fn modules_are_named_after_their_concept() {
    let vague = ["mod.rs", "utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
    nobody("a name that says nothing", |it| vague.contains(&it.path.rsplit('/').next().unwrap()));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    nobody("allows a lint", |it| code(it).contains(concat!("[", "allow(")));
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    let foreign = [
        "leptos::",
        "axum::",
        "sqlx::",
        "tokio::",
        "reqwest::",
        "std::fs",
        "std::io",
        "std::env",
        "std::thread",
        "Instant::now",
        "SystemTime::now",
        "TcpStream",
        "getrandom",
        "async fn",
        ".await",
    ];
    nobody("IO, time or a framework in the domain", |it| {
        it.path.starts_with("app/src/domain")
            && !it.path.ends_with("tests.rs")
            && foreign.iter().any(|word| code(it).contains(word))
    });
}

#[test]
fn components_know_no_domain_noun() {
    nobody("a component that knows the domain", |it| {
        it.path.starts_with("app/src/ui")
            && (code(it).contains("crate::domain::balancer") || code(it).contains("crate::api"))
    });
}

#[test]
fn sql_stays_in_the_store() {
    nobody("SQL outside of the store", |it| {
        it.path.starts_with("server/src")
            && !it.path.starts_with("server/src/store")
            && code(it).contains("sqlx::")
    });
}

#[test]
fn the_data_plane_never_reaches_the_store() {
    nobody("the store in the data plane", |it| {
        it.path.starts_with("server/src/gateway")
            && (code(it).contains("crate::store") || code(it).contains("crate::operations"))
    });
}

#[test]
fn public_error_shapes_are_made_in_two_files() {
    let makers = ["server/src/gateway/error.rs", "server/src/control/rest/error.rs"];
    nobody("an error envelope of its own", |it| {
        it.path.starts_with("server/src")
            && !it.path.starts_with("server/src/demo")
            && !makers.iter().any(|maker| it.path.starts_with(maker.trim_end_matches(".rs")))
            && !code(it).contains("mod tests")
            && (code(it).contains(r#"json!({ "error""#) || code(it).contains(r#"json!({"error""#))
    });
}

#[test]
fn server_functions_that_change_something_are_never_get() {
    nobody("a server function by GET", |it| it.path.starts_with("app/src") && code(it).contains("GetUrl"));
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| {
        let mut names: Vec<_> = fs::read_dir(root().join("migrations").join(engine))
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

/// The rows of the faults that `docs/RELIABILITY.md` makes promises about.
const FAULTS: std::ops::RangeInclusive<u32> = 1..=49;

/// Whether `text`, the file at `path`, holds a test of that name.
fn holds_test(path: &str, text: &str, name: &str) -> bool {
    if path.ends_with(".spec.ts") {
        return text.contains(&format!("test({name:?}, "));
    }
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    // Nearby, for properties may have attributes and documentation between.
    let marked = before.lines().rev().take_while(|line| line.trim() != "}").take(6).any(|line| {
        let line = line.trim();
        line.starts_with("#[test]") || line.starts_with("#[tokio::test")
    });
    marked || is_rule(path, name)
}

/// Rules of stores and of the control plane are functions that one list runs on both engines.
fn is_rule(path: &str, name: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let list = fs::read_to_string(root().join(format!("{folder}.rs"))).unwrap_or_default();
    list.lines().any(|line| line.trim() == format!("{name},"))
}

/// The numbered rows of a page's table: the number and the other cells. Every cell says something, and the last one
/// names tests that exist.
fn rows_held_by_tests(page: &str, columns: usize) -> Vec<u32> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut numbers = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let Ok(number) = cells[0].parse::<u32>() else { continue };
        numbers.push(number);
        assert_eq!(cells.len(), columns, "{page}, row {number}: columns");
        assert!(cells.iter().all(|it| !it.is_empty()), "{page}, row {number} says nothing somewhere");
        for test in cells[columns - 1].split("<br>") {
            let name = test.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
            let (path, name) = name.and_then(|it| it.split_once("::")).unwrap_or_default();
            let text = fs::read_to_string(root().join(path)).unwrap_or_default();
            assert!(holds_test(path, &text, name), "{page}, row {number}: there is no test {test}");
        }
    }
    numbers
}

#[test]
fn every_fault_has_one_row_and_each_row_tests_that_exist() {
    let numbers = rows_held_by_tests("docs/RELIABILITY.md", 4);
    assert!(numbers.iter().copied().eq(FAULTS), "each of 1 to 49 once and in order: {numbers:?}");
}

#[test]
fn every_threat_has_a_control_and_tests_that_exist() {
    let numbers = rows_held_by_tests("docs/SECURITY.md", 5);
    assert!(
        numbers.len() >= 20 && numbers.iter().copied().eq(1..=numbers.len() as u32),
        "in order: {numbers:?}"
    );
}
