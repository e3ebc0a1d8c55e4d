//! The connection of an instance in its form: preset, address, key, headers, and the models that were found.

use leptos::prelude::*;
use serde_json::Value;

use super::found;
use crate::{
    domain::{
        config::instance::{presets, secrets::header_path},
        limits,
    },
    islands::fill_preset::FillPreset,
    pages::{
        instances::load::{InstanceFacts, InstanceFormPage},
        parts::body::text,
    },
    ui::{
        Button, ButtonKind, Checkbox, Choice, Field, FieldErrors, FieldNotes, Select,
        form::{field::Input, field_errors::name_of},
    },
    web::permissions::may_change_addresses,
};

/// The fields of the connection. Users who may not change it see the address, and may enter another key.
pub(super) fn fields(page: &InstanceFormPage, errors: &FieldErrors) -> AnyView {
    let InstanceFormPage { form, facts, typed, found } = page;
    let body = &form.body;
    if !may_change_addresses() {
        return view! {
            {fixed(body)}
            {key(page, errors)}
        }
        .into_any();
    }
    let is_new = facts.is_none();
    view! {
        {is_new.then(preset)}
        <Field
            path="base_url"
            label="Base URL"
            value=text(body, "base_url")
            hint="Such as http://127.0.0.1:8000/v1. “/v1” is appended only if the path is empty; a query is kept."
            input=Input::Url
            errors=errors.clone()
            limit=limits::BASE_URL_CHARS
            required=true
        />
        {key(page, errors)}
        <Field
            path="auth_header"
            label="Auth header"
            value=text(body, "auth_header")
            hint="“authorization” sends “Bearer KEY”; any other header, such as api-key, sends the bare key."
            errors=errors.clone()
            limit=limits::HEADER_NAME_CHARS
        />
        {headers(page, errors)}
        <input type="hidden" name="form[kept]" value=typed.id.clone() />
        {is_new.then(|| found::view(found.as_ref(), errors))}
    }
    .into_any()
}

/// The preset: fills in address and header as it is chosen, without scripting by its button.
fn preset() -> AnyView {
    let choices = presets::PRESETS.iter().map(|it| Choice::new(it.id, it.name));
    let choices = std::iter::once(Choice::new("", "None")).chain(choices).collect();
    view! {
        <Select
            path="preset"
            label="Preset"
            choices
            hint="Fills in the usual address and headers; nothing is contacted."
        />
        <div class="scriptless">
            <Button act="preset">"Fill in the preset"</Button>
        </div>
        <FillPreset />
    }
    .into_any()
}

fn key(page: &InstanceFormPage, errors: &FieldErrors) -> AnyView {
    let InstanceFormPage { form, facts, typed, .. } = page;
    let key_set = facts.as_ref().is_some_and(|it| it.api_key_set);
    let is_missing = facts.as_ref().is_some_and(|it| it.needs_reentry.iter().any(|it| it == "api_key"));
    let hint = match () {
        () if typed.key => "The key that you entered is kept for ten minutes. Leave empty to use it.",
        () if !form.draft.is_empty() && page.found.is_none() => {
            "Drafts don't store keys. Enter the key again if you had entered one."
        }
        () if is_missing => "The key was dropped with the old address. Enter one, or remove it below.",
        () if key_set => "Leave empty to keep the stored key.",
        () => "Leave empty if the server requires none. The key is stored encrypted and never shown again.",
    };
    let last4 =
        facts.as_ref().and_then(|it| it.api_key_last4.as_ref()).map(|it| format!("stored, ends in {it}"));
    let placeholder = if typed.key { Some("entered".to_owned()) } else { last4 };
    view! {
        <Field
            path="api_key"
            label="API key"
            hint
            input=Input::Password
            errors=errors.clone()
            limit=limits::API_KEY_CHARS
            placeholder=placeholder.unwrap_or_default()
            autocomplete="new-password"
        />
        {(key_set || is_missing)
            .then(|| {
                let label = if is_missing { "Use no key" } else { "Remove the stored key" };
                view! { <Checkbox path="remove_api_key" label /> }
            })}
    }
    .into_any()
}

