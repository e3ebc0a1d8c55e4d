//! How each instance is doing, shared by all calls: its health, its calls under way, its speed, its dimensions.
//!
//! The rules are the domain's; here they meet the clock. Nothing waits: a step is an atomic swap. Whoever calls an
//! instance holds an [`InFlightGuard`], and dropping it is telling that the caller left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use app::domain::{
    decision::MemberState,
    health::{Health, HealthState, HealthView},
    outcome::Outcome,
    plan::Standing,
    select::PeakEwma,
};
use arc_swap::ArcSwap;

use super::clock::{self, Clock};

/// Why an instance is never called, whatever its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockReason {
    /// Its key can no longer be unsealed and has to be entered anew.
    KeyNeedsReentry,
    /// The egress rules refuse its address.
    AddressRefused,
    /// Its address or key cannot be used in a call at all.
    Unusable,
}

impl BlockReason {
    fn code(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "key_needs_reentry",
            Self::AddressRefused => "address_refused",
            Self::Unusable => "unusable",
        }
    }

    /// The same as a sentence.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "Its key cannot be read any more. Enter it again.",
            Self::AddressRefused => "The egress rules of this server refuse its address.",
            Self::Unusable => "Its address or key cannot be used in a call.",
        }
    }
}

/// How long a router instance is asked without a JSON schema after it refused one, in milliseconds.
const SCHEMA_REFUSAL_TTL_MS: u64 = 10 * 60 * 1_000;

/// The vital signs of one instance.
#[derive(Debug)]
pub(crate) struct InstanceHealth {
    clock: Clock,
    blocked: Option<BlockReason>,
    health: ArcSwap<Health>,
    latency: ArcSwap<PeakEwma>,
    in_flight: AtomicU64,
    /// Rests begun because of failures.
    ejections: AtomicU64,
    /// Length of its embeddings; 0 while unknown.
    dimensions: AtomicU64,
    /// Until when router calls go without a JSON schema, on the server's clock in milliseconds; 0: they have one.
    schema_refused_until_ms: AtomicU64,
    /// What its last answer as a router model took, in microseconds; 0 while there was none.
    router_latency_us: AtomicU64,
}

impl InstanceHealth {
    pub(crate) fn new(clock: Clock, blocked: Option<BlockReason>, dimensions: Option<u64>) -> Self {
        Self {
            clock,
            blocked,
            health: ArcSwap::default(),
            latency: ArcSwap::default(),
            in_flight: AtomicU64::new(0),
            ejections: AtomicU64::new(0),
            dimensions: AtomicU64::new(dimensions.unwrap_or(0)),
            schema_refused_until_ms: AtomicU64::new(0),
            router_latency_us: AtomicU64::new(0),
        }
    }

    /// Why it is never called, if it is not.
    pub(crate) fn blocked(&self) -> Option<BlockReason> {
        self.blocked
    }

    /// How the instance stands; `max_in_flight` 0 means no limit.
    pub(crate) fn standing(&self, max_in_flight: u64, now_ms: u64) -> Standing {
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
        let latency_ms = self.latency.load().value(now_ms);
        Standing { state, in_flight, latency_ms, due_ms: health.due_ms(), warmth: health.warmth(now_ms) }
    }

