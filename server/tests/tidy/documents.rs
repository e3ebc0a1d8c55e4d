//! Promises of the documents: every fault and every threat has tests that exist.

use std::fs;

use crate::sources::root;

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