/// A row for each header, and an empty one.
fn headers(page: &InstanceFormPage, errors: &FieldErrors) -> AnyView {
    let names = names(&page.form.body);
    let count = names.len();
    let rows = names.iter().enumerate().map(|(at, name)| row(page, at, name, errors)).collect_view();
    let own = errors.at("headers");
    view! {
        <fieldset class="headers" id="headers" tabindex="-1">
            <legend>"Extra headers"</legend>
            <p class="hint">"Sent with every request, such as HTTP-Referer. Values are stored encrypted and never shown again."</p>
            <FieldNotes id="headers" errors=own />
            <div class="header-rows">
                {rows} {(count < limits::HEADERS).then(|| row(page, count, "", errors))}
            </div>
            <Button act="add_header">"Add header"</Button>
        </fieldset>
    }
    .into_any()
}

fn row(page: &InstanceFormPage, at: usize, name: &str, errors: &FieldErrors) -> AnyView {
    let is_blank = name.is_empty();
    let placeholder = placeholder(page, name);
    let usual = presets::usual_value(name).filter(|_| placeholder.is_empty()).unwrap_or_default();
    let label = if is_blank { "New header".to_owned() } else { format!("Header {name}") };
    view! {
        <div class="header" role="group" aria-label=label>
            <Field
                path=if is_blank { "new_header-name".to_owned() } else { header_path(name) }
                name=name_of(&format!("headers[{at}].name"))
                label="Header name"
                value=name.to_owned()
                errors=errors.clone()
                limit=limits::HEADER_NAME_CHARS
            />
            <Field
                path=if is_blank { "new_header-value".to_owned() } else { format!("header_value.{name}") }
                name=name_of(&format!("headers[{at}].value"))
                label="Header value"
                value=usual
                placeholder
                input=Input::Password
                limit=limits::HEADER_VALUE_CHARS
                autocomplete="new-password"
            />
            {(!is_blank)
                .then(|| {
                    view! {
                        <Button
                            kind=ButtonKind::Quiet
                            act=format!("remove_header:{at}")
                            label=format!("Remove header {name}")
                        >
                            "Remove"
                        </Button>
                    }
                })}
        </div>
    }
    .into_any()
}

/// What stands in an empty field of a header's value.
fn placeholder(page: &InstanceFormPage, name: &str) -> String {
    let key = name.to_ascii_lowercase();
    let stored = page.facts.as_ref().filter(|it| it.headers.contains(&key));
    let is_missing =
        |it: &&InstanceFacts| it.needs_reentry.iter().any(|it| it.eq_ignore_ascii_case(&header_path(&key)));
    let words = match stored {
        _ if page.typed.headers.contains(&key) => "entered",
        Some(facts) if is_missing(&facts) => "enter it again",
        Some(_) => "stored",
        None => "",
    };
    words.to_owned()
}

/// The names of a body's headers.
pub(super) fn names(body: &Value) -> Vec<String> {
    let headers = body.get("headers").and_then(Value::as_object);
    headers.into_iter().flat_map(|it| it.keys().cloned()).collect()
}

/// The connection for users who may not change it.
fn fixed(body: &Value) -> AnyView {
    let hidden = |path: &str, value: String| view! { <input type="hidden" name=name_of(path) value=value /> };
    let headers = names(body).into_iter().enumerate();
    let headers = headers.map(|(at, name)| hidden(&format!("headers[{at}].name"), name)).collect_view();
    view! {
        <dl class="facts">
            <dt>"Base URL"</dt>
            <dd>{text(body, "base_url")}</dd>
            <dt>"Auth header"</dt>
            <dd>{text(body, "auth_header")}</dd>
            <dt>"Extra headers"</dt>
            <dd>{header_list(body)}</dd>
        </dl>
        <p class="hint">"Only admins can change them."</p>
        {hidden("base_url", text(body, "base_url"))}
        {hidden("auth_header", text(body, "auth_header"))}
        {headers}
    }
    .into_any()
}

/// The names of a body's headers as a text.
pub(super) fn header_list(body: &Value) -> String {
    let names = names(body);
    if names.is_empty() { "None".to_owned() } else { names.join(", ") }
}
