//! Data of the request log and of one request.

use std::collections::BTreeSet;

use crate::{
    domain::{
        config::configuration::Configuration,
        console::request_log::{CallFacts, RequestDetail, RequestFilter, RequestPlace, RequestQuery},
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
/// The calls of a page.
const ROWS: usize = 50;
/// The calls that a balancer's page shows.
const LATEST: u32 = 20;

/// A page of the log.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestDetailData {
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
        // One more than the page, which tells whether there is another.
        Ok((filter, before)) => (control.requests(&who, filter, before, ROWS as u32 + 1).await?, Vec::new()),
        Err(errors) => (Vec::new(), errors),
    };
    let more = calls.len() > ROWS;
    calls.truncate(ROWS);
    let calls: Vec<_> = calls.into_iter().map(|it| it.facts).collect();
    let next = calls.last().filter(|_| more).map(|it| RequestPlace::of(it).to_string());
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

/// The calls that a balancer decided last, newest first.
pub(crate) async fn latest(control: &dyn ControlPlane, who: &Actor, balancer: &str) -> Reply<Vec<CallFacts>> {
    let filter = RequestFilter { balancer: Some(balancer.to_owned()), ..RequestFilter::default() };
    let found = control.requests(who, filter, None, LATEST).await?;
    Ok(found.into_iter().map(|it| it.facts).collect())
}

/// Instances of these ids, each once, with their names; those that are gone are left out.
fn names<'a>(
    configuration: &Configuration,
    ids: impl Iterator<Item = &'a InstanceId>,
) -> Vec<(String, String)> {
    let ids: BTreeSet<_> = ids.map(InstanceId::as_str).collect();
    let known = ids.into_iter().filter_map(|it| configuration.instance(it));
    known.map(|it| (it.id.to_string(), it.spec.name.clone())).collect()
}

/// The address of the page that begins after `cursor`, with the same filters.
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
