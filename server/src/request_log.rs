//! The way of a call's record from the data plane to the store. Calls never wait for it: what cannot be taken in is
//! dropped and counted.
//!
//! Two tasks. `receive` takes records as they come, has them measured, and never waits for anybody, so that the data
//! plane's channel does not fill up. `keep` writes them in batches; while the store is away it holds a bounded number of them and
//! tries again.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use app::domain::{
    decision::Reason,
    ids::InstanceId,
    request_log::{CallFacts, CallMs, CallTokens, RequestDetail},
};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    gateway::CallRecord,
    live::LiveFeed,
    metrics::{calls::CallMetrics, request_log::RequestLogCounters},
    store::{Store, StoreError},
};

/// Records that may wait to be received.
const RECEIVE_QUEUE: usize = 4_096;
/// Records that may wait to be written.
const WRITE_QUEUE: usize = 8_192;
/// The most records of one batch: small enough that nobody who saves something waits long behind it.
const BATCH: usize = 256;
/// How long records are left alone once all that were there are received. Whoever makes a call wakes nobody meanwhile.
const RECEIVE_PAUSE: Duration = Duration::from_millis(20);
/// How long a batch is gathered.
const BATCH_WINDOW: Duration = Duration::from_millis(250);
/// The pause after a batch that could not be written.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The running log.
#[derive(Debug)]
pub struct RequestLog {
    counters: Arc<RequestLogCounters>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl RequestLog {
    /// Starts the log, which measures each call by the way; without a store, none is kept. Answers with where to send
    /// records, too. Must be called within a Tokio runtime.
    pub fn start(
        store: Option<Store>,
        metrics: CallMetrics,
        live: Arc<LiveFeed>,
    ) -> (Self, mpsc::Sender<CallRecord>) {
        let (sender, records) = mpsc::channel(RECEIVE_QUEUE);
        let (counters, stop) = (Arc::<RequestLogCounters>::default(), CancellationToken::new());
        let mut tasks = Vec::new();
        let writer = store.map(|store| {
            let (writer, waiting) = mpsc::channel(WRITE_QUEUE);
            tasks.push(tokio::spawn(write_batches(
                store,
                waiting,
                stop.clone(),
                Arc::clone(&counters),
                Arc::clone(&live),
            )));
            writer
        });
        let receiver = receive(records, metrics, live, writer, stop.clone(), Arc::clone(&counters));
        tasks.push(tokio::spawn(receiver));
        (Self { counters, stop, tasks }, sender)
    }

    /// What it counts.
    pub fn counters(&self) -> Arc<RequestLogCounters> {
        Arc::clone(&self.counters)
    }

    /// Takes no more records, writes those that it has, and ends. A store that cannot write then is not tried again.
    pub async fn finish(self) {
        self.stop.cancel();
        for task in self.tasks {
            // It ends by a panic at worst, which has been logged.
            let _ = task.await;
        }
    }
}

/// Takes records in until nobody can send any more.
async fn receive(
    mut records: mpsc::Receiver<CallRecord>,
    metrics: CallMetrics,
    live: Arc<LiveFeed>,
    writer: Option<mpsc::Sender<RequestDetail>>,
    stop: CancellationToken,
    counters: Arc<RequestLogCounters>,
) {
    let mut received = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            count = records.recv_many(&mut received, BATCH) => if count == 0 { return },
            () = stop.cancelled(), if !records.is_closed() => records.close(),
        }
        let is_drained = received.len() < BATCH;
        for record in received.drain(..) {
            log_call(&record);
            metrics.record_call(&record);
            live.record_call(&record);
            let Some(writer) = &writer else { continue };
            counters.received.fetch_add(1, Relaxed);
            if writer.try_send(to_detail(record)).is_err() {
                counters.dropped.fetch_add(1, Relaxed);
            }
        }
        if is_drained {
            pause(RECEIVE_PAUSE, &stop).await;
        }
    }
}

