//! The filters of the request log as a form with a GET request.

use leptos::prelude::*;
use leptos_router::components::Form;

use crate::{
    domain::routing::decision::Reason,
    pages::requests::load::RequestLogPage,
    ui::{Button, ButtonLink, Choice, Disclosure, Field, FieldErrors, Select},
};

/// Statuses with their own option; the URL accepts any.
const STATUSES: [(&str, &str); 9] = [
    ("2xx", "2xx: answered"),
    ("4xx", "4xx: refused"),
    ("5xx", "5xx: failed"),
    ("401", "401: no valid key"),
    ("404", "404: no such model"),
    ("429", "429: over a limit"),
    ("499", "499: the caller disconnected"),
    ("502", "502: every attempt failed"),
    ("504", "504: timed out"),
];

pub(super) fn view(page: &RequestLogPage) -> AnyView {
    let query = page.query.clone();
    let errors = FieldErrors::from(page.errors.clone());
    let any = |words: &str| vec![Choice::new("", words)];
    let mut balancers = any("Any balancer");
    balancers.extend(page.balancers.iter().map(|(id, name)| Choice::new(id, name)));
    let mut reasons = any("Any reason");
    reasons.extend(Reason::ALL.map(|it| Choice::new(it.as_str(), it.as_str())));
    let mut statuses = any("Any status");
    statuses.extend(STATUSES.map(|(value, label)| Choice::new(value, label)));
    let clear = query.filters().then(|| view! { <ButtonLink href="/requests">"Clear"</ButtonLink> });
    view! {
        <Form method="get" action="/requests">
            <div class="filters">
                <Select path="balancer" name="balancer" label="Balancer" choices=balancers value=query.balancer />
                <Field path="route" name="route" label="Route" value=query.route placeholder="Any route" />
                <Select path="reason" name="reason" label="Reason" choices=reasons value=query.reason errors=errors.clone() />
                <Select path="status" name="status" label="Status" choices=statuses value=query.status errors />
                <div class="actions">
                    <Button>"Filter"</Button>
                    {clear}
                </div>
            </div>
        </Form>
        <Disclosure summary="Explanation of the reasons">
            <dl class="facts">
                {Reason::ALL
                    .map(|it| view! { <dt><code>{it.as_str()}</code></dt><dd>{it.words()}</dd> })
                    .collect_view()}
            </dl>
        </Disclosure>
    }
    .into_any()
}
