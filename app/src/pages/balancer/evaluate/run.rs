//! Results of a run: accuracy, confusion table, misses, and router latency, each compared with the previous run.

use leptos::prelude::*;

use crate::{
    domain::{
        console::evaluation::{EvaluationRun, MISSES, RunEnd, Score},
        timestamp::Timestamp,
    },
    fragments::decision::ms,
    ui::{Notice, Status, Table, TimeAgo, Tone},
};

pub(super) fn view(
    run: &EvaluationRun,
    before: Option<&EvaluationRun>,
    routes: &[String],
    now: Timestamp,
) -> AnyView {
    let (at, by) = (run.ended_at, run.by.clone());
    let what = run.revision.map_or_else(|| "a draft".to_owned(), |it| format!("revision {it}"));
    let stopped = (run.end == RunEnd::Stopped).then(|| {
        let words =
            format!("It was stopped: {} of {} prompts were classified.", run.score.classified, run.planned);
        view! { <Notice tone=Tone::Warn><p>{words}</p></Notice> }
    });
    view! {
        <p class="quiet">
            "Evaluated "{what}", ended "<TimeAgo at now />", started by "{by}"."
        </p>
        {stopped}
        {figures(run, before)}
        {confusion(&run.score, routes)}
        {misses(&run.score)}
    }
    .into_any()
}

/// Formats a value of a run.
type Read<'a> = &'a dyn Fn(&EvaluationRun) -> Option<String>;

fn figures(run: &EvaluationRun, before: Option<&EvaluationRun>) -> AnyView {
    let percent = |it: &EvaluationRun| it.score.accuracy().map(|it| format!("{:.1} %", it * 100.0));
    let count = |it: &EvaluationRun| Some(format!("{} of {}", it.score.correct, it.score.classified));
    let unanswered = |it: &EvaluationRun| Some(it.score.unanswered.to_string());
    let time = |read: fn(&crate::domain::console::evaluation::Percentiles) -> f64| {
        move |it: &EvaluationRun| it.score.router_ms.as_ref().map(|it| ms(read(it)))
    };
    let rows: [(&str, Read<'_>); 6] = [
        ("Accuracy", &percent),
        ("Correct", &count),
        ("Without a valid answer", &unanswered),
        ("Router time, median", &time(|it| it.p50)),
        ("Router time, 90th percentile", &time(|it| it.p90)),
        ("Router time, 99th percentile", &time(|it| it.p99)),
    ];
    let rows = rows
        .into_iter()
        .map(|(label, read)| {
            let now = read(run).unwrap_or_else(none);
            let former = before.map(|it| read(it).unwrap_or_else(none));
            view! {
                <tr>
                    <th scope="row">{label}</th>
                    <td class="figure">{now}</td>
                    {former.map(|it| view! { <td class="figure">{it}</td> })}
                </tr>
            }
        })
        .collect_view();
    let mut heads = vec!["Metric", "This run"];
    if before.is_some() {
        heads.push("Previous run");
    }
    view! {
        {change(run, before)}
        <Table caption="Results of the run" heads>
            {rows}
        </Table>
    }
    .into_any()
}

/// The change since the previous run.
fn change(run: &EvaluationRun, before: Option<&EvaluationRun>) -> Option<AnyView> {
    let points = (run.score.accuracy()? - before?.score.accuracy()?) * 100.0;
    let (tone, words) = if points.abs() < 0.05 {
        (Tone::Plain, "As accurate as the previous run".to_owned())
    } else if points > 0.0 {
        (Tone::Good, format!("{points:.1} points better than the previous run"))
    } else {
        (Tone::Warn, format!("{:.1} points worse than the previous run", -points))
    };
    Some(view! { <p><Status tone label=words /></p> }.into_any())
}

/// The confusion table: expected routes in rows, chosen routes in columns.
fn confusion(score: &Score, routes: &[String]) -> AnyView {
    let expected = names(routes, score.confusion.iter().map(|it| it.expected.as_str()));
    let chosen = names(&[], score.confusion.iter().filter_map(|it| it.chosen.as_deref()));
    let unanswered = score.unanswered > 0;
    let count = |expected: &str, chosen: Option<&str>| {
        let found =
            score.confusion.iter().find(|it| it.expected == expected && it.chosen.as_deref() == chosen);
        found.map_or(0, |it| it.count)
    };
    let rows = expected
        .iter()
        .filter(|expected| score.confusion.iter().any(|it| it.expected == **expected))
        .map(|expected| {
            let columns = chosen.iter().map(|it| Some(it.as_str())).chain(unanswered.then_some(None));
            let cells = columns
                .map(|chosen| {
                    let count = count(expected, chosen);
                    let kind = match (chosen == Some(expected), count) {
                        (_, 0) => "none",
                        (true, _) => "right",
                        (false, _) => "wrong",
                    };
                    view! { <td class="figure" data-cell=kind>{count.to_string()}</td> }
                })
                .collect_view();
            view! { <tr><th scope="row">{expected.clone()}</th>{cells}</tr> }
        })
        .collect_view();
    let heads = chosen.iter().cloned().chain(unanswered.then(|| "No valid answer".to_owned()));
    let heads = heads.map(|it| view! { <th scope="col">{it}</th> }).collect_view();
    view! {
        <h3>"Expected and chosen"</h3>
        <div class="table-frame confusion" role="group" tabindex="0" aria-label="Expected and chosen routes">
            <table>
                <caption class="unseen">"Each row is an expected route, each column a chosen one"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Expected"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The known names in order, then the others.
fn names<'a>(known: &[String], found: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all = known.to_vec();
    for name in found {
        if !all.iter().any(|it| it == name) {
            all.push(name.to_owned());
        }
    }
    all
}

fn misses(score: &Score) -> AnyView {
    let missed = score.classified - score.correct;
    if missed == 0 {
        return view! { <p>"No prompt was missed."</p> }.into_any();
    }
    let rows = score
        .misses
        .iter()
        .map(|miss| {
            let (prompt, expected, route) = (miss.prompt.clone(), miss.expected.clone(), miss.route.clone());
            let (code, words) = (miss.reason.as_str(), miss.reason.words());
            view! {
                <tr>
                    <th scope="row" class="prompt">{prompt}</th>
                    <td>{expected}</td>
                    <td>{route}</td>
                    <td><code title=words>{code}</code></td>
                </tr>
            }
        })
        .collect_view();
    let more =
        (missed > MISSES).then(|| view! { <p class="hint">{format!("The first {MISSES} of {missed}.")}</p> });
    view! {
        <h3>"Misses"</h3>
        <Table caption="Misses" heads=vec!["Prompt", "Expected", "Chosen", "Reason"]>
            {rows}
        </Table>
        {more}
    }
    .into_any()
}

/// Placeholder for an unknown value.
fn none() -> String {
    "–".to_owned()
}
