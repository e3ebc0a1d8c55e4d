//! The request log.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use app::domain::{
    api::Api,
    confidence::Confidence,
    console::request_log::{
        CallFacts, CallTokens, RequestDetail, RequestFilter, RequestLine, StatusFilter,
        threshold::SureDecision,
    },
    ids::{BalancerId, InstanceId, RequestId},
    routing::decision::{AttemptRecord, Reason, RouterTrace},
    timestamp::Timestamp,
};

use server::store::requests::CallRow;
use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};

use super::{
    calls::{self, FIRST, call, fill, id, id_at, keep},
    home::Home,
    samples::{insert, instance},
};

/// A call that was refused before anything was known of it.
fn stranger() -> RequestDetail {
    let at = Timestamp(FIRST.0 - 1);
    let id = id_at(at, 7);
    let facts = CallFacts { decision_id: id.decision_id(), id, at, status: 401, ..CallFacts::default() };
    RequestDetail { facts, ..RequestDetail::default() }
}

fn set_id(call: &mut RequestDetail, id: RequestId) {
    (call.facts.id, call.facts.at, call.facts.decision_id) = (id, id.at(), id.decision_id());
    if let Some(decision) = &mut call.decision {
        decision.id = id.decision_id();
    }
}

fn line(of: &RequestDetail) -> RequestLine {
    RequestLine { facts: of.facts.clone(), attempts: of.attempts.len() as u64 }
}

fn numbers(lines: &[RequestLine]) -> Vec<u32> {
    lines.iter().map(|it| calls::number(&it.facts.id)).collect()
}

pub(crate) async fn a_call_reads_back_as_it_was_written(home: &Home) {
    let store = home.open().await;
    let mut odd = call(1);
    set_id(&mut odd, id_at(FIRST, 8));
    odd.facts.serving_name = Some("'\"\\ \u{1f980} \n $1 %".to_owned());
    odd.facts.tokens = CallTokens { prompt: Some(u64::MAX), completion: None };
    keep(&store, &[call(0), odd.clone(), stranger()]).await;
    odd.facts.tokens.prompt = Some(u64::try_from(i64::MAX).unwrap());
    for expected in [call(0), odd, stranger()] {
        let found = store.request(&expected.facts.id).await.unwrap();
        assert_eq!(found, Some(expected));
    }
    assert_eq!(store.request(&id(3)).await.unwrap(), None);
    let all = store.requests(&RequestFilter::default(), None, 10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert!(all.contains(&line(&call(0))) && all.contains(&line(&stranger())));
}

pub(crate) async fn a_call_without_anything_special_reads_back_from_few_columns(home: &Home) {
    let store = home.open().await;
    let mut usual = call(0);
    let instance = usual.facts.instance_id.clone().unwrap();
    usual.attempts =
        vec![AttemptRecord { instance_id: instance, outcome: "ok".to_owned(), status: Some(200), ms: 7.5 }];
    let decision = usual.decision.as_mut().unwrap();
    decision.router = Some(RouterTrace { ms: 1.25, ..RouterTrace::default() });
    let mut same = usual.clone();
    set_id(&mut same, id(1));
    // The order of those that were not reached is not kept.
    same.decision.as_mut().unwrap().candidates[0].members.swap(1, 2);
    keep(&store, &[usual.clone(), same.clone()]).await;
    same.decision.as_mut().unwrap().candidates[0].members.swap(1, 2);
    for expected in [usual, same] {
        assert_eq!(store.request(&expected.facts.id).await.unwrap(), Some(expected));
    }
    let mut connection = AnyConnection::connect(&home.url).await.unwrap();
    let row = connection.fetch_one("SELECT COUNT(*) FROM calls WHERE detail IS NULL").await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 2);
}

