//! Actions on instances: saving one, and asking it whether it answers.

mod instance_form;

pub(crate) use instance_form::InstanceForm;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::save_form;
use crate::{
    domain::{
        config::configuration::{Configuration, StoredInstance},
        console::view::TestVerdict,
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

/// Saves an instance. `act` is `save`, or `test` to test it afterwards.
#[server(prefix = "/fn", endpoint = "save_instance")]
pub(crate) async fn save_instance(form: InstanceForm, #[server(default)] act: String) -> Answer<()> {
    answer(
        async {
            let test_it = act == "test";
            let who = context::actor()?;
            let (target, body) = (form.target(), form.body());
            let Some(saved) = save_form(&who, &target, body, form.secrets()).await? else { return Ok(()) };
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
