//! Prints the report: one line per fault and a summary, or JSON.

use std::{
    io::{Write, stdout},
    time::Duration,
};

use serde::Serialize;
use serde_json::json;

use super::{ReportError, plan, plan::PlannedModel, row::Row, run::StepResult};

/// The result of one row.
#[derive(Debug, Serialize)]
pub(super) struct ReportLine {
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

impl ReportLine {
    pub(super) fn new(row: &Row, results: Vec<StepResult>) -> Self {
        let calls: Vec<CallLine> = results
            .into_iter()
            .map(|result| CallLine {
                call: result.call.words(),
                expected: result.expectation.words(),
                passed: result.outcome.is_ok(),
                seen: result.outcome.unwrap_or_else(|failure| failure),
            })
            .collect();
        Self {
            name: row.title(),
            gateway_model: row.gateway_model(),
            passed: calls.iter().all(|call| call.passed),
            calls,
        }
    }

    /// The expectations of all calls, without repetition.
    fn expected(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            let repeated = self.calls[..place].iter().any(|it| it.expected == call.expected);
            let shared = self.calls.iter().all(|it| it.expected == call.expected);
            match (repeated, shared) {
                (true, _) => {}
                (false, true) => parts.push(call.expected.clone()),
                (false, false) => parts.push(format!("{}: {}", call.call, call.expected)),
            }
        }
        parts.join("; ")
    }

    fn seen(&self) -> String {
        let seen: Vec<String> =
            self.calls.iter().map(|call| format!("{}: {}", call.call, call.seen)).collect();
        seen.join("; ")
    }
}

/// Prints one row.
pub(super) fn line(line: &ReportLine) -> Result<(), ReportError> {
    let verdict = if line.passed { "pass" } else { "FAIL" };
    writeln!(stdout(), "{verdict}  {}  expected: {}  seen: {}", line.name, line.expected(), line.seen())?;
    Ok(())
}

/// Prints the totals and returns whether all rows passed.
pub(super) fn summary(lines: &[ReportLine], took: Duration, as_json: bool) -> Result<bool, ReportError> {
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
pub(super) fn plan(plan: &[PlannedModel], as_json: bool) -> Result<(), ReportError> {
    let text = if as_json { format!("{:#}\n", json!(plan)) } else { plan::to_text(plan) };
    write!(stdout(), "{text}")?;
    Ok(())
}
