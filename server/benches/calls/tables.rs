//! The figures of a run as Markdown tables.

use super::{
    figures::Percentiles,
    report::{CaseReport, Report, Row},
};

/// What a cell holds.
type Cell<'a> = &'a dyn Fn(&Row) -> String;

/// All tables, ready for a document.
pub(crate) fn tables(report: &Report) -> String {
    let machine = &report.machine;
    let [calls, errors, mixed_up] = report.totals();
    let mut text = format!(
        "{}: {} processors ({}), Linux {}, {}, {} rounds.\n{calls} calls, {errors} errors, {mixed_up} mixed-up answers.\n\n",
        report.began_at, machine.processors, machine.model, machine.kernel, machine.nginx, report.rounds
    );
    for case in &report.cases {
        text += &format!("- `{}`: {}", case.name, case.about);
        if case.is_disturbed {
            text += &format!("; the machine had other work ({:.0} %)", case.disturbance * 100.0);
        }
        text += "\n";
    }
    let is_proxy = |_: &CaseReport, row: &Row| row.cpu_per_call.is_some();
    let group = |of: fn(&super::process::Cpu) -> f64| {
        move |row: &Row| number(row.cpu_per_call.as_ref().map(of).filter(|it| *it > 0.0))
    };
    table(
        &mut text,
        "CPU time of a call, in microseconds",
        report,
        &is_proxy,
        &[
            ("total", &|it| number(it.cpu_total)),
            ("× nginx", &|it| ratio(it.to_nginx)),
            ("× nginx + log", &|it| ratio(it.to_nginx_with_log)),
            ("× first", &|it| ratio(it.to_first)),
            ("serving", &group(|it| it.serving)),
            ("log", &group(|it| it.log)),
            ("SQLite", &group(|it| it.sqlite)),
            ("other", &group(|it| it.other)),
        ],
    );
    table(
        &mut text,
        "Latency, in microseconds: p50 / p99 / p99.9",
        report,
        &|_, _| true,
        &[
            ("calls/s", &|it| format!("{:.0}", it.calls_per_second)),
            ("of a call", &|it| percentiles(it.latency, "")),
            ("above the upstream", &|it| percentiles(it.added_to_upstream, "+")),
            ("above nginx", &|it| percentiles(it.added_to_nginx, "+")),
        ],
    );
    table(
        &mut text,
        "Streams, in microseconds: p50 / p99 / p99.9",
        report,
        &|_, row| row.gaps.is_some(),
        &[
            ("first byte", &|it| percentiles(it.first_byte, "")),
            ("above the upstream", &|it| percentiles(it.first_byte_added_to_upstream, "+")),
            ("above nginx", &|it| percentiles(it.first_byte_added_to_nginx, "+")),
            ("between chunks", &|it| percentiles(it.gaps, "")),
        ],
    );
    table(
        &mut text,
        "Resident memory in MiB, and system calls a call",
        report,
        &is_proxy,
        &[
            ("idle", &|it| number(it.memory_mib.as_ref().map(|it| it.idle))),
            ("most", &|it| number(it.memory_mib.as_ref().map(|it| it.peak))),
            ("after", &|it| number(it.memory_mib.as_ref().map(|it| it.after))),
            ("system calls", &|it| number(it.syscalls.as_ref().map(|it| it.total))),
            ("of these", &by_name),
        ],
    );
    text
}

fn table(
    text: &mut String,
    title: &str,
    report: &Report,
    has_row: &dyn Fn(&CaseReport, &Row) -> bool,
    columns: &[(&str, Cell<'_>)],
) {
    let rows = || report.cases.iter().flat_map(|case| case.contenders.iter().map(move |row| (case, row)));
    if !rows().any(|(case, row)| has_row(case, row)) {
        return;
    }
    *text += &format!("\n{title}\n\n| case | server |");
    for (name, _) in columns {
        *text += &format!(" {name} |");
    }
    *text += &format!("\n{}|\n", "| --- ".repeat(columns.len() + 2));
    for (case, row) in rows().filter(|(case, row)| has_row(case, row)) {
        *text += &format!("| {} | {} |", case.name, row.name);
        for (_, cell) in columns {
            *text += &format!(" {} |", cell(row));
        }
        *text += "\n";
    }
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |it| format!("{it:.2}"))
}

fn percentiles(value: Option<Percentiles>, sign: &str) -> String {
    let Some(it) = value else { return "–".to_owned() };
    [it.p50, it.p99, it.p999]
        .map(|it| if sign.is_empty() { format!("{it:.0}") } else { format!("{it:+.0}") })
        .join(" / ")
}

/// The most frequent system calls, or why they were not counted.
fn by_name(row: &Row) -> String {
    let Some(syscalls) = &row.syscalls else { return row.syscalls_missing.clone().unwrap_or_default() };
    let mut names: Vec<_> = syscalls.by_name.iter().collect();
    names.sort_by(|a, b| b.1.total_cmp(a.1));
    names.iter().take(6).map(|(name, count)| format!("{name} {count:.2}")).collect::<Vec<_>>().join(", ")
}