pub(crate) async fn calls_of_an_earlier_version_are_moved(home: &Home) {
    let store = home.open().await;
    let mut connection = AnyConnection::connect(&home.url).await.unwrap();
    let old: Vec<_> = (0..5).map(call).collect();
    for it in &old {
        let facts = &it.facts;
        let insert = sqlx::query(
            "INSERT INTO requests (id, decision_id, called_at, balancer_id, serving_name, route, reason, \
             instance_id, status, status_class, code, stream, attempt_count, route_us, first_byte_us, total_us, \
             prompt_tokens, completion_tokens, api_key_id, decision, attempts, api, empty) VALUES ($1, $2, $3, $4, \
             $5, $6, $7, $8, $9, $10, $11, $12, 2, 12345, 1, 86400000001, $13, 0, $14, $15, $16, $17, $18)",
        );
        let insert = insert
            .bind(facts.id.as_str())
            .bind(&facts.decision_id)
            .bind(facts.at.0)
            .bind(facts.balancer.as_ref().map(BalancerId::as_str))
            .bind(&facts.serving_name)
            .bind(&facts.route)
            .bind(facts.reason.map(Reason::as_str))
            .bind(facts.instance_id.as_ref().map(InstanceId::as_str))
            .bind(i64::from(facts.status))
            .bind(i64::from(facts.status / 100))
            .bind(&facts.code)
            .bind(i64::from(facts.stream))
            .bind(facts.tokens.prompt.map(|it| it as i64))
            .bind(&facts.api_key)
            .bind(serde_json::to_string(&it.decision).unwrap())
            .bind(serde_json::to_string(&it.attempts).unwrap())
            .bind(facts.api.map(Api::name))
            .bind(i64::from(facts.empty));
        insert.execute(&mut connection).await.unwrap();
    }
    connection
        .execute("INSERT INTO requests (id, called_at, status, status_class, stream, attempt_count, total_us, attempts) VALUES ('odd', 1, 200, 2, 0, 0, 1, '[]')")
        .await
        .unwrap();
    let now = FIRST.plus_ms(9_000);
    let mut moved = Vec::new();
    loop {
        moved.push(store.move_old_requests(4, now).await.unwrap());
        let found = store.requests(&RequestFilter::default(), None, 10).await.unwrap();
        if moved.last() == Some(&0) {
            assert_eq!(numbers(&found), [4, 3, 2, 1, 0]);
            break;
        }
        assert_eq!(numbers(&found).first(), Some(&4), "the newest first");
    }
    assert_eq!(moved, [4, 2, 0]);
    for it in old {
        assert_eq!(store.request(&it.facts.id).await.unwrap(), Some(it));
    }
}

pub(crate) async fn texts_that_no_call_can_refer_to_are_deleted(home: &Home) {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let store = home.open().await;
    let rows = |calls: &[RequestDetail]| calls.iter().map(|it| CallRow::of(it).unwrap()).collect::<Vec<_>>();
    let mut young = call(1);
    young.facts.code = Some("young".to_owned());
    store.insert_calls(&rows(&[call(0), call(1)]), FIRST).await.unwrap();
    store.insert_calls(&rows(&[call(0), young]), FIRST.plus_ms(2 * DAY_MS)).await.unwrap();
    let mut connection = AnyConnection::connect(&home.url).await.unwrap();
    let mut deleted = async |days: u64| {
        let mut write = store.write().await.unwrap();
        let deleted = write.delete_texts_unused_since(FIRST.plus_ms(days * DAY_MS)).await.unwrap();
        write.commit().await.unwrap();
        let row = connection.fetch_one("SELECT COUNT(*) FROM call_texts").await.unwrap();
        (deleted, row.get::<i64, _>(0))
    };
    let (none, all) = deleted(0).await;
    assert_eq!(none, 0);
    let (some, left) = deleted(2).await;
    assert_eq!(some as i64 + left, all);
    assert_eq!(deleted(2).await, (0, left));
    let found = store.request(&call(0).facts.id).await.unwrap();
    assert_eq!(found, Some(call(0)), "what was written again is still there");
    assert_eq!(deleted(3).await, (left as u64, 0));
}

pub(crate) async fn a_batch_written_twice_is_stored_once(home: &Home) {
    let store = home.open().await;
    let first = [call(0), call(1)];
    keep(&store, &first).await;
    keep(&store, &[call(1), call(2)]).await;
    keep(&store, &[]).await;
    let all = store.requests(&RequestFilter::default(), None, 10).await.unwrap();
    assert_eq!(numbers(&all), [2, 1, 0]);
}

pub(crate) async fn calls_are_paginated_newest_first(home: &Home) {
    let store = home.open().await;
    // Some of one moment, whose order is that of their ids; none in the order of their writing.
    let mut calls: Vec<_> = (0..20).map(call).collect();
    for it in &mut calls[5..15] {
        let number = calls::number(&it.facts.id);
        set_id(it, id_at(FIRST.plus_ms(5_000), number));
    }
    calls.rotate_left(7);
    keep(&store, &calls).await;
    let mut seen = Vec::new();
    let mut before: Option<RequestId> = None;
    loop {
        let page = store.requests(&RequestFilter::default(), before.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.facts.id);
        seen.extend(numbers(&page));
    }
    assert_eq!(seen, (0..20).rev().collect::<Vec<_>>());
}

