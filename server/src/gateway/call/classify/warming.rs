//! Warming of router models. A server that loads its model on demand gives up loading when the caller hangs up, so one
//! call that outlasted its budget is let run on. Its answer is thrown away.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::exchange::Exchange;
use crate::gateway::{
    call::failover::outcome_of,
    state::{clock::Clock, router_limits::RouterLimits},
};

/// How long a call runs on at most.
const LIMIT: Duration = Duration::from_secs(60);

/// Lets an exchange run on in a task of its own if its instance has been silent since the classification began and no
/// other call warms it. An answer closes the breaker, and an end without one opens it. Returns whether it runs on; otherwise
/// it is cancelled.
pub(super) fn keep_warming(
    exchange: Exchange,
    limits: &Arc<RouterLimits>,
    clock: Clock,
    drain: &CancellationToken,
) -> bool {
    let health = &exchange.upstream.health;
    if !health.is_silent_since(exchange.began_ms) || drain.is_cancelled() {
        return false;
    }
    let Some(warming) = health.try_begin_warming() else { return false };
    let (limits, drain) = (Arc::clone(limits), drain.clone());
    tokio::spawn(async move {
        let end = tokio::select! {
            biased;
            () = drain.cancelled() => return,
            end = timeout(LIMIT, exchange.future) => end.ok(),
        };
        let is_answered = end.is_some_and(|(guard, result)| {
            guard.finish(&outcome_of(&result).0);
            result.is_ok()
        });
        if is_answered {
            limits.breaker.record_success();
        } else {
            limits.breaker.open(clock.now_ms());
        }
        drop(warming);
    });
    true
}
