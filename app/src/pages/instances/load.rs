//! Data of the list of instances and of an instance's page.

use serde_json::Value;

use crate::{
    actions::instances::TypedSecrets,
    domain::{
        config::{
            configuration::{Configuration, StoredInstance, UsedBy},
            instance::{Instance, WorkloadKind},
        },
        console::{discovery::Discovery, spoken_apis::LearnedApis},
        ids::ObjectKind,
        routing::health::HealthView,
        timestamp::Timestamp,
    },
    pages::parts::{
        body::text,
        form_page::{self, FormPage, SavedFacts},
    },
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
    /// What was typed on an earlier trip of the form and is not shown again.
    pub(crate) typed: TypedNames,
    /// What the server offers, if it was asked.
    pub(crate) found: Option<FoundModels>,
}

/// Secrets that were typed on an earlier trip of the form, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TypedNames {
    /// The flash message with the values; empty if nothing was typed.
    pub(crate) id: String,
    /// Whether a key was typed.
    pub(crate) key: bool,
    /// The headers whose values were typed, in lower case.
    pub(crate) headers: Vec<String>,
}

/// What a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundModels {
    /// The flash message with it.
    pub(crate) id: String,
    /// The models and APIs.
    pub(crate) discovery: Discovery,
}

/// Facts about a stored instance that its form does not show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceFacts {
    /// Current health.
    pub(crate) health: HealthView,
    /// What calls taught about the APIs that it speaks.
    pub(crate) apis_learned: LearnedApis,
    /// Whether it may receive traffic.
    pub(crate) enabled: bool,
    /// Whether it is served by this server's demo.
    pub(crate) demo: bool,
    /// Whether an upstream key is stored.
    pub(crate) api_key_set: bool,
    /// The last four characters of that key, if it is long enough to reveal them.
    pub(crate) api_key_last4: Option<String>,
    /// Paths of secrets that have to be entered again.
    pub(crate) needs_reentry: Vec<String>,
    /// The names of its headers, in lower case.
    pub(crate) headers: Vec<String>,
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
            apis_learned: context::gateway()?.apis_learned(stored.id.as_str()),
            enabled: stored.spec.enabled,
            demo: stored.spec.demo,
            api_key_set: stored.spec.api_key_set,
            api_key_last4: stored.spec.api_key_last4.clone(),
            needs_reentry: stored.spec.needs_reentry.clone(),
            headers: stored.spec.headers.keys().into_iter().collect(),
        });
        saved = Some((
            SavedFacts::of(stored, &stored.spec.name, configuration.used_by(KIND, stored.id.as_str())),
            json(&stored.spec)?,
        ));
    }
    let flash = context::flash()?;
    let kept = params.text("kept");
    let typed = flash.peek::<TypedSecrets>(&who.name, &kept).await;
    // A message that is gone is named all the same, so that saving says so instead of saving without a key.
    let typed = typed.map_or_else(
        || TypedNames { id: kept.clone(), ..TypedNames::default() },
        |it| TypedNames {
            id: kept.clone(),
            key: !it.api_key.is_empty(),
            headers: it.headers.into_keys().collect(),
        },
    );
    let id = params.text("found");
    let mut found =
        flash.peek::<Discovery>(&who.name, &id).await.map(|discovery| FoundModels { id, discovery });
    let mut form = form_page::read(&who, KIND, params, json(&Instance::default())?, saved).await?;
    // Errors that validation does not find again are shown at their fields.
    if let Some(FlashNotice::Refused(refusal)) = &form.note {
        let errors = refusal.errors();
        if !errors.is_empty() {
            form.report.errors.extend(errors);
            form.note = None;
        }
    }
    if let Some(found) = &mut found {
        found.discovery.mark_existing(&configuration, &text(&form.body, "base_url"));
    }
    Ok(InstanceFormPage { form, facts, typed, found })
}

fn find<'a>(configuration: &'a Configuration, id: &str) -> Result<&'a StoredInstance, Refusal> {
    configuration.instance(id).ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.to_owned() })
}

fn json(spec: &Instance) -> Result<Value, ServerError> {
    serde_json::to_value(spec).map_err(|_| ServerError::Internal)
}
