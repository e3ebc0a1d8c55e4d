//! System calls a call, counted by `perf` or, if it cannot, by `strace`.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use serde::Serialize;
use tempfile::TempDir;

use super::{
    counts::{ALL, from_perf, from_strace},
    process::Process,
};

/// How long a tool takes to attach to all threads.
const ATTACH: Duration = Duration::from_millis(700);
/// Where the kernel lists what `perf` can count.
const EVENTS: &str = "/sys/kernel/tracing/events/syscalls";
/// What is counted by name.
const NAMES: [&str; 30] = [
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "write",
    "writev",
    "sendto",
    "sendmsg",
    "sendfile64",
    "epoll_wait",
    "epoll_pwait",
    "epoll_ctl",
    "futex",
    "accept4",
    "connect",
    "close",
    "shutdown",
    "pread64",
    "pwrite64",
    "fdatasync",
    "fsync",
    "ioctl",
    "setsockopt",
    "getsockname",
    "getsockopt",
    "getrandom",
    "mmap",
    "munmap",
    "madvise",
    "clock_nanosleep",
];

/// System calls of one call.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Syscalls {
    pub(crate) total: f64,
    /// The most frequent ones.
    pub(crate) by_name: BTreeMap<String, f64>,
    /// What counted. `strace` slows the process down, which then waits more often for less.
    pub(crate) tool: &'static str,
}

/// Counts the system calls of a process while `load` makes calls; `load` returns how many it made.
pub(crate) fn count(process: &Process, mut load: impl FnMut() -> u64) -> Result<Syscalls, String> {
    let mut reasons = Vec::new();
    for tool in [Tool::Perf, Tool::Strace] {
        match tool.count(process, &mut load) {
            Ok(syscalls) => return Ok(syscalls),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(reasons.join("; "))
}

#[derive(Clone, Copy)]
enum Tool {
    Perf,
    Strace,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Perf => "perf",
            Self::Strace => "strace",
        }
    }

    fn command(self, ids: &[String], output: &Path) -> Command {
        let mut command = Command::new(self.name());
        match self {
            Self::Perf => {
                let known = NAMES.iter().filter(|it| Path::new(&format!("{EVENTS}/sys_enter_{it}")).exists());
                let named = known.map(|it| format!("syscalls:sys_enter_{it}"));
                let events: Vec<String> = [ALL.to_owned()].into_iter().chain(named).collect();
                command
                    .args(["stat", "-x,", "-e", &events.join(","), "-p", &ids.join(","), "-o"])
                    .arg(output);
            }
            Self::Strace => {
                command.args(["-c", "-f", "-o"]).arg(output);
                for id in ids {
                    command.args(["-p", id]);
                }
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn count(self, process: &Process, load: &mut impl FnMut() -> u64) -> Result<Syscalls, String> {
        let folder = TempDir::new().map_err(|it| it.to_string())?;
        let output = folder.path().join("counts");
        let ids: Vec<String> = process.ids().iter().map(u32::to_string).collect();
        let cannot = |why: &str| format!("{} {why}", self.name());
        let mut tool = self.command(&ids, &output).spawn().map_err(|it| cannot(&it.to_string()))?;
        sleep(ATTACH);
        if !matches!(tool.try_wait(), Ok(None)) {
            return Err(cannot("cannot count here"));
        }
        let calls = load();
        interrupt(&mut tool);
        let counts = fs::read_to_string(&output).unwrap_or_default();
        let found = match self {
            Self::Perf => from_perf(&counts),
            Self::Strace => from_strace(&counts),
        };
        let total = found.get("").copied().filter(|it| *it > 0.0).ok_or_else(|| cannot("counted nothing"))?;
        let each = |count: f64| count / calls as f64;
        let named = found.into_iter().filter(|(name, count)| !name.is_empty() && *count > total / 200.0);
        let by_name = named.map(|(name, count)| (name, each(count))).collect();
        Ok(Syscalls { total: each(total), by_name, tool: self.name() })
    }
}

fn interrupt(tool: &mut Child) {
    let _ =
        rustix::process::kill_process(rustix::process::Pid::from_child(tool), rustix::process::Signal::INT);
    let _ = tool.wait();
}
