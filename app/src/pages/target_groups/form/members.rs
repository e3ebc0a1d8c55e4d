//! The members of a target group as rows. Adding and removing are submit buttons of the form, so they work without
//! scripting.

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    domain::{config::instance::WorkloadKind, limits},
    pages::{
        parts::body::{flag, list, text},
        target_groups::load::InstanceChoice,
    },
    ui::{Button, ButtonKind, Checkbox, Choice, Field, FieldErrors, FieldNotes, Select, form::field::Input},
};

/// The rows, and the button that adds one.
pub(super) fn rows(
    body: &Value,
    instances: &[InstanceChoice],
    errors: &FieldErrors,
    warnings: &FieldErrors,
) -> AnyView {
    let choices: Vec<Choice> = instances.iter().map(choice).collect();
    let rows = list(body, "members")
        .iter()
        .enumerate()
        .map(|(at, member)| row(at, member, &choices, errors, warnings))
        .collect_view();
    let (own, own_warnings) = (errors.at("members"), warnings.at("members"));
    view! {
        <fieldset class="members" id="members" tabindex="-1">
            <legend>"Members"</legend>
            <p class="hint">
                "Priority makes tiers: the lowest number with an available member gets all traffic, the others stand \
                 by. Weights divide the traffic of a tier; weight 0 never gets any."
            </p>
            <FieldNotes id="members" errors=own warnings=own_warnings />
            <div class="member-rows">{rows}</div>
            <Button act="add_member">"Add member"</Button>
        </fieldset>
    }
    .into_any()
}

fn row(
    at: usize,
    member: &Value,
    choices: &[Choice],
    errors: &FieldErrors,
    warnings: &FieldErrors,
) -> AnyView {
    let path = format!("members[{at}]");
    let whole = (errors.at(&path), warnings.at(&path));
    let field = |name: &str| format!("{path}.{name}");
    view! {
        <div class="member" role="group" aria-label=format!("Member {}", at + 1)>
            <Select
                path=field("instance_id")
                label="Instance"
                choices=choices.to_vec()
                value=text(member, "instance_id")
                errors=errors.clone()
                warnings=warnings.clone()
            />
            <Field
                path=field("weight")
                label="Weight"
                value=text(member, "weight")
                input=Input::Number
                limit=limits::WEIGHT.to_string().len()
                errors=errors.clone()
                warnings=warnings.clone()
            />
            <Field
                path=field("priority")
                label="Priority"
                value=text(member, "priority")
                input=Input::Number
                limit=limits::PRIORITY.to_string().len()
                errors=errors.clone()
                warnings=warnings.clone()
            />
            <Checkbox
                path=field("enabled")
                label="Enabled"
                checked=flag(member, "enabled", true)
                errors=errors.clone()
            />
            <Button kind=ButtonKind::Quiet act=format!("remove:{at}") label=format!("Remove member {}", at + 1)>
                "Remove"
            </Button>
            <FieldNotes id=format!("members-{at}") errors=whole.0 warnings=whole.1 />
        </div>
    }
    .into_any()
}

fn choice(instance: &InstanceChoice) -> Choice {
    let kind = match instance.workload_kind {
        WorkloadKind::Chat => "",
        WorkloadKind::Embeddings => ", embeddings",
        WorkloadKind::Decision => ", decision",
    };
    let off = if instance.enabled { "" } else { ", disabled" };
    Choice::new(instance.id.clone(), format!("{} ({}{kind}{off})", instance.name, instance.id))
}
