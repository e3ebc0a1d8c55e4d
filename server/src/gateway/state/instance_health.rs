//! The health of an instance, shared by all calls, with its calls in flight, latency and learned properties.
//!
//! The rules are the domain's; this module supplies the clock. Each step is an atomic swap, so nothing waits.
//! A call on an instance holds an [`InFlightGuard`]; dropping it unfinished means that the caller left.

mod in_flight;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use app::domain::{
    api::Endpoint,
    routing::{
        decision::MemberState,
        health::{CallEnd, Health, HealthState, HealthView},
        outcome::Outcome,
        plan::InstanceStatus,
        select::PeakEwma,
    },
};
use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::{
    clock::{self, Clock},
    decision_form::DecisionFormMemory,
    shape_memory::ShapeMemory,
};

pub(crate) use in_flight::{InFlightGuard, SuspectedFailure, request_digest};

/// The reason why an instance is never called, whatever its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockReason {
    /// Its key was dropped or can no longer be unsealed, and has to be entered again.
    KeyNeedsReentry,
    /// The value of an additional header is not stored, or can no longer be unsealed.
    HeaderNeedsReentry,
    /// The egress policy denies its address.
    AddressRefused,
    /// Its address is link-local, and the operator did not open it.
    LinkLocalAddress,
    /// Its address or key can't be used in a request.
    Unusable,
}

impl BlockReason {
    fn code(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "key_needs_reentry",
            Self::HeaderNeedsReentry => "header_needs_reentry",
            Self::AddressRefused | Self::LinkLocalAddress => "address_refused",
            Self::Unusable => "unusable",
        }
    }

    /// The reason as a sentence for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "Its key is not stored or can no longer be decrypted. Enter it again.",
            Self::HeaderNeedsReentry => {
                "The value of one of its headers is not stored or can no longer be decrypted. Enter it again."
            }
            Self::AddressRefused => "The egress policy of this server denies its address.",
            Self::LinkLocalAddress => {
                "Its address is link-local. If it is the host of a rootless Podman container, start this server \
                 with `--egress-allow` and the address."
            }
            Self::Unusable => "Its address or key cannot be used in a request. Check both.",
        }
    }
}

/// How long an instance is passed over for a path that it did not serve, in milliseconds.
const NOT_SPOKEN_MS: u64 = 10 * 60 * 1_000;
/// A path that has been answered well.
const SPOKEN: u64 = u64::MAX;

/// The live state of one instance.
#[derive(Debug)]
pub(crate) struct InstanceHealth {
    clock: Clock,
    blocked: Option<BlockReason>,
    health: ArcSwap<Health>,
    /// The bits of a [`PeakEwma`].
    latency: AtomicU64,
    in_flight: AtomicU64,
    /// When a call last succeeded, in milliseconds of `clock`.
    succeeded_ms: AtomicU64,
    /// For each path of the APIs: 0 while nothing is known, [`SPOKEN`], or until when it counts as not spoken, in
    /// milliseconds of `clock`.
    spoken: [AtomicU64; Endpoint::COUNT],
    /// Ejections because of failures.
    ejections: AtomicU64,
    /// Embedding dimensions; 0 while unknown.
    dimensions: AtomicU64,
    /// The shape of router requests that it takes.
    pub(crate) request_shape: ShapeMemory,
    /// The form of questions that it takes, if it is a decision model.
    pub(crate) decision_form: DecisionFormMemory,
    /// Latency of the last router call, in microseconds; 0 if there was none.
    router_latency_us: AtomicU64,
    /// When the last response to a router request came, in milliseconds of `clock`.
    router_response_ms: AtomicU64,
    /// Whether a router call runs on to warm it up.
    is_warming: AtomicBool,
}

impl InstanceHealth {
    pub(crate) fn new(clock: Clock, blocked: Option<BlockReason>, dimensions: Option<u64>) -> Self {
        Self {
            clock,
            blocked,
            health: ArcSwap::default(),
            latency: AtomicU64::new(PeakEwma::default().to_bits()),
            in_flight: AtomicU64::new(0),
            succeeded_ms: AtomicU64::new(0),
            spoken: Default::default(),
            ejections: AtomicU64::new(0),
            dimensions: AtomicU64::new(dimensions.unwrap_or(0)),
            request_shape: ShapeMemory::default(),
            decision_form: DecisionFormMemory::default(),
            router_latency_us: AtomicU64::new(0),
            router_response_ms: AtomicU64::new(0),
            is_warming: AtomicBool::new(false),
        }
    }

