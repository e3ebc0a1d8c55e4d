//! When each part of a call was over, as a table with a bar for each moment.

use leptos::prelude::*;

use super::decision::ms;
use crate::ui::Table;

/// The moments of a call in their order, in milliseconds after it came in; those that are not known are left out.
pub(crate) fn table(moments: Vec<(String, Option<f64>)>) -> AnyView {
    let known: Vec<_> = moments.into_iter().filter_map(|(what, at)| Some((what, at?))).collect();
    let end = known.iter().map(|it| it.1).fold(0.0, f64::max);
    let rows = known.into_iter().map(|(what, at)| row(what, at, end)).collect_view();
    view! {
        <Table caption="What took how long" heads=vec!["What", "After"]>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(what: String, at: f64, end: f64) -> AnyView {
    let part = if end > 0.0 { 100.0 * at / end } else { 0.0 };
    let width = format!("{part:.1}");
    view! {
        <tr>
            <th scope="row">{what}</th>
            <td>
                <span class="share">
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                        <rect class="share-whole" width="100" height="6" />
                        <rect class="share-part" width=width height="6" />
                    </svg>
                    <span class="figure">{ms(at)}</span>
                </span>
            </td>
        </tr>
    }
    .into_any()
}
