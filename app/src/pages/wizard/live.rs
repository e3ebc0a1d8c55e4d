//! What scripting adds to a step: what is typed is kept on the server after a short rest, and the answer says at once
//! what is wrong. Without scripting the next press does both.

use std::time::Duration;

use leptos::{form::FromFormData as _, html, leptos_dom::helpers::TimeoutHandle, prelude::*, web_sys};

use super::listed;
use crate::{
    api::wizard::{WizardPage, WizardStep, steps::is_missing},
    domain::{
        draft::Step,
        fault::{Fault, Report},
    },
    ui::{Faults, Step as ListedStep},
};

/// How long nothing is typed before what was typed is kept.
const REST: Duration = Duration::from_millis(400);

/// A step while somebody types in it.
#[derive(Clone, Copy)]
pub(super) struct Live {
    /// The form of the step.
    pub(super) form: NodeRef<html::Form>,
    report: RwSignal<Report>,
    page: StoredValue<WizardPage>,
    keep: ServerAction<WizardStep>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

impl Live {
    /// The step as the server sent it.
    pub(super) fn new(page: &WizardPage) -> Self {
        let keep = ServerAction::<WizardStep>::new();
        let report = RwSignal::new(page.report.clone());
        Effect::new(move |_| {
            if let Some(Ok(Ok(found))) = keep.value().get() {
                report.set(found);
            }
        });
        let live = Self {
            form: NodeRef::new(),
            report,
            page: StoredValue::new(page.clone()),
            keep,
            pause: StoredValue::new(None),
        };
        on_cleanup(move || live.stop());
        live
    }

    /// Something was typed: it is kept once nothing more is typed for a while.
    pub(super) fn typed(self) {
        self.stop();
        // Where no timer can be had, the next press keeps it.
        let pause = set_timeout_with_handle(move || self.keep(), REST).ok();
        self.pause.set_value(pause);
    }

    /// A press keeps everything itself.
    pub(super) fn stop(self) {
        if let Some(Some(pause)) = self.pause.try_update_value(Option::take) {
            pause.clear();
        }
    }

    fn keep(self) {
        let Some(form) = self.form.try_get_untracked().flatten() else { return };
        let typed = web_sys::FormData::new_with_form(&form).ok();
        let typed = typed.and_then(|typed| WizardStep::from_form_data(&typed).ok());
        if let Some(mut press) = typed {
            "keep".clone_into(&mut press.act);
            // A key travels only when its instance is to be made.
            press.form.new_instance = None;
            self.keep.dispatch(press);
        }
    }

    /// The steps as the step list shows them; tracked.
    pub(super) fn steps(self) -> Vec<ListedStep> {
        let report = self.report.read();
        self.page.with_value(|page| listed(page, &report))
    }

    /// What is wrong with the step. That something is still missing is said once the step was left.
    pub(super) fn faults(self) -> Signal<Faults> {
        Signal::derive(move || {
            let report = self.report.read();
            self.page.with_value(|page| {
                let seen = page.notes.left.contains(&page.step) || page.step == Step::Review;
                let shown = report.errors.iter().filter(|it| seen || !is_missing(&it.code));
                Faults::from(shown.map(at_control).collect::<Vec<_>>())
            })
        })
    }

    /// What is allowed but probably not meant.
    pub(super) fn warnings(self) -> Signal<Faults> {
        Signal::derive(move || {
            Faults::from(self.report.read().warnings.iter().map(at_control).collect::<Vec<_>>())
        })
    }
}

/// The fault at the control that mends it: a destination's picker stands for all of the destination, the box of the
/// examples for each of them.
pub(super) fn at_control(fault: &Fault) -> Fault {
    let path = match fault.path.rsplit_once('.') {
        Some((route, "destination")) => format!("{route}.destination.ref"),
        Some((destination, "type")) => format!("{destination}.ref"),
        _ if fault.path == "router_model" => "router_model.ref".to_owned(),
        _ => match fault.path.split_once(".examples[") {
            Some((route, _)) => format!("{route}.examples"),
            None => fault.path.clone(),
        },
    };
    Fault { path, ..fault.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_stand_at_the_control_that_mends_them() {
        let at = |path: &str| at_control(&Fault::new(path, "code", "words")).path;
        assert_eq!(at("router_model"), "router_model.ref");
        assert_eq!(at("routes[1].destination"), "routes[1].destination.ref");
        assert_eq!(at("routes[1].destination.type"), "routes[1].destination.ref");
        assert_eq!(at("routes[0].examples[3]"), "routes[0].examples");
        assert_eq!(at("routes"), "routes");
    }
}
