//! Deletion of an object: references, and its name as a confirmation.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::links::used_by_list;
use crate::{
    actions::delete::DeleteObject,
    domain::{field_error::FieldError, ids::ObjectKind},
    pages::parts::form_page::SavedFacts,
    ui::{Button, ButtonKind, Disclosure, ErrorSummary, Field, FieldErrors},
    web::permissions::may_add_or_delete,
};

/// The deletion form for users who may use it; `confirm` is the entered name. If other objects refer to the object,
/// it lists them instead of offering a button.
pub(crate) fn removal(kind: ObjectKind, confirm: &str, facts: SavedFacts) -> AnyView {
    if !may_add_or_delete(kind) {
        return ().into_any();
    }
    let noun = kind.words();
    let typed = confirm.trim().to_owned();
    let tried = !confirm.is_empty();
    let content = if facts.used_by.is_empty() {
        let errors = FieldErrors::from(if tried {
            vec![FieldError::new("confirm", "mismatch", format!("Type the name exactly: {}", facts.name))]
        } else {
            Vec::new()
        });
        view! {
            <ErrorSummary links=errors.links() />
            <p>
                {format!("This permanently deletes the {noun} “{}”. Nothing uses it.", facts.name)}
            </p>
            {post_form(DeleteObject::url(), view! {
                <input type="hidden" name="form[kind]" value=kind.as_str() />
                <input type="hidden" name="form[id]" value=facts.id />
                <Field path="confirm" label="Type the name to confirm" value=typed hint=facts.name errors />
                <Button kind=ButtonKind::Danger>{format!("Delete {noun}")}</Button>
            }.into_any())}
        }
        .into_any()
    } else {
        view! {
            <p>
                {format!("“{}” cannot be deleted while these use it. Remove it from them first.", facts.name)}
            </p>
            {used_by_list(facts.used_by)}
        }
        .into_any()
    };
    view! {
        <Disclosure summary=format!("Delete this {noun}") id="delete" open=tried danger=true>
            {content}
        </Disclosure>
    }
    .into_any()
}
