//! Data of a balancer's page.

use serde_json::Value;

use crate::{
    actions::smoke_test::Smoke,
    domain::{
        confidence::Confidence,
        config::{
            balancer::RoutingMode,
            configuration::{Configuration, StoredBalancer},
        },
        console::{
            request_log::{CallFacts, threshold::SureDecision},
            traffic::Traffic,
        },
        field_error::FieldError,
        ids::ObjectKind,
        routing::decision::RouterMessage,
        timestamp::Timestamp,
    },
    pages::{
        parts::{
            destination::{DestinationState, destination_state},
            threshold::{THRESHOLD, threshold_of},
        },
        requests::load::latest,
    },
    ports::{Actor, ControlPlane, DataPlane, Role},
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams},
};

/// A prompt for showing the exact router messages.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// Data of a balancer's page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BalancerDetail {
    /// The balancer.
    pub(crate) stored: StoredBalancer,
    /// The balancer in its REST form.
    pub(crate) json: String,
    /// Health of routes and router model, updated live.
    pub(crate) health: RouteHealth,
    /// The latest calls, and the traffic of the last hour.
    pub(crate) calls: RecentCalls,
    /// The latest decisions that carry a confidence; only loaded for the tab that shows them.
    pub(crate) sure_decisions: Reply<Vec<SureDecision>>,
    /// The minimum confidence to try: that of the query, else the configured one.
    pub(crate) threshold: Confidence,
    /// Names of instances by id.
    pub(crate) instances: Vec<(String, String)>,
    /// Valid but probably unintended settings.
    pub(crate) warnings: Vec<FieldError>,
    /// The exact messages to the router model.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// Base URL for clients.
    pub(crate) site: String,
    /// Whether the user may change it.
    pub(crate) may_edit: bool,
    /// Result of the latest smoke test.
    pub(crate) smoke: Option<Smoke>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// The destinations of a balancer's routes, with their health.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteHealth {
    /// The destination of each route, in the order of the routes.
    pub(crate) destinations: Vec<DestinationState>,
    /// The router model, if there is one.
    pub(crate) router: Option<DestinationState>,
}

/// The calls of a balancer in the request log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecentCalls {
    /// The latest calls, newest first.
    pub(crate) latest: Reply<Vec<CallFacts>>,
    /// The last hour.
    pub(crate) traffic: Reply<Traffic>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// Loads the page of a balancer.
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
        sure_decisions: match params.text("tab").as_str() {
            "decisions" => control.sure_decisions(&who, id).await,
            _ => Ok(Vec::new()),
        },
        threshold: threshold_of(&params.text(THRESHOLD)).unwrap_or(stored.spec.classifier.min_confidence),
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
        destinations: spec
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
