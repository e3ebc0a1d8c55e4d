//! Addresses of the wizard's steps, and of the action that they post to.

use crate::domain::console::draft::Step;

/// Where each step is posted.
pub(crate) const POST_STEP: &str = "/fn/wizard_step";

/// The address of a step: below the wizard, or below the balancer that is edited. Nothing is kept yet where the draft
/// has no id.
pub(crate) fn step_address(editing: Option<&str>, step: Step, draft: &str) -> String {
    let step = step.as_str();
    let draft = if draft.is_empty() { String::new() } else { format!("?draft={draft}") };
    match editing {
        None => format!("/balancers/new/{step}{draft}"),
        Some(id) => format!("/balancers/{id}/edit/{step}{draft}"),
    }
}
