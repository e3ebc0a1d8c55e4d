//! Step 6: the checklist, what is worth a look, and the button that saves.

use leptos::prelude::*;

use super::{address, step_errors::at_control};
use crate::{
    domain::{console::draft::Step, field_error::FieldError},
    fragments::checklist::{self, Checklist},
    islands::streams::Streams,
    pages::wizard::load::WizardPage,
    ui::{Button, ButtonKind, ErrorSummary, Notice, Tone, form::field_errors::id_of},
    web::redirect,
};

pub(super) fn view(page: &WizardPage) -> AnyView {
    let errors =
        page.report.errors.iter().map(|error| (fix_address(page, error), error.message.clone())).collect();
    let warnings = page
        .report
        .warnings
        .iter()
        .map(|warning| {
            let (href, words) = (fix_address(page, warning), warning.message.clone());
            view! { <li><a href=href>{words}</a></li> }
        })
        .collect_view();
    view! {
        <ErrorSummary links=errors />
        {checklist_of(page)}
        {evaluate(page)}
        {(!page.report.warnings.is_empty())
            .then(|| {
                view! {
                    <Notice tone=Tone::Warn>
                        <h3>"Worth a look"</h3>
                        <ul>{warnings}</ul>
                    </Notice>
                }
            })}
    }
    .into_any()
}

/// The button that saves; if it is disabled, with the reason and a link to the control that fixes it.
pub(super) fn save(page: &WizardPage) -> AnyView {
    let reason = page.report.errors.first().map(|error| {
        let (href, words) = (fix_address(page, error), error.message.clone());
        let step = super::title(Step::of_path(&error.path));
        let more = match page.report.errors.len() - 1 {
            0 => String::new(),
            others => format!(" {others} more stand above."),
        };
        view! {
            {words}" "
            <a href=href>{format!("Go to “{step}”")}</a>
            {more}
        }
        .into_any()
    });
    let reason = reason.unwrap_or_else(|| "You can save without waiting for the live checks.".into_any());
    view! {
        <Button act="save" kind=ButtonKind::Primary disabled=!page.report.valid described_by="save-reason">
            "Save balancer"
        </Button>
        <p id="save-reason" class="hint">
            {reason}
        </p>
    }
    .into_any()
}

/// Address of the control that fixes an error.
fn fix_address(page: &WizardPage, error: &FieldError) -> String {
    format!("{}#{}", address(page, Step::of_path(&error.path)), id_of(&at_control(error).path))
}

/// The way to evaluate the draft, once it is kept.
fn evaluate(page: &WizardPage) -> Option<AnyView> {
    let href = format!("/evaluate?draft={}", page.draft);
    let classifies = page.checks.iter().any(|it| it.id == "router");
    (classifies && !page.draft.is_empty()).then(|| {
        view! {
            <p class="hint">
                "Do you have prompts whose route you know? "
                <a href=href>"Evaluate this draft"</a>" before you save it."
            </p>
        }
        .into_any()
    })
}

/// The checklist, with the way to what each check fixes.
fn checklist_of(page: &WizardPage) -> AnyView {
    let checks = page.checks.iter().map(|check| (check.clone(), address(page, check.step))).collect();
    let mut which = vec![("which[draft]", page.draft.clone())];
    if let Some(editing) = &page.editing {
        which.push(("which[editing][id]", editing.id.clone()));
        which.push(("which[editing][revision]", editing.revision.to_string()));
    }
    let which: Vec<_> = which.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let list = Checklist {
        run: redirect::query(&which),
        valid: page.report.valid,
        checks,
        results: page.results.clone(),
    };
    view! {
        {checklist::view(&list)}
        <Streams />
    }
    .into_any()
}
