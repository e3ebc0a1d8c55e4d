//! Data of the board: the balancers of one page, their traffic, and the drafts that wait.

use serde_json::Value;

use crate::{
    domain::{
        config::{
            balancer::{OrderedStrategy, Route, RoutingMode},
            configuration::{Configuration, StoredBalancer},
            instance::WorkloadKind,
        },
        console::{
            draft::{Draft, Step},
            feed::RouteCalls,
        },
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    pages::parts::destination::{DestinationState, destination_state},
    ports::DataPlane,
    web::{
        action_error::ActionError, addresses, context, flash::notice::FlashNotice, page_params::PageParams,
        redirect, server_error::ServerError,
    },
};

/// The routes of a balancer that the board shows, beside the default: its own page has all.
const LANES: usize = 8;

/// The balancers of a page: more than are looked through at a glance, few enough to be drawn in no time.
const ROWS: usize = 25;

/// The board.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Board {
    /// Some of the balancers as they are now.
    pub(crate) lanes: Lanes,
    /// The kept forms of the one who looks, newest first.
    pub(crate) drafts: Vec<DraftLine>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// The balancers of one page of the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lanes {
    /// In the order of all names.
    pub(crate) balancers: Vec<BoardRow>,
    /// What was looked for in names and serving names; empty for everything.
    pub(crate) q: String,
    /// The place of the first of them among all that were found, from 1.
    pub(crate) first: usize,
    /// How many were found.
    pub(crate) all: usize,
    /// Whether there are more than one page shows, found or not.
    pub(crate) many: bool,
    /// The address of the page before.
    pub(crate) before: Option<String>,
    /// The address of the page after.
    pub(crate) after: Option<String>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// One balancer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BoardRow {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The model id that clients send.
    pub(crate) serving_name: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it answers.
    pub(crate) enabled: bool,
    /// How it chooses.
    pub(crate) routing_mode: RoutingMode,
    /// What `ordered` does.
    pub(crate) ordered_strategy: OrderedStrategy,
    /// The router model, where it has one.
    pub(crate) router: Option<DestinationState>,
    /// Its routes in order; of many, the first and the default.
    pub(crate) lanes: Vec<Lane>,
    /// How many routes are left out.
    pub(crate) more: usize,
}

/// One route.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    /// The route's name.
    pub(crate) route: String,
    /// Whether it answers when nothing else does.
    pub(crate) is_default: bool,
    /// Whether it may be chosen.
    pub(crate) enabled: bool,
    /// Its part of the calls now, 0.0–1.0; absent where intents decide call by call.
    pub(crate) share: Option<f64>,
    /// Its calls of the last five minutes.
    pub(crate) calls: u64,
    /// Those of them that were meant for another route, or could not be classified.
    pub(crate) fallen_back: u64,
    /// Where its calls go.
    pub(crate) place: DestinationState,
}

/// A kept form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftLine {
    /// Its id.
    pub(crate) id: String,
    /// What it will become.
    pub(crate) kind: ObjectKind,
    /// The name that was typed; may be empty.
    pub(crate) name: String,
    /// Whether it changes something that is saved.
    pub(crate) editing: bool,
    /// Where it goes on.
    pub(crate) page: String,
    /// When it was last touched.
    pub(crate) updated_at: Timestamp,
}

pub(crate) async fn board(params: PageParams) -> Result<Board, ActionError> {
    let note = &params.text("note");
    let q = &params.text("q");
    let page = &params.text("page");
    let (who, control, gateway) = (context::actor()?, context::control()?, context::gateway()?);
    let lanes = lanes(&control.configuration(), gateway.as_ref(), q.trim(), page)?;
    let drafts = control.drafts(&who).await?.into_iter().map(draft_line).collect();
    let note = context::flash()?.peek(&who.name, note).await;
    Ok(Board { lanes, drafts, note, now: context::now() })
}

fn lanes(
    configuration: &Configuration,
    gateway: &dyn DataPlane,
    q: &str,
    page: &str,
) -> Result<Lanes, ServerError> {
    let counted = context::recent()?.calls();
    let sought = q.to_lowercase();
    let found = |it: &&StoredBalancer| {
        [&it.spec.name, &it.spec.serving_name, &it.spec.display_name]
            .iter()
            .any(|name| name.to_lowercase().contains(&sought))
    };
    let mut all: Vec<_> = configuration.balancers.iter().filter(found).collect();
    all.sort_by_cached_key(|it| it.spec.name.to_lowercase());
    let last = all.len().div_ceil(ROWS).max(1);
    let page = page.parse().unwrap_or(1_usize).clamp(1, last);
    let shown = all.chunks(ROWS).nth(page - 1).unwrap_or_default();
    Ok(Lanes {
        balancers: shown.iter().map(|it| row(it, configuration, gateway, &counted)).collect(),
        q: q.to_owned(),
        many: configuration.balancers.len() > ROWS,
        first: (page - 1) * ROWS + 1,
        all: all.len(),
        before: (page > 1).then(|| page_address(q, page - 1)),
        after: (page < last).then(|| page_address(q, page + 1)),
        now: context::now(),
    })
}

fn page_address(q: &str, page: usize) -> String {
    let page = page.to_string();
    let parts = [("q", q), ("page", if page == "1" { "" } else { &page })];
    let said: Vec<_> = parts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if said.is_empty() { "/".to_owned() } else { redirect::with_query("/", &said) }
}

