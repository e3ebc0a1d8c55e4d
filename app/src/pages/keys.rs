//! API keys: which exist, making one that is shown once, revoking one.

mod form;

use leptos::prelude::*;

use super::{
    loaded::{loaded, outcome},
    noted::noted,
    visit::Visit,
};
use crate::{
    api::keys::{CreateKey, KeyLook, KeyPage, RevokeKey, read_keys},
    domain::{
        api_key::{ApiKeyView, NewApiKey},
        timestamp::Timestamp,
    },
    ui::{
        Button, ButtonKind, CodeBlock, Disclosure, EmptyState, Notice, PageHead, Status, Table, TimeAgo, Tone,
    },
};

/// API keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    let (create, revoke) = (ServerAction::<CreateKey>::new(), ServerAction::<RevokeKey>::new());
    // Each of their answers leads to an address of its own, and a new key must be fetched only once.
    let visit = Visit::new();
    let data = Resource::new(
        move || visit.sight(),
        |sight| {
            let of = |name: &str| sight.query(name).unwrap_or_default();
            read_keys(KeyLook { made: of("made"), form: of("form"), note: of("note") })
        },
    );
    view! {
        <PageHead title="API keys" lead="What clients send as a bearer token to call balancers." />
        {move || outcome(create.value().get())}
        {move || outcome(revoke.value().get())}
        {loaded(data, move |page| draw(page, create, revoke))}
    }
}

fn draw(page: KeyPage, create: ServerAction<CreateKey>, revoke: ServerAction<RevokeKey>) -> AnyView {
    let KeyPage { keys, balancers, made, shown_before, form, faults, note, now } = page;
    let names = balancers.clone();
    let open = keys.is_empty() || !faults.is_empty();
    let rows = keys.into_iter().map(|key| row(key, &names, now, revoke)).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        view! { <EmptyState words="There is no key yet. Make one below; it is shown once." /> }.into_any()
    } else {
        view! {
            <Table
                caption="API keys"
                heads=vec!["Name", "Key", "Opens", "Limits", "Made", "Last used", "Works until", "Revoke"]
            >
                {rows}
            </Table>
        }
        .into_any()
    };
    view! {
        {noted(note)}
        {made.map(shown_once)}
        {shown_before
            .then(|| {
                view! {
                    <Notice>
                        <p>"That key was shown once and cannot be shown again. Revoke it and make another if you did not keep it."</p>
                    </Notice>
                }
            })}
        {list}
        <Disclosure summary="Create an API key" id="create" open>
            {form::form(form, faults.into(), balancers, create)}
        </Disclosure>
    }
    .into_any()
}

fn shown_once(made: NewApiKey) -> AnyView {
    view! {
        <section class="panel made" aria-labelledby="made">
            <h2 id="made" tabindex="-1">{format!("“{}” is ready", made.view.scope.name)}</h2>
            <p>"Copy it now: it is stored so that it cannot be shown again."</p>
            <CodeBlock label="API key" code=made.key.clone() />
            <CodeBlock label="For your shell" code=format!("export SMART_BALANCER_API_KEY={}", made.key) />
        </section>
    }
    .into_any()
}

fn row(
    key: ApiKeyView,
    balancers: &[(String, String)],
    now: Timestamp,
    revoke: ServerAction<RevokeKey>,
) -> AnyView {
    let scope = key.scope;
    let over = scope.expires_at.is_some_and(|at| at <= now);
    let opens = if scope.balancers.iter().any(|it| it == "*") {
        "All balancers".to_owned()
    } else {
        let name =
            |id: &String| balancers.iter().find(|it| it.0 == *id).map_or(id.clone(), |it| it.1.clone());
        scope.balancers.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let limits: Vec<String> = [
        scope.rpm.map(|rpm| format!("{rpm} calls/min")),
        scope.max_in_flight.map(|most| format!("{most} at once")),
        scope.force_route.then(|| "may force a route".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let limits = if limits.is_empty() { "None".to_owned() } else { limits.join(", ") };
    let moment = move |at: Option<Timestamp>, none: &'static str| match at {
        Some(at) => view! { <TimeAgo at now /> }.into_any(),
        None => view! { <span class="quiet">{none}</span> }.into_any(),
    };
    let label = format!("Revoke {}", scope.name);
    view! {
        <tr>
            <th scope="row">{scope.name}</th>
            <td>
                <code>{key.prefix}"…"</code>
            </td>
            <td>{opens}</td>
            <td>{limits}</td>
            <td>
                <TimeAgo at=key.created_at now />
            </td>
            <td>{moment(key.last_used_at, "Never")}</td>
            <td>
                {if over {
                    view! { <Status tone=Tone::Off label="Expired" /> }.into_any()
                } else {
                    moment(scope.expires_at, "No end")
                }}
            </td>
            <td>
                <details class="sure">
                    <summary>"Revoke…"</summary>
                    <p>"Its clients get 401 at once, for good."</p>
                    <ActionForm action=revoke>
                        <input type="hidden" name="form[id]" value=key.id />
                        <Button kind=ButtonKind::Danger label disabled=revoke.pending()>
                            "Revoke"
                        </Button>
                    </ActionForm>
                </details>
            </td>
        </tr>
    }
    .into_any()
}
