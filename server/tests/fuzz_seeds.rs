//! The properties that fuzzing checks, on the seeds that it begins with and on every beginning of each: so they hold
//! on any toolchain, and what fuzzing once found stays mended.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use app::domain::api::Endpoint;

#[path = "../fuzz/properties/body.rs"]
mod body;
#[path = "../fuzz/properties/document.rs"]
mod document;
#[path = "../fuzz/properties/foreign.rs"]
mod foreign;
#[path = "../fuzz/properties/http1.rs"]
mod http1;
#[path = "../fuzz/properties/import_document.rs"]
mod import_document;
#[path = "../fuzz/properties/retry_after.rs"]
mod retry_after;
#[path = "../fuzz/properties/router_answer.rs"]
mod router_answer;
#[path = "../fuzz/properties/selection.rs"]
mod selection;
#[path = "../fuzz/properties/sse.rs"]
mod sse;
#[path = "../fuzz/properties/url_guard.rs"]
mod url_guard;

type Property = fn(&[u8]);

/// Each fuzz target with what it checks.
const TARGETS: [(&str, Property); 11] = [
    ("chat_body", |bytes| body::holds(bytes, Endpoint::ChatCompletions)),
    ("document", document::holds),
    ("embeddings_body", |bytes| body::holds(bytes, Endpoint::Embeddings)),
    ("foreign", foreign::holds),
    ("http1", http1::holds),
    ("import_document", import_document::holds),
    ("retry_after", retry_after::holds),
    ("router_answer", router_answer::holds),
    ("selection", selection::holds),
    ("sse", sse::holds),
    ("url_guard", url_guard::holds),
];

/// Of a longer seed not every beginning is tried.
const EVERY_BEGINNING: usize = 600;

fn fuzz(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let (_, holds) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let seeds = files(&fuzz("seeds").join(name));
    assert!(seeds.len() >= 5, "{name} has hardly any seeds");
    for seed in seeds {
        let bytes = fs::read(&seed).unwrap();
        let beginnings = 0..=bytes.len().min(EVERY_BEGINNING);
        for length in beginnings.chain([bytes.len()]) {
            let tried = catch_unwind(AssertUnwindSafe(|| holds(&bytes[..length])));
            assert!(tried.is_ok(), "{} fails in its first {length} bytes, see above", seed.display());
        }
    }
}

#[test]
fn every_fuzz_target_is_replayed_here() {
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["fuzz_targets", "seeds"] {
        let found: BTreeSet<String> = files(&fuzz(folder)).into_iter().map(stem).collect();
        assert_eq!(found, names, "{folder}");
    }
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    assert!(names.iter().all(|name| manifest.contains(&format!("name = \"{name}\""))));
}

#[test]
fn chat_bodies_are_accepted_like_a_strict_parser_does_and_forwarded_unchanged() {
    replay("chat_body");
}

#[test]
fn embeddings_bodies_are_accepted_like_a_strict_parser_does_and_forwarded_unchanged() {
    replay("embeddings_body");
}

#[test]
fn every_document_is_decoded_completely() {
    replay("document");
}

#[test]
fn responses_are_the_same_however_they_are_cut() {
    replay("http1");
}

#[test]
fn imported_documents_are_validated_and_exported_unchanged() {
    replay("import_document");
}

#[test]
fn other_gateways_files_convert_to_a_valid_document() {
    replay("foreign");
}

#[test]
fn retry_after_is_parsed_within_its_bound() {
    replay("retry_after");
}

#[test]
fn router_answers_stay_within_the_labels() {
    replay("router_answer");
}

#[test]
fn selection_respects_weights_tiers_and_shares() {
    replay("selection");
}

#[test]
fn events_are_the_same_however_the_stream_is_cut() {
    replay("sse");
}

#[test]
fn forbidden_addresses_are_refused_in_every_spelling() {
    replay("url_guard");
}
