//! Admission of a call: authenticates it, reads its body and finds its balancer. The order of refusals is
//! part of the contract.

pub(crate) mod authenticate;
pub(crate) mod read;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::config::instance::WorkloadKind;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};

use self::{authenticate::authenticate, read::ParsedRequest};
use super::{error::CallError, headers, record::Recorder};
use crate::gateway::{
    Gateway, SharedState,
    snapshot::{CompiledBalancer, Snapshot},
};

/// An admitted call. It owns everything that serving it needs.
pub(crate) struct Call {
    pub(crate) shared: Arc<SharedState>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) balancer: Arc<CompiledBalancer>,
    pub(crate) request: ParsedRequest,
    pub(crate) kind: WorkloadKind,
    pub(crate) forced_route: Option<usize>,
    pub(crate) session: Option<String>,
    /// Id of the API key; conversations are scoped to it.
    pub(crate) caller: String,
    /// Sent with every upstream call, router calls included.
    pub(crate) headers: HeaderMap,
    /// When the answer must have begun.
    pub(crate) deadline: Option<Instant>,
}

/// Admits a call or refuses it.
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
    let session = named_session(&balancer, &head.headers, &gateway.settings.session_headers, &request);
    let caller = key.record.id.clone();
    let headers = headers::upstream_headers(Some(&head.headers), recorder.id(), hops + 1);
    let shared = Arc::clone(&gateway.shared);
    Ok(Call { shared, snapshot, balancer, request, kind, forced_route, session, caller, headers, deadline })
}

/// The session that the caller names, in a header or in the body, if routing asks for it.
fn named_session(
    balancer: &CompiledBalancer,
    headers: &HeaderMap,
    session_headers: &[HeaderName],
    request: &ParsedRequest,
) -> Option<String> {
    if !balancer.needs_conversation {
        return None;
    }
    headers::session(headers, session_headers).map(str::to_owned).or_else(|| request.session())
}

/// The index of the enabled route with that name, or the error for the caller.
pub(crate) fn find_route(balancer: &CompiledBalancer, name: &str) -> Result<usize, CallError> {
    balancer.route_index(name).ok_or_else(|| CallError::route_not_found(balancer.spec(), name))
}

/// When the answer must have begun: the balancer's deadline or the caller's, whichever is sooner.
pub(crate) fn deadline(
    balancer: &CompiledBalancer,
    timeout_ms: Option<u64>,
    started: Instant,
) -> Option<Instant> {
    let own = Some(balancer.spec().deadline_ms).filter(|&it| it != 0);
    let ms = own.into_iter().chain(timeout_ms).min()?;
    Some(started + Duration::from_millis(ms))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use app::domain::config::balancer::{Balancer, RoutingMode};
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_session_is_read_only_if_routing_asks_for_it() {
        let body = br#"{"model":"a","messages":[],"conversation":"of-the-body"}"#;
        let request = read::parse(Bytes::from_static(body), WorkloadKind::Chat).unwrap();
        let headers = |name: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), "of-a-header".parse().unwrap())])
        };
        let session = |mode, headers: &HeaderMap| {
            let balancer = Balancer { routing_mode: mode, ..Balancer::default() };
            let balancer = Snapshot::default().compile_draft(&balancer);
            named_session(&balancer, headers, &headers::SESSION_HEADERS, &request)
        };
        for headers in [headers("x-sb-session"), headers("x-session-id"), HeaderMap::new()] {
            let expected = if headers.is_empty() { "of-the-body" } else { "of-a-header" };
            assert_eq!(session(RoutingMode::IntentClassifier, &headers).as_deref(), Some(expected));
            assert_eq!(session(RoutingMode::Ordered, &headers), None);
        }
    }
}
