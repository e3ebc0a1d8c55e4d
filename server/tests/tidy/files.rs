//! Rules about single files: length, names, what they open with.

use std::{collections::BTreeMap, fs};

use crate::sources::{assert_none, root, sources};

/// The longest file, in lines; a longer one is two concepts.
const LONGEST: usize = 500;
/// The most files side by side in a folder.
const SIDE_BY_SIDE: usize = 15;

#[test]
fn no_file_is_longer_than_one_concept() {
    assert_none("longer than 500 lines", |it| it.text.lines().count() > LONGEST);
}

#[test]
fn nine_files_of_ten_are_short() {
    let all = sources();
    let long = all.iter().filter(|it| it.text.lines().count() > 300).count();
    assert!(long * 10 <= all.len(), "{long} of {} files have more than 300 lines", all.len());
}

#[test]
fn every_file_opens_with_its_purpose() {
    // A module of tests belongs to the file that it tests.
    assert_none("does not open with //!", |it| !it.is_test() && !it.text.starts_with("//!"));
}

#[test]
fn modules_are_named_after_their_concept() {
    let vague = ["mod.rs", "utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];
    assert_none("a name that says nothing", |it| vague.contains(&it.path.rsplit('/').next().unwrap()));
}

#[test]
fn no_folder_of_code_is_crowded() {
    let mut folders = BTreeMap::<String, usize>::new();
    for source in sources().iter().filter(|it| it.path.contains("/src/") && !it.is_test()) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry(folder.to_owned()).or_default() += 1;
    }
    folders.retain(|_, count| *count > SIDE_BY_SIDE);
    assert!(folders.is_empty(), "more than {SIDE_BY_SIDE} files side by side: {folders:#?}");
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    assert_none("allows a lint", |it| {
        let code = it.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.into_iter().any(|line| line.contains(concat!("[", "allow(")))
    });
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

#[test]
fn migrations_add_before_they_remove() {
    // An older replica goes on with its last snapshot while a newer one has migrated, so what it reads and writes stays.
    // What is not used any more is removed by a later release, and then named here.
    const FIRST: &str = "0032";
    const REMOVING: [&str; 0] = [];
    for engine in ["sqlite", "postgres"] {
        for file in fs::read_dir(root().join("migrations").join(engine)).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if *name < *FIRST || REMOVING.contains(&name.as_str()) {
                continue;
            }
            let sql = fs::read_to_string(file.path()).unwrap().to_uppercase();
            let removes = sql.contains("DROP ") || sql.contains("RENAME ");
            assert!(!removes, "{engine}/{name} removes or renames something");
        }
    }
}