    /// The reason why it is never called, if any.
    pub(crate) fn blocked(&self) -> Option<BlockReason> {
        self.blocked
    }

    /// The time that its state is measured in, in milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Whether a call has been answered well since the start or the last edit.
    fn has_answered(&self) -> bool {
        self.health.load().has_answered()
    }

    /// Whether calls of a path have been answered well, or were found to be not served; `None` while that is not
    /// known.
    pub(crate) fn speaks(&self, endpoint: Endpoint, now_ms: u64) -> Option<bool> {
        match self.spoken.get(endpoint as usize)?.load(Relaxed) {
            SPOKEN => Some(true),
            until_ms => (until_ms > now_ms).then_some(false),
        }
    }

    /// Records that a call of a path was answered well.
    pub(crate) fn record_spoken(&self, endpoint: Endpoint) {
        if let Some(spoken) = self.spoken.get(endpoint as usize)
            && spoken.load(Relaxed) != SPOKEN
        {
            spoken.store(SPOKEN, Relaxed);
        }
    }

    /// Records that a path is not served, unless it was before.
    pub(crate) fn record_not_spoken(&self, endpoint: Endpoint) {
        if let Some(spoken) = self.spoken.get(endpoint as usize) {
            let until_ms = self.clock.now_ms() + NOT_SPOKEN_MS;
            let _ = spoken.fetch_update(Relaxed, Relaxed, |it| (it != SPOKEN).then_some(until_ms));
        }
    }

    /// Forgets which paths are not served.
    pub(crate) fn forget_not_spoken(&self) {
        for spoken in &self.spoken {
            let _ = spoken.fetch_update(Relaxed, Relaxed, |it| (it != SPOKEN).then_some(0));
        }
    }

    /// The state that plans see. A `max_in_flight` of 0 means no limit.
    pub(crate) fn status(&self, max_in_flight: u64, now_ms: u64) -> InstanceStatus {
        let health = self.health.load();
        let in_flight = self.in_flight.load(Relaxed);
        let state = match health.availability(now_ms) {
            _ if self.blocked.is_some() => MemberState::Misconfigured,
            MemberState::Available | MemberState::Probe
                if max_in_flight != 0 && in_flight >= max_in_flight =>
            {
                MemberState::Full
            }
            state => state,
        };
        let latency_ms = PeakEwma::from_bits(self.latency.load(Relaxed)).value(now_ms);
        InstanceStatus {
            state,
            in_flight,
            latency_ms,
            due_ms: health.due_ms(),
            traffic_factor: health.traffic_factor(now_ms),
        }
    }

    /// What is left of its ejection or cooling, in milliseconds; `None` if there is none.
    pub(crate) fn rest_ms(&self, now_ms: u64) -> Option<u64> {
        self.health.load().due_ms().map(|it| it.saturating_sub(now_ms))
    }

    /// Begins a call: takes a slot, and the probe if one is due. `None` if the instance can't be called after
    /// all. A last resort is called even while it is ejected.
    pub(crate) fn try_begin(
        self: &Arc<Self>,
        max_in_flight: u64,
        last_resort: bool,
    ) -> Option<InFlightGuard> {
        if self.blocked.is_some() {
            return None;
        }
        let one_more = |now: u64| (max_in_flight == 0 || now < max_in_flight).then_some(now + 1);
        self.in_flight.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        // From here on, dropping the guard frees the slot.
        let guard = InFlightGuard {
            health: Arc::clone(self),
            began: Instant::now(),
            began_ms: self.clock.now_ms(),
            is_pending: true,
            is_router_call: false,
        };
        match self.health.load().availability(guard.began_ms) {
            MemberState::Available => Some(guard),
            MemberState::Probe if self.try_transition(Health::claim_probe, guard.began_ms) => Some(guard),
            _ if last_resort => Some(guard),
            _ => {
                let _ = guard.without_recording();
                None
            }
        }
    }

