//! Data of the list of instances and of an instance's page.

use serde_json::Value;

use crate::{
    domain::{
        config::{
            configuration::{Configuration, StoredInstance, UsedBy},
            instance::{Instance, WorkloadKind},
        },
        ids::ObjectKind,
        routing::health::HealthView,
        timestamp::Timestamp,
    },
    pages::parts::form_page::{self, FormPage, SavedFacts},
    refusal::Refusal,
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams,
        server_error::ServerError,
    },
};

const KIND: ObjectKind = ObjectKind::Instance;

/// The list of instances.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceList {
    /// All instances, by name.
    pub(crate) instances: Vec<InstanceLine>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceLine {
    /// Id of the object.
    pub(crate) id: String,
    /// Name of the object.
    pub(crate) name: String,
    /// The base URL.
    pub(crate) base_url: String,
    /// The model id sent upstream; if empty, the caller's model id is passed on.
    pub(crate) model: String,
    /// The kind of calls served.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it may receive traffic.
    pub(crate) enabled: bool,
    /// Whether it is served by this server's demo.
    pub(crate) demo: bool,
    /// Current health.
    pub(crate) health: HealthView,
    /// Objects that refer to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// Data of an instance's page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceFormPage {
    /// The form.
    pub(crate) form: FormPage,
    /// Facts about the stored instance; `None` for a new one.
    pub(crate) facts: Option<InstanceFacts>,
}

/// Facts about a stored instance that its form does not show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceFacts {
    /// Current health.
    pub(crate) health: HealthView,
    /// Whether it may receive traffic.
    pub(crate) enabled: bool,
    /// Whether it is served by this server's demo.
    pub(crate) demo: bool,
    /// Whether an upstream key is stored.
    pub(crate) api_key_set: bool,
    /// The last four characters of that key, if it is long enough to reveal them.
    pub(crate) api_key_last4: Option<String>,
}

pub(crate) async fn list(params: PageParams) -> Result<InstanceList, ActionError> {
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
    let note = context::flash()?.peek(&who.name, &params.text("note")).await;
    Ok(InstanceList { instances, note, now: context::now() })
}

pub(crate) async fn form(params: PageParams) -> Result<InstanceFormPage, ActionError> {
    let who = context::actor()?;
    let configuration = context::control()?.configuration();
    let mut facts = None;
    let mut saved = None;
    let id = params.part("id");
    if !id.is_empty() {
        let stored = find(&configuration, &id)?;
        facts = Some(InstanceFacts {
            health: context::gateway()?.health(stored.id.as_str()),
            enabled: stored.spec.enabled,
            demo: stored.spec.demo,
            api_key_set: stored.spec.api_key_set,
            api_key_last4: stored.spec.api_key_last4.clone(),
        });
        saved = Some((
            SavedFacts::of(stored, &stored.spec.name, configuration.used_by(KIND, stored.id.as_str())),
            json(&stored.spec)?,
        ));
    }
    let form = form_page::read(&who, KIND, params, json(&Instance::default())?, saved).await?;
    Ok(InstanceFormPage { form, facts })
}

fn find<'a>(configuration: &'a Configuration, id: &str) -> Result<&'a StoredInstance, Refusal> {
    configuration.instance(id).ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.to_owned() })
}

fn json(spec: &Instance) -> Result<Value, ServerError> {
    serde_json::to_value(spec).map_err(|_| ServerError::Internal)
}