/// Waits, but not while the log is being ended.
async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

/// The record as a line of the server's log. Only for who asks (`SMART_BALANCER_LOG=info,calls=debug`): under load these
/// lines would cost more than all else that is done about a call here, and the request log tells the same.
fn log_call(record: &CallRecord) {
    tracing::debug!(
        target: "calls",
        id = %record.id,
        balancer = record.serving_name,
        route = record.route,
        reason = record.reason.map(Reason::as_str),
        instance = record.instance_id.as_ref().map(InstanceId::as_str),
        status = record.status,
        code = record.code,
        stream = record.stream,
        attempts = record.attempts.len(),
        route_ms = record.route_ms,
        first_byte_ms = record.first_byte_ms,
        total_ms = record.total_ms,
        "call"
    );
}

/// The record as it is kept.
fn to_detail(record: CallRecord) -> RequestDetail {
    let (prompt, completion) = record.tokens.unzip();
    let facts = CallFacts {
        decision_id: Some(record.decision_id()),
        id: record.id,
        at: record.at,
        balancer: record.balancer,
        serving_name: record.serving_name,
        route: record.route,
        reason: record.reason,
        instance_id: record.instance_id,
        status: record.status,
        code: record.code.map(str::to_owned),
        stream: record.stream,
        ms: CallMs {
            route: record.decision.is_some().then_some(record.route_ms),
            first_byte: record.first_byte_ms,
            total: record.total_ms,
        },
        tokens: CallTokens { prompt, completion },
        api_key: record.api_key,
    };
    RequestDetail { facts, decision: record.decision, attempts: record.attempts }
}

/// Writes what waits, batch by batch, until nothing more can come.
async fn write_batches(
    store: Store,
    mut waiting: mpsc::Receiver<RequestDetail>,
    stop: CancellationToken,
    counters: Arc<RequestLogCounters>,
    live: Arc<LiveFeed>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut is_unavailable = false;
    loop {
        fill_batch(&mut waiting, &mut batch, &stop).await;
        if batch.is_empty() {
            return;
        }
        let count = batch.len() as u64;
        match write(&store, &batch).await {
            Ok(()) => {
                counters.written.fetch_add(count, Relaxed);
                live.record_written(batch.iter().filter_map(|it| Some(it.facts.balancer.as_ref()?.as_str())));
                batch.clear();
                if std::mem::take(&mut is_unavailable) {
                    tracing::info!("the request log is written again");
                }
            }
            Err(error) if error.is_unavailable() && !stop.is_cancelled() => {
                if !std::mem::replace(&mut is_unavailable, true) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the request log cannot be written now"
                    );
                }
                pause(RETRY_DELAY, &stop).await;
            }
            Err(error) => {
                counters.dropped.fetch_add(count, Relaxed);
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    count,
                    "calls are missing in the request log"
                );
                batch.clear();
                if stop.is_cancelled() {
                    // Closed first: what comes from now on is counted by who sends it, what is there already here.
                    waiting.close();
                    while waiting.recv().await.is_some() {
                        counters.dropped.fetch_add(1, Relaxed);
                    }
                    return;
                }
            }
        }
    }
}

/// Fills the batch: until it is full, nothing more can come, or its time is over. It waits for a first record.
async fn fill_batch(
    waiting: &mut mpsc::Receiver<RequestDetail>,
    batch: &mut Vec<RequestDetail>,
    stop: &CancellationToken,
) {
    if batch.is_empty() && waiting.recv_many(batch, BATCH).await == 0 {
        return;
    }
    if batch.len() < BATCH {
        pause(BATCH_WINDOW, stop).await;
    }
    while batch.len() < BATCH
        && let Ok(record) = waiting.try_recv()
    {
        batch.push(record);
    }
}

async fn write(store: &Store, batch: &[RequestDetail]) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.insert_requests(batch).await?;
    write.commit().await
}
