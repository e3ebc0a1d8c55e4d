//! The path of a call's record from the data plane to the store. Calls never wait for it: records that don't
//! fit are dropped and counted.
//!
//! Two tasks: `receive` takes records as they come, measures them and never waits, so the data plane's
//! channel does not fill up. `write_batches` writes them; while the store is unavailable, it holds a bounded
//! number of them and retries.

mod kinds;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use app::domain::{ids::InstanceId, routing::decision::Reason};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use self::kinds::CallKinds;
use crate::{
    clock,
    gateway::CallRecord,
    metrics::{calls::CallMetrics, request_log::RequestLogCounters},
    operations::live::LiveFeed,
    store::{
        Store,
        requests::{CallRow, RunningTotals},
    },
};

/// Records that may wait to be received.
const RECEIVE_QUEUE: usize = 4_096;
/// Records taken from the data plane at once.
const RECEIVE_BATCH: usize = 256;
/// Calls that may wait to be written.
const WRITE_QUEUE: usize = 16_384;
/// Calls per transaction; small enough that other writes do not wait long behind it.
const BATCH: usize = 2_048;
/// Pause after the queue was drained, so most calls need not wake the receiver.
const RECEIVE_PAUSE: Duration = Duration::from_millis(20);
/// How long a batch is collected.
const BATCH_WINDOW: Duration = Duration::from_millis(250);
/// Delay after a batch could not be written.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The running log.
#[derive(Debug)]
pub struct RequestLog {
    counters: Arc<RequestLogCounters>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl RequestLog {
    /// Starts the log and returns the channel for records. Every record is measured; without a store, none is
    /// written. Must be called within a Tokio runtime.
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

    /// The counters that the log updates.
    pub fn counters(&self) -> Arc<RequestLogCounters> {
        Arc::clone(&self.counters)
    }

    /// Accepts no more records, writes the pending ones and ends. Does not retry.
    pub async fn finish(self) {
        self.stop.cancel();
        for task in self.tasks {
            // A panic in the task has been logged.
            let _ = task.await;
        }
    }
}

/// Receives, measures and queues records until the channel closes.
async fn receive(
    mut records: mpsc::Receiver<CallRecord>,
    metrics: CallMetrics,
    live: Arc<LiveFeed>,
    writer: Option<mpsc::Sender<CallRow>>,
    stop: CancellationToken,
    counters: Arc<RequestLogCounters>,
) {
    let mut kinds = CallKinds::new(metrics);
    let mut received = Vec::with_capacity(RECEIVE_BATCH);
    loop {
        tokio::select! {
            count = records.recv_many(&mut received, RECEIVE_BATCH) => if count == 0 { return },
            () = stop.cancelled(), if !records.is_closed() => records.close(),
        }
        let is_drained = received.len() < RECEIVE_BATCH;
        for record in received.drain(..) {
            log_call(&record);
            let kind = kinds.of(&record);
            kind.series.observe(&record);
            kind.untold += 1;
            let Some(writer) = &writer else { continue };
            counters.received.fetch_add(1, Relaxed);
            let is_queued = kind.row(&record).is_ok_and(|it| writer.try_send(it).is_ok());
            counters.dropped.fetch_add(u64::from(!is_queued), Relaxed);
        }
        live.add_calls(kinds.take_untold());
        if is_drained {
            pause(RECEIVE_PAUSE, &stop).await;
        }
    }
}

/// Waits, unless the log is being stopped.
async fn pause(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

/// Logs the call as one line, only at `SMART_BALANCER_LOG=info,calls=debug`: under load these lines would
/// cost more than the rest of this module, and the request log holds the same.
fn log_call(record: &CallRecord) {
    tracing::debug!(
        target: "calls",
        id = %record.id,
        balancer = record.serving_name.as_deref(),
        api = record.endpoint.map(|it| it.api().name()),
        route = record.route.as_deref(),
        reason = record.reason.map(Reason::as_str),
        instance = record.instance_id.as_ref().map(InstanceId::as_str),
        status = record.status,
        code = record.code,
        stream = record.stream,
        empty = record.is_empty,
        attempts = record.attempts.len(),
        route_ms = record.route_ms,
        first_byte_ms = record.first_byte_ms,
        total_ms = record.total_ms,
        "call"
    );
}

/// Writes queued records in batches until the queue closes.
async fn write_batches(
    store: Store,
    mut waiting: mpsc::Receiver<CallRow>,
    stop: CancellationToken,
    counters: Arc<RequestLogCounters>,
    live: Arc<LiveFeed>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let (mut totals, mut is_unavailable) = (RunningTotals::default(), false);
    let mut ended_at = clock::now();
    loop {
        let is_retried = !batch.is_empty();
        fill_batch(&mut waiting, &mut batch, &stop).await;
        if batch.is_empty() {
            return;
        }
        // A batch that may have been written counts where it counted then.
        if !is_retried {
            ended_at = clock::now();
        }
        let count = batch.len() as u64;
        match store.insert_ended_calls(&batch, &mut totals, ended_at).await {
            Ok(()) => {
                counters.written.fetch_add(count, Relaxed);
                live.record_written(batch.iter().filter_map(|it| it.texts.balancer.as_ref()));
                batch.clear();
                if std::mem::take(&mut is_unavailable) {
                    tracing::info!("the request log is being written again");
                }
            }
            Err(error) if error.is_unavailable() && !stop.is_cancelled() => {
                if !std::mem::replace(&mut is_unavailable, true) {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the request log cannot be written; retrying"
                    );
                }
                pause(RETRY_DELAY, &stop).await;
            }
            Err(error) => {
                counters.dropped.fetch_add(count, Relaxed);
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    count,
                    "calls were lost from the request log"
                );
                batch.clear();
                if stop.is_cancelled() {
                    // Close first: later records are counted by their sender, those already queued are
                    // counted here.
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

/// Waits for a first record, then fills the batch until it is full, the queue has closed, or [`BATCH_WINDOW`]
/// is over.
async fn fill_batch(
    waiting: &mut mpsc::Receiver<CallRow>,
    batch: &mut Vec<CallRow>,
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
