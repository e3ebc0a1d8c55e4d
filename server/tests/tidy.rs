//! Rules about the sources that a test can keep: see docs/ARCHITECTURE.md.

#![expect(clippy::unwrap_used, reason = "a broken checkout should fail loudly")]

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/sources.rs"]
mod sources;
