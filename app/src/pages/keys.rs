//! The page of API keys: list, creation and revocation.

mod form;
mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::parts::{loaded::loaded, notice::flash_notice};
use crate::web::page_params::PageParams;
use crate::{
    actions::keys::{MadeKey, RevokeKey},
    domain::timestamp::Timestamp,
    pages::keys::load::{KeyLine, KeyPage},
    ui::{
        Button, ButtonKind, CodeBlock, Disclosure, EmptyState, Notice, PageHead, Status, Table, TimeAgo, Tone,
    },
};

/// The page of API keys.
#[component]
pub fn KeysPage() -> impl IntoView {
    // Every response has its own URL, and a new key must be read only once.
    let params = PageParams::current();
    let data = load::keys(params.clone());
    view! {
        <PageHead title="API keys" lead="What clients send as a bearer token to call balancers." />
        {loaded(data, draw)}
    }
}

fn draw(page: KeyPage) -> AnyView {
    let KeyPage { keys, may_create, balancers, made, shown_before, form, errors, note, now } = page;
    let open = keys.is_empty() || !errors.is_empty();
    let rows = keys.into_iter().map(|key| row(key, now)).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        let words = if may_create {
            "No API keys yet. Create one below; it is shown only once."
        } else {
            "No API keys yet. Editors and admins can create them."
        };
        view! { <EmptyState message=words /> }.into_any()
    } else {
        view! {
            <Table
                caption="API keys"
                heads=vec!["Name", "Key", "Balancers", "Limits", "Created", "Last used", "Expires", "Revoke"]
            >
                {rows}
            </Table>
        }
        .into_any()
    };
    view! {
        {flash_notice(note)}
        {made.map(shown_once)}
        {shown_before
            .then(|| {
                view! {
                    <Notice>
                        <p>"That key was shown once and cannot be shown again. If you did not save it, revoke it and create another one."</p>
                    </Notice>
                }
            })}
        {list}
        {may_create
            .then(|| {
                view! {
                    <Disclosure summary="Create an API key" id="create" open>
                        {form::form(form, errors.into(), balancers)}
                    </Disclosure>
                }
            })}
    }
    .into_any()
}

fn shown_once(made: MadeKey) -> AnyView {
    view! {
        <section class="panel made" aria-labelledby="made">
            <h2 id="made" tabindex="-1">{format!("“{}” is ready", made.name)}</h2>
            <p>"Copy it now. It cannot be shown again."</p>
            <CodeBlock label="API key" code=made.key.clone() />
            <CodeBlock label="For your shell" code=format!("export SMART_BALANCER_API_KEY={}", made.key) />
        </section>
    }
    .into_any()
}

fn row(key: KeyLine, now: Timestamp) -> AnyView {
    let over = key.expires_at.is_some_and(|at| at <= now);
    let opens = key.opens.map_or_else(|| "All balancers".to_owned(), |names| names.join(", "));
    let limits: Vec<String> = [
        key.rpm.map(|rpm| format!("{rpm} calls/min")),
        key.max_in_flight.map(|most| format!("{most} concurrent")),
        key.force_route.then(|| "may force a route".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let limits = if limits.is_empty() { "None".to_owned() } else { limits.join(", ") };
    let moment = move |at: Option<Timestamp>, none: &'static str| match at {
        Some(at) => view! { <TimeAgo at now /> }.into_any(),
        None => view! { <span class="quiet">{none}</span> }.into_any(),
    };
    let label = format!("Revoke {}", key.name);
    view! {
        <tr>
            <th scope="row">{key.name}</th>
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
                    moment(key.expires_at, "Never")
                }}
            </td>
            <td>
                {if key.may_revoke { revoke(key.id, label) } else { not_yours(key.made_by) }}
            </td>
        </tr>
    }
    .into_any()
}

fn revoke(id: String, label: String) -> AnyView {
    view! {
        <details class="sure">
            <summary>"Revoke…"</summary>
            <p>"Its clients get 401 at once. This cannot be undone."</p>
            {post_form(RevokeKey::url(), view! {
                <input type="hidden" name="form[id]" value=id />
                <Button kind=ButtonKind::Danger label>
                    "Revoke"
                </Button>
            }.into_any())}
        </details>
    }
    .into_any()
}

/// Names who may revoke the key instead.
fn not_yours(made_by: Option<String>) -> AnyView {
    let words = made_by.map_or_else(|| "By an admin".to_owned(), |name| format!("By {name} or an admin"));
    view! { <span class="quiet">{words}</span> }.into_any()
}
