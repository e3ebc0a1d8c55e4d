//! A balancer on the board, with a row for each route.

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
        balancers::load::{BoardRow, RouteRow},
        parts::{
            destination::DestinationState,
            member_table::{member_table, shares_text},
        },
    },
    ui::{ShareBar, Status, Tone},
    web::addresses,
};

/// A balancer with its routes.
pub(super) fn row(balancer: &BoardRow, now: Timestamp) -> AnyView {
    let (href, labelled, id) =
        (format!("/balancers/{}", balancer.id), balancer.id.clone(), balancer.id.clone());
    let name = balancer.name.clone();
    let more = (balancer.more > 0).then(|| {
        let (href, words) =
            (format!("/balancers/{}", balancer.id), format!("and {} more routes", balancer.more));
        view! { <a href=href>{words}</a> }
    });
    let routes = balancer.routes.iter().map(|it| route_row(it, balancer, now)).collect_view();
    view! {
        <article class="panel" aria-labelledby=labelled>
            <header class="panel-head">
                <h2 id=id>
                    <a href=href>{name}</a>
                </h2>
                {BalancerHead::of(balancer).view()}
            </header>
            {balancer.router.clone().map(router_line)}
            <ul class="lanes">{routes}</ul>
            {more}
        </article>
    }
    .into_any()
}

/// Text beside a balancer's name.
struct BalancerHead {
    serving_name: String,
    mode: &'static str,
    embeds: bool,
    state: (Tone, String, &'static str),
}

impl BalancerHead {
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

fn router_line(destination: DestinationState) -> AnyView {
    let up = destination.is_up();
    view! {
        <p class="row">
            <span class="quiet">"Router model"</span>
            <DestinationLink destination />
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

fn route_row(route: &RouteRow, balancer: &BoardRow, now: Timestamp) -> AnyView {
    view! {
        <li class="lane">
            <div class="lane-head">
                <strong>{route.name.clone()}</strong>
                {RouteShare::of(route, balancer).view()}
            </div>
            <div class="lane-to">{destination_view(route.destination.clone(), now)}</div>
        </li>
    }
    .into_any()
}

/// A route's share of the calls.
struct RouteShare {
    is_default: bool,
    now: Option<f64>,
    recent: f64,
    calls: u64,
    fallen_back: u64,
    fallback: Option<(Tone, &'static str)>,
}

impl RouteShare {
    fn of(route: &RouteRow, balancer: &BoardRow) -> Self {
        let all: u64 = balancer.routes.iter().map(|it| it.calls).sum();
        Self {
            is_default: route.is_default,
            now: route.share,
            recent: if all == 0 { 0.0 } else { route.calls as f64 / all as f64 },
            calls: route.calls,
            fallen_back: route.fallen_back,
            fallback: match balancer.routing_mode {
                _ if !route.enabled => Some((Tone::Off, "Disabled")),
                _ if route.destination.is_up() => None,
                _ if route.is_default => Some((Tone::Bad, "Cannot answer")),
                RoutingMode::IntentClassifier => Some((Tone::Warn, "Falls back to the default route")),
                RoutingMode::Ordered => Some((Tone::Warn, "Falls back to the next route")),
            },
        }
    }

    fn view(self) -> AnyView {
        let share = match self.now {
            // If intents decide, the share of recent calls is shown.
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

fn destination_view(destination: DestinationState, now: Timestamp) -> AnyView {
    let (shares, members) = (shares_text(&destination.members), destination.members.clone());
    let many = members.len() > 1;
    view! {
        {many.then(|| view! { <DestinationLink destination /> })}
        {member_table(members, now)}
        {many.then(|| view! { <p class="shares-said">"Traffic now: "{shares}</p> })}
    }
    .into_any()
}

#[component]
fn DestinationLink(destination: DestinationState) -> impl IntoView {
    let href = addresses::object(destination.kind, &destination.id);
    view! { <a href=href>{destination.name}</a> }
}

/// The state of a balancer in a few words.
fn state(balancer: &BoardRow) -> (Tone, String, &'static str) {
    if !balancer.enabled {
        return (Tone::Off, "Disabled".to_owned(), "Clients get 404");
    }
    let active: Vec<&RouteRow> = balancer.routes.iter().filter(|route| route.enabled).collect();
    let down = active.iter().filter(|route| !route.destination.is_up()).count();
    if active.iter().any(|route| route.is_default && !route.destination.is_up()) {
        return (Tone::Bad, "The default route cannot answer".to_owned(), "");
    }
    if down > 0 {
        return (Tone::Warn, format!("{down} of {} routes cannot answer", active.len()), "");
    }
    let called = active
        .iter()
        .flat_map(|route| &route.destination.members)
        .any(|member| member.health.state == HealthState::Healthy);
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
