//! Data of the page of one balancer.

use serde_json::Value;

use crate::{
    actions::smoke_test::Smoke,
    domain::{
        config::{
            balancer::RoutingMode,
            configuration::{Configuration, StoredBalancer},
        },
        console::{request_log::CallFacts, traffic::Traffic},
        field_error::FieldError,
        ids::ObjectKind,
        routing::decision::RouterMessage,
        timestamp::Timestamp,
    },
    pages::{
        parts::destination::{DestinationState, destination_state},
        requests::load::latest,
    },
    ports::{Actor, ControlPlane, DataPlane, Role},
    refusal::{Refusal, Reply},
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams, redirect,
    },
};

/// What the exact prompt is shown with, where there is no real one.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// What the detail page is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BalancerDetail {
    /// The balancer.
    pub(crate) stored: StoredBalancer,
    /// What it is over REST.
    pub(crate) json: String,
    /// What goes on while somebody looks.
    pub(crate) health: RouteHealth,
    /// The calls that it decided last, and the traffic of the last hour.
    pub(crate) calls: RecentCalls,
    /// Instances by id, for people to read.
    pub(crate) instances: Vec<(String, String)>,
    /// What is allowed but probably not meant.
    pub(crate) warnings: Vec<FieldError>,
    /// The exact messages that its router model gets.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// Where clients reach this server.
    pub(crate) site: String,
    /// Whether this user may change it.
    pub(crate) may_edit: bool,
    /// The smoke test that was just run.
    pub(crate) smoke: Option<Smoke>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// Where the routes of a balancer go, and how that is doing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteHealth {
    /// Where each route goes, in the order of the routes.
    pub(crate) places: Vec<DestinationState>,
    /// The router model, where it has one.
    pub(crate) router: Option<DestinationState>,
}

/// The calls of a balancer as the request log has them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecentCalls {
    /// The last ones, newest first; or why they cannot be told.
    pub(crate) latest: Reply<Vec<CallFacts>>,
    /// The last hour; or why it cannot be told.
    pub(crate) traffic: Reply<Traffic>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// The balancer of that id with all that surrounds it.
pub(crate) async fn balancer(params: PageParams) -> Result<BalancerDetail, ActionError> {
    let id = &params.part("id");
    let result = &params.text("result");
    let note = &params.text("note");
    let (control, gateway, who) = (context::control()?, context::gateway()?, context::actor()?);
    let gateway = &*gateway;
    let configuration = control.configuration();
    let kind = ObjectKind::SmartBalancer;
    let gone = || Refusal::NotFound { kind, id: id.to_owned() };
    let stored = configuration.balancer(id).ok_or_else(gone)?.clone();
    let body = serde_json::to_value(&stored).unwrap_or(Value::Null);
    let router_prompt = match stored.spec.routing_mode {
        RoutingMode::IntentClassifier => gateway.router_prompt(&stored.spec, SAMPLE_PROMPT),
        RoutingMode::Ordered => Vec::new(),
    };
    Ok(BalancerDetail {
        json: serde_json::to_string_pretty(&body).unwrap_or_default(),
        health: route_health(&stored, &configuration, gateway),
        calls: recent_calls(&*control, &who, id).await,
        instances: configuration
            .instances
            .iter()
            .map(|it| (it.id.to_string(), it.spec.name.clone()))
            .collect(),
        warnings: control.validate(kind, &body, Some(id)).warnings,
        router_prompt,
        site: control.site().base_url,
        may_edit: who.role >= Role::Editor,
        smoke: context::flash_message(&who, result).await,
        note: context::flash_message(&who, note).await,
        now: context::now(),
        stored,
    })
}

fn route_health(
    stored: &StoredBalancer,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
) -> RouteHealth {
    let spec = &stored.spec;
    RouteHealth {
        places: spec
            .routes
            .iter()
            .map(|it| destination_state(&it.destination, configuration, gateway))
            .collect(),
        router: spec.router_model.as_ref().map(|it| destination_state(it, configuration, gateway)),
    }
}

async fn recent_calls(control: &dyn ControlPlane, who: &Actor, id: &str) -> RecentCalls {
    RecentCalls {
        latest: latest(control, who, id).await,
        traffic: control.traffic(who, id).await,
        now: context::now(),
    }
}
