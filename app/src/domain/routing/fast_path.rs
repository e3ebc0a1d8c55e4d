//! Fast path: answers from an embedding alone if the router model's earlier answers to near texts are a sure guide.
//!
//! Nobody labels anything. The router model's answers are the labels, and precision means agreement with it. A
//! [`Learner`] belongs to one question (labels, intents, router model) and one embedding model. It keeps a [`Bank`] of
//! judged embeddings and, for each label, a [`Gate`]: the margin above which the bank has agreed with the router model
//! often enough. Calls read a [`Snapshot`], which costs nothing to copy and is never waited for.
//!
//! All functions are pure: random numbers are arguments, and nothing depends on the time.

mod alarm;
mod bank;
mod codec;
mod collection;
mod eligibility;
mod exchange;
mod gate;
mod learner;
mod replay;
mod sample;
mod share;
mod snapshot;
mod vector;
mod vote;

pub use alarm::{ALARM_RATE, Alarm, EXPLORATION_RATE};
pub use bank::{BALANCER_COMPONENTS, Bank, DUPLICATE, LABEL_VECTORS, TOTAL_BYTES};
pub use collection::Collection;
pub use eligibility::is_eligible;
pub use exchange::{embedding_request, read_embedding};
pub use gate::{Gate, LOWER_BOUND, MIN_SAMPLES, wilson_lower_bound};
pub use learner::{Judged, Learned, Learner};
pub use replay::{Replay, ReplayedCall, Source};
pub use sample::{POOLED_BELOW, RECOMPUTED_EVERY, SAMPLES, Sample, Samples};
pub use snapshot::{Snapshot, Verdict};
pub use vector::{Embedding, MAX_DIMENSIONS};
pub use vote::{NEIGHBOURS, Neighbour, Vote};

#[cfg(test)]
mod tests;