pub(crate) async fn each_filter_finds_exactly_its_calls(home: &Home) {
    let store = home.open().await;
    fill(&store, 100).await;
    keep(&store, &[stranger()]).await;
    let balancers = [None, Some("sb_1".to_owned()), Some("sb_none".to_owned())];
    let routes = [None, Some("ü".to_owned())];
    let reasons = [None, Some(Reason::NoMatch)];
    let statuses = [None, Some(StatusFilter::Exactly(404)), Some(StatusFilter::Class(5))];
    for at in 0..36 {
        let filter = RequestFilter {
            balancer: balancers[at % 3].clone(),
            route: routes[at / 3 % 2].clone(),
            reason: reasons[at / 6 % 2],
            status: statuses[at / 12],
        };
        let passes = |it: &RequestDetail| {
            let facts = &it.facts;
            let is =
                |wanted: &Option<String>, has: Option<&str>| wanted.is_none() || wanted.as_deref() == has;
            is(&filter.balancer, facts.balancer.as_ref().map(BalancerId::as_str))
                && is(&filter.route, facts.route.as_deref())
                && filter.reason.is_none_or(|it| facts.reason == Some(it))
                && filter.status.is_none_or(|it| match it {
                    StatusFilter::Exactly(status) => facts.status == status,
                    StatusFilter::Class(class) => facts.status / 100 == class,
                })
        };
        let found = store.requests(&filter, None, 1_000).await.unwrap();
        let all = (0..100).rev().map(call).chain([stranger()]);
        let expected: Vec<_> = all.filter(passes).map(|it| line(&it)).collect();
        assert_eq!(found, expected, "{filter:?}");
        // And on a later page.
        let found = store.requests(&filter, Some(&id(40)), 1_000).await.unwrap();
        let expected: Vec<_> = expected.into_iter().filter(|it| it.facts.id < id(40)).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

pub(crate) async fn the_oldest_calls_are_deleted_first_in_batches(home: &Home) {
    let store = home.open().await;
    fill(&store, 50).await;
    assert_eq!(store.oldest_request_of(51).await.unwrap(), None);
    assert_eq!(store.oldest_request_of(50).await.unwrap(), Some(id(0)));
    let keep = store.oldest_request_of(20).await.unwrap().unwrap();
    assert_eq!(keep, id(30));
    for (limit, deleted, oldest) in [(12, 12, 12), (12, 12, 24), (12, 6, 30), (12, 0, 30)] {
        let mut write = store.write().await.unwrap();
        assert_eq!(write.delete_requests_before(&keep, limit).await.unwrap(), deleted);
        write.commit().await.unwrap();
        let left = store.requests(&RequestFilter::default(), None, 100).await.unwrap();
        assert_eq!(numbers(&left).last(), Some(&oldest));
        assert_eq!(left.len() as u32, 50 - oldest);
    }
}

/// As quick as a page must be, half of what people are promised.
const QUICK: Duration = Duration::from_millis(25);

pub(crate) async fn pages_of_ten_thousand_calls_are_fast(home: &Home) {
    let store = home.open().await;
    fill(&store, 10_000).await;
    let filters = [
        RequestFilter::default(),
        RequestFilter { balancer: Some("sb_1".to_owned()), ..RequestFilter::default() },
        RequestFilter { route: Some("code".to_owned()), ..RequestFilter::default() },
        RequestFilter { reason: Some(Reason::Forced), ..RequestFilter::default() },
        RequestFilter { status: Some(StatusFilter::Exactly(499)), ..RequestFilter::default() },
        RequestFilter { status: Some(StatusFilter::Class(5)), ..RequestFilter::default() },
        RequestFilter {
            balancer: Some("sb_0".to_owned()),
            route: Some("ü".to_owned()),
            reason: Some(Reason::Matched),
            status: Some(StatusFilter::Exactly(502)),
        },
        // Nothing passes: the whole log is looked through.
        RequestFilter {
            route: Some("code".to_owned()),
            status: Some(StatusFilter::Exactly(418)),
            ..RequestFilter::default()
        },
    ];
    for filter in filters {
        for before in [None, Some(id(5_000)), Some(id(100))] {
            // What is measured is the store, not what else the machine does: one quick answer tells.
            let mut best = Duration::MAX;
            for _ in 0..100 {
                let begun = Instant::now();
                store.requests(&filter, before.as_ref(), 100).await.unwrap();
                best = best.min(begun.elapsed());
                if best < QUICK {
                    break;
                }
            }
            assert!(best < QUICK, "{best:?}: {filter:?} {before:?}");
        }
    }
}

pub(crate) async fn a_save_waits_for_two_log_batches_at_most(home: &Home) {
    let store = home.open().await;
    let (log, batches) = (store.clone(), Arc::<AtomicUsize>::default());
    let written = Arc::clone(&batches);
    let writing = tokio::spawn(async move {
        for batch in (0..10_000).map(call).collect::<Vec<_>>().chunks(256) {
            keep(&log, batch).await;
            written.fetch_add(1, Relaxed);
        }
    });
    let mut waits = Vec::new();
    while !writing.is_finished() || waits.is_empty() {
        let before = batches.load(Relaxed);
        insert(&store, &instance(&format!("i{}", waits.len()))).await.unwrap();
        waits.push(batches.load(Relaxed) - before);
    }
    writing.await.unwrap();
    waits.sort_unstable();
    // Who has saved may be slow to look.
    assert!(waits[waits.len() / 2] <= 2, "{waits:?}");
}

pub(crate) async fn calls_with_any_timestamp_are_stored(home: &Home) {
    let store = home.open().await;
    for (number, at) in [-1, 1, 0, i64::MAX - 1].into_iter().enumerate() {
        let mut odd = call(u32::try_from(number).unwrap());
        set_id(&mut odd, id_at(Timestamp(at), u32::try_from(number).unwrap()));
        keep(&store, &[odd]).await;
    }
    assert_eq!(store.requests(&RequestFilter::default(), None, 9).await.unwrap().len(), 4);
}

pub(crate) async fn traffic_is_limited_to_one_balancer_and_bounded(home: &Home) {
    let store = home.open().await;
    fill(&store, 40).await;
    let all = store.traffic("sb_0", Timestamp(i64::MIN), 1_000).await.unwrap();
    let filter = RequestFilter { balancer: Some("sb_0".to_owned()), ..RequestFilter::default() };
    let lines = store.requests(&filter, None, 1_000).await.unwrap();
    let expected: Vec<_> = lines.iter().map(|it| (it.facts.at, it.facts.status, it.facts.ms.total)).collect();
    assert!(!expected.is_empty());
    assert_eq!(all.iter().map(|it| (it.at, it.status, it.total_ms)).collect::<Vec<_>>(), expected);
    assert_eq!(store.traffic("sb_0", Timestamp(i64::MIN), 3).await.unwrap(), all[..3]);
    assert_eq!(store.traffic("sb_0", all[0].at, 1_000).await.unwrap().len(), 1);
    let mut preparation = call(1_000);
    preparation.facts.preparation = true;
    keep(&store, &[preparation]).await;
    assert_eq!(store.traffic("sb_0", Timestamp(i64::MIN), 1_000).await.unwrap(), all);
    assert!(store.traffic("odd \0", Timestamp(0), 9).await.unwrap().is_empty());
}

pub(crate) async fn sure_decisions_are_the_newest_of_one_balancer_with_a_confidence(home: &Home) {
    let store = home.open().await;
    let of = |number: u32, balancer: &str, confidence: Option<u64>| {
        let mut call = call(number);
        call.facts.balancer = Some(balancer.into());
        call.facts.route = Some("general".to_owned());
        call.facts.reason = Some(Reason::LowConfidence);
        call.facts.chosen = Some("code".to_owned());
        call.facts.confidence = confidence.and_then(Confidence::from_thousandths);
        call
    };
    let calls: Vec<_> = (0..20)
        .map(|it| match it % 4 {
            0 => of(it, "sb_other", Some(999)),
            1 => of(it, "sb_a", None),
            _ => of(it, "sb_a", Some(u64::from(it))),
        })
        .collect();
    keep(&store, &calls).await;
    let all = store.sure_decisions("sb_a", 1_000).await.unwrap();
    let thousandths: Vec<_> = all.iter().map(|it| it.confidence.thousandths()).collect();
    assert_eq!(thousandths, [19, 18, 15, 14, 11, 10, 7, 6, 3, 2]);
    let first = SureDecision {
        route: Some("general".to_owned()),
        reason: Some(Reason::LowConfidence),
        chosen: Some("code".to_owned()),
        confidence: Confidence::from_thousandths(19).unwrap(),
    };
    assert_eq!(all[0], first);
    assert_eq!(store.sure_decisions("sb_a", 3).await.unwrap(), all[..3]);
    assert!(store.sure_decisions("odd \0", 9).await.unwrap().is_empty());
}
