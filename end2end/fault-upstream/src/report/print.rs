//! The report as it is printed: one line a fault and a summary, or JSON.

use std::{
    io::{Write, stdout},
    time::Duration,
};

use serde::Serialize;
use serde_json::json;

use super::{ReportError, plan, plan::Planned, row::Row, run::Came};

/// One fault of the report.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    name: String,
    gateway_model: String,
    passed: bool,
    calls: Vec<CallLine>,
}

#[derive(Debug, Serialize)]
struct CallLine {
    call: &'static str,
    expected: String,
    seen: String,
    passed: bool,
}

impl Line {
    pub(super) fn new(row: &Row, came: Vec<Came>) -> Self {
        let calls: Vec<CallLine> = came
            .into_iter()
            .map(|came| CallLine {
                call: came.call.words(),
                expected: came.expect.words(),
                passed: came.seen.is_ok(),
                seen: came.seen.unwrap_or_else(|wrong| wrong),
            })
            .collect();
        Self {
            name: row.title(),
            gateway_model: row.gateway_model(),
            passed: calls.iter().all(|call| call.passed),
            calls,
        }
    }

    /// What was expected of the calls, each thing once.
    fn expected(&self) -> String {
        let mut told: Vec<String> = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            let same = self.calls[..place].iter().any(|it| it.expected == call.expected);
            let alone = self.calls.iter().all(|it| it.expected == call.expected);
            match (same, alone) {
                (true, _) => {}
                (false, true) => told.push(call.expected.clone()),
                (false, false) => told.push(format!("{}: {}", call.call, call.expected)),
            }
        }
        told.join("; ")
    }

    fn seen(&self) -> String {
        let seen: Vec<String> =
            self.calls.iter().map(|call| format!("{}: {}", call.call, call.seen)).collect();
        seen.join("; ")
    }
}

/// Prints one fault.
pub(super) fn line(line: &Line) -> Result<(), ReportError> {
    let verdict = if line.passed { "pass" } else { "FAIL" };
    writeln!(stdout(), "{verdict}  {}  expected: {}  seen: {}", line.name, line.expected(), line.seen())?;
    Ok(())
}

/// Prints what came of all; whether all passed.
pub(super) fn summary(lines: &[Line], took: Duration, as_json: bool) -> Result<bool, ReportError> {
    let passed = lines.iter().filter(|line| line.passed).count();
    let failed = lines.len() - passed;
    if as_json {
        let report = json!({
            "passed": passed,
            "failed": failed,
            "seconds": took.as_secs_f64(),
            "faults": lines,
        });
        writeln!(stdout(), "{report:#}")?;
    } else {
        writeln!(stdout(), "{passed} passed, {failed} failed, in {:.1} s", took.as_secs_f64())?;
    }
    Ok(failed == 0 && passed > 0)
}

/// Prints a plan.
pub(super) fn plan(plan: &[Planned], as_json: bool) -> Result<(), ReportError> {
    let text = if as_json { format!("{:#}\n", json!(plan)) } else { plan::words(plan) };
    write!(stdout(), "{text}")?;
    Ok(())
}
