//! The request log. Rows are inserted in batches, never updated, and deleted oldest first; nothing refers to them.

mod insert;
mod old;
mod read;
mod row;
mod texts;
mod threshold;
mod totals;
mod traffic;

pub use row::{CallRow, CallTexts, CallUs, Flags};
pub(crate) use row::{detail, shared_plan, stored_excerpt, us};
pub use totals::{Grain, RunningTotals, SumsOf, TotalsFilter, TotalsOf};
