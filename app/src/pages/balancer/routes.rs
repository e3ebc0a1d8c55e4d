//! Routes: brief for the overview, and in full with the router prompt on the tab "Routes".

use leptos::prelude::*;

use crate::{
    domain::{
        config::balancer::{OrderedStrategy, Route, RoutingMode, Stickiness},
        timestamp::Timestamp,
    },
    fragments::router_prompt,
    pages::{
        balancer::load::BalancerDetail,
        parts::{
            destination::DestinationState,
            member_table::{member_table, shares_text},
        },
    },
    ui::{Disclosure, Status, Tone},
    web::addresses,
};

/// A route with its destination, health and shares, as a list entry.
pub(super) fn route_summary(detail: &BalancerDetail, place: usize) -> Option<AnyView> {
    let route = detail.stored.spec.routes.get(place)?;
    let now = detail.now;
    let to = detail.health.destinations.get(place).map(|to| destination(to, now));
    let intent = route.intent.clone();
    Some(
        view! {
            <li class="lane">
                <div class="lane-head">{head(route)}<p class="quiet">{intent}</p></div>
                <div class="lane-to">{to}</div>
            </li>
        }
        .into_any(),
    )
}

fn head(route: &Route) -> AnyView {
    view! {
        <strong>{route.name.clone()}</strong>
        {route.is_default.then(|| view! { <span class="badge">"Default"</span> })}
        {(!route.enabled).then(|| view! { <Status tone=Tone::Off label="Disabled" /> })}
    }
    .into_any()
}

fn destination(to: &DestinationState, now: Timestamp) -> AnyView {
    let many = to.members.len() != 1;
    let (href, name) = (addresses::object(to.kind, &to.id), to.name.clone());
    let shares = shares_text(&to.members);
    let up = to.is_up();
    view! {
        {many.then(|| view! { <a href=href>{name}</a> })}
        {member_table(to.members.clone(), now)}
        {many.then(|| view! { <p class="shares-said">"Traffic now: "{shares}</p> })}
        {(!up).then(|| view! { <Status tone=Tone::Bad label="Cannot answer now" /> })}
    }
    .into_any()
}

/// The tab.
pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let spec = &detail.stored.spec;
    let how = match (spec.routing_mode, spec.ordered_strategy) {
        (RoutingMode::IntentClassifier, _) => {
            "A router model reads each prompt and picks the route by its intent."
        }
        (RoutingMode::Ordered, OrderedStrategy::Failover) => {
            "Routes are tried in the order of their priority."
        }
        (RoutingMode::Ordered, OrderedStrategy::Weighted) => "Routes share the calls by their weight.",
    };
    let routes = spec
        .routes
        .iter()
        .zip(&detail.health.destinations)
        .map(|(route, to)| whole(route, to, detail))
        .collect_view();
    view! {
        <p class="lead">{how}</p>
        <div class="route-list">{routes}</div>
        {detail.health.router.as_ref().map(|router| classifier(router, detail))}
    }
    .into_any()
}

fn whole(route: &Route, to: &DestinationState, detail: &BalancerDetail) -> AnyView {
    let number = match (detail.stored.spec.routing_mode, detail.stored.spec.ordered_strategy) {
        (RoutingMode::IntentClassifier, _) => None,
        (_, OrderedStrategy::Failover) => Some(("Priority", route.priority.to_string())),
        (_, OrderedStrategy::Weighted) => Some(("Weight", route.weight.to_string())),
    };
    let examples = route.examples.clone().into_iter().map(|it| view! { <li>{it}</li> }).collect_view();
    let (id, intent) = (format!("route-{}", route.name), route.intent.clone());
    let labelled = id.clone();
    view! {
        <article class="panel" aria-labelledby=labelled>
            <h2 id=id class="row">
                {head(route)}
            </h2>
            <p>{intent}</p>
            {number.map(|(label, value)| view! { <p class="row"><span class="quiet">{label}</span>{value}</p> })}
            {(!route.examples.is_empty()).then(|| view! { <ul class="examples">{examples}</ul> })}
            {destination(to, detail.now)}
        </article>
    }
    .into_any()
}

fn classifier(router: &DestinationState, detail: &BalancerDetail) -> AnyView {
    let settings = detail.stored.spec.classifier;
    let holds = match settings.stickiness {
        Stickiness::PerRequest => "for one call",
        Stickiness::PerUserTurn => "for one user turn",
        Stickiness::PerConversation => "for the conversation",
    };
    let minimum = match settings.min_confidence {
        none if none.is_zero() => "None".to_owned(),
        minimum => minimum.share().to_string(),
    };
    let router = destination(router, detail.now);
    let messages = router_prompt::view(&detail.router_prompt);
    view! {
        <section class="panel" aria-labelledby="router-title">
            <h2 id="router-title">"Router model"</h2>
            {router}
            <dl class="facts">
                <dt>"Stickiness"</dt>
                <dd>{holds}</dd>
                <dt>"Budget"</dt>
                <dd>{format!("{} ms", settings.budget_ms)}</dd>
                <dt>"Cache"</dt>
                <dd>{format!("{} s", settings.cache_ttl_s)}</dd>
                <dt>"Context turns"</dt>
                <dd>{settings.context_turns.to_string()}</dd>
                <dt>"Maximum text"</dt>
                <dd>{format!("{} characters", settings.max_chars)}</dd>
                <dt>"Minimum confidence"</dt>
                <dd>{minimum}</dd>
            </dl>
            <Disclosure summary="The exact router prompt">
                <p>"With a sample prompt at the end."</p>
                {messages}
            </Disclosure>
        </section>
    }
    .into_any()
}
