//! The way of one call through the data plane, in order: who calls, what is asked, which balancer, which route,
//! who answers, how it goes back. Each step is a file of its own; this one only puts them in a row.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    balancer::{RoutingMode, Stickiness},
    call::CallText,
    instance::WorkloadKind,
    outcome::Outcome,
    plan::{Plan, Verdict},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Response, header},
};
use bytes::Bytes;

use super::{
    Engine, Gateway,
    accept::Connection,
    attempt::{Answer, Outgoing},
    authenticate::authenticate,
    decide::{Decided, Kind, Matter, decide},
    error::CallError,
    failover::{self, Landed, Stranded},
    headers, keepalive, mask,
    read::{self, Asked},
    record::Recorder,
    relay::Relay,
    snapshot::{Served, Snapshot},
    upstream::Upstream,
};

/// The largest plain answer, in bytes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// When to come back where nothing says when a destination will be available, in milliseconds.
const COME_BACK_MS: u64 = 5_000;

/// A call that may be served: who, what, through which balancer. It owns all it needs.
pub(crate) struct Call {
    pub(crate) engine: Arc<Engine>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) served: Arc<Served>,
    pub(crate) asked: Asked,
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

/// Serves a call of that kind.
pub(crate) async fn serve(gateway: Arc<Gateway>, kind: WorkloadKind, request: Request) -> Response<Body> {
    let mut record = Recorder::new(&gateway.engine.sink);
    let id = record.id().to_owned();
    let connection = request.extensions().get::<Connection>().cloned();
    let cut = connection.as_ref().map(Connection::cut);
    let call = match admit(&gateway, kind, request, &mut record).await {
        Ok(call) => call,
        Err(error) => return refused(&error, record),
    };
    let answering = answer(call, record, connection);
    match cut {
        None => answering.await,
        Some(cut) => tokio::select! {
            response = answering => response,
            () = cut => CallError::shutting_down().bare_response(&id),
        },
    }
}

/// Answers with an error.
pub(crate) fn refused(error: &CallError, mut record: Recorder) -> Response<Body> {
    let mut response = error.response(record.id(), record.attempts());
    record.write_headers(response.headers_mut());
    record.finished(error.status.as_u16(), Some(error.code));
    response
}

/// Lets a call in, or refuses it; the order of refusals is part of the contract.
async fn admit(
    gateway: &Gateway,
    kind: WorkloadKind,
    request: Request,
    record: &mut Recorder,
) -> Result<Call, CallError> {
    let snapshot = gateway.snapshot.load_full();
    let (head, body) = request.into_parts();
    let pass = authenticate(&head.headers, &snapshot.keys)?;
    let key = Arc::clone(&pass.key);
    record.authenticated(pass);
    let hops = headers::hops(&head.headers)?;
    let asked = {
        let cap = gateway.settings.max_body_bytes;
        read::read(&head.headers, body, kind, cap, &gateway.bodies).await?
    };
    let timeout = headers::timeout(&head.headers)?;
    let served = snapshot
        .serving(&asked.model)
        .filter(|it| key.record.scope.opens(it.stored.id.as_str()))
        .map(Arc::clone)
        .ok_or_else(|| CallError::model_not_found(&asked.model))?;
    let balancer = &served.stored.spec;
    record.addressed(&served.stored, asked.stream);
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
    let session = named.or_else(|| if served.reads_text { asked.session() } else { None });
    let caller = key.record.id.clone();
    let headers = headers::onward(Some(&head.headers), record.id(), hops + 1);
    let engine = Arc::clone(&gateway.engine);
    Ok(Call { engine, snapshot, served, asked, kind, forced, session, caller, headers, deadline })
}

/// Decides, lets somebody answer, and makes the answer.
async fn answer(call: Call, mut record: Recorder, connection: Option<Connection>) -> Response<Body> {
    let decided = resolve(&call, &mut record).await;
    let every = call.served.stored.spec.stream_keepalive_s;
    if call.asked.stream && every > 0 {
        return keepalive::answer(call, decided, record, connection, Duration::from_secs(every)).await;
    }
    match deliver(&call, &decided, &mut record).await {
        Ok(landed) => respond(landed, &call, record, connection),
        Err(error) => refused(&error, record),
    }
}

/// Decides about a call and writes that down.
pub(crate) async fn resolve(call: &Call, record: &mut Recorder) -> Decided {
    let text = if call.served.reads_text {
        call.asked.text(call.engine.conversations.key())
    } else {
        CallText::default()
    };
    let matter = Matter {
        snapshot: &call.snapshot,
        request_id: record.id(),
        served: &call.served,
        text: &text,
        forced: call.forced,
        session: call.session.as_deref(),
        caller: &call.caller,
        headers: &call.headers,
        deadline: call.deadline,
        kind: Kind::Call,
    };
    let decided = Box::pin(decide(&call.engine, &matter)).await;
    record.decided(&decided.decision);
    decided
}

