//! What the command line does without serving: check, export, import. Each works on the store that `serve` works on,
//! through the same operations, and ends.

pub mod admin;
mod check;
mod export;
mod import;

pub use check::check;
pub use export::export;
pub use import::import;

/// How a command that could do its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to complain about.
    Done,
    /// There were errors, which are printed.
    Faulty,
}
