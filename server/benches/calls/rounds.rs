//! Rounds: each contender in turn under the same load, on a quiet machine, and again if it was not quiet.

use std::{
    net::SocketAddr,
    thread::sleep,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

use super::{
    cases::Case,
    contenders::{self, Build, Contender, Role},
    figures::{Percentiles, smallest},
    load::{Callers, Seen, Target},
    process::{Cpu, Process},
    quiet::{QUIET, Watch, wait_until_quiet},
    syscalls::{self, Syscalls},
};

/// How long a warm-up lasts at most.
const WARM_UP: Duration = Duration::from_millis(400);
/// How long the request log may wait for more before it writes.
const LOG_WINDOW: Duration = Duration::from_millis(300);
/// How long a process may take to finish what a slot has left to it.
const SETTLE: Duration = Duration::from_secs(3);
/// Memory is read so long after the start and after the last call.
const REST: Duration = Duration::from_secs(1);

/// One contender in one round.
pub(crate) struct Slot {
    /// CPU microseconds a call.
    pub(crate) cpu: Cpu,
    pub(crate) calls_per_second: f64,
    pub(crate) whole: Option<Percentiles>,
    pub(crate) first_byte: Option<Percentiles>,
    pub(crate) gaps: Option<Percentiles>,
    disturbance: f64,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) idle: u64,
    pub(crate) peak: u64,
    pub(crate) after: u64,
}

/// Everything about one contender in one case.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) slots: Vec<Slot>,
    pub(crate) memory: Option<Memory>,
    pub(crate) syscalls: Option<Result<Syscalls, String>>,
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) mixed_up: u64,
    pub(crate) first_error: Option<String>,
}

/// What a case has given.
pub(crate) struct CaseOutcome {
    pub(crate) contenders: Vec<Outcome>,
    /// Rounds that were repeated because the machine had other work.
    pub(crate) repeated: usize,
    /// The largest share of the machine that others have used in a round that counts.
    pub(crate) disturbance: f64,
}

/// The parts that every case is run with.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) upstream: SocketAddr,
    pub(crate) builds: Vec<Build>,
    pub(crate) rounds: usize,
    /// Whether nothing is compared with.
    pub(crate) alone: bool,
    /// How long may still be waited for a quiet machine.
    pub(crate) patience: Duration,
}

impl Bench {
    pub(crate) fn run(&mut self, case: &Case) -> CaseOutcome {
        let contenders =
            self.runtime.block_on(contenders::start(case, &self.builds, self.upstream, self.alone));
        let mut outcomes: Vec<Outcome> = contenders.iter().map(Outcome::new).collect();
        sleep(REST);
        for (contender, outcome) in contenders.iter().zip(&mut outcomes) {
            outcome.memory =
                contender.process.as_ref().map(|it| Memory { idle: it.memory(), ..Memory::default() });
        }
        for (contender, outcome) in contenders.iter().zip(&mut outcomes) {
            // What is to be cached is not yet.
            let target = Target { reason: None, ..contender.target.clone() };
            outcome.count(&self.load(case, &target, WARM_UP));
        }
        let (repeated, disturbance) = self.rounds(case, &contenders, &mut outcomes);
        sleep(REST);
        for (contender, outcome) in contenders.iter().zip(&mut outcomes) {
            if let (Some(process), Some(memory)) = (&contender.process, &mut outcome.memory) {
                memory.after = process.memory();
                // The kernel updates the peak now and then only.
                memory.peak = process.peak_memory().max(memory.idle).max(memory.after);
                let mut seen = Seen::default();
                let counted = syscalls::count(process, || {
                    seen = self.load(case, &contender.target, WARM_UP);
                    sleep(LOG_WINDOW);
                    seen.calls
                });
                outcome.count(&seen);
                outcome.syscalls = Some(counted);
            }
        }
        CaseOutcome { contenders: outcomes, repeated, disturbance }
    }

