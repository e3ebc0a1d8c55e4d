//! The way into the request log, beside a store that is away: nobody waits, and what is lost is counted.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use app::domain::console::request_log::RequestFilter;
use server::{gateway::CallRecord, metrics::calls::CallMetrics, request_log::RequestLog, store::Store};
use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::{sync::mpsc, time::timeout};

use super::{calls::id, home::on_sqlite};

const SOON: Duration = Duration::from_secs(20);

fn record(number: u32) -> CallRecord {
    CallRecord { id: id(number), status: 200, ..CallRecord::default() }
}

/// Sends as the data plane does, without losing any on the way.
async fn send(records: &mpsc::Sender<CallRecord>, numbers: std::ops::Range<u32>) {
    for number in numbers {
        records.send(record(number)).await.unwrap();
    }
}

async fn kept(store: &Store) -> usize {
    store.requests(&RequestFilter::default(), None, 100_000).await.unwrap().len()
}

async fn until(so: impl AsyncFn() -> bool) {
    timeout(SOON, async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_written_continuously_and_completely_at_the_end() {
    on_sqlite(|home| async move {
        let store = home.open().await;
        let (log, records) = RequestLog::start(Some(store.clone()), CallMetrics::default(), Arc::default());
        let counters = log.counters();
        send(&records, 0..1).await;
        until(async || kept(&store).await == 1).await;
        send(&records, 1..1_000).await;
        log.finish().await;
        assert_eq!(kept(&store).await, 1_000);
        assert_eq!((counters.written.load(Relaxed), counters.dropped.load(Relaxed)), (1_000, 0));
        assert!(records.send(record(1_000)).await.is_err(), "it takes no more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_store_loses_records_but_blocks_nobody() {
    on_sqlite(|home| async move {
        let store = home.open().await;
        let mut other = AnyConnection::connect(&home.url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let (log, records) = RequestLog::start(Some(store.clone()), CallMetrics::default(), Arc::default());
        let counters = log.counters();
        // More than it holds: each is taken in at once all the same.
        timeout(SOON, send(&records, 0..40_000)).await.unwrap();
        until(async || records.capacity() == records.max_capacity()).await;
        assert!(counters.dropped.load(Relaxed) >= 20_000);
        assert_eq!(counters.written.load(Relaxed), 0);

        other.execute("ROLLBACK").await.unwrap();
        until(async || counters.written.load(Relaxed) > 16_000).await;
        send(&records, 40_000..40_001).await;
        until(async || store.request(&id(40_000)).await.unwrap().is_some()).await;
        log.finish().await;
        let (written, dropped) = (counters.written.load(Relaxed), counters.dropped.load(Relaxed));
        assert_eq!(written + dropped, 40_001);
        assert_eq!(kept(&store).await as u64, written);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_at_the_end_is_dropped() {
    on_sqlite(|home| async move {
        let store = home.open().await;
        let (log, records) = RequestLog::start(Some(store.clone()), CallMetrics::default(), Arc::default());
        let counters = log.counters();
        store.close().await;
        send(&records, 0..1_000).await;
        timeout(SOON, log.finish()).await.unwrap();
        assert_eq!((counters.written.load(Relaxed), counters.dropped.load(Relaxed)), (0, 1_000));
    })
    .await;
}

#[tokio::test]
async fn without_a_store_nothing_is_written_or_counted_as_dropped() {
    let (log, records) = RequestLog::start(None, CallMetrics::default(), Arc::default());
    let counters = log.counters();
    send(&records, 0..10_000).await;
    log.finish().await;
    assert_eq!((counters.written.load(Relaxed), counters.dropped.load(Relaxed)), (0, 0));
}
