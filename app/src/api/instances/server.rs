//! What the server functions about instances do.

use serde_json::Value;

use super::{InstanceFacts, InstanceForm, InstanceFormPage, InstanceLine, InstanceList};
use crate::{
    api::sheet::{self, SavedFacts},
    domain::{
        config::{
            configuration::{Configuration, StoredInstance},
            instance::Instance,
        },
        ids::ObjectKind,
    },
    ports::Actor,
    refusal::Refusal,
    web::{
        action_error::ActionError, addresses, context, notice::FlashNotice, page_query::PageQuery, redirect,
        server_error::ServerError,
    },
};

const KIND: ObjectKind = ObjectKind::Instance;

pub(super) async fn list(look: PageQuery) -> Result<InstanceList, ActionError> {
    let (who, gateway) = (context::actor()?, context::gateway()?);
    let configuration = context::control()?.configuration();
    let line = |stored: &StoredInstance| InstanceLine {
        id: stored.id.to_string(),
        name: stored.spec.name.clone(),
        base_url: stored.spec.base_url.clone(),
        model: stored.spec.model.clone(),
        workload_kind: stored.spec.workload_kind,
        enabled: stored.spec.enabled,
        demo: stored.spec.demo,
        health: gateway.health(stored.id.as_str()),
        used_by: configuration.used_by(KIND, stored.id.as_str()),
    };
    let mut instances: Vec<_> = configuration.instances.iter().map(line).collect();
    instances.sort_by_cached_key(|line| line.name.to_lowercase());
    let note = context::flash()?.peek(&who.name, &look.note).await;
    Ok(InstanceList { instances, note, now: context::now() })
}

pub(super) async fn sheet(look: PageQuery) -> Result<InstanceFormPage, ActionError> {
    let who = context::actor()?;
    let configuration = context::control()?.configuration();
    let mut facts = None;
    let mut saved = None;
    if !look.id.is_empty() {
        let stored = find(&configuration, &look.id)?;
        facts = Some(InstanceFacts {
            health: context::gateway()?.health(stored.id.as_str()),
            enabled: stored.spec.enabled,
            demo: stored.spec.demo,
            api_key_set: stored.spec.api_key_set,
            api_key_last4: stored.spec.api_key_last4.clone(),
        });
        saved = Some((
            SavedFacts {
                id: stored.id.to_string(),
                name: stored.spec.name.clone(),
                revision: stored.revision,
                stale: false,
                updated_at: stored.updated_at,
                used_by: configuration.used_by(KIND, stored.id.as_str()),
            },
            json(&stored.spec)?,
        ));
    }
    let sheet = sheet::read(&who, KIND, look, json(&Instance::default())?, saved).await?;
    Ok(InstanceFormPage { sheet, facts })
}

pub(super) async fn save(form: InstanceForm, test_it: bool) -> Result<(), ActionError> {
    let who = context::actor()?;
    let (aim, body) = (form.aim(), form.body());
    let Some(saved) = sheet::save(&who, &aim, body, form.secrets()).await? else { return Ok(()) };
    if test_it {
        return run_test(&who, &saved.id, false, &addresses::object(KIND, &saved.id)).await;
    }
    let name = saved.body.get("name").and_then(Value::as_str).unwrap_or(&saved.id);
    redirect::with_notice(&who, addresses::list(KIND), &FlashNotice::Saved(name.to_owned())).await?;
    Ok(())
}

pub(super) async fn test(id: &str, call: bool, back_to_list: bool) -> Result<(), ActionError> {
    let who = context::actor()?;
    let page = if back_to_list { addresses::list(KIND).to_owned() } else { addresses::object(KIND, id) };
    run_test(&who, id, call, &page).await
}

async fn run_test(who: &Actor, id: &str, call: bool, page: &str) -> Result<(), ActionError> {
    let name = find(&context::control()?.configuration(), id)?.spec.name.clone();
    let note = match context::gateway()?.test_instance(id, call).await {
        Ok(verdict) => FlashNotice::Tested { name, verdict },
        Err(refusal) => FlashNotice::Refused(refusal),
    };
    redirect::with_notice(who, page, &note).await?;
    Ok(())
}

fn find<'a>(configuration: &'a Configuration, id: &str) -> Result<&'a StoredInstance, Refusal> {
    configuration.instance(id).ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.to_owned() })
}

fn json(spec: &Instance) -> Result<Value, ServerError> {
    serde_json::to_value(spec).map_err(|_| ServerError::Inside)
}
