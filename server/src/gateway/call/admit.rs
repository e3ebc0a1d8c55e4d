//! Admission of a call: authenticates it, reads its body and finds its balancer. The order of refusals is
//! part of the contract.

pub(crate) mod authenticate;
pub(crate) mod read;
mod stored;

use std::{sync::Arc, time::Duration};

use app::domain::{api::Endpoint, ids::InstanceId};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};
use tokio::time::Instant;

use self::{authenticate::authenticate, read::ParsedRequest};
use super::{error::CallError, headers, record::Recorder};
use crate::gateway::{
    Gateway, SharedState,
    snapshot::{CompiledBalancer, Snapshot},
    state::stored_responses::StoredResponse,
    upstream::StoredPath,
};

pub(crate) use stored::admit_stored;

/// An admitted call. It owns everything that serving it needs.
pub(crate) struct Call {
    pub(crate) shared: Arc<SharedState>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) balancer: Arc<CompiledBalancer>,
    pub(crate) request: ParsedRequest,
    pub(crate) forced_route: Option<usize>,
    /// The instance that must answer, because the call continues what it made.
    pub(crate) pinned: Option<PinnedInstance>,
    /// The stored response that the call is about.
    pub(crate) stored: Option<StoredPath>,
    pub(crate) session: Option<String>,
    /// Id of the API key; conversations are scoped to it.
    pub(crate) caller: Arc<str>,
    /// Sent with every upstream call, router calls included.
    pub(crate) headers: HeaderMap,
    /// When the answer must have begun.
    pub(crate) deadline: Option<Instant>,
}

impl Call {
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.request.endpoint
    }

    /// Whether it refers to something that an instance has stored.
    pub(crate) fn continues(&self) -> bool {
        self.stored.is_some() || !self.request.continued_ids.is_empty()
    }
}

/// An instance that must answer, and the route that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PinnedInstance {
    pub(crate) route: usize,
    pub(crate) instance_id: InstanceId,
}

impl PinnedInstance {
    /// The instance that made a response, if the balancer still leads to it: by the same route, or by another one.
    fn find(balancer: &CompiledBalancer, response: &StoredResponse) -> Option<Self> {
        let leads_there = |&route: &usize| {
            let members = balancer.pools.get(route).map(|it| &it.members);
            members.is_some_and(|it| {
                it.iter().any(|it| it.enabled && it.weight > 0 && it.instance_id == response.instance_id)
            })
        };
        let enabled = balancer.spec().routes.iter().enumerate().filter(|(_, it)| it.enabled);
        let others = enabled.map(|(route, _)| route);
        let route = balancer.route_index(&response.route).into_iter().chain(others).find(leads_there)?;
        Some(Self { route, instance_id: response.instance_id.clone() })
    }
}

/// Admits a call or refuses it.
pub(crate) async fn admit(
    gateway: &Gateway,
    endpoint: Endpoint,
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
        read::read(&head.headers, body, endpoint, cap, &gateway.body_budget).await?
    };
    let timeout = headers::timeout(&head.headers)?;
    let balancer = snapshot
        .by_serving_name(&request.model)
        .filter(|it| key.record.scope.opens(it.stored.id.as_str()))
        .map(Arc::clone)
        .ok_or_else(|| CallError::model_not_found(&request.model))?;
    let spec = balancer.spec();
    recorder.set_balancer(&balancer, request.stream);
    if spec.workload_kind != endpoint.api().workload_kind() {
        return Err(CallError::workload_mismatch(&spec.serving_name, spec.workload_kind));
    }
    let requested_route = headers::route(&head.headers);
    if requested_route.is_some() && !key.record.scope.force_route {
        return Err(CallError::force_route_denied());
    }
    let forced_route = requested_route.map(|it| find_route(&balancer, it)).transpose()?;
    let caller = Arc::clone(&key.id);
    // The caller's own choice of a route outranks what the call continues.
    let pins = forced_route.is_none();
    let pinned = pinned_instance(&gateway.shared, &balancer, &request, &caller, pins)?;
    refuse_unspoken(&gateway.shared, &snapshot, &balancer, endpoint)?;
    let deadline = deadline(&balancer, timeout, recorder.started_at());
    let session = named_session(&balancer, &head.headers, &gateway.settings.session_headers, &request);
    let headers = headers::upstream_headers(Some(&head.headers), endpoint.api(), recorder.id(), hops + 1);
    let shared = Arc::clone(&gateway.shared);
    Ok(Call {
        shared,
        snapshot,
        balancer,
        request,
        forced_route,
        pinned,
        stored: None,
        session,
        caller,
        headers,
        deadline,
    })
}

/// The instance that made what the call continues; `None` if it continues nothing that this process knows, or if
/// nothing `pins` it.
///
/// # Errors
/// 404 for what another key has made, and for what an instance has made that is gone.
fn pinned_instance(
    shared: &SharedState,
    balancer: &CompiledBalancer,
    request: &ParsedRequest,
    caller: &str,
    pins: bool,
) -> Result<Option<PinnedInstance>, CallError> {
    let mut pinned = None;
    for id in &request.continued_ids {
        let Some(response) = shared.responses.find(id) else { continue };
        if &*response.caller != caller {
            return Err(CallError::response_not_found());
        }
        if !pins {
            continue;
        }
        let found = PinnedInstance::find(balancer, &response).ok_or_else(CallError::response_not_found)?;
        pinned.get_or_insert(found);
    }
    Ok(pinned)
}

/// Refuses a call that no instance of its balancer speaks.
pub(crate) fn refuse_unspoken(
    shared: &SharedState,
    snapshot: &Snapshot,
    balancer: &CompiledBalancer,
    endpoint: Endpoint,
) -> Result<(), CallError> {
    let now_ms = shared.clock.now_ms();
    let restricted = endpoint.is_optional() || balancer.has_declared_apis;
    if restricted && snapshot.nobody_speaks(balancer, endpoint, now_ms) {
        return Err(CallError::api_not_supported(
            &balancer.spec().serving_name,
            endpoint.api(),
            &snapshot.spoken_apis(balancer, now_ms),
        ));
    }
    Ok(())
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
        let request = read::parse(Bytes::from_static(body), Endpoint::ChatCompletions).unwrap();
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
