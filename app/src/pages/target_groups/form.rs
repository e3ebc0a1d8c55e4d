//! The page of a target group: form, traffic, references, and deletion. Users who may not change it see its
//! settings.

mod facts;
mod members;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;

use super::policy_label;
use crate::{
    actions::target_groups::{Pasted, SaveTargetGroup},
    domain::{config::target_group::SelectionPolicy, field_error::FieldError, ids::ObjectKind, limits},
    pages::target_groups::load::TargetGroupFormPage,
    ui::{
        Button, ButtonKind, ButtonLink, Checkbox, Choice, ChoiceCards, Disclosure, ErrorSummary, Field,
        FieldErrors, PageHead, Select, TextArea,
    },
    web::permissions::may_send,
};
use crate::{
    pages::{
        instances::form::workload_cards,
        parts::{
            body::{flag, text},
            links::used_by_list,
            loaded::loaded_form,
            member_table::{member_table, shares_text},
            notice::flash_notice,
            removal::removal,
            stale_warning::stale_warning,
        },
    },
    web::page_params::PageParams,
};

/// The page of a new target group.
#[component]
pub fn NewTargetGroupPage() -> impl IntoView {
    page()
}

/// The page of a stored target group.
#[component]
pub fn EditTargetGroupPage() -> impl IntoView {
    page()
}

fn page() -> impl IntoView {
    let params = PageParams::current();
    let data = super::load::form(params.clone());
    view! {
        {loaded_form(data, true, draw)}
    }
}

fn draw(page: TargetGroupFormPage) -> AnyView {
    let TargetGroupFormPage { form, instances, members, pasted } = page;
    let title =
        form.saved.as_ref().map_or_else(|| "Add a target group".to_owned(), |saved| saved.name.clone());
    let mut errors = form.report.errors.clone();
    errors.extend(pasted.as_ref().map(|it| FieldError::new("paste", "malformed", it.words.clone())));
    let errors = FieldErrors::from(errors);
    let warnings = FieldErrors::from(form.report.warnings.clone());
    let after = form.saved.clone().map(|saved| {
        let used_by = saved.used_by.clone();
        let shares = shares_text(&members);
        view! {
            <section class="panel" aria-labelledby="traffic">
                <h2 id="traffic">"Traffic now"</h2>
                {member_table(members, form.now)}
                <p class="shares-said">{shares}</p>
            </section>
            <section class="panel" aria-labelledby="used-by">
                <h2 id="used-by">"Used by"</h2>
                {used_by_list(used_by)}
            </section>
            {removal(ObjectKind::TargetGroup, &form.confirm, saved)}
        }
        .into_any()
    });
    let set = (!may_send(SaveTargetGroup::url())).then(|| {
        // A stored group can always be deserialized.
        let group = serde_json::from_value(form.body.clone()).unwrap_or_default();
        facts::view(&group, &instances)
    });
    view! {
        <PageHead title=title />
        {flash_notice(form.note.clone())}
        {stale_warning(&form)}
        <ErrorSummary links=errors.links() />
        <div class="sheet">
            {set}
            {post_form(SaveTargetGroup::url(), view! {
                <input
                    type="hidden"
                    name="form[id]"
                    value=form.saved.as_ref().map(|it| it.id.clone()).unwrap_or_default()
                />
                <input
                    type="hidden"
                    name="form[revision]"
                    value=form.saved.as_ref().map(|it| it.revision.to_string()).unwrap_or_default()
                />
                <input type="hidden" name="form[draft]" value=form.draft.clone() />
                <input type="hidden" name="form[draft_revision]" value=form.draft_revision.to_string() />
                // The Enter key presses the first submit button of a form.
                <button type="submit" name="act" value="save" class="unseen" tabindex="-1" aria-hidden="true">
                    "Save"
                </button>
                {paste_box(pasted, &errors)}
                {fields(&form.body, &errors, &warnings)}
                {members::rows(&form.body, &instances, &errors, &warnings)}
                <div class="actions">
                    <Button kind=ButtonKind::Primary act="save">
                        "Save target group"
                    </Button>
                    <ButtonLink href="/target-groups" kind=ButtonKind::Quiet>
                        "Cancel"
                    </ButtonLink>
                </div>
            }.into_any())}
            <aside>{after}</aside>
        </div>
    }
    .into_any()
}

fn paste_box(pasted: Option<Pasted>, errors: &FieldErrors) -> AnyView {
    let (open, errors) = (pasted.is_some(), errors.clone());
    view! {
        <Disclosure summary="Start from JSON" open>
            <TextArea
                path="paste"
                label="Paste JSON"
                value=pasted.map(|it| it.text).unwrap_or_default()
                hint="The object as in the API; line numbers are ignored. It fills the form below; nothing is saved yet."
                errors=errors.clone()
                rows=8
                code=true
            />
            <Button act="fill">"Fill in the form"</Button>
        </Disclosure>
    }
    .into_any()
}

fn fields(body: &Value, errors: &FieldErrors, warnings: &FieldErrors) -> AnyView {
    let policies = SelectionPolicy::ALL
        .into_iter()
        .map(|policy| {
            Choice::new(policy.as_str(), format!("{}: {}", policy_label(policy), policy_words(policy)))
        })
        .collect();
    view! {
        <Field
            path="name"
            label="Name"
            value=text(body, "name")
            hint="Lower-case letters, digits, - and _."
            errors=errors.clone()
            warnings=warnings.clone()
            limit=limits::SLUG_CHARS
            required=true
        />
        <Field
            path="display_name"
            label="Display name"
            value=text(body, "display_name")
            errors=errors.clone()
            limit=limits::DISPLAY_NAME_CHARS
        />
        <TextArea
            path="description"
            label="Description"
            value=text(body, "description")
            errors=errors.clone()
            limit=limits::DESCRIPTION_CHARS
            rows=2
        />
        <ChoiceCards
            path="workload_kind"
            label="Workload kind"
            cards=workload_cards()
            value=text(body, "workload_kind")
            errors=errors.clone()
        />
        <Select
            path="selection_policy"
            label="Selection policy"
            choices=policies
            value=text(body, "selection_policy")
            hint="Applies within the best tier that has an available member."
            errors=errors.clone()
            warnings=warnings.clone()
        />
        <Checkbox
            path="enabled"
            label="Enabled"
            checked=flag(body, "enabled", true)
            hint="A disabled group gets no traffic."
            errors=errors.clone()
        />
    }
    .into_any()
}

fn policy_words(policy: SelectionPolicy) -> &'static str {
    match policy {
        SelectionPolicy::WeightedRoundRobin => "exact shares by weight, evenly interleaved",
        SelectionPolicy::WeightedRandom => "random shares by weight",
        SelectionPolicy::LeastInFlight => "the less busy of two drawn by weight",
        SelectionPolicy::LowestLatency => "the fastest first byte",
        SelectionPolicy::Priority => "the best member takes all, no spreading",
        SelectionPolicy::SessionHash => "a session stays with its member",
    }
}
