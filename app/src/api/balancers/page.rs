//! Reads what the detail page is drawn from.

use serde_json::Value;

use super::{BalancerDetail, Pool, PoolMember};
use crate::{
    api::{
        context,
        ending::Ending,
        leave,
        offers::offers,
        ports::{Gateway, Role},
        refusal::Refusal,
    },
    domain::{
        balancer::{DestinationKind, RoutingMode},
        configuration::{Configuration, StoredBalancer},
        ids::ObjectKind,
    },
};

/// What the exact prompt is shown with, where there is no real one.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// The balancer of that id with all that surrounds it.
pub(super) fn read(id: &str, result: &str, note: &str) -> Result<BalancerDetail, Ending> {
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
        offers: offers(&configuration, &|id| gateway.health(id)),
        pools: pools(&configuration, gateway, &stored),
        warnings: control.validate(kind, &body, Some(id)).warnings,
        router_prompt,
        site: control.site().base_url,
        may_edit: who.role >= Role::Editor,
        smoke: leave::kept(&who, result),
        note: leave::kept(&who, note),
        now: context::now(),
        stored,
    })
}

/// The target groups that a balancer uses, each once.
fn pools(configuration: &Configuration, gateway: &dyn Gateway, stored: &StoredBalancer) -> Vec<Pool> {
    let routes = stored.spec.routes.iter().map(|it| &it.destination);
    let mut ids: Vec<&str> = routes
        .chain(&stored.spec.router_model)
        .filter(|it| it.kind == DestinationKind::TargetGroup)
        .map(|it| it.target.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let pool = |id: &str| {
        let group = configuration.target_group(id)?;
        let shares = gateway.shares(id);
        let members = group.spec.members.iter().zip(shares).map(|(member, share)| {
            let id = member.instance_id.as_str();
            let name = configuration.instance(id).map_or(id, |it| &it.spec.name);
            PoolMember { name: name.to_owned(), share, state: gateway.health(id).state }
        });
        Some(Pool { value: format!("target_group:{id}"), members: members.collect() })
    };
    ids.into_iter().filter_map(pool).collect()
}
