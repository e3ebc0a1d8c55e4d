//! Sets up a Smart Balancer for a report through its REST API, and removes everything afterwards.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::{
    ReportError,
    client::Target,
    plan::{DIMENSIONS, PlannedModel, PlannedUpstream},
    row::Workload,
};

/// The name of the key and the prefix of all other names.
const NAME: &str = "Fault report";
/// Timeout of a REST call.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The admin API of a Smart Balancer.
#[derive(Debug)]
pub(super) struct SmartBalancer {
    api: Target,
    admin_token: String,
}

impl SmartBalancer {
    /// The server whose data plane is `target`.
    pub(super) fn new(target: &Target, admin_token: String) -> Self {
        Self { api: target.with_path("/api/v1"), admin_token }
    }

    /// Creates an instance per upstream, a balancer per model, and a key for these balancers.
    ///
    /// # Errors
    /// If the server refuses a request; created objects stay until [`SmartBalancer::remove`].
    pub(super) async fn set_up(&self, plan: &[PlannedModel]) -> Result<String, ReportError> {
        let mut balancers = Vec::new();
        for planned in plan {
            for (place, upstream) in planned.upstreams() {
                self.create("/instances", instance(planned, upstream, place)).await?;
            }
            let created = self.create("/smart-balancers", balancer(planned)).await?;
            balancers.push(created["id"].clone());
        }
        let key = self.create("/api-keys", json!({ "name": NAME, "balancers": balancers })).await?;
        key["key"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ReportError::SetUp("no key in the answer".to_owned()))
    }

    /// Deletes what this report or an earlier one has created from the plan.
    ///
    /// # Errors
    /// If the server refuses a request.
    pub(super) async fn remove(&self, plan: &[PlannedModel]) -> Result<(), ReportError> {
        let keys = self.call(Method::GET, "/api-keys?limit=200", None).await?.1;
        for key in keys["data"].as_array().into_iter().flatten().filter(|key| key["name"] == NAME) {
            self.delete("/api-keys", key["id"].as_str().unwrap_or_default()).await?;
        }
        for planned in plan {
            self.delete("/smart-balancers", &id("sb", planned, "")).await?;
            for (place, _) in planned.upstreams() {
                self.delete("/instances", &id("inst", planned, place)).await?;
            }
        }
        Ok(())
    }

    async fn create(&self, path: &str, body: Value) -> Result<Value, ReportError> {
        match self.call(Method::POST, path, Some(&body)).await? {
            (201, created) => Ok(created),
            (status, answer) => Err(ReportError::SetUp(format!("POST {path} answers {status}: {answer}"))),
        }
    }

    async fn delete(&self, path: &str, id: &str) -> Result<(), ReportError> {
        match self.call(Method::DELETE, &format!("{path}/{id}"), None).await? {
            (204 | 404, _) => Ok(()),
            (status, answer) => {
                Err(ReportError::SetUp(format!("DELETE {path}/{id} answers {status}: {answer}")))
            }
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), ReportError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = self.api.request(method, path, &self.admin_token, body)?;
        let received = self.api.connect().await?.exchange(request, TIMEOUT, false).await;
        Ok((received.status, serde_json::from_slice(&received.body).unwrap_or_default()))
    }
}

fn instance(planned: &PlannedModel, upstream: &PlannedUpstream, place: &str) -> Value {
    let mut body = json!({
        "id": id("inst", planned, place),
        "name": format!("{NAME} {} {place}", planned.model),
        "base_url": upstream.base_url,
        "model": upstream.model,
        "api_key": upstream.key,
        "workload_kind": planned.kind,
    });
    if planned.kind == Workload::Embeddings {
        body["dimensions"] = DIMENSIONS.into();
    }
    if let Some(ms) = upstream.timeout_ms {
        body["timeouts"] = json!({ "connect_ms": ms, "first_byte_ms": ms, "idle_ms": ms });
    }
    if let Some(ms) = upstream.answer_timeout_ms {
        body["timeouts"]["answer_ms"] = ms.into();
    }
    body
}

fn balancer(planned: &PlannedModel) -> Value {
    let mut routes = vec![route(planned, "first", planned.second.is_none())];
    if planned.second.is_some() {
        routes.push(route(planned, "second", true));
    }
    let mut body = json!({
        "id": id("sb", planned, ""),
        "name": format!("{NAME} {}", planned.model),
        "serving_name": planned.model,
        "workload_kind": planned.kind,
        "routing_mode": "ordered",
        "ordered_strategy": "failover",
        "routes": routes,
    });
    if planned.router.is_some() {
        body["routing_mode"] = "intent_classifier".into();
        body["router_model"] = json!({ "type": "instance", "ref": id("inst", planned, "router") });
    }
    body
}

fn route(planned: &PlannedModel, place: &str, is_default: bool) -> Value {
    json!({
        "name": place,
        "intent": format!("Every call of the report goes {place}."),
        "destination": { "type": "instance", "ref": id("inst", planned, place) },
        "is_default": is_default,
    })
}

/// The id of an object of the plan. It is known in advance, so that it can be deleted in any case.
fn id(kind: &str, planned: &PlannedModel, place: &str) -> String {
    let slug = planned.model.to_ascii_lowercase().replace([':', '.'], "-");
    let place = if place.is_empty() { String::new() } else { format!("-{place}") };
    format!("{kind}_{slug}{place}")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, net::Ipv4Addr};

    use super::*;
    use crate::report::{table, upstreams::Addresses};

    #[test]
    fn ids_are_unique_slugs() {
        let addresses = Addresses::from_port(Ipv4Addr::LOCALHOST.into(), 1);
        let ids: BTreeSet<String> = table::rows()
            .map(|row| id("inst", &PlannedModel::new(row, &addresses, "sk"), "second"))
            .inspect(|id| assert!(id.len() <= 63, "{id}"))
            .collect();
        assert_eq!(ids.len(), table::rows().count());
    }
}
