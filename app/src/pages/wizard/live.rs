//! What scripting adds to a step: what is typed is kept on the server after a short rest, and the answer says at once
//! what is wrong. Without scripting the next press does both.

use std::time::Duration;

use leptos::{
    html, leptos_dom::helpers::TimeoutHandle, prelude::*, server_fn::ServerFn as _, task::spawn_local,
    wasm_bindgen::JsCast as _, web_sys,
};

use super::listed;
use crate::{
    api::{
        Answer,
        wizard::{
            Pressed, WizardPage, WizardStep,
            steps::{is_missing, step_address},
        },
    },
    domain::{
        draft::Step,
        fault::{Fault, Report},
    },
    pages::post::send,
    ui::{Faults, Step as ListedStep},
};

/// How long nothing is typed before what was typed is kept.
const REST: Duration = Duration::from_millis(400);

/// Marks the button whose press waits until the draft is made.
const HELD: &str = "data-held";

/// A step while somebody types in it.
#[derive(Clone, Copy)]
pub(super) struct Live {
    /// What is around the form of the step.
    pub(super) root: NodeRef<html::Div>,
    /// The draft's id; empty until something was kept.
    pub(super) draft: RwSignal<String>,
    report: RwSignal<Report>,
    page: StoredValue<WizardPage>,
    keeping: StoredValue<bool>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

impl Live {
    /// The step as the server sent it.
    pub(super) fn new(page: &WizardPage) -> Self {
        let live = Self {
            root: NodeRef::new(),
            draft: RwSignal::new(page.draft.clone()),
            report: RwSignal::new(page.report.clone()),
            page: StoredValue::new(page.clone()),
            keeping: StoredValue::new(false),
            pause: StoredValue::new(None),
        };
        on_cleanup(move || live.stop());
        live
    }

    /// Something was typed: it is kept once nothing more is typed for a while. The first of it is kept at once, which
    /// makes the draft.
    pub(super) fn typed(self) {
        self.stop();
        if self.is_new() && !self.keeping.get_value() {
            self.keep();
        } else {
            // Where no timer can be had, the next press keeps it.
            self.pause.set_value(set_timeout_with_handle(move || self.rested(), REST).ok());
        }
    }

    fn rested(self) {
        // One after the other, so that the last one is what stays.
        if self.keeping.get_value() { self.typed() } else { self.keep() }
    }

    /// A button was pressed, which keeps everything itself. While the draft is just being made the press waits for
    /// it, or there would be two.
    pub(super) fn pressed(self, ev: &web_sys::SubmitEvent) {
        self.stop();
        if self.is_new() && self.keeping.get_value() {
            ev.prevent_default();
            // The page itself remembers the button: a value of the browser has no place in the state of a view,
            // which the server makes too, on whichever thread.
            if let Some(button) = ev.submitter() {
                let _ = button.set_attribute(HELD, "");
            }
        }
    }

    fn is_new(self) -> bool {
        self.draft.read_untracked().is_empty()
    }

    fn stop(self) {
        if let Some(Some(pause)) = self.pause.try_update_value(Option::take) {
            pause.clear();
        }
    }

    fn form(self) -> Option<web_sys::HtmlFormElement> {
        let root = self.root.try_get_untracked().flatten()?;
        root.query_selector("form").ok().flatten()?.dyn_into().ok()
    }

    /// The button whose press waits.
    fn held(self) -> Option<web_sys::HtmlElement> {
        let button = self.form()?.query_selector(&format!("[{HELD}]")).ok()??;
        let _ = button.remove_attribute(HELD);
        button.dyn_into().ok()
    }

    fn keep(self) {
        let fields = self.form().and_then(|form| {
            let typed = web_sys::FormData::new_with_form(&form).ok()?;
            // A key travels only when its instance is to be made.
            typed.delete("form[new_instance][api_key]");
            typed.set_with_str("act", "keep").ok()?;
            web_sys::UrlSearchParams::new_with_str_sequence_sequence(&typed).ok()
        });
        if let Some(fields) = fields {
            self.keeping.set_value(true);
            spawn_local(async move { self.kept(send(WizardStep::url(), &fields).await) });
        }
    }

    /// What was typed is kept, or could not be.
    fn kept(self, answer: Answer<Pressed>) {
        if self.keeping.try_update_value(|keeping| *keeping = false).is_none() {
            // The step is gone by now.
            return;
        }
        if let Ok(Ok(Pressed { draft, report })) = answer {
            self.report.set(report);
            if self.is_new() {
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
        if let Some(button) = self.held() {
            // By then the form holds the draft's id.
            request_animation_frame(move || {
                if let Some(form) = self.form() {
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
