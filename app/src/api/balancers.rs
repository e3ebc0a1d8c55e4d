//! The detail page's server functions: reading one balancer, its smoke test, deleting it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::board::Place;
use crate::domain::{
    config::configuration::StoredBalancer,
    console::{request_log::CallFacts, traffic::Traffic, view::SmokeReport},
    field_error::FieldError,
    routing::decision::RouterMessage,
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::{refusal::Reply, web::notice::FlashNotice};

#[cfg(feature = "ssr")]
mod page;

#[cfg(feature = "ssr")]
use crate::web::{
    action_error::{ActionError, answer},
    context, redirect,
};

/// What the detail page is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BalancerDetail {
    /// The balancer.
    pub(crate) stored: StoredBalancer,
    /// What it is over REST.
    pub(crate) json: String,
    /// What goes on while somebody looks.
    pub(crate) health: RouteHealth,
    /// The calls that it decided last, and the traffic of the last hour.
    pub(crate) calls: RecentCalls,
    /// Instances by id, for people to read.
    pub(crate) instances: Vec<(String, String)>,
    /// What is allowed but probably not meant.
    pub(crate) warnings: Vec<FieldError>,
    /// The exact messages that its router model gets.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// Where clients reach this server.
    pub(crate) site: String,
    /// Whether this user may change it.
    pub(crate) may_edit: bool,
    /// The smoke test that was just run.
    pub(crate) smoke: Option<Smoke>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// Where the routes of a balancer go, and how that is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteHealth {
    /// Where each route goes, in the order of the routes.
    pub(crate) places: Vec<Place>,
    /// The router model, where it has one.
    pub(crate) router: Option<Place>,
}

/// The calls of a balancer as the request log has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecentCalls {
    /// The last ones, newest first; or why they cannot be told.
    pub(crate) latest: Reply<Vec<CallFacts>>,
    /// The last hour; or why it cannot be told.
    pub(crate) traffic: Reply<Traffic>,
    /// When this was read.
    pub(crate) now: Timestamp,
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
    answer(page::read(&id, &result, &note).await)
}

/// Makes one real call over a route and shows its trace.
#[server(prefix = "/fn", endpoint = "smoke_test")]
pub(crate) async fn smoke_test(id: String, #[server(default)] form: SmokeForm) -> Answer<()> {
    answer(smoke(&id, form).await)
}

#[cfg(feature = "ssr")]
async fn smoke(id: &str, form: SmokeForm) -> Result<(), ActionError> {
    let who = context::actor()?;
    let asked = Some(form.route).filter(|it| !it.is_empty());
    let reply = context::gateway()?.smoke_test(id, asked.clone()).await;
    let result = context::flash()?.put_notice(&who.name, &Smoke { asked, reply }).await;
    Ok(redirect::to(&(redirect::with_query(&format!("/balancers/{id}"), &[("result", &result)]) + "#smoke"))?)
}