    /// Makes a transition that only one call may make.
    fn try_transition(&self, transition: fn(&Health, u64) -> Option<Health>, now_ms: u64) -> bool {
        loop {
            let seen = self.health.load();
            let Some(next) = transition(&seen, now_ms) else { return false };
            let found = self.health.compare_and_swap(&*seen, Arc::new(next));
            if Arc::ptr_eq(&found, &seen) {
                return true;
            }
        }
    }

    fn record_outcome(&self, outcome: &Outcome, began_ms: u64, may_be_the_request: bool, request: u64) {
        let now_ms = self.clock.now_ms();
        // Most calls change nothing and only read.
        let seen = self.health.load();
        if *outcome == Outcome::Ok {
            self.succeeded_ms.store(now_ms, Relaxed);
            if seen.is_settled() {
                return;
            }
        }
        let end = CallEnd {
            began_ms,
            now_ms,
            roll: clock::random_unit(),
            may_be_the_request,
            request,
            others_succeeded: self.succeeded_ms.load(Relaxed) > began_ms,
        };
        if seen.after(outcome, &end) != **seen {
            let before = self.health.rcu(|health| health.after(outcome, &end));
            let after = before.after(outcome, &end);
            if after.availability(now_ms) == MemberState::Ejected && after.due_ms() != before.due_ms() {
                self.ejections.fetch_add(1, Relaxed);
            }
        }
    }

    /// Claims the free check, if one is due.
    pub(crate) fn claim_check(&self) -> bool {
        self.try_transition(Health::claim_check, self.clock.now_ms())
    }

    /// Records that the free check passed.
    pub(crate) fn record_check_passed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_passed(now_ms));
    }

    /// Records that the free check could not reach the instance.
    pub(crate) fn record_check_failed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_failed(now_ms));
    }

    /// Records that the free check reached the instance, but left open whether it serves calls.
    pub(crate) fn record_check_unknown(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_inconclusive(now_ms));
    }

    /// Calls in flight, and ejections since the instance was last changed.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [&self.in_flight, &self.ejections].map(|it| it.load(Relaxed))
    }

    /// The health that people see.
    pub(crate) fn view(&self) -> HealthView {
        match self.blocked {
            Some(blocked) => HealthView {
                state: HealthState::Misconfigured,
                until: None,
                reason: Some(blocked.code().to_owned()),
            },
            None => self.health.load().view(self.clock.now_ms(), crate::clock::now()),
        }
    }

    /// Embedding dimensions, if known.
    pub(crate) fn dimensions(&self) -> Option<u64> {
        Some(self.dimensions.load(Relaxed)).filter(|&it| it != 0)
    }

    /// Learns the embedding dimensions from a first answer; later ones change nothing.
    pub(crate) fn learn_dimensions(&self, dimensions: u64) {
        // Losing the race means that another call has learned them.
        let _ = self.dimensions.compare_exchange(0, dimensions, Relaxed, Relaxed);
    }

    /// Replaces learned dimensions by the configured ones.
    pub(crate) fn set_dimensions(&self, dimensions: Option<u64>) {
        self.dimensions.store(dimensions.unwrap_or(0), Relaxed);
    }

    pub(crate) fn record_router_latency(&self, took: Duration) {
        self.router_latency_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1), Relaxed);
    }

    /// Latency of its last router call, if there was one.
    pub(crate) fn router_latency(&self) -> Option<Duration> {
        Some(self.router_latency_us.load(Relaxed)).filter(|&it| it != 0).map(Duration::from_micros)
    }

    /// Whether no response to a router request has come since a moment.
    pub(crate) fn is_silent_since(&self, began_ms: u64) -> bool {
        let last_ms = self.router_response_ms.load(Relaxed);
        last_ms == 0 || last_ms < began_ms
    }

    pub(crate) fn record_router_response(&self) {
        self.router_response_ms.store(self.clock.now_ms().max(1), Relaxed);
    }

    /// Whether a router call runs on to warm it up. Other router calls don't wait for it then.
    pub(crate) fn is_warming(&self) -> bool {
        self.is_warming.load(Relaxed)
    }

    /// Begins to warm it up; `None` if another call does so already.
    pub(crate) fn try_begin_warming(self: &Arc<Self>) -> Option<WarmingGuard> {
        let was_warming = self.is_warming.swap(true, Relaxed);
        (!was_warming).then(|| WarmingGuard(Arc::clone(self)))
    }
}

