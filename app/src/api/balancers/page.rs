//! Reads what the detail page is drawn from.

use serde_json::Value;

use super::{BalancerDetail, RecentCalls, RouteHealth};
use crate::{
    api::{board::place, requests},
    domain::{
        config::{
            balancer::RoutingMode,
            configuration::{Configuration, StoredBalancer},
        },
        ids::ObjectKind,
    },
    ports::{Actor, ControlPlane, DataPlane, Role},
    refusal::Refusal,
    web::{action_error::ActionError, context, redirect},
};

/// What the exact prompt is shown with, where there is no real one.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// The balancer of that id with all that surrounds it.
pub(super) async fn read(id: &str, result: &str, note: &str) -> Result<BalancerDetail, ActionError> {
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
        smoke: redirect::kept(&who, result).await,
        note: redirect::kept(&who, note).await,
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
        places: spec.routes.iter().map(|it| place(&it.destination, configuration, gateway)).collect(),
        router: spec.router_model.as_ref().map(|it| place(it, configuration, gateway)),
    }
}

async fn recent_calls(control: &dyn ControlPlane, who: &Actor, id: &str) -> RecentCalls {
    RecentCalls {
        latest: requests::latest(control, who, id).await,
        traffic: control.traffic(who, id).await,
        now: context::now(),
    }
}
