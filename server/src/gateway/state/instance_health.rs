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
pub(crate) enum Blocked {
    /// Its key can no longer be unsealed and has to be entered anew.
    KeyNeedsReentry,
    /// The egress rules refuse its address.
    AddressRefused,
    /// Its address or key cannot be used in a call at all.
    Unusable,
}

impl Blocked {
    fn name(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "key_needs_reentry",
            Self::AddressRefused => "address_refused",
            Self::Unusable => "unusable",
        }
    }

    /// The same as a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::KeyNeedsReentry => "Its key cannot be read any more. Enter it again.",
            Self::AddressRefused => "The egress rules of this server refuse its address.",
            Self::Unusable => "Its address or key cannot be used in a call.",
        }
    }
}

/// How long a router instance is asked without a JSON schema after it refused one, in milliseconds.
const SCHEMA_REFUSAL_MS: u64 = 10 * 60 * 1_000;

/// The vital signs of one instance.
#[derive(Debug)]
pub(crate) struct InstanceHealth {
    clock: Clock,
    blocked: Option<Blocked>,
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
    classified_us: AtomicU64,
}

impl InstanceHealth {
    pub(crate) fn new(clock: Clock, blocked: Option<Blocked>, dimensions: Option<u64>) -> Self {
        Self {
            clock,
            blocked,
            health: ArcSwap::default(),
            latency: ArcSwap::default(),
            in_flight: AtomicU64::new(0),
            ejections: AtomicU64::new(0),
            dimensions: AtomicU64::new(dimensions.unwrap_or(0)),
            schema_refused_until_ms: AtomicU64::new(0),
            classified_us: AtomicU64::new(0),
        }
    }

    /// Why it is never called, if it is not.
    pub(crate) fn blocked(&self) -> Option<Blocked> {
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
    pub(crate) fn enter(self: &Arc<Self>, max_in_flight: u64, last_resort: bool) -> Option<InFlightGuard> {
        if self.blocked.is_some() {
            return None;
        }
        let room = |now: u64| (max_in_flight == 0 || now < max_in_flight).then_some(now + 1);
        self.in_flight.fetch_update(Relaxed, Relaxed, room).ok()?;
        // From here on the guard gives the place back.
        let guard = InFlightGuard {
            health: Arc::clone(self),
            began: Instant::now(),
            began_ms: self.clock.now_ms(),
            quiet: false,
            told: false,
        };
        match self.health.load().availability(guard.began_ms) {
            MemberState::Available => Some(guard),
            MemberState::Probe if self.claim(Health::claim_probe, guard.began_ms) => Some(guard),
            _ if last_resort => Some(guard),
            _ => {
                let _ = guard.quietly();
                None
            }
        }
    }

    /// Makes a step that only one may make.
    fn claim(&self, step: fn(&Health, u64) -> Option<Health>, now_ms: u64) -> bool {
        loop {
            let seen = self.health.load();
            let Some(claimed) = step(&seen, now_ms) else { return false };
            let before = self.health.compare_and_swap(&*seen, Arc::new(claimed));
            if Arc::ptr_eq(&before, &seen) {
                return true;
            }
        }
    }

    fn observe(&self, outcome: &Outcome, began_ms: u64) {
        let now_ms = self.clock.now_ms();
        let roll = clock::roll();
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
        self.claim(Health::claim_check, self.clock.now_ms())
    }

    /// Tells that the free check passed.
    pub(crate) fn check_passed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_passed(now_ms));
    }

    /// Tells that the free check found nobody there.
    pub(crate) fn check_failed(&self) {
        let now_ms = self.clock.now_ms();
        self.health.rcu(|health| health.check_failed(now_ms));
    }

    /// Tells that the free check left it open whether calls are served.
    pub(crate) fn check_untold(&self) {
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
                reason: Some(blocked.name().to_owned()),
            },
            None => self.health.load().view(self.clock.now_ms(), clock::wall()),
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

    /// Whether it has refused a JSON schema within the last [`SCHEMA_REFUSAL_MS`].
    pub(crate) fn refuses_schema(&self, now_ms: u64) -> bool {
        self.schema_refused_until_ms.load(Relaxed) > now_ms
    }

    /// Remembers what an answer as a router model took.
    pub(crate) fn note_classified(&self, took: Duration) {
        self.classified_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1), Relaxed);
    }

    /// What its last answer as a router model took, if it gave one.
    pub(crate) fn classified(&self) -> Option<Duration> {
        Some(self.classified_us.load(Relaxed)).filter(|&it| it != 0).map(Duration::from_micros)
    }

    /// Remembers that it answers without a JSON schema and refuses with one. The refusal alone shows nothing: it may
    /// have been about the prompt.
    pub(crate) fn note_schema_refused(&self, now_ms: u64) {
        self.schema_refused_until_ms.store(now_ms + SCHEMA_REFUSAL_MS, Relaxed);
    }
}