/// Walks the plan of a call until somebody answers.
///
/// # Errors
/// The error for the caller.
pub(crate) async fn deliver(
    call: &Call,
    decided: &Decided,
    record: &mut Recorder,
) -> Result<Landed, CallError> {
    let body = |upstream: &Upstream| call.asked.for_model(&upstream.model);
    let outgoing = Outgoing {
        kind: call.kind,
        stream: call.asked.stream,
        headers: call.headers.clone(),
        body: &body,
        answer_cap: ANSWER_BYTES,
        cuts_at_cap: false,
        dimensions: known_dimensions(call, &decided.plan),
        learns_dimensions: !call.asked.asks_dimensions,
        deadline: call.deadline,
    };
    let attempts = call.served.stored.spec.max_attempts;
    let clock = call.engine.clock;
    let walk = failover::walk(&call.snapshot, clock, &decided.plan, &outgoing, attempts, false, Some(record));
    let landed = walk.await.map_err(|stranded| failure(&stranded))?;
    if let Some(candidate) = decided.plan.candidates.get(landed.candidate) {
        let chosen = decided.chosen && landed.candidate == 0;
        remember(call, decided, &candidate.route, chosen);
    }
    Ok(landed)
}

/// Remembers which route answered, where a later call of the conversation will ask.
fn remember(call: &Call, decided: &Decided, route: &str, chosen: bool) {
    let balancer = &call.served.stored.spec;
    let stickiness = balancer.classifier.stickiness;
    if balancer.routing_mode != RoutingMode::IntentClassifier || stickiness == Stickiness::PerRequest {
        return;
    }
    let (conversations, now_ms) = (&call.engine.conversations, call.engine.clock.now_ms());
    conversations.note(decided.turn, route, false, now_ms);
    if call.session.is_some() || stickiness == Stickiness::PerConversation {
        conversations.note(decided.conversation, route, chosen, now_ms);
    }
}

/// The length of embeddings that any instance of the plan is known to have: answers of one balancer must not mix
/// vector spaces.
fn known_dimensions(call: &Call, plan: &Plan) -> Option<u64> {
    if call.kind != WorkloadKind::Embeddings {
        return None;
    }
    let members = plan.candidates.iter().flat_map(|it| &it.members);
    members.filter_map(|it| call.snapshot.upstream(&it.instance_id)?.vitals.dimensions()).next()
}

/// The error for a call that nobody answered.
fn failure(stranded: &Stranded) -> CallError {
    match stranded.verdict {
        Verdict::RateLimited { retry_after_ms } => CallError::rate_limited(retry_after_ms),
        Verdict::Unavailable { retry_after_ms } => {
            CallError::no_available_destination(retry_after_ms.unwrap_or(COME_BACK_MS))
        }
        Verdict::Failed if stranded.tried.iter().any(|(_, it)| *it == Outcome::Status(508)) => {
            CallError::loop_detected()
        }
        Verdict::Failed => CallError::upstream_failed(stranded.last().unwrap_or(&Outcome::Reset)),
    }
}

/// Makes the caller's answer of an upstream's.
pub(crate) fn respond(
    landed: Landed,
    call: &Call,
    mut record: Recorder,
    connection: Option<Connection>,
) -> Response<Body> {
    record.first_byte();
    let mut response = match landed.answer {
        Answer::Stream(opened) => {
            let mut response = Response::new(Body::empty());
            headers::write_stream(response.headers_mut());
            record.write_headers(response.headers_mut());
            let relay = Relay::new(opened, stream_mask(call), landed.underway, record, connection);
            *response.body_mut() = Body::new(relay);
            return response;
        }
        Answer::Plain(answer) => {
            landed.underway.ended(&Outcome::Ok);
            if let Some(tokens) = answer.tokens() {
                record.used(tokens);
            }
            let body = masked(answer.body, call);
            whole(answer.status, answer.content_type, body)
        }
        Answer::Rejected(answer) => {
            landed.underway.ended(&Outcome::Rejected(answer.status.as_u16()));
            whole(answer.status, answer.content_type, answer.body)
        }
    };
    record.write_headers(response.headers_mut());
    record.finished(response.status().as_u16(), None);
    response
}

fn whole(status: axum::http::StatusCode, content_type: Option<HeaderValue>, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// The answer with its model masked, where the balancer asks for it.
pub(crate) fn masked(body: Bytes, call: &Call) -> Bytes {
    let balancer = &call.served.stored.spec;
    if balancer.mask_upstream_model { mask::answer(&body, &balancer.serving_name) } else { body }
}

/// What masks the model in a stream, where the balancer asks for it.
pub(crate) fn stream_mask(call: &Call) -> Option<mask::StreamMask> {
    let balancer = &call.served.stored.spec;
    balancer.mask_upstream_model.then(|| mask::StreamMask::new(&balancer.serving_name))
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
