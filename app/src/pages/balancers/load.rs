//! Data of the board: a page of balancers with their traffic, and the user's drafts.

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

/// Maximum routes shown per balancer in addition to the default; its own page shows all.
const MAX_ROUTES: usize = 8;

/// Balancers per page, bounded to keep rendering fast.
const ROWS: usize = 25;

/// The board of balancers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Board {
    /// The current page of balancers.
    pub(crate) page: BoardPage,
    /// The drafts of this user, newest first.
    pub(crate) drafts: Vec<DraftLine>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A page of the board.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BoardPage {
    /// Ordered by name.
    pub(crate) balancers: Vec<BoardRow>,
    /// Search text for names and serving names; empty for all.
    pub(crate) q: String,
    /// Position of the first row among all results, from 1.
    pub(crate) first: usize,
    /// Number of results.
    pub(crate) all: usize,
    /// Whether there are more balancers than fit on a page, regardless of the search.
    pub(crate) many: bool,
    /// URL of the previous page.
    pub(crate) before: Option<String>,
    /// URL of the next page.
    pub(crate) after: Option<String>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A balancer on the board.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BoardRow {
    /// Id of the object.
    pub(crate) id: String,
    /// Name of the object.
    pub(crate) name: String,
    /// The model id that clients send.
    pub(crate) serving_name: String,
    /// The kind of calls served.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether the balancer serves calls.
    pub(crate) enabled: bool,
    /// How the balancer picks a route.
    pub(crate) routing_mode: RoutingMode,
    /// How `ordered` uses its routes.
    pub(crate) ordered_strategy: OrderedStrategy,
    /// The router model, if there is one.
    pub(crate) router: Option<DestinationState>,
    /// The routes in order; if there are many, the first ones and the default.
    pub(crate) routes: Vec<RouteRow>,
    /// Number of routes left out.
    pub(crate) more: usize,
}

/// A route.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteRow {
    /// Name of the route.
    pub(crate) name: String,
    /// Whether this is the fallback.
    pub(crate) is_default: bool,
    /// Whether the route may be chosen.
    pub(crate) enabled: bool,
    /// Current share of the calls, 0.0–1.0; `None` if intents decide for each call.
    pub(crate) share: Option<f64>,
    /// Calls in the last five minutes.
    pub(crate) calls: u64,
    /// Calls among them that were meant for another route or could not be classified.
    pub(crate) fallen_back: u64,
    /// Target of the route's calls.
    pub(crate) destination: DestinationState,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftLine {
    /// Id of the object.
    pub(crate) id: String,
    /// The kind of object that it describes.
    pub(crate) kind: ObjectKind,
    /// The entered name; may be empty.
    pub(crate) name: String,
    /// Whether it edits a stored object.
    pub(crate) editing: bool,
    /// URL to resume it.
    pub(crate) page: String,
    /// Time of the last save.
    pub(crate) updated_at: Timestamp,
}

pub(crate) async fn board(params: PageParams) -> Result<Board, ActionError> {
    let note = &params.text("note");
    let q = &params.text("q");
    let number = &params.text("page");
    let (who, control, gateway) = (context::actor()?, context::control()?, context::gateway()?);
    let page = board_page(&control.configuration(), gateway.as_ref(), q.trim(), number)?;
    let drafts = control.drafts(&who).await?.into_iter().map(draft_line).collect();
    let note = context::flash()?.peek(&who.name, note).await;
    Ok(Board { page, drafts, note, now: context::now() })
}

fn board_page(
    configuration: &Configuration,
    gateway: &dyn DataPlane,
    q: &str,
    page: &str,
) -> Result<BoardPage, ServerError> {
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
    Ok(BoardPage {
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
    let query: Vec<_> = parts.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if query.is_empty() { "/".to_owned() } else { redirect::with_query("/", &query) }
}

fn row(
    stored: &StoredBalancer,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
    counted: &[RouteCalls],
) -> BoardRow {
    let spec = &stored.spec;
    // Counts are ordered by balancer, so the lookup stays cheap with many balancers and routes.
    let first = counted.partition_point(|it| it.balancer.as_str() < stored.id.as_str());
    let mine = || counted[first..].iter().take_while(|it| it.balancer == stored.id.as_str());
    let of = |route: &Route| mine().find(|it| it.route == route.name);
    let route_row = |route: &Route| RouteRow {
        calls: of(route).map_or(0, |it| it.calls),
        fallen_back: of(route).map_or(0, |it| it.fallen_back),
        name: route.name.clone(),
        is_default: route.is_default,
        enabled: route.enabled,
        share: None,
        destination: destination_state(&route.destination, configuration, gateway),
    };
    let mut rows: Vec<_> =
        spec.routes.iter().map(|route| (route.priority, route.weight, route_row(route))).collect();
    if spec.routing_mode == RoutingMode::Ordered {
        rows.sort_by_key(|(priority, ..)| *priority);
        set_shares(&mut rows, spec.ordered_strategy);
    }
    let all = rows.into_iter().map(|(.., row)| row).enumerate();
    let shown: Vec<_> =
        all.filter(|(at, row)| *at < MAX_ROUTES || row.is_default).map(|(_, row)| row).collect();
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
        routes: shown,
    }
}

/// The shares of ordered routes: everything to the first available one, or by weight among the available ones.
fn set_shares(rows: &mut [(u64, u64, RouteRow)], strategy: OrderedStrategy) {
    let part = |weight: u64, row: &RouteRow| match strategy {
        _ if !row.enabled || !row.destination.is_up() => 0,
        OrderedStrategy::Failover => 1,
        OrderedStrategy::Weighted => weight,
    };
    let parts: Vec<u64> = rows.iter().map(|(_, weight, row)| part(*weight, row)).collect();
    let whole: u64 = parts.iter().sum();
    let first = parts.iter().position(|part| *part > 0);
    for (at, (_, _, row)) in rows.iter_mut().enumerate() {
        row.share = Some(match strategy {
            _ if whole == 0 => 0.0,
            OrderedStrategy::Failover => f64::from(u8::from(first == Some(at))),
            // Weights are at most a million each, far below the precision of a float.
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

    fn row_of(up: bool) -> RouteRow {
        let member = MemberTraffic {
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
        let destination = DestinationState { kind, id, name, members: vec![member] };
        RouteRow {
            name: String::new(),
            is_default: false,
            enabled: true,
            share: None,
            calls: 0,
            fallen_back: 0,
            destination,
        }
    }

    fn shares(mut rows: Vec<(u64, u64, RouteRow)>, strategy: OrderedStrategy) -> Vec<Option<f64>> {
        set_shares(&mut rows, strategy);
        rows.into_iter().map(|(.., row)| row.share).collect()
    }

    #[test]
    fn failover_gives_everything_to_the_first_that_can_answer() {
        let rows = vec![(1, 9, row_of(false)), (2, 1, row_of(true)), (3, 1, row_of(true))];
        assert_eq!(shares(rows, OrderedStrategy::Failover), [Some(0.0), Some(1.0), Some(0.0)]);
    }

    #[test]
    fn weights_count_among_those_that_can_answer() {
        let rows = vec![(1, 3, row_of(true)), (2, 1, row_of(true)), (3, 9, row_of(false))];
        assert_eq!(shares(rows, OrderedStrategy::Weighted), [Some(0.75), Some(0.25), Some(0.0)]);
        let none = vec![(1, 3, row_of(false))];
        assert_eq!(shares(none, OrderedStrategy::Weighted), [Some(0.0)]);
    }
}
