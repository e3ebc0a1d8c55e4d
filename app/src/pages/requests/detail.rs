//! A call of the request log: result, decision, attempts and timing.

use leptos::prelude::*;

use super::table::{api, name, status, tokens};
use crate::{
    domain::console::request_log::CallMs,
    pages::requests::load::{self, RequestDetailData},
    ui::{ButtonLink, PageHead, TimeAgo},
};
use crate::{
    fragments::decision::{self, ms},
    fragments::timings,
    pages::parts::loaded::loaded_object,
    web::page_params::PageParams,
};

/// A call of the request log.
#[component]
pub fn RequestPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::detail(params.clone());
    view! {
        <PageHead title="Request">
            <ButtonLink href="/requests">"All requests"</ButtonLink>
        </PageHead>
        {loaded_object(data, draw)}
    }
}

fn draw(data: RequestDetailData) -> AnyView {
    let name = |id: &str| name(&data.instances, id);
    let attempts = decision::attempts(&data.attempts, &name)
        .unwrap_or_else(|| view! { <p class="quiet">"No instance was called."</p> }.into_any());
    view! {
        {call(&data, &name)}
        {decided(&data, &name)}
        <section class="panel" aria-labelledby="attempts-title">
            <h2 id="attempts-title">"Attempts"</h2>
            {attempts}
        </section>
        {times(data.facts.ms)}
    }
    .into_any()
}

/// The caller's request and its result.
fn call(data: &RequestDetailData, name: &dyn Fn(&str) -> String) -> AnyView {
    let (facts, now) = (&data.facts, data.now);
    let at = facts.at;
    let instance = facts.instance_id.as_ref().map_or_else(|| "None".to_owned(), |it| name(it.as_str()));
    let key = match (&facts.api_key, &data.key) {
        (Some(_), Some(name)) => view! { <a href="/keys">{name.clone()}</a> }.into_any(),
        (Some(id), None) => view! { <code>{id.clone()}</code>" (revoked)" }.into_any(),
        (None, _) => "None: sent from the console, or without a valid key".into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="call-title">
            <h2 id="call-title">"Call"</h2>
            <dl class="facts">
                <dt>"Status"</dt>
                <dd>{status(facts)}</dd>
                <dt>"When"</dt>
                <dd>
                    <TimeAgo at now />" "
                    <span class="quiet">{at.to_string()}</span>
                </dd>
                <dt>"Balancer"</dt>
                <dd>{balancer(data)}</dd>
                <dt>"API"</dt>
                <dd>{api(facts)}</dd>
                <dt>"Instance"</dt>
                <dd>{instance}</dd>
                <dt>"Answer"</dt>
                <dd>{if facts.stream { "Streamed" } else { "Not streamed" }}</dd>
                <dt>"Tokens"</dt>
                <dd>{tokens(facts.tokens)}</dd>
                <dt>"API key"</dt>
                <dd>{key}</dd>
                <dt>"Request id"</dt>
                <dd>
                    <code>{facts.id.to_string()}</code>
                </dd>
            </dl>
        </section>
    }
    .into_any()
}

fn balancer(data: &RequestDetailData) -> AnyView {
    let served = data.facts.serving_name.clone().map(|it| view! { " " <code>{it}</code> });
    match (&data.facts.balancer, &data.balancer) {
        (Some(id), Some(name)) => {
            let href = format!("/balancers/{id}");
            view! { <a href=href>{name.clone()}</a>{served} }.into_any()
        }
        (Some(_), None) => view! { "Deleted since then:"{served} }.into_any(),
        (None, _) => "Not found".into_any(),
    }
}

fn decided(data: &RequestDetailData, name: &dyn Fn(&str) -> String) -> AnyView {
    let content = match &data.decision {
        None => view! { <p class="quiet">"The call ended before a decision."</p> }.into_any(),
        Some(found) => {
            let router = found.router.as_ref().map(|it| {
                let words =
                    format!("The router model took {}. Its prompt and answer are not stored.", ms(it.ms));
                view! { <p class="hint">{words}</p> }
            });
            let id = found.id.clone();
            view! {
                {decision::verdict(found)}
                {router}
                {decision::candidates(found, name)}
                <p class="hint">"Decision " <code>{id}</code></p>
            }
            .into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby="decision-title">
            <h2 id="decision-title">"Decision"</h2>
            {content}
        </section>
    }
    .into_any()
}

fn times(took: CallMs) -> AnyView {
    let moments = [("Decision", took.route), ("First byte", took.first_byte), ("End", Some(took.total))];
    let moments = moments.into_iter().map(|(what, at)| (what.to_owned(), at)).collect();
    view! {
        <section class="panel" aria-labelledby="timings-title">
            <h2 id="timings-title">"Timings"</h2>
            {timings::table(moments)}
        </section>
    }
    .into_any()
}
