//! Sets a Smart Balancer up for a report through its REST API, and takes everything away again.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::{
    ReportError,
    client::Target,
    plan::{DIMENSIONS, Planned, PlannedUpstream},
    row::Kind,
};

/// The name of the key, and the beginning of every other name.
const NAME: &str = "Fault report";
/// How long one REST call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Smart Balancer, seen by its administrator.
#[derive(Debug)]
pub(super) struct SmartBalancer {
    api: Target,
    admin_token: String,
}

impl SmartBalancer {
    /// The server that `target` is the data plane of.
    pub(super) fn new(target: &Target, admin_token: String) -> Self {
        Self { api: target.at("/api/v1"), admin_token }
    }

    /// Makes an instance of each upstream, a balancer of each model, and a key that may call those.
    ///
    /// # Errors
    /// Where the server refuses something; what was made stays until [`SmartBalancer::remove`].
    pub(super) async fn set_up(&self, plan: &[Planned]) -> Result<String, ReportError> {
        let mut balancers = Vec::new();
        for planned in plan {
            let first = self.instance(planned, &planned.first, "first").await?;
            let mut routes = vec![route("first", &first, planned.second.is_none())];
            if let Some(second) = &planned.second {
                routes.push(route("second", &self.instance(planned, second, "second").await?, true));
            }
            let made = self
                .make(
                    "/smart-balancers",
                    json!({
                        "id": id("sb", planned, ""),
                        "name": format!("{NAME} {}", planned.model),
                        "serving_name": planned.model,
                        "workload_kind": planned.kind,
                        "routing_mode": "ordered",
                        "ordered_strategy": "failover",
                        "routes": routes,
                    }),
                )
                .await?;
            balancers.push(made["id"].clone());
        }
        let key = self.make("/api-keys", json!({ "name": NAME, "balancers": balancers })).await?;
        key["key"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ReportError::SetUp("no key in the answer".to_owned()))
    }

    /// Takes away whatever a report, this one or an earlier one, has made of this plan.
    ///
    /// # Errors
    /// Where the server refuses that.
    pub(super) async fn remove(&self, plan: &[Planned]) -> Result<(), ReportError> {
        let keys = self.call(Method::GET, "/api-keys?limit=200", None).await?.1;
        for key in keys["data"].as_array().into_iter().flatten().filter(|key| key["name"] == NAME) {
            self.delete("/api-keys", key["id"].as_str().unwrap_or_default()).await?;
        }
        for planned in plan {
            self.delete("/smart-balancers", &id("sb", planned, "")).await?;
            for place in ["first", "second"] {
                self.delete("/instances", &id("inst", planned, place)).await?;
            }
        }
        Ok(())
    }

    async fn instance(
        &self,
        planned: &Planned,
        upstream: &PlannedUpstream,
        place: &str,
    ) -> Result<Value, ReportError> {
        let mut body = json!({
            "id": id("inst", planned, place),
            "name": format!("{NAME} {} {place}", planned.model),
            "base_url": upstream.base_url,
            "model": upstream.model,
            "api_key": upstream.key,
            "workload_kind": planned.kind,
        });
        if planned.kind == Kind::Embeddings {
            body["dimensions"] = DIMENSIONS.into();
        }
        if let Some(ms) = upstream.timeout_ms {
            body["timeouts"] = json!({ "connect_ms": ms, "first_byte_ms": ms, "idle_ms": ms });
        }
        let made = self.make("/instances", body).await?;
        Ok(made["id"].clone())
    }

    async fn make(&self, path: &str, body: Value) -> Result<Value, ReportError> {
        match self.call(Method::POST, path, Some(&body)).await? {
            (201, made) => Ok(made),
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
        let seen = self.api.connect().await?.exchange(request, PATIENCE, false).await;
        Ok((seen.status, serde_json::from_slice(&seen.body).unwrap_or_default()))
    }
}

fn route(name: &str, instance: &Value, is_default: bool) -> Value {
    json!({
        "name": name,
        "intent": "Every call goes this way, in this order.",
        "destination": { "type": "instance", "ref": instance },
        "is_default": is_default,
    })
}

/// The id of an object of the plan: known beforehand, so that it can be taken away whatever has happened since.
fn id(kind: &str, planned: &Planned, place: &str) -> String {
    let slug = planned.model.to_ascii_lowercase().replace([':', '.'], "-");
    let place = if place.is_empty() { String::new() } else { format!("-{place}") };
    format!("{kind}_{slug}{place}")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, net::Ipv4Addr};

    use super::*;
    use crate::report::{rig::Addresses, table::ROWS};

    #[test]
    fn ids_are_slugs_and_differ() {
        let addresses = Addresses::from_port(Ipv4Addr::LOCALHOST.into(), 1);
        let ids: BTreeSet<String> = ROWS
            .iter()
            .map(|row| id("inst", &Planned::new(row, &addresses, "sk"), "second"))
            .inspect(|id| assert!(id.len() <= 63, "{id}"))
            .collect();
        assert_eq!(ids.len(), ROWS.len());
    }
}