    /// Takes a place for one call, and the probe where one is due. `None`: the instance is not to be called after
    /// all. A last resort is called although it rests.
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
        // From here on the guard gives the place back.
        let guard = InFlightGuard {
            health: Arc::clone(self),
            began: Instant::now(),
            began_ms: self.clock.now_ms(),
            is_pending: true,
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

    /// Makes a step that only one may make.
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

    fn record_outcome(&self, outcome: &Outcome, began_ms: u64) {
        let now_ms = self.clock.now_ms();
        let roll = clock::random_unit();
        // Most calls change nothing; they only read.
        let seen = self.health.load();
        if seen.after(outcome, began_ms, now_ms, roll) != **seen {
            let before = self.health.rcu(|health| health.after(outcome, began_ms, now_ms, roll));
            let after = before.after(outcome, began_ms, now_ms, roll);
            if after.availability(now_ms) == MemberState::Ejected && after.due_ms() != before.due_ms() {
                self.ejections.fetch_add(1, Relaxed);
            }
        }
    }

    /// Takes the free check, where one is due.
    pub(crate) fn claim_check(&self) -> bool {
        self.try_transition(Health::claim_check, self.clock.now_ms())
    }

    /// Tells that the free check passed.
    pub(crate) fn record_check_passed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_passed(now_ms));
    }

    /// Tells that the free check found nobody there.
    pub(crate) fn record_check_failed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_failed(now_ms));
    }

    /// Tells that the free check left it open whether calls are served.
    pub(crate) fn record_check_unknown(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_untold(now_ms));
    }

    /// Calls under way, and rests begun because of failures since the start.
    pub(crate) fn counts(&self) -> [u64; 2] {
        [&self.in_flight, &self.ejections].map(|it| it.load(Relaxed))
    }

    /// What people see.
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

    /// The length of its embeddings, where it is known.
    pub(crate) fn dimensions(&self) -> Option<u64> {
        Some(self.dimensions.load(Relaxed)).filter(|&it| it != 0)
    }

    /// Learns the length of its embeddings from a first answer; later ones change nothing.
    pub(crate) fn learn_dimensions(&self, dimensions: u64) {
        // Losing the race means that another call has learned it.
        let _ = self.dimensions.compare_exchange(0, dimensions, Relaxed, Relaxed);
    }

    /// Takes the word of the configuration instead of what was learned.
    pub(crate) fn set_dimensions(&self, dimensions: Option<u64>) {
        self.dimensions.store(dimensions.unwrap_or(0), Relaxed);
    }

    /// Whether it has refused a JSON schema within the last [`SCHEMA_REFUSAL_TTL_MS`].
    pub(crate) fn refuses_schema(&self, now_ms: u64) -> bool {
        self.schema_refused_until_ms.load(Relaxed) > now_ms
    }

    /// Remembers what an answer as a router model took.
    pub(crate) fn record_router_latency(&self, took: Duration) {
        self.router_latency_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1), Relaxed);
    }

    /// What its last answer as a router model took, if it gave one.
    pub(crate) fn router_latency(&self) -> Option<Duration> {
        Some(self.router_latency_us.load(Relaxed)).filter(|&it| it != 0).map(Duration::from_micros)
    }

    /// Remembers that it answers without a JSON schema and refuses with one. The refusal alone shows nothing: it may
    /// have been about the prompt.
    pub(crate) fn record_schema_refusal(&self, now_ms: u64) {
        self.schema_refused_until_ms.store(now_ms + SCHEMA_REFUSAL_TTL_MS, Relaxed);
    }
}

/// One call on an instance, from its beginning to the end of its answer.
#[derive(Debug)]
pub(crate) struct InFlightGuard {
    health: Arc<InstanceHealth>,
    /// When the call began.
    pub(crate) began: Instant,
    began_ms: u64,
    /// Whether its outcome still has to be recorded; never in a dry run.
    is_pending: bool,
}

impl InFlightGuard {
    /// The same call, whose outcome will not touch the instance's health.
    pub(crate) fn without_recording(mut self) -> Self {
        self.is_pending = false;
        self
    }

    /// The first byte of an answer came.
    pub(crate) fn record_first_byte(&self) {
        if self.is_pending {
            let now_ms = self.health.clock.now_ms();
            let sample = clock::millis(self.began.elapsed());
            self.health.latency.store(Arc::new(self.health.latency.load().observe(sample, now_ms)));
        }
    }

    /// The call ended.
    pub(crate) fn finish(mut self, outcome: &Outcome) {
        self.report(outcome);
    }

    fn report(&mut self, outcome: &Outcome) {
        if std::mem::take(&mut self.is_pending) {
            self.health.record_outcome(outcome, self.began_ms);
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.report(&Outcome::Cancelled);
        self.health.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn health() -> Arc<InstanceHealth> {
        Arc::new(InstanceHealth::new(Clock::start(), None, None))
    }

    fn state(health: &InstanceHealth, max_in_flight: u64) -> MemberState {
        health.standing(max_in_flight, health.clock.now_ms()).state
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
        assert_eq!(health.standing(0, 0).in_flight, 0);
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
    fn a_refused_schema_is_remembered_for_ten_minutes() {
        let health = health();
        assert!(!health.refuses_schema(0));
        health.record_schema_refusal(1_000);
        assert!(health.refuses_schema(1_000) && health.refuses_schema(600_999));
        assert!(!health.refuses_schema(601_000));
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
