//! What open tabs are told as it happens, and what the last minutes were: calls by route, counted in memory.
//!
//! Calls never wait for it: it hears of them where their records are received. Events say that something changed and
//! not what, so they are few: what happens between two ticks is one event a topic. A tab that does not keep up loses
//! events and is told so; nobody waits for it.

mod tally;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use app::{
    api::ports::Recent,
    domain::{
        feed::{FeedEvent, RouteCalls},
        health::HealthState,
        ids::InstanceId,
    },
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

/// Tabs that may follow at once.
const FOLLOWERS: usize = 256;
/// Events that a tab may be behind.
const BEHIND: usize = 64;
/// How often it is looked what changed, while anybody follows.
const TICK: Duration = Duration::from_millis(400);
/// Balancers that one event names; beyond that, it says that anything may have changed.
const NAMED: usize = 256;

/// The live feed of this process.
#[derive(Debug)]
pub struct Live {
    events: broadcast::Sender<FeedEvent>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tally: Tally,
    /// Balancers whose calls nobody was told of yet.
    called: BTreeSet<String>,
}

/// A tab's end of the feed.
#[derive(Debug)]
pub struct Follower {
    events: broadcast::Receiver<FeedEvent>,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next event; `None` where the server stops.
    pub async fn next(&mut self) -> Option<FeedEvent> {
        let event = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            event = self.events.recv() => event,
        };
        match event {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(FeedEvent::Anew),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            events: broadcast::Sender::new(BEHIND),
            places: Arc::new(Semaphore::new(FOLLOWERS)),
            stop: CancellationToken::new(),
            state: Mutex::default(),
        }
    }
}

impl Live {
    /// Tells, from now on, what changes in this data plane. Must be called within a Tokio runtime.
    pub fn watch(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        tokio::spawn(watch(Arc::downgrade(self), Arc::downgrade(gateway), self.stop.clone()));
    }

    /// A place to follow from; `None` where all are taken.
    pub fn follow(&self) -> Option<Follower> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Follower { events: self.events.subscribe(), stop: self.stop.clone(), _place: place })
    }

    /// Counts a call that ended.
    pub fn note(&self, record: &CallRecord) {
        let Some(balancer) = &record.balancer else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = &record.route {
            let fell_back = record.reason.is_some_and(tally::is_fallback);
            state.tally.add(record.at, balancer.as_str(), route, fell_back);
        }
        state.called.insert(balancer.to_string());
    }

    /// Hears that calls of these balancers can be read in the request log now.
    pub fn written<'a>(&self, balancers: impl Iterator<Item = &'a str>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for balancer in balancers {
            if !state.called.contains(balancer) {
                state.called.insert(balancer.to_owned());
            }
        }
    }

    /// Tells everybody who follows.
    pub fn tell(&self, event: FeedEvent) {
        // Nobody may follow.
        let _ = self.events.send(event);
    }

    /// Ends all following, so that a server that stops does not wait for open tabs.
    pub fn close(&self) {
        self.stop.cancel();
    }

    fn calls_to_tell(&self) -> Option<FeedEvent> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let called = std::mem::take(&mut state.called);
        match called.len() {
            0 => None,
            1..=NAMED => Some(FeedEvent::Calls { balancers: called.into_iter().collect() }),
            _ => Some(FeedEvent::Anew),
        }
    }
}

impl Recent for Live {
    fn calls(&self) -> Vec<RouteCalls> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).tally.sum(clock::now())
    }
}

/// Looks what changed, again and again, while anybody follows.
async fn watch(live: Weak<Live>, gateway: Weak<Gateway>, stop: CancellationToken) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen: Option<(u64, Vec<(InstanceId, HealthState)>)> = None;
    // What changes after somebody came and before the next tick is told, too: so what was seen last stays while nobody
    // follows, and whoever comes next may be told once too often.
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let (Some(live), Some(gateway)) = (live.upgrade(), gateway.upgrade()) else { return };
        let calls = live.calls_to_tell();
        if live.events.receiver_count() == 0 && seen.is_some() {
            continue;
        }
        let figures = gateway.figures();
        let health: Vec<_> = figures.instances.into_iter().map(|it| (it.id, it.health)).collect();
        if let Some((version, before)) = &seen {
            if *version != figures.version {
                live.tell(FeedEvent::Configuration);
            } else if *before != health {
                live.tell(FeedEvent::Health);
            }
        }
        seen = Some((figures.version, health));
        if let Some(calls) = calls {
            live.tell(calls);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn call(balancer: &str) -> CallRecord {
        CallRecord {
            balancer: Some(balancer.into()),
            route: Some("all".to_owned()),
            at: clock::now(),
            ..CallRecord::default()
        }
    }

    #[tokio::test]
    async fn a_follower_that_lags_is_told_to_read_anew() {
        let live = Live::default();
        let mut follower = live.follow().unwrap();
        for _ in 0..=BEHIND {
            live.tell(FeedEvent::Health);
        }
        assert_eq!(follower.next().await, Some(FeedEvent::Anew));
        assert_eq!(follower.next().await, Some(FeedEvent::Health));
    }

    #[tokio::test]
    async fn places_are_bounded_and_given_back_and_closing_ends_all() {
        let live = Live::default();
        let mut all: Vec<_> = (0..FOLLOWERS).map(|_| live.follow().unwrap()).collect();
        assert!(live.follow().is_none());
        all.pop();
        let mut last = live.follow().unwrap();
        live.close();
        assert_eq!(last.next().await, None);
    }

    #[test]
    fn calls_are_counted_by_route_and_told_once() {
        let live = Live::default();
        for balancer in ["sb_a", "sb_a", "sb_b"] {
            live.note(&call(balancer));
        }
        let balancers = vec!["sb_a".to_owned(), "sb_b".to_owned()];
        assert_eq!(live.calls_to_tell(), Some(FeedEvent::Calls { balancers }));
        assert_eq!(live.calls_to_tell(), None);
        let counted: Vec<_> = live.calls().into_iter().map(|it| (it.balancer, it.calls)).collect();
        assert_eq!(counted, [("sb_a".to_owned(), 2), ("sb_b".to_owned(), 1)]);
    }
}
