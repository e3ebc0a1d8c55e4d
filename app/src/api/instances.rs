//! Instances: the list, one as a form, and the test whether it answers.

mod form;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use form::InstanceForm;

use super::sheet::FormPage;
use crate::domain::{
    config::{configuration::UsedBy, instance::WorkloadKind},
    routing::health::HealthView,
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::web::{notice::FlashNotice, page_query::PageQuery};

#[cfg(feature = "ssr")]
mod server;

/// The list of instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceList {
    /// All of them, by name.
    pub(crate) instances: Vec<InstanceLine>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceLine {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) base_url: String,
    /// The model id sent there; empty passes the caller's on.
    pub(crate) model: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
    /// Whether this server itself answers for it.
    pub(crate) demo: bool,
    /// How it is doing.
    pub(crate) health: HealthView,
    /// What refers to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// One instance as a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceFormPage {
    /// The form.
    pub(crate) sheet: FormPage,
    /// What is known of the saved one; absent for a new one.
    pub(crate) facts: Option<InstanceFacts>,
}

/// What is known of a saved instance beside what its form shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceFacts {
    /// How it is doing.
    pub(crate) health: HealthView,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
    /// Whether this server itself answers for it.
    pub(crate) demo: bool,
    /// Whether an upstream key is stored.
    pub(crate) api_key_set: bool,
    /// The end of that key, where it is long enough to show it.
    pub(crate) api_key_last4: Option<String>,
}

/// Which instance to test.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TestForm {
    id: String,
    /// `list` to see the verdict there, else it is shown at the instance.
    back: String,
}

/// All instances.
#[server(prefix = "/fn", endpoint = "read_instances")]
pub(crate) async fn read_instances(#[server(default)] look: PageQuery) -> Answer<InstanceList> {
    crate::web::action_error::answer(server::list(look).await)
}

/// One instance as a form; a new one where `look` names none.
#[server(prefix = "/fn", endpoint = "read_instance")]
pub(crate) async fn read_instance(#[server(default)] look: PageQuery) -> Answer<InstanceFormPage> {
    crate::web::action_error::answer(server::sheet(look).await)
}

/// Saves an instance. `act` is `save`, or `test` to test it afterwards.
#[server(prefix = "/fn", endpoint = "save_instance")]
pub(crate) async fn save_instance(form: InstanceForm, #[server(default)] act: String) -> Answer<()> {
    crate::web::action_error::answer(server::save(form, act == "test").await)
}

/// Asks an instance whether it answers. `act` is `call` for a real one-token call, else the free list of models.
#[server(prefix = "/fn", endpoint = "test_instance")]
pub(crate) async fn test_instance(form: TestForm, #[server(default)] act: String) -> Answer<()> {
    crate::web::action_error::answer(server::test(&form.id, act == "call", form.back == "list").await)
}
