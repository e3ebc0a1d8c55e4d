//! Whether the machine has other work: waits until it has none, and says how much a slot was disturbed.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use super::process::{Process, ticks};

/// The share of the machine that others may use in a slot.
pub(crate) const QUIET: f64 = 0.06;
/// How long one look takes.
const LOOK: Duration = Duration::from_millis(250);

/// A reading of what the machine does for others.
pub(crate) struct Watch {
    at: Instant,
    /// CPU time of everybody, and what the host took away.
    busy: Duration,
    /// CPU time of the bench and of what it measures.
    own: Duration,
}

impl Watch {
    pub(crate) fn start(processes: &[&Process]) -> Self {
        // Interrupts are left out: they are work for our own sockets, counted or not by the kernel's configuration.
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let fields: Vec<u32> = stat
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(1)
            .map_while(|it| it.parse().ok())
            .collect();
        let [user, nice, system, steal] = [0, 1, 2, 7].map(|at| fields.get(at).copied().unwrap_or_default());
        let own = ticks("/proc/self/stat") + processes.iter().map(|it| it.cpu_time()).sum::<Duration>();
        Self { at: Instant::now(), busy: Duration::from_millis(10) * (user + nice + system + steal), own }
    }

    /// The share of the whole machine that others have used since.
    pub(crate) fn disturbance(&self, processes: &[&Process]) -> f64 {
        let now = Self::start(processes);
        let others = (now.busy - self.busy).saturating_sub(now.own.saturating_sub(self.own));
        let machine = (now.at - self.at).as_secs_f64() * processors() as f64;
        others.as_secs_f64() / machine
    }
}

/// Waits until others use nearly nothing, or `patience` is used up.
pub(crate) fn wait_until_quiet(processes: &[&Process], patience: &mut Duration) {
    loop {
        let watch = Watch::start(processes);
        sleep(LOOK);
        if watch.disturbance(processes) < QUIET || patience.is_zero() {
            return;
        }
        *patience = patience.saturating_sub(LOOK);
    }
}

/// Processors of the machine.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
