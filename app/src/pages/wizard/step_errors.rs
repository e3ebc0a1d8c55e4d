//! Errors and warnings of a step, each at the control that fixes it.

use leptos::prelude::*;

use crate::{
    actions::wizard::steps::is_missing,
    domain::{console::draft::Step, field_error::FieldError},
    pages::wizard::load::WizardPage,
    ui::FieldErrors,
};

/// What is wrong with a step, and what is allowed but probably not meant.
#[derive(Clone, Copy)]
pub(super) struct StepErrors {
    errors: Signal<FieldErrors>,
    warnings: Signal<FieldErrors>,
}

impl StepErrors {
    /// The errors of the page's step. One that only says that something is missing counts once the step was left.
    pub(super) fn new(page: &WizardPage) -> Self {
        let seen = page.notes.left.contains(&page.step) || page.step == Step::Review;
        let errors = page.report.errors.iter().filter(|it| seen || !is_missing(&it.code)).map(at_control);
        let warnings = page.report.warnings.iter().map(at_control);
        Self {
            errors: Signal::stored(errors.collect::<Vec<_>>().into()),
            warnings: Signal::stored(warnings.collect::<Vec<_>>().into()),
        }
    }

    /// What is wrong.
    pub(super) fn errors(self) -> Signal<FieldErrors> {
        self.errors
    }

    /// What is worth a look.
    pub(super) fn warnings(self) -> Signal<FieldErrors> {
        self.warnings
    }
}

/// The error at the control that fixes it: a destination's picker stands for all of the destination, the box of the
/// examples for each of them.
pub(super) fn at_control(error: &FieldError) -> FieldError {
    let path = match error.path.rsplit_once('.') {
        Some((route, "destination")) => format!("{route}.destination.ref"),
        Some((destination, "type")) => format!("{destination}.ref"),
        _ if error.path == "router_model" => "router_model.ref".to_owned(),
        _ => match error.path.split_once(".examples[") {
            Some((route, _)) => format!("{route}.examples"),
            None => error.path.clone(),
        },
    };
    FieldError { path, ..error.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stand_at_the_control_that_fixes_them() {
        let at = |path: &str| at_control(&FieldError::new(path, "code", "words")).path;
        assert_eq!(at("router_model"), "router_model.ref");
        assert_eq!(at("routes[1].destination"), "routes[1].destination.ref");
        assert_eq!(at("routes[1].destination.type"), "routes[1].destination.ref");
        assert_eq!(at("routes[0].examples[3]"), "routes[0].examples");
        assert_eq!(at("routes"), "routes");
    }
}