    /// Runs rounds until enough were quiet, or twice as many; the quietest count. Returns how many do not, and how much
    /// the ones that do were disturbed.
    fn rounds(&mut self, case: &Case, contenders: &[Contender], outcomes: &mut [Outcome]) -> (usize, f64) {
        let processes: Vec<&Process> = contenders.iter().filter_map(|it| it.process.as_ref()).collect();
        let mut disturbances: Vec<f64> = Vec::new();
        let mut patience = self.patience;
        while disturbances.iter().filter(|it| **it < QUIET).count() < self.rounds
            && disturbances.len() < 2 * self.rounds
        {
            wait_until_quiet(&processes, &mut patience);
            // Another one begins each time, so that none is always the one behind another.
            let first = disturbances.len() % contenders.len();
            let order = (0..contenders.len()).map(|it| (it + first) % contenders.len());
            for at in order {
                let watch = Watch::start(&processes);
                let (seen, cpu) = self.measure(case, &contenders[at]);
                outcomes[at].count(&seen);
                outcomes[at].slots.push(Slot::new(seen, cpu, watch.disturbance(&processes)));
            }
            let worst = outcomes.iter().filter_map(|it| it.slots.last()).map(|it| it.disturbance);
            disturbances.push(worst.fold(0.0, f64::max));
        }
        self.patience = patience;
        let kept = smallest(&disturbances, self.rounds);
        for outcome in outcomes {
            let mut round = 0..;
            outcome.slots.retain(|_| round.next().is_some_and(|it: usize| kept.contains(&it)));
        }
        let disturbance = kept.iter().map(|it| disturbances[*it]).fold(0.0, f64::max);
        (disturbances.len() - kept.len(), disturbance)
    }

    /// One slot, and the CPU nanoseconds that it cost, with what is done for its calls after the last answer.
    fn measure(&self, case: &Case, contender: &Contender) -> (Seen, Cpu) {
        let Some(process) = &contender.process else {
            return (self.load(case, &contender.target, case.slot), Cpu::default());
        };
        let callers = self.runtime.block_on(Callers::connect(case, &contender.target));
        sleep(Duration::from_millis(30));
        let before = process.clocks();
        let seen = self.runtime.block_on(callers.call(until(case.slot)));
        settle(process);
        (seen, process.clocks().since(&before))
    }

    fn load(&self, case: &Case, target: &Target, slot: Duration) -> Seen {
        self.runtime.block_on(async { Callers::connect(case, target).await.call(until(slot)).await })
    }
}

/// Whether that much time has passed from now on.
fn until(slot: Duration) -> impl Fn(u64) -> bool + Clone + Send + 'static {
    let end = Instant::now() + slot;
    move |_| Instant::now() >= end
}

/// Waits until a process has nothing left to do, such as writing its log.
fn settle(process: &Process) {
    let until = Instant::now() + SETTLE;
    sleep(LOG_WINDOW);
    loop {
        let before = process.clocks();
        sleep(Duration::from_millis(100));
        let busy = process.clocks().since(&before).total();
        if busy < 1.5e6 || Instant::now() > until {
            return;
        }
    }
}

impl Slot {
    fn new(mut seen: Seen, cpu: Cpu, disturbance: f64) -> Self {
        let calls = seen.calls.max(1) as f64;
        Self {
            cpu: cpu.map(|it| it / 1e3 / calls),
            calls_per_second: seen.calls as f64 / seen.took.as_secs_f64(),
            whole: Percentiles::of(&mut seen.whole),
            first_byte: Percentiles::of(&mut seen.first_byte),
            gaps: Percentiles::of(&mut seen.gaps),
            disturbance,
        }
    }
}

impl Outcome {
    fn new(contender: &Contender) -> Self {
        Self {
            name: contender.name.clone(),
            role: contender.role,
            slots: Vec::new(),
            memory: None,
            syscalls: None,
            calls: 0,
            errors: 0,
            mixed_up: 0,
            first_error: None,
        }
    }

    fn count(&mut self, seen: &Seen) {
        self.calls += seen.calls;
        self.errors += seen.errors;
        self.mixed_up += seen.mixed_up;
        if self.first_error.is_none() {
            self.first_error.clone_from(&seen.first_error);
        }
    }
}
