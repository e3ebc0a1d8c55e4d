//! One balancer on the board: a lane for each route.

use leptos::prelude::*;

use crate::{
    domain::{
        config::{
            balancer::{OrderedStrategy, RoutingMode},
            instance::WorkloadKind,
        },
        routing::health::HealthState,
        timestamp::Timestamp,
    },
    pages::{
        balancers::load::{BoardRow, Lane},
        parts::{
            destination::DestinationState,
            member_table::{member_table, words},
        },
    },
    ui::{ShareBar, Status, Tone},
    web::addresses,
};

/// One balancer.
pub(super) fn row(balancer: &BoardRow, now: Timestamp) -> AnyView {
    let (href, labelled, id) =
        (format!("/balancers/{}", balancer.id), balancer.id.clone(), balancer.id.clone());
    let name = balancer.name.clone();
    let more = (balancer.more > 0).then(|| {
        let (href, words) =
            (format!("/balancers/{}", balancer.id), format!("and {} more routes", balancer.more));
        view! { <a href=href>{words}</a> }
    });
    let lanes = balancer.lanes.iter().map(|it| lane(it, balancer, now)).collect_view();
    view! {
        <article class="panel" aria-labelledby=labelled>
            <header class="panel-head">
                <h2 id=id>
                    <a href=href>{name}</a>
                </h2>
                {Head::of(balancer).view()}
            </header>
            {balancer.router.clone().map(router_line)}
            <ul class="lanes">{lanes}</ul>
            {more}
        </article>
    }
    .into_any()
}

/// What stands beside a balancer's name.
struct Head {
    serving_name: String,
    mode: &'static str,
    embeds: bool,
    state: (Tone, String, &'static str),
}

impl Head {
    fn of(balancer: &BoardRow) -> Self {
        Self {
            serving_name: balancer.serving_name.clone(),
            mode: mode_label(balancer.routing_mode, balancer.ordered_strategy),
            embeds: balancer.workload_kind == WorkloadKind::Embeddings,
            state: state(balancer),
        }
    }

    fn view(self) -> AnyView {
        let (tone, label, more) = self.state;
        view! {
            <code>{self.serving_name}</code>
            <span class="badge">{self.mode}</span>
            {self.embeds.then(|| view! { <span class="badge">"Embeddings"</span> })}
            <Status tone label more />
        }
        .into_any()
    }
}

fn router_line(place: DestinationState) -> AnyView {
    let up = place.is_up();
    view! {
        <p class="row">
            <span class="quiet">"Router model"</span>
            <PlaceLink place />
            {(!up)
                .then(|| {
                    view! {
                        <Status tone=Tone::Warn label="Cannot answer" more="Every call goes to the default route" />
                    }
                })}
        </p>
    }
    .into_any()
}

fn lane(lane: &Lane, balancer: &BoardRow, now: Timestamp) -> AnyView {
    view! {
        <li class="lane">
            <div class="lane-head">
                <strong>{lane.route.clone()}</strong>
                {Share::of(lane, balancer).view()}
            </div>
            <div class="lane-to">{destination(lane.place.clone(), now)}</div>
        </li>
    }
    .into_any()
}

/// A route's part of the calls.
struct Share {
    is_default: bool,
    now: Option<f64>,
    recent: f64,
    calls: u64,
    fallen_back: u64,
    fallback: Option<(Tone, &'static str)>,
}

impl Share {
    fn of(lane: &Lane, balancer: &BoardRow) -> Self {
        let all: u64 = balancer.lanes.iter().map(|it| it.calls).sum();
        Self {
            is_default: lane.is_default,
            now: lane.share,
            recent: if all == 0 { 0.0 } else { lane.calls as f64 / all as f64 },
            calls: lane.calls,
            fallen_back: lane.fallen_back,
            fallback: match balancer.routing_mode {
                _ if !lane.enabled => Some((Tone::Off, "Disabled")),
                _ if lane.place.is_up() => None,
                _ if lane.is_default => Some((Tone::Bad, "Cannot answer")),
                RoutingMode::IntentClassifier => Some((Tone::Warn, "Falls back to the default route")),
                RoutingMode::Ordered => Some((Tone::Warn, "Falls back to the next route")),
            },
        }
    }

    fn view(self) -> AnyView {
        let share = match self.now {
            // Where intents decide, the last minutes tell.
            None if self.recent > 0.0 => view! { <ShareBar share=self.recent /> }.into_any(),
            None if self.is_default => view! { <span class="quiet">"when no intent fits"</span> }.into_any(),
            None => view! { <span class="quiet">"by intent"</span> }.into_any(),
            Some(0.0) => view! { <span class="quiet">"standby"</span> }.into_any(),
            Some(share) => view! { <ShareBar share /> }.into_any(),
        };
        let calls = match self.calls {
            0 => None,
            1 => Some("1 call in 5 min".to_owned()),
            calls => Some(format!("{calls} calls in 5 min")),
        };
        let fallen_back = (self.fallen_back > 0).then(|| format!("{} fell back here", self.fallen_back));
        view! {
            {self.is_default.then(|| view! { <span class="badge">"Default"</span> })}
            {share}
            {calls.map(|it| view! { <span class="quiet figure">{it}</span> })}
            {fallen_back.map(|label| view! { <Status tone=Tone::Warn label /> })}
            {self.fallback.map(|(tone, label)| view! { <Status tone label /> })}
        }
        .into_any()
    }
}

fn destination(place: DestinationState, now: Timestamp) -> AnyView {
    let (said, seats) = (words(&place.seats), place.seats.clone());
    let many = seats.len() > 1;
    view! {
        {many.then(|| view! { <PlaceLink place /> })}
        {member_table(seats, now)}
        {many.then(|| view! { <p class="shares-said">"Traffic now: "{said}</p> })}
    }
    .into_any()
}

#[component]
fn PlaceLink(place: DestinationState) -> impl IntoView {
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
        (Tone::Plain, "Not called yet".to_owned(), "No error is known")
    }
}

fn mode_label(mode: RoutingMode, strategy: OrderedStrategy) -> &'static str {
    match (mode, strategy) {
        (RoutingMode::IntentClassifier, _) => "Intent classifier",
        (RoutingMode::Ordered, OrderedStrategy::Failover) => "Ordered, failover",
        (RoutingMode::Ordered, OrderedStrategy::Weighted) => "Ordered, weighted",
    }
}
