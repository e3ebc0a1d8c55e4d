//! One balancer on the board: a lane for each route.

use leptos::prelude::*;

use crate::{
    api::{
        addresses,
        board::{BoardRow, Lane, Place},
    },
    domain::{
        balancer::{OrderedStrategy, RoutingMode},
        health::HealthState,
        instance::WorkloadKind,
        timestamp::Timestamp,
    },
    pages::seats::{self, words},
    ui::{ShareBar, Status, Tone},
};

/// One balancer.
pub(super) fn row(balancer: BoardRow, now: Timestamp) -> AnyView {
    let (tone, label, more) = state(&balancer);
    let BoardRow {
        id, name, serving_name, workload_kind, routing_mode, ordered_strategy, router, lanes, ..
    } = balancer;
    let router = router.map(|place| {
        let up = place.is_up();
        view! {
            <p class="row">
                <span class="quiet">"Router model"</span>
                <PlaceLink place />
                {(!up)
                    .then(|| {
                        view! {
                            <Status
                                tone=Tone::Warn
                                label="Cannot answer"
                                more="Every call goes to the default route"
                            />
                        }
                    })}
            </p>
        }
    });
    let lanes = lanes.into_iter().map(|it| lane(it, routing_mode, now)).collect_view();
    view! {
        <article class="panel" aria-labelledby=id.clone()>
            <header class="panel-head">
                <h2 id=id.clone()>
                    <a href=format!("/balancers/{id}")>{name}</a>
                </h2>
                <code>{serving_name}</code>
                <span class="badge">{mode_label(routing_mode, ordered_strategy)}</span>
                {(workload_kind == WorkloadKind::Embeddings)
                    .then(|| view! { <span class="badge">"Embeddings"</span> })}
                <Status tone label more />
            </header>
            {router}
            <ul class="lanes">{lanes}</ul>
        </article>
    }
    .into_any()
}

fn lane(lane: Lane, mode: RoutingMode, now: Timestamp) -> AnyView {
    let (up, is_default) = (lane.place.is_up(), lane.is_default);
    let share = match lane.share {
        None if is_default => view! { <span class="quiet">"when no intent fits"</span> }.into_any(),
        None => view! { <span class="quiet">"by intent"</span> }.into_any(),
        Some(0.0) => view! { <span class="quiet">"standby"</span> }.into_any(),
        Some(share) => view! { <ShareBar share /> }.into_any(),
    };
    let fallback = match mode {
        _ if !lane.enabled => Some((Tone::Off, "Disabled")),
        _ if up => None,
        _ if is_default => Some((Tone::Bad, "Cannot answer")),
        RoutingMode::IntentClassifier => Some((Tone::Warn, "Falls back to the default route")),
        RoutingMode::Ordered => Some((Tone::Warn, "Falls back to the next route")),
    };
    let (said, seats) = (words(&lane.place.seats), lane.place.seats.clone());
    let many = seats.len() > 1;
    view! {
        <li class="lane">
            <div class="lane-head">
                <strong>{lane.route}</strong>
                {is_default.then(|| view! { <span class="badge">"Default"</span> })}
                {share}
                {fallback.map(|(tone, label)| view! { <Status tone label /> })}
            </div>
            <div class="lane-to">
                {many.then(|| view! { <PlaceLink place=lane.place /> })}
                {seats::seats(seats, now)}
                {many.then(|| view! { <p class="shares-said">"Traffic now: "{said}</p> })}
            </div>
        </li>
    }
    .into_any()
}

#[component]
fn PlaceLink(place: Place) -> impl IntoView {
    let href = addresses::object(place.kind, &place.id);
    view! { <a href=href>{place.name}</a> }
}

/// How a balancer is, in a few words.
fn state(balancer: &BoardRow) -> (Tone, String, &'static str) {
    if !balancer.enabled {
        return (Tone::Off, "Disabled".to_owned(), "Clients get 404");
    }
    let active: Vec<&Lane> = balancer.lanes.iter().filter(|lane| lane.enabled).collect();
    let down = active.iter().filter(|lane| !lane.place.is_up()).count();
    if active.iter().any(|lane| lane.is_default && !lane.place.is_up()) {
        return (Tone::Bad, "The default route cannot answer".to_owned(), "");
    }
    if down > 0 {
        return (Tone::Warn, format!("{down} of {} routes cannot answer", active.len()), "");
    }
    let called = active
        .iter()
        .flat_map(|lane| &lane.place.seats)
        .any(|seat| seat.health.state == HealthState::Healthy);
    if called {
        (Tone::Good, "All routes can answer".to_owned(), "")
    } else {
        (Tone::Plain, "Not called yet".to_owned(), "No fault is known")
    }
}

fn mode_label(mode: RoutingMode, strategy: OrderedStrategy) -> &'static str {
    match (mode, strategy) {
        (RoutingMode::IntentClassifier, _) => "Intent classifier",
        (RoutingMode::Ordered, OrderedStrategy::Failover) => "Ordered, failover",
        (RoutingMode::Ordered, OrderedStrategy::Weighted) => "Ordered, weighted",
    }
}
