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
    Gateway, SharedState,
    snapshot::{CompiledBalancer, Snapshot},
};

/// A call that may be balancer: who, what, through which balancer. It owns all it needs.
pub(crate) struct Call {
    pub(crate) shared: Arc<SharedState>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) balancer: Arc<CompiledBalancer>,
    pub(crate) request: ParsedRequest,
    pub(crate) kind: WorkloadKind,
    pub(crate) forced_route: Option<usize>,
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
    recorder: &mut Recorder,
) -> Result<Call, CallError> {
    let snapshot = gateway.snapshot.load_full();
    let (head, body) = http_request.into_parts();
    let permit = authenticate(&head.headers, &snapshot.keys)?;
    let key = Arc::clone(&permit.key);
    recorder.set_permit(permit);
    let hops = headers::hops(&head.headers)?;
    let request = {
        let cap = gateway.settings.max_body_bytes;
        read::read(&head.headers, body, kind, cap, &gateway.body_budget).await?
    };
    let timeout = headers::timeout(&head.headers)?;
    let balancer = snapshot
        .by_serving_name(&request.model)
        .filter(|it| key.record.scope.opens(it.stored.id.as_str()))
        .map(Arc::clone)
        .ok_or_else(|| CallError::model_not_found(&request.model))?;
    let spec = balancer.spec();
    recorder.set_balancer(&balancer.stored, request.stream);
    if spec.workload_kind != kind {
        return Err(CallError::workload_mismatch(&spec.serving_name, spec.workload_kind));
    }
    let requested_route = headers::route(&head.headers);
    if requested_route.is_some() && !key.record.scope.force_route {
        return Err(CallError::force_route_denied());
    }
    let forced_route = requested_route.map(|it| find_route(&balancer, it)).transpose()?;
    let deadline = deadline(&balancer, timeout, recorder.started_at());
    let header_session =
        headers::session(&head.headers, &gateway.settings.session_headers).map(str::to_owned);
    let session = header_session.or_else(|| if balancer.needs_text { request.session() } else { None });
    let caller = key.record.id.clone();
    let headers = headers::upstream_headers(Some(&head.headers), recorder.id(), hops + 1);
    let shared = Arc::clone(&gateway.shared);
    Ok(Call { shared, snapshot, balancer, request, kind, forced_route, session, caller, headers, deadline })
}

/// The place of the enabled route of that name.
pub(crate) fn find_route(balancer: &CompiledBalancer, name: &str) -> Result<usize, CallError> {
    let spec = balancer.spec();
    let index = spec.routes.iter().position(|it| it.enabled && it.name == name);
    index.ok_or_else(|| CallError::route_not_found(spec, name))
}

/// When a call must have begun to answer: by the balancer's word, or the caller's where that is sooner.
pub(crate) fn deadline(
    balancer: &CompiledBalancer,
    timeout_ms: Option<u64>,
    started: Instant,
) -> Option<Instant> {
    let own = Some(balancer.spec().deadline_ms).filter(|&it| it != 0);
    let ms = own.into_iter().chain(timeout_ms).min()?;
    Some(started + Duration::from_millis(ms))
}
