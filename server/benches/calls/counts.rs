//! Reads what `perf stat` and `strace -c` have counted.

use std::collections::BTreeMap;

/// The event of all system calls.
pub(crate) const ALL: &str = "raw_syscalls:sys_enter";

/// Counts by name, the total under an empty one: `123,,syscalls:sys_enter_read,…`.
pub(crate) fn from_perf(text: &str) -> BTreeMap<String, f64> {
    let count = |line: &str| {
        let mut fields = line.split(',');
        let count = fields.next()?.parse().ok()?;
        let event = fields.nth(1)?;
        let name = if event == ALL { "" } else { event.strip_prefix("syscalls:sys_enter_")? };
        Some((name.to_owned(), count))
    };
    text.lines().filter_map(count).collect()
}

/// The same from the table of `strace -c`: share, seconds, microseconds, calls, errors if any, name.
pub(crate) fn from_strace(text: &str) -> BTreeMap<String, f64> {
    let count = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let name = fields.last().filter(|_| fields.len() >= 5)?;
        let name = if *name == "total" { "" } else { *name };
        Some((name.to_owned(), fields[3].parse().ok()?))
    };
    text.lines().filter_map(count).collect()
}
