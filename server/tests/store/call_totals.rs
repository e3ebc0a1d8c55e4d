//! What calls add up to.

use app::domain::{
    api::Api,
    console::{
        call_totals::CallTotals,
        request_log::{CallOrigin, RequestDetail},
    },
    ids::{BalancerId, InstanceId},
    routing::decision::Reason,
    timestamp::Timestamp,
};
use server::store::{
    Store,
    requests::{CallRow, Grain, RunningTotals, SumsOf, TotalsFilter, TotalsOf},
};

use super::{
    calls::{FIRST, call, id},
    home::Home,
};

const MINUTE_MS: u64 = 60_000;

/// Call `n`, of one of few kinds.
fn some(n: u32) -> RequestDetail {
    let mut it = call(n);
    it.facts.id = id(n);
    it.facts.balancer = Some(BalancerId::from(["sb_a", "sb_b"][n as usize % 2]));
    it.facts.route = (!n.is_multiple_of(3)).then(|| format!("route-{}", n % 3));
    it.facts.reason = Some([Reason::Matched, Reason::NoMatch][n as usize / 2 % 2]);
    it.facts.instance_id =
        (!n.is_multiple_of(7)).then(|| InstanceId::from(format!("inst_{}", n % 2).as_str()));
    it.facts.api = Some(Api::ChatCompletions);
    it.facts.status = [200, 200, 200, 401, 429, 499, 502][n as usize % 7];
    it.facts.ms.total = f64::from(n * n) / 10.0;
    it.facts.ms.first_byte = n.is_multiple_of(2).then_some(f64::from(n));
    it.facts.tokens.prompt = (!n.is_multiple_of(5)).then_some(u64::from(n));
    it.facts.origin = if n.is_multiple_of(11) { CallOrigin::SmokeTest } else { CallOrigin::Client };
    it
}

fn rows(calls: &[RequestDetail]) -> Vec<CallRow> {
    calls.iter().map(|it| CallRow::of(it).unwrap()).collect()
}

/// The sums of some calls, by adding them up one by one.
fn sums<'a>(calls: impl Iterator<Item = &'a RequestDetail>) -> CallTotals {
    let mut sum = CallTotals::default();
    for call in calls {
        let facts = &call.facts;
        sum.calls += 1;
        sum.refused += u64::from((400..499).contains(&facts.status));
        sum.failed += u64::from(facts.status >= 500);
        sum.left += u64::from(facts.status == 499);
        sum.retries += call.attempts.len().saturating_sub(1) as u64;
        sum.prompt_tokens += facts.tokens.prompt.unwrap_or_default();
        sum.completion_tokens += facts.tokens.completion.unwrap_or_default();
        sum.total.record((facts.ms.total * 1e3) as u64);
        if let Some(ms) = facts.ms.first_byte {
            sum.first_byte.record((ms * 1e3) as u64);
        }
        if let Some(router) = call.decision.as_ref().and_then(|it| it.router.as_ref()) {
            sum.router.record((router.ms * 1e3) as u64);
        }
    }
    sum
}

fn all(grain: Grain) -> TotalsFilter<'static> {
    TotalsFilter {
        grain,
        from: Timestamp(0),
        until: Timestamp(i64::MAX),
        only: &[],
        by: None,
        with_tests: true,
    }
}

async fn totals(store: &Store, filter: &TotalsFilter<'_>) -> Vec<TotalsOf> {
    let (totals, is_cut) = store.call_totals(filter).await.unwrap();
    assert!(!is_cut);
    totals
}

