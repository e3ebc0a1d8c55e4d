//! The table of the report: the faults and the expectations. Some upstream models have an unusual spelling
//! (`status@401` for `401`), because the upstream's log tells the rows apart by their model.

mod apis;
mod blame;
mod bodies;
mod disconnects;
mod embeddings;
mod no_answer;
mod pass_through;
mod routers;
mod silence;
mod statuses;
mod streams;
mod waits;

use super::{
    expectation::{
        Expectation,
        Expectation::{Expires, FailsOver, Passes, Skips, Truncates},
    },
    row::{Row, Step, plain, stream},
};

const OK: Expectation = Passes(200);
const PASS: &[Step] = &[plain(OK), stream(OK)];
const FAIL_OVER: &[Step] = &[plain(FailsOver), stream(FailsOver)];
/// Fails over and is then out of use.
const FAIL_OUT: &[Step] = &[plain(FailsOver), stream(Skips)];
/// A truncated plain answer has not been passed on yet, so it can fail over.
const TRUNCATE: &[Step] = &[plain(FailsOver), stream(Truncates)];
/// The silence of a plain call may be generation, which nobody repeats; a stream shows signs of life.
const HANG: &[Step] = &[plain(Expires), stream(FailsOver)];
const CHOICES: &str = r#","n":2"#;
const RUNNING_USAGE: &str = r#","stream_options":{"include_usage":true,"continuous_usage_stats":true}"#;
const TOOLS: &str = r#","tools":[{"type":"function","function":{"name":"weather","parameters":{}}}]"#;

/// All rows in the order of the report. Rows that measure time come last.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let groups = [
        pass_through::ROWS,
        no_answer::ROWS,
        statuses::ROWS,
        waits::ROWS,
        blame::ROWS,
        bodies::ROWS,
        silence::ROWS,
        streams::ROWS,
        apis::COMPLETIONS,
        apis::RESPONSES,
        apis::MESSAGES,
        embeddings::ROWS,
        routers::ROWS,
        disconnects::ROWS,
    ];
    groups.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fault::Fault;

    #[test]
    fn each_row_names_known_faults_and_has_unique_models() {
        let (mut models, mut upstream_models, mut counted) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in rows() {
            let model = row.gateway_model();
            for fault in [Some(row.upstream_model), row.router].into_iter().flatten() {
                assert!(Fault::parse(fault).is_some(), "{fault}");
            }
            assert!(upstream_models.insert((row.api.path(), row.upstream_model)), "{}", row.upstream_model);
            // The upstream counts their calls by model alone.
            let counts = ["fail-", "loading", "escalating", "cold"].iter().any(|name| {
                [Some(row.upstream_model), row.router].into_iter().flatten().any(|model| model.contains(name))
            });
            assert!(!counts || counted.insert((row.upstream_model, row.router)), "{}", row.upstream_model);
            assert!(models.insert(model.to_ascii_lowercase()), "{model}");
            assert!(model.len() <= 128, "{model}");
            assert!(
                model.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte)),
                "{model}"
            );
        }
    }

    #[test]
    fn rows_that_measure_time_come_last() {
        assert!(rows().is_sorted_by_key(Row::measures_time));
    }
}