/// A warming of an instance; it ends when the guard is dropped.
#[derive(Debug)]
pub(crate) struct WarmingGuard(Arc<InstanceHealth>);

impl Drop for WarmingGuard {
    fn drop(&mut self) {
        self.0.is_warming.store(false, Relaxed);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use app::domain::routing::outcome::{Proof, RefusalCause};

    use super::*;

    fn health() -> Arc<InstanceHealth> {
        Arc::new(InstanceHealth::new(Clock::start(), None, None))
    }

    fn state(health: &InstanceHealth, max_in_flight: u64) -> MemberState {
        health.status(max_in_flight, health.clock.now_ms()).state
    }

    #[test]
    fn three_failures_eject_and_the_last_resort_still_gets_in() {
        let health = health();
        for _ in 0..3 {
            health.try_begin(0, false).unwrap().finish(&Outcome::Reset);
        }
        assert_eq!(state(&health, 0), MemberState::Ejected);
        assert_eq!(health.counts(), [0, 1]);
        assert!(health.try_begin(0, false).is_none());
        assert!(health.try_begin(0, true).is_some());
        assert_eq!(health.status(0, 0).in_flight, 0);
    }

    #[test]
    fn a_caller_that_leaves_is_no_failure_and_frees_its_slot() {
        let health = health();
        for _ in 0..5 {
            let guard = health.try_begin(1, false).unwrap();
            assert_eq!(state(&health, 1), MemberState::Full);
            assert!(health.try_begin(1, false).is_none());
            drop(guard);
        }
        assert_eq!(state(&health, 1), MemberState::Available);
    }

    #[test]
    fn what_is_blocked_is_never_called_not_even_as_a_last_resort() {
        let health = Arc::new(InstanceHealth::new(Clock::start(), Some(BlockReason::KeyNeedsReentry), None));
        assert!(health.try_begin(0, true).is_none());
        assert_eq!(health.view().reason.as_deref(), Some("key_needs_reentry"));
    }

    #[test]
    fn an_instance_is_silent_until_a_response_comes() {
        let health = health();
        assert!(health.is_silent_since(0));
        health.record_router_response();
        assert!(!health.is_silent_since(0));
        assert!(health.is_silent_since(health.clock.now_ms() + 2));
    }

    #[test]
    fn an_instance_is_warmed_by_one_call_at_a_time() {
        let health = health();
        let warming = health.try_begin_warming().unwrap();
        assert!(health.is_warming() && health.try_begin_warming().is_none());
        drop(warming);
        assert!(!health.is_warming() && health.try_begin_warming().is_some());
    }

    #[test]
    fn a_refusal_that_is_proved_is_booked_although_the_caller_leaves() {
        let no_key = Outcome::Refused { status: 401, cause: RefusalCause::Key, proof: Proof::Code };
        let health = health();
        assert!(
            health.try_begin(0, false).unwrap().fail(&no_key).is_none(),
            "nothing waits for the walk's end"
        );
        assert_eq!(state(&health, 0), MemberState::Misconfigured);
    }

    #[test]
    fn a_failure_in_an_answer_says_nothing_if_the_caller_leaves() {
        let health = health();
        for _ in 0..5 {
            drop(health.try_begin(0, false).unwrap().fail(&Outcome::Status(500)));
        }
        assert_eq!(state(&health, 0), MemberState::Available);
    }

    #[test]
    fn an_unrecorded_call_changes_no_health() {
        let health = health();
        for _ in 0..3 {
            health.try_begin(0, false).unwrap().without_recording().finish(&Outcome::Reset);
        }
        assert_eq!(state(&health, 0), MemberState::Available);
    }
}
