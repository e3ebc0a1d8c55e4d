//! A table of calls, for the request log and for a balancer's page.

use leptos::prelude::*;

use crate::{
    domain::{
        console::request_log::{CallFacts, CallTokens},
        timestamp::Timestamp,
    },
    fragments::decision::ms,
    ui::{Status, Table, TimeAgo, Tone},
};

type Names = [(String, String)];

/// The table. `balancers` is `None` if all calls belong to one balancer; that column is left out then.
pub(crate) fn view(
    calls: &[CallFacts],
    balancers: Option<&Names>,
    instances: &Names,
    now: Timestamp,
) -> AnyView {
    let rows = calls.iter().map(|call| row(call, balancers, instances, now)).collect_view();
    let mut heads = vec!["When", "API", "Route", "Reason", "Instance", "Status", "Took", "Tokens"];
    if balancers.is_some() {
        heads.insert(1, "Balancer");
    }
    view! {
        <Table caption="Calls" heads>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(call: &CallFacts, balancers: Option<&Names>, instances: &Names, now: Timestamp) -> AnyView {
    let (at, href) = (call.at, format!("/requests/{}", call.id));
    let balancer = balancers.map(|names| view! { <td>{balancer(call, names)}</td> });
    let instance = call.instance_id.as_ref().map(|it| name(instances, it.as_str()));
    let reason = call.reason.map(|it| {
        view! {
            <code title=it.words()>{it.as_str()}</code>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <a href=href>
                    <TimeAgo at now />
                </a>
            </th>
            {balancer}
            <td>{api(call)}</td>
            <td>{call.route.clone().unwrap_or_else(none)}</td>
            <td>{reason.map_or_else(|| none().into_any(), IntoAny::into_any)}</td>
            <td>{instance.unwrap_or_else(none)}</td>
            <td>{status(call)}</td>
            <td>{ms(call.ms.total)}</td>
            <td>{tokens(call.tokens)}</td>
        </tr>
    }
    .into_any()
}

fn balancer(call: &CallFacts, names: &Names) -> AnyView {
    let id = call.balancer.as_ref().map(|it| it.as_str());
    match id.and_then(|id| names.iter().find(|(known, _)| known == id)) {
        Some((id, name)) => view! { <a href=format!("/balancers/{id}")>{name.clone()}</a> }.into_any(),
        // A decided call without a balancer came from an unsaved draft.
        None if id.is_none() && call.reason.is_some() => "a draft".into_any(),
        // The balancer was deleted or never existed: only the requested name is known.
        None => call.serving_name.clone().unwrap_or_else(none).into_any(),
    }
}

/// The API, and whether the call only prepares one.
pub(crate) fn api(call: &CallFacts) -> String {
    match call.api {
        Some(api) if call.preparation => format!("{}, preparation", api.title()),
        Some(api) => api.title().to_owned(),
        None => none(),
    }
}

/// The status, the code of the error if there was one, and whether the answer was without content.
pub(crate) fn status(call: &CallFacts) -> AnyView {
    let tone = match call.status {
        499 => Tone::Off,
        500.. => Tone::Bad,
        400.. => Tone::Warn,
        // The status of a broken stream is still a success.
        _ if call.code.is_some() => Tone::Bad,
        _ => Tone::Good,
    };
    let code = call.code.as_ref().map(|it| view! { " " <code>{it.clone()}</code> });
    let empty = call.empty.then(|| view! { " " <span class="quiet">"Answered without content"</span> });
    view! {
        <Status tone label=call.status.to_string() />
        {code}
        {empty}
    }
    .into_any()
}

/// The token counts, if known.
pub(crate) fn tokens(tokens: CallTokens) -> String {
    let parts: Vec<_> =
        [tokens.prompt.map(|it| format!("{it} in")), tokens.completion.map(|it| format!("{it} out"))]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { none() } else { parts.join(", ") }
}

/// The name of an id, or the id itself if the object no longer exists.
pub(crate) fn name(names: &Names, id: &str) -> String {
    names.iter().find(|(known, _)| known == id).map_or_else(|| id.to_owned(), |(_, name)| name.clone())
}

/// Placeholder for an unknown value.
fn none() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_as_far_as_they_are_known() {
        let text_of = |prompt, completion| tokens(CallTokens { prompt, completion });
        assert_eq!(text_of(Some(3), Some(4)), "3 in, 4 out");
        assert_eq!(text_of(Some(3), None), "3 in");
        assert_eq!(text_of(None, None), "–");
    }
}
