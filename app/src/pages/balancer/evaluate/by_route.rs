//! Accuracy and recall of each route, and of the routes and the default route apart.

use leptos::prelude::*;

use crate::{
    domain::console::evaluation::{
        Score,
        by_route::{RouteScore, score_of},
    },
    ui::Table,
};

pub(super) fn view(score: &Score, routes: &[String], default_route: &str) -> AnyView {
    let of = |name: &str| score_of(&score.confusion, |it| it == name);
    let all = score_of(&score.confusion, |it| it != default_route);
    let mut rows = vec![("All routes but the default".to_owned(), all)];
    rows.push((format!("Default route ({default_route})"), of(default_route)));
    rows.extend(routes.iter().filter(|it| *it != default_route).map(|it| (it.clone(), of(it))));
    let rows = rows
        .into_iter()
        .map(|(name, score)| {
            let RouteScore { expected, chosen, .. } = score;
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="figure">{expected.to_string()}</td>
                    <td class="figure">{percent(score.recall())}</td>
                    <td class="figure">{chosen.to_string()}</td>
                    <td class="figure">{percent(score.accuracy())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <h3>"Accuracy and recall"</h3>
        <p class="hint">
            "Recall: how many of the prompts that belong to a route took it. Accuracy: how many of the prompts that took it belong there."
        </p>
        <Table
            caption="Accuracy and recall by route"
            heads=vec!["Route", "Belong there", "Recall", "Took it", "Accuracy"]
        >
            {rows}
        </Table>
    }
    .into_any()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", it * 100.0))
}
