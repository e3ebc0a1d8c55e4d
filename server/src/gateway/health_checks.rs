//! Free checks: the list of models is asked of ejected instances whose rest is over, so that the first to find out
//! that a server is still down is not a caller. They bill nothing, end no rest before its time, and never lengthen one.
//! On the same round, connections that nobody needs are closed.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use app::domain::outcome::Outcome;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, Limited};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::upstream::{Endpoint, Upstream};
use crate::gateway::{Gateway, call::headers, state::clock};

/// How often is looked for a rest that is over.
const TICK: Duration = Duration::from_millis(250);
/// How long a check may take; less than its lease, so that the next one never meets it.
const CHECK_TIMEOUT: Duration = Duration::from_millis(2_500);
/// Checks at once.
const MAX_CONCURRENT_CHECKS: usize = 64;
/// The longest list that is read, in bytes.
const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;

/// Checks until the gateway is gone.
pub(crate) async fn run(gateway: Weak<Gateway>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut checks = JoinSet::new();
    loop {
        ticks.tick().await;
        while checks.try_join_next().is_some() {}
        let Some(gateway) = gateway.upgrade() else { return };
        let snapshot = gateway.snapshot.load();
        for upstream in snapshot.upstreams() {
            upstream.close_idle();
            if checks.len() < MAX_CONCURRENT_CHECKS && upstream.health.claim_check() {
                checks.spawn(check(Arc::clone(upstream)));
            }
        }
    }
}

async fn check(upstream: Arc<Upstream>) {
    match list_models(&upstream, CHECK_TIMEOUT).await {
        Ok(_) => upstream.health.record_check_passed(),
        Err(
            Outcome::ConnectFailed
            | Outcome::ConnectTimeout
            | Outcome::Reset
            | Outcome::FirstByteTimeout
            | Outcome::Truncated,
        ) => upstream.health.record_check_failed(),
        // Somebody is there. Whether calls are served, a call will tell.
        Err(_) => upstream.health.record_check_unknown(),
    }
}

/// Asks for the list of models.
///
/// # Errors
/// How that failed.
pub(crate) async fn list_models(upstream: &Upstream, limit: Duration) -> Result<Bytes, Outcome> {
    let headers = headers::upstream_headers(None, &clock::new_id("req_"), 1);
    let list = async {
        let response = upstream.send(Endpoint::Models, &headers, &[]).await?;
        match Outcome::from_status(response.status().as_u16(), None) {
            Outcome::Ok => {}
            failed => return Err(failed),
        }
        let body = Limited::new(response.into_body(), MAX_LIST_BYTES).collect().await;
        body.map(Collected::to_bytes).map_err(|_| Outcome::Truncated)
    };
    timeout(limit, list).await.unwrap_or(Err(Outcome::FirstByteTimeout))
}
