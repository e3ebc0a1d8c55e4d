//! Admission of a call: who calls, what is asked, of which balancer. The order of refusals is part of the contract.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::instance::WorkloadKind;
use axum::{extract::Request, http::HeaderMap};

use super::{
    authenticate::authenticate,
    error::CallError,
    headers,
    read::{self, ParsedRequest},
    record::Recorder,
};
use crate::gateway::{
    Engine, Gateway,
    snapshot::{Served, Snapshot},
};

/// A call that may be served: who, what, through which balancer. It owns all it needs.
pub(crate) struct Call {
    pub(crate) engine: Arc<Engine>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) served: Arc<Served>,
    pub(crate) request: ParsedRequest,
    pub(crate) kind: WorkloadKind,
    pub(crate) forced: Option<usize>,
    pub(crate) session: Option<String>,
    /// Whose conversations they are: the id of the API key.
    pub(crate) caller: String,
    /// The headers of every upstream call.
    pub(crate) headers: HeaderMap,
    /// When the call must have begun to answer.
    pub(crate) deadline: Option<Instant>,
}

/// Lets a call in, or refuses it; the order of refusals is part of the contract.
pub(crate) async fn admit(
    gateway: &Gateway,
    kind: WorkloadKind,
    http_request: Request,
    record: &mut Recorder,
) -> Result<Call, CallError> {
    let snapshot = gateway.snapshot.load_full();
    let (head, body) = http_request.into_parts();
    let pass = authenticate(&head.headers, &snapshot.keys)?;
    let key = Arc::clone(&pass.key);
    record.authenticated(pass);
    let hops = headers::hops(&head.headers)?;
    let request = {
        let cap = gateway.settings.max_body_bytes;
        read::read(&head.headers, body, kind, cap, &gateway.bodies).await?
    };
    let timeout = headers::timeout(&head.headers)?;
    let served = snapshot
        .serving(&request.model)
        .filter(|it| key.record.scope.opens(it.stored.id.as_str()))
        .map(Arc::clone)
        .ok_or_else(|| CallError::model_not_found(&request.model))?;
    let balancer = &served.stored.spec;
    record.addressed(&served.stored, request.stream);
    if balancer.workload_kind != kind {
        return Err(CallError::workload_mismatch(&balancer.serving_name, balancer.workload_kind));
    }
    let wanted = headers::route(&head.headers);
    if wanted.is_some() && !key.record.scope.force_route {
        return Err(CallError::may_not_force());
    }
    let forced = wanted.map(|it| route_named(&served, it)).transpose()?;
    let deadline = deadline(&served, timeout, record.started());
    let named = headers::session(&head.headers, &gateway.settings.session_headers).map(str::to_owned);
    let session = named.or_else(|| if served.reads_text { request.session() } else { None });
    let caller = key.record.id.clone();
    let headers = headers::onward(Some(&head.headers), record.id(), hops + 1);
    let engine = Arc::clone(&gateway.engine);
    Ok(Call { engine, snapshot, served, request, kind, forced, session, caller, headers, deadline })
}

/// The place of the enabled route of that name.
pub(crate) fn route_named(served: &Served, name: &str) -> Result<usize, CallError> {
    let balancer = &served.stored.spec;
    let at = balancer.routes.iter().position(|it| it.enabled && it.name == name);
    at.ok_or_else(|| CallError::route_not_found(balancer, name))
}

/// When a call must have begun to answer: by the balancer's word, or the caller's where that is sooner.
pub(crate) fn deadline(served: &Served, timeout_ms: Option<u64>, started: Instant) -> Option<Instant> {
    let own = Some(served.stored.spec.deadline_ms).filter(|&it| it != 0);
    let ms = own.into_iter().chain(timeout_ms).min()?;
    Some(started + Duration::from_millis(ms))
}