fn row(
    stored: &StoredBalancer,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
    counted: &[RouteCalls],
) -> BoardRow {
    let spec = &stored.spec;
    // They come in the order of balancers, so that many balancers with many routes are no work.
    let first = counted.partition_point(|it| it.balancer.as_str() < stored.id.as_str());
    let mine = || counted[first..].iter().take_while(|it| it.balancer == stored.id.as_str());
    let of = |route: &Route| mine().find(|it| it.route == route.name);
    let lane = |route: &Route| Lane {
        calls: of(route).map_or(0, |it| it.calls),
        fallen_back: of(route).map_or(0, |it| it.fallen_back),
        route: route.name.clone(),
        is_default: route.is_default,
        enabled: route.enabled,
        share: None,
        place: destination_state(&route.destination, configuration, gateway),
    };
    let mut lanes: Vec<_> =
        spec.routes.iter().map(|route| (route.priority, route.weight, lane(route))).collect();
    if spec.routing_mode == RoutingMode::Ordered {
        lanes.sort_by_key(|(priority, ..)| *priority);
        divide(&mut lanes, spec.ordered_strategy);
    }
    let all = lanes.into_iter().map(|(.., lane)| lane).enumerate();
    let shown: Vec<_> =
        all.filter(|(at, lane)| *at < LANES || lane.is_default).map(|(_, lane)| lane).collect();
    BoardRow {
        id: stored.id.to_string(),
        name: spec.name.clone(),
        serving_name: spec.serving_name.clone(),
        workload_kind: spec.workload_kind,
        enabled: spec.enabled,
        routing_mode: spec.routing_mode,
        ordered_strategy: spec.ordered_strategy,
        router: spec.router_model.as_ref().map(|it| destination_state(it, configuration, gateway)),
        more: spec.routes.len().saturating_sub(shown.len()),
        lanes: shown,
    }
}

/// The shares of ordered routes: all to the first that can answer, or by weight among those that can.
fn divide(lanes: &mut [(u64, u64, Lane)], strategy: OrderedStrategy) {
    let part = |weight: u64, lane: &Lane| match strategy {
        _ if !lane.enabled || !lane.place.is_up() => 0,
        OrderedStrategy::Failover => 1,
        OrderedStrategy::Weighted => weight,
    };
    let parts: Vec<u64> = lanes.iter().map(|(_, weight, lane)| part(*weight, lane)).collect();
    let whole: u64 = parts.iter().sum();
    let first = parts.iter().position(|part| *part > 0);
    for (at, (_, _, lane)) in lanes.iter_mut().enumerate() {
        lane.share = Some(match strategy {
            _ if whole == 0 => 0.0,
            OrderedStrategy::Failover => f64::from(u8::from(first == Some(at))),
            // Weights are at most a million each, far below where a float loses whole numbers.
            OrderedStrategy::Weighted => parts[at] as f64 / whole as f64,
        });
    }
}

fn draft_line(draft: Draft) -> DraftLine {
    let name = draft.body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let editing = draft.editing.as_ref().map(|it| it.id.as_str()).unwrap_or_default();
    let mut page = addresses::form(draft.kind, editing);
    if draft.kind == ObjectKind::SmartBalancer {
        page = format!("{page}/{}", Step::Name.as_str());
    }
    DraftLine {
        page: redirect::with_query(&page, &[("draft", &draft.id)]),
        id: draft.id,
        kind: draft.kind,
        name,
        editing: draft.editing.is_some(),
        updated_at: draft.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::routing::health::HealthView, pages::parts::member_traffic::MemberTraffic};

    fn lane(up: bool) -> Lane {
        let seat = MemberTraffic {
            id: "inst_a".to_owned(),
            name: "A".to_owned(),
            share: 1.0,
            weight: 1,
            priority: 1,
            enabled: up,
            demo: false,
            health: HealthView::default(),
        };
        let (kind, id, name) = (ObjectKind::Instance, "inst_a".to_owned(), "A".to_owned());
        let place = DestinationState { kind, id, name, seats: vec![seat] };
        Lane {
            route: String::new(),
            is_default: false,
            enabled: true,
            share: None,
            calls: 0,
            fallen_back: 0,
            place,
        }
    }

    fn shares(mut lanes: Vec<(u64, u64, Lane)>, strategy: OrderedStrategy) -> Vec<Option<f64>> {
        divide(&mut lanes, strategy);
        lanes.into_iter().map(|(.., lane)| lane.share).collect()
    }

    #[test]
    fn failover_gives_everything_to_the_first_that_can_answer() {
        let lanes = vec![(1, 9, lane(false)), (2, 1, lane(true)), (3, 1, lane(true))];
        assert_eq!(shares(lanes, OrderedStrategy::Failover), [Some(0.0), Some(1.0), Some(0.0)]);
    }

    #[test]
    fn weights_count_among_those_that_can_answer() {
        let lanes = vec![(1, 3, lane(true)), (2, 1, lane(true)), (3, 9, lane(false))];
        assert_eq!(shares(lanes, OrderedStrategy::Weighted), [Some(0.75), Some(0.25), Some(0.0)]);
        let none = vec![(1, 3, lane(false))];
        assert_eq!(shares(none, OrderedStrategy::Weighted), [Some(0.0)]);
    }
}
