//! Data of the request log and of a single call.

use std::collections::BTreeSet;

use crate::{
    domain::{
        config::configuration::Configuration,
        console::request_log::{CallFacts, RequestDetail, RequestFilter, RequestQuery},
        field_error::FieldError,
        ids::InstanceId,
        routing::decision::{AttemptRecord, Decision},
        timestamp::Timestamp,
    },
    ports::{Actor, ControlPlane},
    refusal::Reply,
    web::{action_error::ActionError, context, page_params::PageParams, redirect},
};

const PAGE: &str = "/requests";
/// Calls per page.
const ROWS: usize = 50;
/// Calls on a balancer's page.
const LATEST: u32 = 20;

/// A page of the request log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestLogPage {
    /// The query parameters.
    pub(crate) query: RequestQuery,
    /// Errors of the query parameters; there are no calls then.
    pub(crate) errors: Vec<FieldError>,
    /// The calls, newest first.
    pub(crate) calls: Vec<CallFacts>,
    /// All balancers, by name: id and name.
    pub(crate) balancers: Vec<(String, String)>,
    /// Instances of the calls: id and name.
    pub(crate) instances: Vec<(String, String)>,
    /// URL of the first page with these filters.
    pub(crate) address: String,
    /// URL of the next page, if there is one.
    pub(crate) older: Option<String>,
    /// URL of the first page, if this is another.
    pub(crate) newest: Option<String>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A single call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestDetailData {
    /// Properties of the call.
    pub(crate) facts: CallFacts,
    /// The decision, if one was made.
    pub(crate) decision: Option<Decision>,
    /// All attempts, in order.
    pub(crate) attempts: Vec<AttemptRecord>,
    /// Name of the balancer, if it still exists.
    pub(crate) balancer: Option<String>,
    /// Name of the API key, if it still exists.
    pub(crate) key: Option<String>,
    /// Instances of the call: id and name.
    pub(crate) instances: Vec<(String, String)>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

pub(crate) async fn list(params: PageParams) -> Result<RequestLogPage, ActionError> {
    let query = RequestQuery {
        balancer: params.text("balancer"),
        route: params.text("route"),
        reason: params.text("reason"),
        status: params.text("status"),
        cursor: params.text("cursor"),
    };
    let (who, control) = (context::actor()?, context::control()?);
    let configuration = control.configuration();
    let (mut calls, errors) = match query.read() {
        // One more than a page, to detect whether there is a next page.
        Ok((filter, before)) => (control.requests(&who, filter, before, ROWS as u32 + 1).await?, Vec::new()),
        Err(errors) => (Vec::new(), errors),
    };
    let more = calls.len() > ROWS;
    calls.truncate(ROWS);
    let calls: Vec<_> = calls.into_iter().map(|it| it.facts).collect();
    let next = calls.last().filter(|_| more).map(|it| it.id.to_string());
    let mut balancers: Vec<_> =
        configuration.balancers.iter().map(|it| (it.id.to_string(), it.spec.name.clone())).collect();
    balancers.sort_by_cached_key(|(_, name)| name.to_lowercase());
    Ok(RequestLogPage {
        instances: names(&configuration, calls.iter().filter_map(|it| it.instance_id.as_ref())),
        address: address(&query, ""),
        older: next.map(|cursor| address(&query, &cursor)),
        newest: (!query.cursor.is_empty()).then(|| address(&query, "")),
        now: context::now(),
        query,
        errors,
        calls,
        balancers,
    })
}

pub(crate) async fn detail(params: PageParams) -> Result<RequestDetailData, ActionError> {
    let id = &params.part("id");
    let (who, control) = (context::actor()?, context::control()?);
    let RequestDetail { facts, decision, attempts } = control.request(&who, id).await?;
    let configuration = control.configuration();
    let key = match &facts.api_key {
        Some(id) => control.api_keys(&who).await?.into_iter().find(|it| it.id == *id),
        None => None,
    };
    let planned = decision.iter().flat_map(|it| &it.candidates).flat_map(|it| &it.members);
    let ids = planned.map(|it| &it.instance_id).chain(attempts.iter().map(|it| &it.instance_id));
    let balancer = facts.balancer.as_ref().and_then(|it| configuration.balancer(it.as_str()));
    Ok(RequestDetailData {
        instances: names(&configuration, ids.chain(&facts.instance_id)),
        balancer: balancer.map(|it| it.spec.name.clone()),
        key: key.map(|it| it.scope.name),
        facts,
        decision,
        attempts,
        now: context::now(),
    })
}

/// The latest calls of a balancer, newest first.
pub(crate) async fn latest(control: &dyn ControlPlane, who: &Actor, balancer: &str) -> Reply<Vec<CallFacts>> {
    let filter = RequestFilter { balancer: Some(balancer.to_owned()), ..RequestFilter::default() };
    let found = control.requests(who, filter, None, LATEST).await?;
    Ok(found.into_iter().map(|it| it.facts).collect())
}

/// Names of instances without duplicates; deleted instances are left out.
fn names<'a>(
    configuration: &Configuration,
    ids: impl Iterator<Item = &'a InstanceId>,
) -> Vec<(String, String)> {
    let ids: BTreeSet<_> = ids.map(InstanceId::as_str).collect();
    let known = ids.into_iter().filter_map(|it| configuration.instance(it));
    known.map(|it| (it.id.to_string(), it.spec.name.clone())).collect()
}

/// URL of the page after `cursor`, with the same filters.
fn address(query: &RequestQuery, cursor: &str) -> String {
    let parts = [
        ("balancer", query.balancer.as_str()),
        ("route", &query.route),
        ("reason", &query.reason),
        ("status", &query.status),
        ("cursor", cursor),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if parts.is_empty() { PAGE.to_owned() } else { redirect::with_query(PAGE, &parts) }
}
