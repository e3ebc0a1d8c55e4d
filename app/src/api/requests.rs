//! The request log's server functions: calls as people look them up. They read; nothing is changed here.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{
    console::request_log::{CallFacts, RequestQuery},
    field_error::FieldError,
    routing::decision::{AttemptRecord, Decision},
    timestamp::Timestamp,
};
use crate::web::Answer;

#[cfg(feature = "ssr")]
mod server;

#[cfg(feature = "ssr")]
pub(crate) use server::latest;

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RequestLogPage {
    /// What was asked for.
    pub(crate) query: RequestQuery,
    /// What cannot be asked for; there are no calls then.
    pub(crate) errors: Vec<FieldError>,
    /// The calls, newest first.
    pub(crate) calls: Vec<CallFacts>,
    /// All balancers, by name: id and name.
    pub(crate) balancers: Vec<(String, String)>,
    /// The instances of the calls: id and name.
    pub(crate) instances: Vec<(String, String)>,
    /// The address of the first page with these filters.
    pub(crate) address: String,
    /// The address of the next page, where there is one.
    pub(crate) older: Option<String>,
    /// The address of the first page, where this is another.
    pub(crate) newest: Option<String>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// One call, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RequestSheet {
    /// What is known of it.
    pub(crate) facts: CallFacts,
    /// The decision, where there was one.
    pub(crate) decision: Option<Decision>,
    /// Every attempt, in order.
    pub(crate) attempts: Vec<AttemptRecord>,
    /// The name of its balancer, where that is still there.
    pub(crate) balancer: Option<String>,
    /// The name of its API key, where that is still there.
    pub(crate) key: Option<String>,
    /// The instances that it names: id and name.
    pub(crate) instances: Vec<(String, String)>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// A page of the log, newest calls first.
#[server(prefix = "/fn", endpoint = "read_requests")]
pub(crate) async fn read_requests(#[server(default)] query: RequestQuery) -> Answer<RequestLogPage> {
    crate::web::action_error::answer(server::page(query).await)
}

/// One call with its decision and every attempt.
#[server(prefix = "/fn", endpoint = "read_request")]
pub(crate) async fn read_request(#[server(default)] id: String) -> Answer<RequestSheet> {
    crate::web::action_error::answer(server::sheet(&id).await)
}
