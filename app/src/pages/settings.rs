//! Settings: export and import, and the audit log.

pub mod account;
pub mod people;

mod load;
mod transfer;

use leptos::prelude::*;

use super::parts::loaded::loaded;
use crate::pages::parts::changes::changes;
use crate::pages::parts::changes::pager;
use crate::web::page_params::PageParams;
use crate::{
    domain::{config::revision::AuditEntry, timestamp::Timestamp},
    pages::settings::load::AuditPage,
    ui::{EmptyState, PageHead, Table, TimeAgo},
};

/// The settings.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::audit(params.clone());
    view! {
        <PageHead title="Settings" lead="People, export and import, and the audit log." />
        <section class="panel" aria-labelledby="people-title">
            <h2 id="people-title">"People"</h2>
            <p>
                <a href="/settings/people">"Add people, change roles, reset passwords"</a>
            </p>
        </section>
        {transfer::section()}
        <section class="panel" aria-labelledby="audit-title">
            <h2 id="audit-title">"Audit log"</h2>
            {loaded(data, draw)}
        </section>
    }
}

fn draw(page: AuditPage) -> AnyView {
    let now = page.now;
    let rows = page.entries.into_iter().map(|it| row(it, now)).collect::<Vec<_>>();
    let list = if rows.is_empty() {
        view! { <EmptyState message="The audit log is empty." /> }.into_any()
    } else {
        view! {
            <Table caption="Audit log" heads=vec!["Time", "User", "Address", "Action", "Object", "Changes"]>
                {rows}
            </Table>
        }
        .into_any()
    };
    view! {
        {list}
        {pager("Pages of the audit log", page.newest, page.older)}
        <p>
            <a href="/api/v1/audit/export" download="audit.jsonl">
                "Download the audit log as JSON lines"
            </a>
        </p>
    }
    .into_any()
}

fn row(entry: AuditEntry, now: Timestamp) -> AnyView {
    let at = entry.at;
    let words = |name: &str| name.replace('_', " ");
    let revision = entry.revision.map(|it| format!(" revision {it}"));
    let changed = match entry.diff.len() {
        0 => view! { <span class="quiet">"None"</span> }.into_any(),
        count => {
            let summary = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
            let diff = changes(&entry.diff, format!("Changes of {} by {} at {at}", entry.id, entry.by));
            view! { <details class="sure"><summary>{summary}</summary>{diff}</details> }.into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">
                <TimeAgo at now />
            </th>
            <td>{entry.by}</td>
            <td>{entry.ip.unwrap_or_else(|| "–".to_owned())}</td>
            <td>{words(&entry.action)}</td>
            <td>
                {words(&entry.kind)}" "
                <code>{entry.id}</code>
                <span class="quiet">{revision}</span>
            </td>
            <td>{changed}</td>
        </tr>
    }
    .into_any()
}
