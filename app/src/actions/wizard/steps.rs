//! Order of the six steps, and the state of each in the step list.

use crate::domain::{console::draft::Step, field_error::ValidationReport};

/// How a step looks in the step list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepState {
    /// It was left and nothing is wrong with it.
    Done,
    /// Something is wrong with it.
    Faulty,
    /// It was not left yet.
    Ahead,
    /// This balancer does not need it.
    NotNeeded,
}

/// How `step` looks while `current` is open.
pub(crate) fn step_state(
    step: Step,
    current: Step,
    left: &[Step],
    ordered: bool,
    report: &ValidationReport,
) -> StepState {
    let seen = left.contains(&step) || current == Step::Review;
    let faulty =
        report.errors.iter().any(|it| Step::of_path(&it.path) == step && (seen || !is_missing(&it.code)));
    match (step, faulty) {
        (Step::Router, _) if ordered => StepState::NotNeeded,
        (_, true) => StepState::Faulty,
        (Step::Review, _) => StepState::Ahead,
        _ if seen => StepState::Done,
        _ => StepState::Ahead,
    }
}

/// Whether an error only says that something is still to be typed; it does not show before its step was left.
pub(crate) fn is_missing(code: &str) -> bool {
    code == "required"
}

/// The step after `step`, and before it; `ordered` skips the router model.
pub(crate) fn neighbours(step: Step, ordered: bool) -> (Option<Step>, Option<Step>) {
    let steps: Vec<Step> = Step::ALL.into_iter().filter(|it| !ordered || *it != Step::Router).collect();
    let at = |near: &dyn Fn(&&Step) -> bool| steps.iter().find(near).copied();
    (steps.iter().rev().find(|it| **it < step).copied(), at(&|it| **it > step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field_error::FieldError;

    #[test]
    fn ordered_skips_the_router_model_both_ways() {
        assert_eq!(neighbours(Step::Mode, true), (Some(Step::Workload), Some(Step::Routes)));
        assert_eq!(neighbours(Step::Routes, true), (Some(Step::Mode), Some(Step::Review)));
        assert_eq!(neighbours(Step::Routes, false), (Some(Step::Router), Some(Step::Review)));
        assert_eq!(neighbours(Step::Name, false).0, None);
        assert_eq!(neighbours(Step::Review, false).1, None);
    }

    #[test]
    fn what_is_missing_shows_once_its_step_was_left_and_other_errors_at_once() {
        let report = ValidationReport::new(
            vec![
                FieldError::new("name", "required", "Give it a name."),
                FieldError::new("routes", "default_route_required", "Mark one route as default."),
            ],
            Vec::new(),
        );
        let state = |step, current, left: &[Step]| step_state(step, current, left, false, &report);
        assert_eq!(state(Step::Name, Step::Name, &[]), StepState::Ahead);
        assert_eq!(state(Step::Name, Step::Mode, &[]), StepState::Ahead);
        assert_eq!(state(Step::Name, Step::Mode, &[Step::Name]), StepState::Faulty);
        assert_eq!(state(Step::Name, Step::Review, &[]), StepState::Faulty);
        assert_eq!(state(Step::Routes, Step::Mode, &[]), StepState::Faulty);
        assert_eq!(state(Step::Workload, Step::Mode, &[Step::Workload]), StepState::Done);
    }
}
