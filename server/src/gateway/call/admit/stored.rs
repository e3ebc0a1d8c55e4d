//! Admission of a call on a stored response: it has no model, and goes to the instance that made the response.

use std::sync::Arc;

use app::domain::api::Endpoint;
use axum::extract::Request;

use super::{Call, PinnedInstance, authenticate::authenticate, deadline, read};
use crate::gateway::{
    Gateway,
    call::{error::CallError, headers, record::Recorder},
    upstream::StoredPath,
};

/// Admits a call on a stored response or refuses it.
pub(crate) async fn admit_stored(
    gateway: &Gateway,
    stored: StoredPath,
    http_request: Request,
    recorder: &mut Recorder,
) -> Result<Call, CallError> {
    let snapshot = gateway.snapshot.load_full();
    let (head, body) = http_request.into_parts();
    let permit = authenticate(&head.headers, &snapshot.keys)?;
    let key = Arc::clone(&permit.key);
    recorder.set_permit(permit);
    if headers::is_websocket(&head.headers) {
        return Err(CallError::websocket());
    }
    let hops = headers::hops(&head.headers)?;
    let cap = gateway.settings.max_body_bytes;
    let request = read::read_stored(body, head.uri.query(), cap, &gateway.body_budget).await?;
    let timeout = headers::timeout(&head.headers)?;
    let caller = Arc::clone(&key.id);
    let response = gateway.shared.responses.find(stored.id()).filter(|it| it.caller == caller);
    let response = response.ok_or_else(CallError::response_not_found)?;
    let balancer = snapshot
        .balancer(response.balancer.as_str())
        .filter(|it| it.spec().enabled && key.record.scope.opens(it.stored.id.as_str()))
        .map(Arc::clone)
        .ok_or_else(CallError::response_not_found)?;
    recorder.set_balancer(&balancer, request.stream);
    let pinned = PinnedInstance::find(&balancer, &response).ok_or_else(CallError::response_not_found)?;
    let api = Endpoint::StoredResponse.api();
    Ok(Call {
        shared: Arc::clone(&gateway.shared),
        snapshot,
        deadline: deadline(&balancer, timeout, recorder.started_at()),
        headers: headers::upstream_headers(Some(&head.headers), api, recorder.id(), hops + 1),
        balancer,
        request,
        forced_route: None,
        pinned: Some(pinned),
        stored: Some(stored),
        session: None,
        caller,
    })
}
