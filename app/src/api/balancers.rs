//! The detail page's server functions: reading one balancer, its smoke test, deleting it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Answer, note::Note, offers::Offer, refusal::Reply};
use crate::domain::{
    configuration::StoredBalancer, decision::RouterMessage, fault::Fault, health::HealthState,
    timestamp::Timestamp, view::SmokeReport,
};

#[cfg(feature = "ssr")]
mod page;

#[cfg(feature = "ssr")]
use super::{
    context,
    ending::{Ending, answer},
    leave,
};

/// What the detail page is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BalancerDetail {
    /// The balancer.
    pub(crate) stored: StoredBalancer,
    /// What it is over REST.
    pub(crate) json: String,
    /// Everything that a destination can be, with health.
    pub(crate) offers: Vec<Offer>,
    /// The members of the target groups that it uses.
    pub(crate) pools: Vec<Pool>,
    /// What is allowed but probably not meant.
    pub(crate) warnings: Vec<Fault>,
    /// The exact messages that its router model gets.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// Where clients reach this server.
    pub(crate) site: String,
    /// Whether this user may change it.
    pub(crate) may_edit: bool,
    /// The smoke test that was just run.
    pub(crate) smoke: Option<Smoke>,
    /// What happened.
    pub(crate) note: Option<Note>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// The members of one target group now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pool {
    /// The group as an option's value.
    pub(crate) value: String,
    /// Its members in the stored order.
    pub(crate) members: Vec<PoolMember>,
}

/// One member of a [`Pool`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PoolMember {
    /// The instance's name.
    pub(crate) name: String,
    /// Its part of the group's traffic now, 0.0–1.0.
    pub(crate) share: f64,
    /// How it is doing.
    pub(crate) state: HealthState,
}

/// A smoke test: what was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Smoke {
    /// The route that was asked for; absent for the default.
    pub(crate) asked: Option<String>,
    /// What was found, or why nothing was tried.
    pub(crate) reply: Reply<SmokeReport>,
}

/// The form of "Run smoke test".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SmokeForm {
    /// The route's name; empty for the default.
    pub(crate) route: String,
}

/// One balancer with all that its page shows. `result` and `note` name what the last form left behind.
#[server(prefix = "/fn", endpoint = "read_balancer")]
pub(crate) async fn read_balancer(
    id: String,
    #[server(default)] result: String,
    #[server(default)] note: String,
) -> Answer<BalancerDetail> {
    answer(page::read(&id, &result, &note))
}

/// Makes one real call over a route and shows its trace.
#[server(prefix = "/fn", endpoint = "smoke_test")]
pub(crate) async fn smoke_test(id: String, #[server(default)] form: SmokeForm) -> Answer<()> {
    answer(smoke(&id, form).await)
}

#[cfg(feature = "ssr")]
async fn smoke(id: &str, form: SmokeForm) -> Result<(), Ending> {
    let who = context::actor()?;
    let asked = Some(form.route).filter(|it| !it.is_empty());
    let reply = context::gateway()?.smoke_test(id, asked.clone()).await;
    let result = context::flash()?.put(&who.name, &Smoke { asked, reply });
    Ok(leave::to(&(leave::with_query(&format!("/balancers/{id}"), &[("result", &result)]) + "#smoke"))?)
}
