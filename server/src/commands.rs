//! Commands that end by themselves: administration, check, export and import. They work on the same store as `serve`,
//! through the same operations.

pub mod admin;
mod check;
mod export;
mod import;

pub use check::check;
pub use export::export;
pub use import::import;

/// The result of a command that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There were no errors.
    Done,
    /// There were errors, which were printed.
    HasErrors,
}
