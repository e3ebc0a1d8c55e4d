//! A measured process: the CPU time of its threads by what they do, and its memory.

use std::{
    collections::HashMap,
    fs,
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde::Serialize;

/// What a `/proc/PID/stat` tick is, on every Linux.
const TICK: Duration = Duration::from_millis(10);
/// How far ticks may be off from nanoseconds before a difference means that a thread has ended.
const ROUNDING: Duration = Duration::from_millis(30);

/// CPU time by groups of threads. Any unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cpu {
    /// Threads that serve connections.
    pub(crate) serving: f64,
    /// Threads of the request log and metrics.
    pub(crate) log: f64,
    /// SQLite's threads.
    pub(crate) sqlite: f64,
    /// All others: the control plane, and in versions without log threads also log and metrics.
    pub(crate) other: f64,
}

impl Cpu {
    pub(crate) fn total(&self) -> f64 {
        self.serving + self.log + self.sqlite + self.other
    }

    /// Each group's value, changed.
    pub(crate) fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        let [serving, log, sqlite, other] = [self.serving, self.log, self.sqlite, self.other].map(change);
        Self { serving, log, sqlite, other }
    }

    fn group(&mut self, thread: &str) -> &mut f64 {
        match thread {
            // Also nginx, which does everything in one thread a process.
            _ if thread.starts_with("worker-") || thread == "nginx" => &mut self.serving,
            _ if thread.starts_with("request-log") || thread.starts_with("metrics") => &mut self.log,
            _ if thread.contains("sqlite") => &mut self.sqlite,
            _ => &mut self.other,
        }
    }
}

/// Readings of the clocks of all threads.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    threads: HashMap<u32, (String, Duration)>,
    total: Duration,
}

impl Clocks {
    /// Nanoseconds of CPU time since an earlier reading.
    pub(crate) fn since(&self, earlier: &Self) -> Cpu {
        let mut cpu = Cpu::default();
        let mut counted = Duration::ZERO;
        for (id, (name, time)) in &self.threads {
            let before = earlier.threads.get(id).map_or(Duration::ZERO, |(_, time)| *time);
            let spent = time.saturating_sub(before);
            *cpu.group(name) += spent.as_nanos() as f64;
            counted += spent;
        }
        let total = self.total.saturating_sub(earlier.total);
        // What ended threads have used stands in the total alone.
        if total > counted + ROUNDING {
            cpu.other += (total - counted).as_nanos() as f64;
        }
        cpu
    }
}

/// A process that is stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) fn start(name: &str, command: &mut Command, address: SocketAddr) -> Self {
        let child = command.stdout(Stdio::null()).spawn().unwrap_or_else(|it| panic!("{name}: {it}"));
        let mut process = Self { child };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "{name} has ended before it listened");
            assert!(began.elapsed() < Duration::from_secs(20), "{name} does not listen");
            sleep(Duration::from_millis(20));
        }
        process
    }

    /// Its id, and those of its children.
    pub(crate) fn ids(&self) -> Vec<u32> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        [id].into_iter().chain(children.split_whitespace().filter_map(|it| it.parse().ok())).collect()
    }

    pub(crate) fn clocks(&self) -> Clocks {
        let mut clocks = Clocks::default();
        for id in self.ids() {
            clocks.total += ticks(&format!("/proc/{id}/stat"));
            let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { continue };
            for thread in threads.flatten() {
                let path = thread.path().display().to_string();
                let Ok(name) = fs::read_to_string(format!("{path}/comm")) else { continue };
                let thread_id = thread.file_name().to_string_lossy().parse().unwrap();
                clocks.threads.insert(thread_id, (name.trim().to_owned(), thread_time(&path)));
            }
        }
        clocks
    }

    /// CPU time of the whole process so far, in steps of 10 ms.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.ids().iter().map(|id| ticks(&format!("/proc/{id}/stat"))).sum()
    }

    /// Resident memory in bytes, of this process and its children together.
    pub(crate) fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most resident memory so far, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, line: &str) -> u64 {
        let kilobytes = |id: &u32| -> Option<u64> {
            let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
            let value = status.lines().find_map(|it| it.strip_prefix(line))?;
            value.split_whitespace().next()?.parse().ok()
        };
        self.ids().iter().filter_map(kilobytes).sum::<u64>() * 1_024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // So that a process with children ends them too.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(8) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Time on the processor of the thread in that folder: the first field of `schedstat`, in nanoseconds, or ticks if the
/// kernel keeps none.
fn thread_time(folder: &str) -> Duration {
    let schedstat = fs::read_to_string(format!("{folder}/schedstat")).unwrap_or_default();
    let nanoseconds = schedstat.split_whitespace().next().and_then(|it| it.parse().ok());
    nanoseconds.map_or_else(|| ticks(&format!("{folder}/stat")), Duration::from_nanos)
}

/// User and system time in a `stat` file: fields 14 and 15 (proc(5)).
pub(crate) fn ticks(path: &str) -> Duration {
    let stat = fs::read_to_string(path).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|it| it.parse::<u32>().ok()).sum();
    TICK * ticks
}
