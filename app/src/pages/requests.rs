//! The request log: calls, newest first, and filters that stand in the address.

mod filters;
pub(crate) mod table;

use leptos::prelude::*;

use super::{feed::live, history::turns, loaded::loaded, visit::Visit};
use crate::{
    api::requests::{RequestLogPage, read_newest_request, read_requests},
    domain::{feed::FeedEvent, request_log::RequestQuery},
    ui::{ButtonLink, EmptyState, PageHead},
};

/// The request log.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let visit = Visit::new();
    let data = visit.read(|sight| {
        read_requests(RequestQuery {
            balancer: sight.text("balancer"),
            route: sight.text("route"),
            reason: sight.text("reason"),
            status: sight.text("status"),
            cursor: sight.text("cursor"),
        })
    });
    view! {
        <PageHead title="Requests" lead="Each call with its decision. Prompts and answers are not kept." />
        {loaded(data, draw)}
    }
}

fn draw(page: RequestLogPage) -> AnyView {
    let filters = filters::view(&page);
    let news = news(&page);
    let calls = if page.calls.is_empty() {
        // A filter that cannot be read says so at its field.
        page.faults.is_empty().then(|| empty(&page))
    } else {
        Some(table::view(&page.calls, Some(&page.balancers), &page.instances, page.now))
    };
    let turns = turns("Pages of the log", page.newest.clone(), page.older.clone());
    view! {
        {filters}
        {news}
        {calls}
        {turns}
    }
    .into_any()
}

/// Says that calls came in since this page was read. It moves nothing that somebody may be reading.
fn news(page: &RequestLogPage) -> AnyView {
    let query = page.query.clone();
    let newest = page.calls.first().map(|it| it.id.clone());
    // Older pages do not change by what comes in.
    let concerned = query.cursor.is_empty() && page.faults.is_empty();
    let wanted = query.balancer.clone();
    let now = live(
        newest.clone(),
        move |event: &FeedEvent| {
            let any = matches!(event, FeedEvent::Anew | FeedEvent::Calls { .. });
            concerned && if wanted.starts_with("sb_") { event.has_calls_of(&wanted) } else { any }
        },
        move || read_newest_request(query.clone()),
    );
    let href = page.newest.clone().unwrap_or_else(|| page.address.clone());
    view! {
        <div class="news" role="status">
            <Show when=move || now.with(|now| *now != newest)>
                <p>
                    "Newer calls came in. "
                    <a href=href.clone() rel="external">
                        "Show them"
                    </a>
                </p>
            </Show>
        </div>
    }
    .into_any()
}

/// Why there is no call to be seen, and where to go from here.
fn empty(page: &RequestLogPage) -> AnyView {
    let (words, href, button) = match page.balancers.first() {
        _ if page.query.filters() => {
            ("No call matches these filters.", "/requests".to_owned(), "Show all calls")
        }
        _ if page.newest.is_some() => ("There are no older calls.", "/requests".to_owned(), "Show all calls"),
        Some((id, _)) => (
            "No calls yet. Each balancer's page has a sample call to copy; it shows up here once it is answered.",
            format!("/balancers/{id}#sample"),
            "See a sample call",
        ),
        None => (
            "No calls yet. Create a balancer first: its page then has a sample call to copy.",
            "/balancers/new/name".to_owned(),
            "Create a balancer",
        ),
    };
    view! {
        <EmptyState words>
            <ButtonLink href>{button}</ButtonLink>
        </EmptyState>
    }
    .into_any()
}
