//! The request log: calls, newest first, and filters that stand in the address.

pub mod detail;

mod filters;
pub(crate) mod load;
pub(crate) mod table;

use leptos::prelude::*;

use super::{
    parts::changes::pager,
    parts::{links::button_link, loaded::loaded},
};
use crate::web::page_params::PageParams;
use crate::{
    pages::requests::load::RequestLogPage,
    ui::{ButtonKind, EmptyState, PageHead},
};

/// The request log.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::list(params.clone());
    view! {
        <PageHead title="Requests" lead="Each call with its decision. Prompts and answers are not kept." />
        {loaded(data, move |page| draw(page, &params.text("seen")))}
    }
}

fn draw(page: RequestLogPage, seen: &str) -> AnyView {
    let filters = filters::view(&page);
    let news = news(&page, seen);
    let calls = if page.calls.is_empty() {
        // A filter that cannot be read says so at its field.
        page.errors.is_empty().then(|| empty(&page))
    } else {
        Some(table::view(&page.calls, Some(&page.balancers), &page.instances, page.now))
    };
    let pager = pager("Pages of the log", page.newest.clone(), page.older.clone());
    view! {
        {filters}
        {news}
        {calls}
        {pager}
    }
    .into_any()
}

/// Says that calls came in since a page was read whose newest call was `seen`. It moves nothing that somebody may be
/// reading: the live part asks for this line and not for the calls.
fn news(page: &RequestLogPage, seen: &str) -> AnyView {
    let newest = page.calls.first().map(|it| it.id.clone()).unwrap_or_default();
    let href = page.newest.clone().unwrap_or_else(|| page.address.clone());
    let line = (!(seen.is_empty() || seen == newest || seen == "none" && newest.is_empty())).then(|| {
        view! {
            <p>
                "Newer calls came in. "
                <a href=href>"Show them"</a>
            </p>
        }
    });
    // Older pages do not change by what comes in.
    let live = (page.query.cursor.is_empty() && page.errors.is_empty()).then(|| {
        match page.query.balancer.as_str() {
            balancer if balancer.starts_with("sb_") => format!("calls:{balancer}"),
            _ => "calls".to_owned(),
        }
    });
    // Reading the line again must not make the calls that it tells of count as seen.
    let shown = match (seen, newest.as_str()) {
        ("", "") => "none",
        ("", newest) => newest,
        (seen, _) => seen,
    };
    let from = format!("{}{}seen={shown}", page.address, if page.address.contains('?') { '&' } else { '?' });
    view! {
        <div class="news" role="status" id="news" data-live=live data-from=from>
            {line}
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
        <EmptyState words>{button_link(&href, ButtonKind::Plain, button)}</EmptyState>
    }
    .into_any()
}
