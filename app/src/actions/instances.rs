//! Actions on instances: saving one, finding the models of a server, and asking an instance whether it answers.

mod found;
mod instance_form;
mod typed_secrets;

pub(crate) use instance_form::InstanceForm;
pub(crate) use typed_secrets::TypedSecrets;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::{FormTarget, keep_form, save_form};
use crate::{
    domain::{
        config::{
            configuration::{Configuration, StoredInstance},
            presets,
        },
        console::view::TestVerdict,
        field_error::FieldError,
        ids::ObjectKind,
    },
    ports::Actor,
    refusal::Refusal,
    web::{
        Answer,
        action_error::{ActionError, answer},
        addresses, context,
        flash::notice::FlashNotice,
        redirect,
    },
};

const KIND: ObjectKind = ObjectKind::Instance;

/// Which instance to test.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TestForm {
    id: String,
    /// `list` to see the verdict there, else it is shown at the instance.
    back: String,
}

/// What the form's buttons do: `save`; `test` to test it afterwards; `preset` to fill in a preset; `add_header`;
/// `remove_header:2` (a place from 0); `find` to ask the server for its models; `add_models` to add the chosen ones.
#[server(prefix = "/fn", endpoint = "save_instance")]
pub(crate) async fn save_instance(form: InstanceForm, #[server(default)] act: String) -> Answer<()> {
    answer(
        async {
            let mut form = form;
            let test_it = act == "test";
            let who = context::actor()?;
            let secrets = match all_secrets(&who, &form).await {
                Some(secrets) => secrets,
                None => {
                    let words = "Enter the key and header values again; they were kept for ten minutes only.";
                    let error = FieldError::new("api_key", "required", words);
                    let mut trip = Trip::new(&form, form.typed_secrets());
                    trip.note = Some(FlashNotice::Refused(Refusal::Invalid(vec![error])));
                    return trip.back(&who).await;
                }
            };
            if let Some(place) = act.strip_prefix("remove_header:") {
                form.remove_header(place.parse().unwrap_or(usize::MAX));
            }
            match act.as_str() {
                "preset" => {
                    if let Some(preset) = presets::find(&form.preset) {
                        form.apply(preset);
                    }
                    return Trip { fragment: "base_url", ..Trip::new(&form, secrets) }.back(&who).await;
                }
                "find" => return found::find(&who, &form, secrets).await,
                "add_models" => return found::add(&who, &form, secrets).await,
                other if other == "add_header" || other.starts_with("remove_header:") => {
                    return Trip { fragment: "new_header-name", ..Trip::new(&form, secrets) }
                        .back(&who)
                        .await;
                }
                _ => {}
            }
            let (target, body) = (form.target(), form.body());
            let Some(saved) = save_form(&who, &target, body, form.changes(&secrets)).await? else {
                return Ok(());
            };
            if test_it {
                return run_test(&who, &saved.id, false, &addresses::object(KIND, &saved.id)).await;
            }
            let name = saved.body.get("name").and_then(Value::as_str).unwrap_or(&saved.id);
            redirect::with_notice(&who, addresses::list(KIND), &FlashNotice::Saved(name.to_owned())).await?;
            Ok(())
        }
        .await,
    )
}

/// The secrets that were typed now or on an earlier trip of the form; `None` if those are gone.
async fn all_secrets(who: &Actor, form: &InstanceForm) -> Option<TypedSecrets> {
    let typed = form.typed_secrets();
    if form.kept.is_empty() {
        return Some(typed);
    }
    let earlier = context::flash().ok()?.peek::<TypedSecrets>(&who.name, &form.kept).await?;
    Some(typed.over(earlier))
}

/// The way of a form to the server and back without being saved.
struct Trip {
    target: FormTarget,
    body: Value,
    secrets: TypedSecrets,
    /// The flash message with the models that were found; empty if there is none.
    found: String,
    note: Option<FlashNotice>,
    /// Where the page opens; empty for its top.
    fragment: &'static str,
}

impl Trip {
    fn new(form: &InstanceForm, secrets: TypedSecrets) -> Self {
        let (target, body) = (form.target(), form.body());
        Self { target, body, secrets, found: String::new(), note: None, fragment: "" }
    }

    /// Sends the browser back to the form as it was typed.
    async fn back(self, who: &Actor) -> Result<(), ActionError> {
        let Self { target, body, secrets, found, note, fragment } = self;
        let (control, flash) = (context::control()?, context::flash()?);
        let page = target.page();
        let draft = keep_form(&*control, who, target.draft(body)).await?;
        let kept = if secrets.is_empty() { String::new() } else { flash.put(&who.name, &secrets).await? };
        let note = match note {
            Some(note) => flash.put_notice(&who.name, &note).await,
            None => String::new(),
        };
        let query = [("draft", draft), ("kept", kept), ("found", found), ("note", note)];
        let query: Vec<_> =
            query.iter().filter(|it| !it.1.is_empty()).map(|(name, value)| (*name, value.as_str())).collect();
        let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
        redirect::to(&(redirect::with_query(&page, &query) + &fragment))?;
        Ok(())
    }
}

/// Asks an instance whether it answers. `act` is `call` for a real one-token call, else the free list of models.
#[server(prefix = "/fn", endpoint = "test_instance")]
pub(crate) async fn test_instance(form: TestForm, #[server(default)] act: String) -> Answer<()> {
    answer(
        async {
            let id = &form.id;
            let call = act == "call";
            let back_to_list = form.back == "list";
            let who = context::actor()?;
            let page =
                if back_to_list { addresses::list(KIND).to_owned() } else { addresses::object(KIND, id) };
            run_test(&who, id, call, &page).await
        }
        .await,
    )
}

async fn run_test(who: &Actor, id: &str, call: bool, page: &str) -> Result<(), ActionError> {
    let name = find(&context::control()?.configuration(), id)?.spec.name.clone();
    let note = match context::gateway()?.test_instance(id, call).await {
        // A notice shows the sentence alone.
        Ok(verdict) => FlashNotice::Tested { name, verdict: TestVerdict { models: Vec::new(), ..verdict } },
        Err(refusal) => FlashNotice::Refused(refusal),
    };
    redirect::with_notice(who, page, &note).await?;
    Ok(())
}

fn find<'a>(configuration: &'a Configuration, id: &str) -> Result<&'a StoredInstance, Refusal> {
    configuration.instance(id).ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.to_owned() })
}
