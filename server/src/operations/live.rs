//! The live feed for open tabs, and the calls of the last five minutes by route, counted in memory.
//!
//! Calls never wait for it: it receives their records afterwards. An event says that something has changed, not what,
//! so events are few: one per topic and tick. A tab that can't keep up loses events and is asked to reload.

mod tally;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use app::{
    domain::{
        api::Endpoint,
        console::feed::{FeedEvent, RouteCalls},
        ids::InstanceId,
        routing::health::HealthState,
    },
    ports::Recent,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use self::tally::Tally;
use crate::{
    clock,
    gateway::{CallRecord, Gateway},
};

/// Concurrent subscriptions, one per tab.
const MAX_SUBSCRIBERS: usize = 256;
/// Events that a subscriber may lag behind.
const MAX_LAG: usize = 64;
/// Interval at which changes are looked for while there are subscribers.
const TICK: Duration = Duration::from_millis(400);
/// Balancers that one event names; with more, it says that anything may have changed.
const MAX_NAMED_BALANCERS: usize = 256;

/// The live feed of this process.
#[derive(Debug)]
pub struct LiveFeed {
    events: broadcast::Sender<FeedEvent>,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tally: Tally,
    /// Balancers with calls that have not been published yet.
    changed_balancers: BTreeSet<String>,
}

impl State {
    fn mark_changed(&mut self, balancer: &str) {
        if !self.changed_balancers.contains(balancer) {
            self.changed_balancers.insert(balancer.to_owned());
        }
    }
}

/// A tab's subscription to the feed.
#[derive(Debug)]
pub struct Subscription {
    events: broadcast::Receiver<FeedEvent>,
    stop: CancellationToken,
    _slot: OwnedSemaphorePermit,
}

impl Subscription {
    /// The next event; `None` if the server is stopping.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        let event = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            event = self.events.recv() => event,
        };
        match event {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(FeedEvent::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self {
            events: broadcast::Sender::new(MAX_LAG),
            slots: Arc::new(Semaphore::new(MAX_SUBSCRIBERS)),
            stop: CancellationToken::new(),
            state: Mutex::default(),
        }
    }
}

impl LiveFeed {
    /// Publishes changes of this data plane from now on. Must be called within a Tokio runtime.
    pub fn watch(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        tokio::spawn(watch(Arc::downgrade(self), Arc::downgrade(gateway), self.stop.clone()));
    }

    /// Subscribes to the feed; `None` if there are too many subscribers.
    pub fn subscribe(&self) -> Option<Subscription> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        Some(Subscription { events: self.events.subscribe(), stop: self.stop.clone(), _slot: slot })
    }

    /// Counts calls that have just ended: how many there were like each of these. Those that only prepare a call are
    /// no traffic.
    pub fn add_calls<'a>(&self, calls: impl Iterator<Item = (&'a CallRecord, u64)>) {
        let now = clock::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (record, count) in calls {
            let Some(balancer) = &record.balancer else { continue };
            let is_preparation = record.endpoint.is_some_and(Endpoint::is_preparation);
            if let Some(route) = record.route.as_ref().filter(|_| !is_preparation) {
                let fell_back = record.reason.is_some_and(tally::is_fallback);
                state.tally.add(now, balancer.as_str(), route, fell_back, count);
            }
            state.mark_changed(balancer.as_str());
        }
    }

    /// Marks balancers whose calls have just been written to the request log.
    pub fn record_written<'a>(&self, balancers: impl Iterator<Item = &'a Arc<str>>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last: Option<&Arc<str>> = None;
        for balancer in balancers {
            if !last.is_some_and(|it| Arc::ptr_eq(it, balancer)) {
                state.mark_changed(balancer);
                last = Some(balancer);
            }
        }
    }

    /// Sends an event to all subscribers.
    pub fn publish(&self, event: FeedEvent) {
        // Fails only if there are none.
        let _ = self.events.send(event);
    }

    /// Whether any tab is open.
    pub fn has_subscribers(&self) -> bool {
        self.events.receiver_count() > 0
    }

    /// Ends all subscriptions, so a stopping server does not wait for open tabs.
    pub fn close(&self) {
        self.stop.cancel();
    }

    fn take_calls_event(&self) -> Option<FeedEvent> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_balancers = std::mem::take(&mut state.changed_balancers);
        match changed_balancers.len() {
            0 => None,
            1..=MAX_NAMED_BALANCERS => {
                Some(FeedEvent::Calls { balancers: changed_balancers.into_iter().collect() })
            }
            _ => Some(FeedEvent::Resync),
        }
    }
}