pub(crate) async fn calls_add_up_by_minute_and_hour(home: &Home) {
    let store = home.open().await;
    let calls: Vec<_> = (0..300).map(some).collect();
    let of = |at: usize| FIRST.plus_ms(at as u64 * 25 * 1_000);
    // Two processes write at once, into the same minutes.
    let writes = [0, 1].map(|turn| {
        let batches: Vec<_> =
            calls.chunks(10).map(rows).enumerate().filter(|(at, _)| at % 2 == turn).collect();
        let store = store.clone();
        tokio::spawn(async move {
            let mut writer = RunningTotals::default();
            for (at, batch) in batches {
                store.insert_ended_calls(&batch, &mut writer, of(at)).await.unwrap();
            }
        })
    });
    for write in writes {
        write.await.unwrap();
    }
    for grain in Grain::ALL {
        let found = totals(&store, &all(grain)).await;
        let start = |at: usize| of(at).0.div_euclid(grain.ms()) * grain.ms();
        let mut starts: Vec<_> = (0..30).map(start).collect();
        starts.dedup();
        assert_eq!(found.iter().map(|it| it.start.0).collect::<Vec<_>>(), starts);
        for it in found {
            let expected =
                calls.iter().enumerate().filter(|(at, _)| start(at / 10) == it.start.0).map(|it| it.1);
            assert_eq!(it.totals, sums(expected));
        }
    }
    // Kept apart by what they are of, and only some of them.
    let by = |by, only| TotalsFilter { by: Some(by), only, with_tests: false, ..all(Grain::Hour) };
    let found =
        totals(&store, &by(SumsOf::Routes, &[(SumsOf::Balancers, "sb_b"), (SumsOf::Reasons, "matched")]))
            .await;
    for it in &found {
        let expected = calls.iter().filter(|call| {
            let facts = &call.facts;
            facts.balancer.as_ref().map(BalancerId::as_str) == Some("sb_b")
                && facts.reason == Some(Reason::Matched)
                && facts.route == it.name
                && facts.origin == CallOrigin::Client
        });
        assert_eq!(it.totals, sums(expected), "{:?}", it.name);
    }
    let names: Vec<_> = found.iter().map(|it| it.name.as_deref()).collect();
    assert_eq!(names, [None, Some("route-1"), Some("route-2")]);
    let apis = totals(&store, &by(SumsOf::Apis, &[])).await;
    assert_eq!(apis.len(), 1);
    assert_eq!(apis[0].totals, sums(calls.iter().filter(|it| it.facts.origin == CallOrigin::Client)));
    assert!(totals(&store, &by(SumsOf::Instances, &[(SumsOf::ApiKeys, "unknown")])).await.is_empty());
}

pub(crate) async fn a_batch_that_is_written_twice_counts_once(home: &Home) {
    let store = home.open().await;
    let calls: Vec<_> = (0..20).map(some).collect();
    let mut writer = RunningTotals::default();
    store.insert_ended_calls(&rows(&calls[..10]), &mut writer, FIRST).await.unwrap();
    // The second is written, but its writer is not told.
    let second = rows(&calls[10..]);
    store.insert_ended_calls(&second, &mut writer.clone(), FIRST).await.unwrap();
    store.insert_ended_calls(&second, &mut writer, FIRST).await.unwrap();
    let once = totals(&store, &all(Grain::Minute)).await;
    assert_eq!(once[0].totals, sums(calls.iter()));
}

pub(crate) async fn sums_go_after_their_time(home: &Home) {
    let store = home.open().await;
    let mut writer = RunningTotals::default();
    for minute in 0..50 {
        let at = FIRST.plus_ms(minute * MINUTE_MS);
        store.insert_ended_calls(&rows(&[some(minute as u32)]), &mut writer, at).await.unwrap();
    }
    // A clock that goes back a little stays in the minute that it had reached; one that goes back far is followed.
    let little = FIRST.plus_ms(48 * MINUTE_MS);
    store.insert_ended_calls(&rows(&[some(50)]), &mut writer, little).await.unwrap();
    store.insert_ended_calls(&rows(&[some(51)]), &mut writer, FIRST).await.unwrap();
    let found = totals(&store, &all(Grain::Minute)).await;
    assert_eq!((found.len(), found[49].totals.calls, found[0].totals.calls), (50, 2, 2));

    let since = FIRST.plus_ms(35 * MINUTE_MS);
    let mut deleted = Vec::new();
    loop {
        let mut write = store.write().await.unwrap();
        deleted.push(write.delete_totals_before(Grain::Minute, since).await.unwrap());
        write.commit().await.unwrap();
        if deleted.last() == Some(&0) {
            break;
        }
    }
    // The first minute has rows of two processes.
    assert!(deleted.len() > 3 && deleted.iter().all(|it| *it <= 11), "{deleted:?}");
    let found = totals(&store, &all(Grain::Minute)).await;
    assert!((14..=15).contains(&found.len()), "{}", found.len());
    assert_eq!(totals(&store, &all(Grain::Hour)).await.iter().map(|it| it.totals.calls).sum::<u64>(), 52);
}
