//! "Find models" and "Add selected models" of the form of a new instance.

use serde_json::{Value, json};

use super::{InstanceForm, KIND, Trip, typed_secrets::TypedSecrets};
use crate::{
    domain::{config::configuration::Configuration, field_error::FieldError, ids::name_key, limits},
    ports::Actor,
    refusal::Refusal,
    web::{action_error::ActionError, addresses, context, flash::notice::FlashNotice, redirect},
};

/// Asks the server for its models, and shows them in the form.
pub(super) async fn find(who: &Actor, form: &InstanceForm, secrets: TypedSecrets) -> Result<(), ActionError> {
    let found = context::control()?.discover(who, form.connection(&secrets)).await;
    let mut trip = Trip::new(form, secrets);
    match found {
        Ok(found) => {
            trip.found = context::flash()?.put(&who.name, &found).await?;
            trip.fragment = "found";
        }
        Err(refusal) => {
            trip.note = Some(FlashNotice::Refused(refusal));
        }
    }
    trip.back(who).await
}

/// Adds an instance for each chosen model.
pub(super) async fn add(who: &Actor, form: &InstanceForm, secrets: TypedSecrets) -> Result<(), ActionError> {
    let control = context::control()?;
    let chosen: Vec<_> = form.models.iter().filter(|it| it.add == "true").collect();
    let (mut added, mut refused) = (Vec::new(), None);
    for model in &chosen {
        let mut body = form.body();
        if let Value::Object(fields) = &mut body {
            let name = free_name(&control.configuration(), &model.id, &form.host());
            fields.insert("name".to_owned(), json!(name));
            fields.insert("model".to_owned(), json!(model.id));
            fields.insert("workload_kind".to_owned(), json!(model.kind));
            fields.extend(form.changes(&secrets).into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        match control.create(who, KIND, body).await {
            Ok(_) => added.push(model.id.as_str()),
            Err(refusal) => {
                refused = Some(refusal);
                break;
            }
        }
    }
    let words = match added.as_slice() {
        [] => None,
        [one] => Some(format!("Added “{one}”.")),
        all => Some(format!("Added {} instances: {}.", all.len(), all.join(", "))),
    };
    if let (Some(words), None) = (&words, &refused) {
        redirect::with_notice(who, addresses::list(KIND), &FlashNotice::Message(words.clone())).await?;
        return Ok(());
    }
    let none =
        || Refusal::Invalid(vec![FieldError::new("models", "required", "Choose at least one model to add.")]);
    let mut trip = Trip::new(form, secrets);
    trip.found.clone_from(&form.found);
    trip.note = Some(FlashNotice::Refused(refused.unwrap_or_else(none)));
    trip.back(who).await
}

/// A name for an instance of this model that no other has.
fn free_name(configuration: &Configuration, model: &str, host: &str) -> String {
    let cut = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
    let is_free = |name: &String| {
        let key = name_key(name);
        !configuration.instances.iter().any(|it| name_key(&it.spec.name) == key)
    };
    let plain = cut(model, limits::NAME_CHARS);
    let at_host = cut(&format!("{} at {host}", cut(model, limits::NAME_CHARS / 2)), limits::NAME_CHARS);
    let numbered = (2..).map(|number| format!("{} {number}", cut(model, limits::NAME_CHARS - 8)));
    [plain, at_host].into_iter().chain(numbered).find(is_free).unwrap_or_default()
}