impl Recent for LiveFeed {
    fn calls(&self) -> Vec<RouteCalls> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).tally.sum(clock::now())
    }
}

/// Looks for changes at every tick and publishes them.
async fn watch(live: Weak<LiveFeed>, gateway: Weak<Gateway>, stop: CancellationToken) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen: Option<(u64, Vec<(InstanceId, HealthState)>)> = None;
    // A change between a subscription and the next tick must be published too. So the last state is kept while there is no
    // subscriber, and a new subscriber may get one event too many.
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let (Some(live), Some(gateway)) = (live.upgrade(), gateway.upgrade()) else { return };
        let calls = live.take_calls_event();
        if !live.has_subscribers() && seen.is_some() {
            continue;
        }
        let stats = gateway.stats();
        let health: Vec<_> = stats.instances.into_iter().map(|it| (it.id, it.health)).collect();
        if let Some((version, before)) = &seen {
            if *version != stats.version {
                live.publish(FeedEvent::Configuration);
            } else if *before != health {
                live.publish(FeedEvent::Health);
            }
        }
        seen = Some((stats.version, health));
        if let Some(calls) = calls {
            live.publish(calls);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn call(balancer: &str) -> CallRecord {
        CallRecord { balancer: Some(balancer.into()), route: Some("all".into()), ..CallRecord::default() }
    }

    #[tokio::test]
    async fn a_subscriber_that_lags_is_told_to_reload() {
        let live = LiveFeed::default();
        let mut subscription = live.subscribe().unwrap();
        for _ in 0..=MAX_LAG {
            live.publish(FeedEvent::Health);
        }
        assert_eq!(subscription.next().await, Some(FeedEvent::Resync));
        assert_eq!(subscription.next().await, Some(FeedEvent::Health));
    }

    #[tokio::test]
    async fn subscriptions_are_bounded_and_released_and_closing_ends_all() {
        let live = LiveFeed::default();
        let mut all: Vec<_> = (0..MAX_SUBSCRIBERS).map(|_| live.subscribe().unwrap()).collect();
        assert!(live.subscribe().is_none());
        all.pop();
        let mut last = live.subscribe().unwrap();
        live.close();
        assert_eq!(last.next().await, None);
    }

    #[test]
    fn calls_are_counted_by_route_and_published_once() {
        let live = LiveFeed::default();
        for balancer in ["sb_a", "sb_a", "sb_b"] {
            live.add_calls([(&call(balancer), 1)].into_iter());
        }
        for endpoint in [Endpoint::CountTokens, Endpoint::InputTokens, Endpoint::Compact] {
            let preparation = CallRecord { endpoint: Some(endpoint), ..call("sb_b") };
            live.add_calls([(&preparation, 1)].into_iter());
        }
        let balancers = vec!["sb_a".to_owned(), "sb_b".to_owned()];
        assert_eq!(live.take_calls_event(), Some(FeedEvent::Calls { balancers }));
        assert_eq!(live.take_calls_event(), None);
        let counted: Vec<_> = live.calls().into_iter().map(|it| (it.balancer, it.calls)).collect();
        assert_eq!(counted, [("sb_a".to_owned(), 2), ("sb_b".to_owned(), 1)]);
    }
}
