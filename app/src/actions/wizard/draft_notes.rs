//! What the wizard remembers beside the balancer: which steps were left, what was tried, what the checks found.

use serde::{Deserialize, Serialize};

use crate::domain::console::check::CheckResult;
use crate::{
    domain::{
        console::{balancer_draft::step_fields::NewInstance, draft::Step},
        field_error::FieldError,
        routing::decision::Decision,
    },
    refusal::{Refusal, Reply},
};

/// What the wizard remembers beside the balancer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DraftNotes {
    /// Counts the posts; the page is drawn anew for each.
    pub(crate) posts: u64,
    /// The steps that were left at least once: from then on what is missing there is an error that shows.
    pub(crate) left: Vec<Step>,
    /// Whether it was made because the draft it comes from was changed elsewhere.
    pub(crate) is_copy: bool,
    /// Whether something was filled in without being asked.
    pub(crate) filled: bool,
    /// The last "Try a prompt".
    pub(crate) tried: Option<Tried>,
    /// What the checks found, where they were asked for by a form.
    pub(crate) checks: Vec<CheckResult>,
    /// "Try a prompt" as it was typed.
    pub(crate) prompt: String,
    /// "Add an instance" as it was typed, without its key.
    pub(crate) new_instance: NewInstance,
    /// Why that instance was refused.
    pub(crate) new_refused: Option<Refusal>,
    /// Why saving was refused.
    pub(crate) refused: Option<Refusal>,
    /// What was pasted and could not be read.
    pub(crate) pasted: String,
    /// What of it could not be read.
    pub(crate) paste_errors: Vec<FieldError>,
}

/// A prompt that was tried on the draft, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// The prompt.
    pub(crate) prompt: String,
    /// The decision, or why there is none.
    pub(crate) reply: Reply<Decision>,
}
