//! Addresses of the wizard's steps.

use crate::domain::console::draft::Step;

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
