//! Calls as the request log keeps them.

use app::domain::{
    api::Api,
    confidence::Confidence,
    config::balancer::{Destination, DestinationKind},
    console::request_log::{CallFacts, CallMs, CallOrigin, CallTokens, RequestDetail},
    ids::{BalancerId, InstanceId, RequestId},
    routing::decision::{AttemptRecord, Candidate, CandidateMember, Decision, Excerpt, MemberState, Reason},
    timestamp::Timestamp,
};
use server::store::{Store, requests::CallRow};

/// When the first of them came in: 2023-11-14T22:13:20.123Z.
pub(crate) const FIRST: Timestamp = Timestamp(1_700_000_000_123);

/// The id of a call at this time whose last digits are its number.
pub(crate) fn id_at(at: Timestamp, number: u32) -> RequestId {
    RequestId::new(at, u128::from(number))
}

/// The id of a call, a second after that of the one before.
pub(crate) fn id(number: u32) -> RequestId {
    id_at(FIRST.plus_ms(u64::from(number) * 1_000), number)
}

/// The number of the call with this id.
pub(crate) fn number(id: &RequestId) -> u32 {
    (id.bits() & 0xffff_ffff) as u32
}

/// A call; its fields differ from one to the next.
pub(crate) fn call(number: u32) -> RequestDetail {
    let n = number as usize;
    let route = ["code", "general", "ü"][n % 3].to_owned();
    let reason = [Reason::Matched, Reason::NoMatch, Reason::Cached, Reason::Forced][n % 4];
    let status = [200, 200, 404, 499, 502, 503, 200][n % 7];
    let instance_id = InstanceId::from(format!("inst_{}", n % 3));
    let members = (0..3).map(|it| CandidateMember {
        instance_id: InstanceId::from(format!("inst_{it}")),
        priority: 1,
        weight: 100,
        state: MemberState::Available,
    });
    let candidate = Candidate {
        route: route.clone(),
        destination: Destination { kind: DestinationKind::TargetGroup, target: "tg_pool".to_owned() },
        reason,
        members: members.collect(),
    };
    let decision = Decision {
        id: id(number).decision_id(),
        route: route.clone(),
        reason,
        candidates: vec![candidate],
        router: None,
        excerpt: (n % 2 == 1).then_some(Excerpt { chars: u64::from(number), cut: true }),
        chosen: Some(route.clone()),
        confidence: Confidence::from_thousandths(u64::from(number) % 1_001),
        ms: 12.345,
    };
    let attempt = |outcome: &str| AttemptRecord {
        instance_id: instance_id.clone(),
        outcome: outcome.to_owned(),
        status: Some(500),
        ms: 0.1,
    };
    RequestDetail {
        facts: CallFacts {
            id: id(number),
            decision_id: decision.id.clone(),
            at: FIRST.plus_ms(u64::from(number) * 1_000),
            balancer: Some(BalancerId::from(format!("sb_{}", n % 2))),
            serving_name: Some(format!("Desk/{}", n % 2)),
            route: Some(route),
            reason: Some(reason),
            chosen: decision.chosen.clone(),
            confidence: decision.confidence,
            instance_id: Some(instance_id.clone()),
            status,
            code: (status != 200).then(|| "upstream_error".to_owned()),
            stream: n % 2 == 1,
            ms: CallMs { route: Some(12.345), first_byte: Some(0.001), total: 86_400_000.001 },
            tokens: CallTokens { prompt: Some(u64::from(number)), completion: Some(0) },
            api_key: Some("key".to_owned()),
            api: Some(if n.is_multiple_of(2) { Api::ChatCompletions } else { Api::Responses }),
            empty: n % 2 == 1,
            preparation: false,
            origin: CallOrigin::Client,
        },
        decision: Some(decision),
        attempts: vec![attempt("bad_status"), attempt("ok")],
    }
}

/// Keeps these in one write.
pub(crate) async fn keep(store: &Store, calls: &[RequestDetail]) {
    let rows: Vec<_> = calls.iter().map(|it| CallRow::of(it).unwrap()).collect();
    store.insert_calls(&rows, server::clock::now()).await.unwrap();
}

/// Calls 0 to `count`, in batches as the log writes them.
pub(crate) async fn fill(store: &Store, count: u32) {
    let all: Vec<_> = (0..count).map(call).collect();
    for batch in all.chunks(256) {
        keep(store, batch).await;
    }
}
