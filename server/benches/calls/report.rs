//! The figures of a run: what is written as JSON and shown as tables.

use std::{fs, time::SystemTime};

use app::domain::timestamp::Timestamp;
use serde::Serialize;

use super::{
    cases::Case,
    contenders::Role,
    figures::{Percentiles, median, median_ratio},
    nginx,
    process::Cpu,
    quiet,
    rounds::{CaseOutcome, Outcome, Slot},
    syscalls::Syscalls,
};

/// A whole run. All times are in microseconds.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) began_at: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) cases: Vec<CaseReport>,
}

#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) processors: usize,
    pub(crate) model: String,
    pub(crate) kernel: String,
    pub(crate) nginx: String,
}

#[derive(Serialize)]
pub(crate) struct CaseReport {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Rounds that were repeated because the machine had other work.
    pub(crate) repeated_rounds: usize,
    /// The largest share of the machine that others have used in a round that counts.
    pub(crate) disturbance: f64,
    pub(crate) is_disturbed: bool,
    pub(crate) contenders: Vec<Row>,
}

/// One contender in one case: medians over rounds; ratios and differences are taken within rounds.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cpu_per_call: Option<Cpu>,
    pub(crate) cpu_total: Option<f64>,
    /// CPU time as a multiple of nginx's.
    pub(crate) to_nginx: Option<f64>,
    /// The same of nginx with an access log.
    pub(crate) to_nginx_with_log: Option<f64>,
    /// The same of the first build and variant of this server; none for itself.
    pub(crate) to_first: Option<f64>,
    pub(crate) calls_per_second: f64,
    pub(crate) latency: Option<Percentiles>,
    pub(crate) added_to_upstream: Option<Percentiles>,
    pub(crate) added_to_nginx: Option<Percentiles>,
    pub(crate) first_byte: Option<Percentiles>,
    pub(crate) first_byte_added_to_upstream: Option<Percentiles>,
    pub(crate) first_byte_added_to_nginx: Option<Percentiles>,
    /// Between two arrivals of content in one stream.
    pub(crate) gaps: Option<Percentiles>,
    pub(crate) memory_mib: Option<MemoryMib>,
    pub(crate) syscalls: Option<Syscalls>,
    pub(crate) syscalls_missing: Option<String>,
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) mixed_up: u64,
    pub(crate) first_error: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct MemoryMib {
    pub(crate) idle: f64,
    pub(crate) peak: f64,
    pub(crate) after: f64,
}

impl Report {
    pub(crate) fn new(rounds: usize) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let processor = read("/proc/cpuinfo");
        let model = processor.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": "));
        let machine = Machine {
            processors: quiet::processors(),
            model: model.map(|(_, it)| it.to_owned()).unwrap_or_default(),
            kernel: read("/proc/sys/kernel/osrelease")
                .split(['-', '\n'])
                .next()
                .unwrap_or_default()
                .to_owned(),
            nginx: nginx::version(),
        };
        Self { began_at: Timestamp::of(SystemTime::now()).to_string(), machine, rounds, cases: Vec::new() }
    }

    pub(crate) fn add(&mut self, case: &Case, outcome: &CaseOutcome) {
        let of = |role| {
            outcome.contenders.iter().find(|it| it.role == role).map_or(&[] as &[Slot], |it| &it.slots)
        };
        let peers = Peers {
            upstream: of(Role::Bare),
            nginx: of(Role::Nginx),
            with_log: of(Role::NginxWithLog),
            first: of(Role::Measured),
        };
        self.cases.push(CaseReport {
            name: case.name,
            about: case.about,
            repeated_rounds: outcome.repeated,
            disturbance: outcome.disturbance,
            is_disturbed: outcome.disturbance >= quiet::QUIET,
            contenders: outcome.contenders.iter().map(|it| Row::new(it, &peers)).collect(),
        });
    }

    /// Calls, errors, and mixed-up answers of the whole run.
    pub(crate) fn totals(&self) -> [u64; 3] {
        let rows = || self.cases.iter().flat_map(|it| &it.contenders);
        let sum = |of: fn(&Row) -> u64| rows().map(of).sum();
        [sum(|it| it.calls), sum(|it| it.errors), sum(|it| it.mixed_up)]
    }
}

/// Slots of those that others are compared with, round by round.
struct Peers<'a> {
    upstream: &'a [Slot],
    nginx: &'a [Slot],
    with_log: &'a [Slot],
    first: &'a [Slot],
}

impl Row {
    fn new(outcome: &Outcome, peers: &Peers<'_>) -> Self {
        let slots = &outcome.slots;
        let has_cpu = outcome.role != Role::Bare;
        let total = |slots: &[Slot]| -> Vec<f64> { slots.iter().map(|it| it.cpu.total()).collect() };
        let ratio = |peer: &[Slot]| has_cpu.then(|| median_ratio(&total(slots), &total(peer)));
        let group = |of: fn(&Cpu) -> f64| median(slots.iter().map(|it| of(&it.cpu)).collect());
        let cpu = Cpu {
            serving: group(|it| it.serving),
            log: group(|it| it.log),
            sqlite: group(|it| it.sqlite),
            other: group(|it| it.other),
        };
        let whole: fn(&Slot) -> Option<Percentiles> = |it| it.whole;
        let first_byte: fn(&Slot) -> Option<Percentiles> = |it| it.first_byte;
        let all = |of: fn(&Slot) -> Option<Percentiles>, slots: &[Slot]| -> Vec<Percentiles> {
            slots.iter().filter_map(of).collect()
        };
        let added = |of, peer: &[Slot]| Percentiles::added(&all(of, slots), &all(of, peer));
        let above_upstream = |of| added(of, peers.upstream).filter(|_| has_cpu);
        let above_nginx = |of| added(of, peers.nginx).filter(|_| outcome.role == Role::Measured);
        let is_another = outcome.role == Role::Measured && !std::ptr::eq(slots.as_slice(), peers.first);
        let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
        Self {
            name: outcome.name.clone(),
            cpu_per_call: has_cpu.then_some(cpu),
            cpu_total: has_cpu.then(|| median(total(slots))),
            to_nginx: ratio(peers.nginx),
            to_nginx_with_log: ratio(peers.with_log),
            to_first: is_another.then(|| ratio(peers.first)).flatten(),
            calls_per_second: median(slots.iter().map(|it| it.calls_per_second).collect()),
            latency: Percentiles::median(&all(whole, slots)),
            added_to_upstream: above_upstream(whole),
            added_to_nginx: above_nginx(whole),
            first_byte: Percentiles::median(&all(first_byte, slots)),
            first_byte_added_to_upstream: above_upstream(first_byte),
            first_byte_added_to_nginx: above_nginx(first_byte),
            gaps: Percentiles::median(&all(|it| it.gaps, slots)),
            memory_mib: outcome.memory.map(|it| MemoryMib {
                idle: mib(it.idle),
                peak: mib(it.peak),
                after: mib(it.after),
            }),
            syscalls: outcome.syscalls.as_ref().and_then(|it| it.as_ref().ok()).cloned(),
            syscalls_missing: outcome.syscalls.as_ref().and_then(|it| it.as_ref().err()).cloned(),
            calls: outcome.calls,
            errors: outcome.errors,
            mixed_up: outcome.mixed_up,
            first_error: outcome.first_error.clone(),
        }
    }
}
