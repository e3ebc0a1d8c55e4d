//! Free health checks: once an ejected instance is due, its list of models is requested, so no caller is
//! the first to find out that it is still down. Checks cost nothing, end no ejection early and lengthen none.
//! The same loop closes idle connections and drops earlier snapshots.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use app::domain::{api::Api, routing::outcome::Outcome};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, Limited};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::upstream::{Target, Upstream};
use crate::gateway::{Gateway, call::headers, state::clock};

/// How often due instances are looked for.
const TICK: Duration = Duration::from_millis(250);
/// Shorter than the lease of a check, so two checks of an instance don't overlap.
const CHECK_TIMEOUT: Duration = Duration::from_millis(2_500);
/// Checks in flight.
const MAX_CONCURRENT_CHECKS: usize = 64;
/// Largest list of models that is read, in bytes.
const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;

/// Checks instances until the gateway is dropped.
pub(crate) async fn run(gateway: Weak<Gateway>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut checks = JoinSet::new();
    loop {
        ticks.tick().await;
        while checks.try_join_next().is_some() {}
        let Some(gateway) = gateway.upgrade() else { return };
        gateway.drop_earlier_snapshots();
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
        // The server responds. Whether it serves calls, only a call can tell.
        Err(_) => upstream.health.record_check_unknown(),
    }
}

/// Requests the list of models.
///
/// # Errors
/// The outcome of the failed request.
async fn list_models(upstream: &Upstream, limit: Duration) -> Result<Bytes, Outcome> {
    let headers = headers::upstream_headers(None, Api::default(), clock::new_request_id().as_str(), 1);
    let list = async {
        let response = upstream.send(Target::Models, &headers, &[], None).await?;
        match Outcome::from_status(response.head.status.as_u16(), None) {
            Outcome::Ok => {}
            failed => return Err(failed),
        }
        let body = Limited::new(response.body, MAX_LIST_BYTES).collect().await;
        body.map(Collected::to_bytes).map_err(|_| Outcome::Truncated)
    };
    timeout(limit, list).await.unwrap_or(Err(Outcome::FirstByteTimeout))
}
