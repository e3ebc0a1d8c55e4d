//! Traffic and latency of the last hour, as a chart and as a table.

use leptos::prelude::*;

use crate::{
    domain::console::{
        evaluation::Percentiles,
        traffic::{Slice, Traffic},
    },
    fragments::{decision::ms, refused::refused},
    pages::balancer::load::BalancerDetail,
    ui::{Disclosure, Table},
};

/// Height of the chart; its width is 100 of the same units.
const HEIGHT: f64 = 24.0;

/// The panel.
pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let content = match &detail.calls.traffic {
        Ok(hour) if hour.calls() == 0 => {
            view! { <p class="quiet">"No calls in the last hour."</p> }.into_any()
        }
        Ok(hour) => panel(hour),
        Err(refusal) => refused(refusal),
    };
    let live = format!("calls:{}", detail.stored.id);
    view! {
        <section class="panel" id="traffic" aria-labelledby="traffic-title" data-live=live>
            <h2 id="traffic-title">"Traffic and latency"</h2>
            {content}
        </section>
    }
    .into_any()
}

fn panel(hour: &Traffic) -> AnyView {
    let most = hour.slices.iter().map(|it| it.calls).max().unwrap_or_default().max(1);
    let slowest = hour.slices.iter().filter_map(|it| Some(it.total_ms?.p90)).fold(0.0, f64::max);
    let (calls, failed) = (hour.calls(), hour.failed());
    let counted = if calls == 1 { " call in the last hour, " } else { " calls in the last hour, " };
    let summary = format!("{calls}{counted}{failed} failed");
    let times = hour.total_ms.map(|it| format!("Median {}, 90th percentile {}.", ms(it.p50), ms(it.p90)));
    let rows = hour.slices.iter().map(row).collect_view();
    view! {
        <p>
            <strong class="figure">{calls}</strong>
            {counted}
            <strong class="figure">{failed}</strong>" failed. "{times}
        </p>
        {hour.cut.then(|| view! { <p class="hint">"There were more calls; only the newest are counted."</p> })}
        <div class="charts">
            <figure>
                <figcaption>{format!("Calls, at most {most} in 5 min")}</figcaption>
                {bars(&hour.slices, most, &summary)}
            </figure>
            <figure>
                <figcaption>{format!("90th percentile of the time, at most {}", ms(slowest))}</figcaption>
                {line(&hour.slices, slowest)}
            </figure>
        </div>
        <Disclosure summary="Show as a table">
            <Table caption="The last hour" heads=vec!["From (UTC)", "Calls", "Failed", "Median", "90th percentile"]>
                {rows}
            </Table>
        </Disclosure>
    }
    .into_any()
}

fn row(slice: &Slice) -> AnyView {
    let exact = slice.from.to_string();
    // `2026-01-31T12:05:00.000Z`: hours and minutes.
    let from = exact.get(11..16).unwrap_or(&exact).to_owned();
    let (calls, failed) = (slice.calls.to_string(), slice.failed.to_string());
    let time = |read: fn(&Percentiles) -> f64| {
        slice.total_ms.as_ref().map_or_else(|| "–".to_owned(), |it| ms(read(it)))
    };
    view! {
        <tr>
            <th scope="row"><time datetime=exact>{from}</time></th>
            <td class="figure">{calls}</td>
            <td class="figure">{failed}</td>
            <td class="figure">{time(|it| it.p50)}</td>
            <td class="figure">{time(|it| it.p90)}</td>
        </tr>
    }
    .into_any()
}

/// Bars of calls, with failed calls at the bottom.
fn bars(slices: &[Slice], most: u64, label: &str) -> AnyView {
    let step = 100.0 / slices.len().max(1) as f64;
    let bars = slices
        .iter()
        .enumerate()
        .map(|(at, slice)| {
            let part = |count: u64| HEIGHT * count as f64 / most as f64;
            let (x, width) = (number(at as f64 * step + 0.5), number(step - 1.0));
            let (all, failed) = (part(slice.calls), part(slice.failed));
            view! {
                <rect class="chart-calls" x=x.clone() width=width.clone() y=number(HEIGHT - all) height=number(all) />
                <rect class="chart-failed" x=x width=width y=number(HEIGHT - failed) height=number(failed) />
            }
        })
        .collect_view();
    let label = label.to_owned();
    view! {
        <svg class="chart" viewBox=format!("0 0 100 {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
            {bars}
        </svg>
    }
    .into_any()
}

/// The 90th percentile as a line, interrupted by slices without calls.
fn line(slices: &[Slice], slowest: f64) -> AnyView {
    let step = 100.0 / slices.len().max(1) as f64;
    let (mut path, mut is_drawing) = (String::new(), false);
    for (at, slice) in slices.iter().enumerate() {
        let Some(times) = slice.total_ms else {
            is_drawing = false;
            continue;
        };
        let x = (at as f64 + 0.5) * step;
        let y = HEIGHT - (HEIGHT - 2.0) * times.p90 / slowest.max(f64::MIN_POSITIVE);
        // A single point becomes a short dash.
        let command = if is_drawing { "L" } else { "M" };
        path.push_str(&format!("{command}{} {}h1", number(x - 0.5), number(y)));
        is_drawing = true;
    }
    view! {
        <svg class="chart" viewBox=format!("0 0 100 {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <path class="chart-line" d=path />
        </svg>
    }
    .into_any()
}

/// A coordinate, formatted the same on server and browser.
fn number(value: f64) -> String {
    format!("{value:.2}")
}