/// One call on an instance, from its beginning to the end of its answer.
#[derive(Debug)]
pub(crate) struct InFlightGuard {
    health: Arc<InstanceHealth>,
    /// When the call began.
    pub(crate) began: Instant,
    began_ms: u64,
    /// Whether its outcome is kept from the instance's health, as in a dry run.
    quiet: bool,
    told: bool,
}

impl InFlightGuard {
    /// The same call, whose outcome will not touch the instance's health.
    pub(crate) fn quietly(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The first byte of an answer came.
    pub(crate) fn first_byte(&self) {
        if !self.quiet {
            let now_ms = self.health.clock.now_ms();
            let sample = clock::ms(self.began.elapsed());
            self.health.latency.store(Arc::new(self.health.latency.load().observe(sample, now_ms)));
        }
    }

    /// The call ended.
    pub(crate) fn ended(mut self, outcome: &Outcome) {
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: &Outcome) {
        if !std::mem::replace(&mut self.told, true) && !self.quiet {
            self.health.observe(outcome, self.began_ms);
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.tell(&Outcome::Cancelled);
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
            health.enter(0, false).unwrap().ended(&Outcome::Reset);
        }
        assert_eq!(state(&health, 0), MemberState::Ejected);
        assert_eq!(health.counts(), [0, 1]);
        assert!(health.enter(0, false).is_none());
        assert!(health.enter(0, true).is_some());
        assert_eq!(health.standing(0, 0).in_flight, 0);
    }

    #[test]
    fn a_caller_that_leaves_is_no_failure_and_gives_its_place_back() {
        let health = health();
        for _ in 0..5 {
            let guard = health.enter(1, false).unwrap();
            assert_eq!(state(&health, 1), MemberState::Full);
            assert!(health.enter(1, false).is_none());
            drop(guard);
        }
        assert_eq!(state(&health, 1), MemberState::Available);
    }

    #[test]
    fn what_is_blocked_is_never_called_not_even_as_a_last_resort() {
        let health = Arc::new(InstanceHealth::new(Clock::start(), Some(Blocked::KeyNeedsReentry), None));
        assert!(health.enter(0, true).is_none());
        assert_eq!(health.view().reason.as_deref(), Some("key_needs_reentry"));
    }

    #[test]
    fn a_refused_schema_is_remembered_for_ten_minutes() {
        let health = health();
        assert!(!health.refuses_schema(0));
        health.note_schema_refused(1_000);
        assert!(health.refuses_schema(1_000) && health.refuses_schema(600_999));
        assert!(!health.refuses_schema(601_000));
    }

    #[test]
    fn a_quiet_call_touches_no_health() {
        let health = health();
        for _ in 0..3 {
            health.enter(0, false).unwrap().quietly().ended(&Outcome::Reset);
        }
        assert_eq!(state(&health, 0), MemberState::Available);
    }
}
