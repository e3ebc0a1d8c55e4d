//! The settings of an instance, read-only.

use leptos::prelude::*;
use serde_json::Value;

use super::connection::header_list;
use crate::{
    domain::config::instance::WorkloadKind,
    pages::{
        instances::load::InstanceFacts,
        parts::body::{flag, text},
    },
};

pub(super) fn view(body: &Value, facts: Option<&InstanceFacts>) -> AnyView {
    let (base_url, model) = (text(body, "base_url"), text(body, "model"));
    let key = facts.filter(|it| it.api_key_set).map(|it| match &it.api_key_last4 {
        Some(last4) => format!("Stored, ends in {last4}"),
        None => "Stored".to_owned(),
    });
    let dimensions = text(body, "dimensions");
    let timeout = |path: &str| {
        let timeout = text(body, path);
        if timeout == "0" { "No limit".to_owned() } else { format!("{timeout} ms") }
    };
    let most = text(body, "max_in_flight");
    let rows = [
        ("Base URL", base_url),
        ("Model", if model.is_empty() { "The caller's".to_owned() } else { model }),
        ("Auth header", text(body, "auth_header")),
        ("Extra headers", header_list(body)),
        ("API key", key.unwrap_or_else(|| "None".to_owned())),
        (
            "Workload kind",
            WorkloadKind::ALL
                .into_iter()
                .find(|it| it.as_str() == text(body, "workload_kind"))
                .unwrap_or_default()
                .label()
                .to_owned(),
        ),
        ("Enabled", if flag(body, "enabled", true) { "Yes" } else { "No" }.to_owned()),
        ("Max concurrent calls", if most == "0" { "No limit".to_owned() } else { most }),
        ("Dimensions", if dimensions.is_empty() { "Not known yet".to_owned() } else { dimensions }),
        ("Connect", timeout("timeouts.connect_ms")),
        ("First byte", timeout("timeouts.first_byte_ms")),
        ("Answer", timeout("timeouts.answer_ms")),
        ("Idle", timeout("timeouts.idle_ms")),
        ("Total", timeout("timeouts.total_ms")),
        ("APIs", apis(body)),
    ];
    let rows = rows.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view();
    view! {
        <section class="panel" aria-labelledby="facts">
            <h2 id="facts">"Settings"</h2>
            <dl class="facts">{rows}</dl>
        </section>
    }
    .into_any()
}

/// The APIs that are not left to be learned.
fn apis(body: &Value) -> String {
    let names = [
        ("apis.chat_completions", "chat completions"),
        ("apis.completions", "completions"),
        ("apis.responses", "responses"),
        ("apis.messages", "messages"),
    ];
    let set = names.into_iter().filter_map(|(path, name)| match text(body, path).as_str() {
        "yes" => Some(format!("{name}: yes")),
        "no" => Some(format!("{name}: no")),
        _ => None,
    });
    let set: Vec<_> = set.collect();
    if set.is_empty() { "Learned from its answers".to_owned() } else { set.join(", ") }
}
