//! What scripting adds to a step: what is typed is kept on the server after a short rest, and the answer says at once
//! what is wrong. Without scripting the next press does both.

use std::time::Duration;

use leptos::{form::FromFormData as _, html, leptos_dom::helpers::TimeoutHandle, prelude::*, web_sys};

use super::listed;
use crate::{
    api::wizard::{
        Pressed, WizardPage, WizardStep,
        steps::{is_missing, step_address},
    },
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
    /// The draft's id; empty until something was kept.
    pub(super) draft: RwSignal<String>,
    report: RwSignal<Report>,
    page: StoredValue<WizardPage>,
    keep: ServerAction<WizardStep>,
    pause: StoredValue<Option<TimeoutHandle>>,
    held: StoredValue<Option<web_sys::HtmlElement>, LocalStorage>,
}

impl Live {
    /// The step as the server sent it.
    pub(super) fn new(page: &WizardPage) -> Self {
        let live = Self {
            form: NodeRef::new(),
            draft: RwSignal::new(page.draft.clone()),
            report: RwSignal::new(page.report.clone()),
            page: StoredValue::new(page.clone()),
            keep: ServerAction::new(),
            pause: StoredValue::new(None),
            held: StoredValue::new_local(None),
        };
        Effect::new(move |_| {
            if let Some(answer) = live.keep.value().get() {
                live.kept(answer.ok().and_then(Result::ok));
            }
        });
        on_cleanup(move || live.stop());
        live
    }

    /// Something was typed: it is kept once nothing more is typed for a while. The first of it is kept at once, which
    /// makes the draft.
    pub(super) fn typed(self) {
        self.stop();
        if self.draft.read_untracked().is_empty() && !self.keep.pending().get_untracked() {
            self.keep();
        } else {
            // Where no timer can be had, the next press keeps it.
            self.pause.set_value(set_timeout_with_handle(move || self.rested(), REST).ok());
        }
    }

    fn rested(self) {
        // One after the other, so that the last one is what stays.
        if self.keep.pending().get_untracked() { self.typed() } else { self.keep() }
    }

    /// A button was pressed, which keeps everything itself. While the draft is just being made the press waits for
    /// it, or there would be two.
    pub(super) fn pressed(self, ev: &web_sys::SubmitEvent) {
        self.stop();
        if self.draft.read_untracked().is_empty() && self.keep.pending().get_untracked() {
            ev.prevent_default();
            self.held.set_value(ev.submitter());
        }
    }

    fn stop(self) {
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

    /// What was typed is kept, or could not be.
    fn kept(self, pressed: Option<Pressed>) {
        if let Some(Pressed { draft, report }) = pressed {
            self.report.set(report);
            if self.draft.read_untracked().is_empty() {
                let (step, editing) = self.page.with_value(|page| (page.step, page.editing.clone()));
                let address = step_address(editing.as_ref().map(|it| it.id.as_str()), step, &draft);
                // A refresh finds the draft; going there would draw the page anew under somebody's fingers. Where the
                // history cannot be changed, the next press changes it.
                let _ = window()
                    .history()
                    .and_then(|it| it.replace_state_with_url(&it.state()?, "", Some(&address)));
                self.draft.set(draft);
            }
        }
        if let Some(Some(button)) = self.held.try_update_value(Option::take) {
            // By then the form holds the draft's id.
            request_animation_frame(move || {
                if let Some(form) = self.form.try_get_untracked().flatten() {
                    // A browser too old for it waits for the button to be pressed again.
                    let _ = form.request_submit_with_submitter(Some(&button));
                }
            });
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
