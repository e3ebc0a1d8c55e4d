//! stub
pub mod accept;
use crate::egress::EgressPolicy;
use app::api::{
    ports,
    refusal::{Refusal, Reply},
};
use app::domain::{
    api_key::ApiKeyScope, configuration::Configuration, ids::InstanceId, secret::Secret, timestamp::Timestamp,
};
use std::sync::Arc;
pub struct GatewaySettings {
    pub max_body_bytes: usize,
    pub egress: EgressPolicy,
    pub demo_key: Secret,
}
pub struct ApiKeyRecord {
    pub id: String,
    pub sha256: [u8; 32],
    pub scope: ApiKeyScope,
}
pub enum UpstreamKey {
    Known(Secret),
    NeedsReentry,
}
pub struct Gateway;
impl Gateway {
    pub fn new(_: GatewaySettings) -> Arc<Self> {
        Arc::new(Self)
    }
    pub fn router(_: &Arc<Self>) -> axum::Router {
        axum::Router::new()
    }
    pub fn publish(
        &self,
        _: &Arc<Configuration>,
        _: std::collections::HashMap<InstanceId, UpstreamKey>,
        _: Vec<ApiKeyRecord>,
    ) {
    }
    pub fn last_used(&self, _: &str) -> Option<Timestamp> {
        None
    }
}
#[async_trait::async_trait]
impl ports::Gateway for Gateway {
    fn health(&self, _: &str) -> app::domain::health::HealthView {
        Default::default()
    }
    fn shares(&self, _: &str) -> Vec<f64> {
        vec![]
    }
    fn router_prompt(
        &self,
        _: &app::domain::balancer::Balancer,
        _: &str,
    ) -> Vec<app::domain::decision::RouterMessage> {
        vec![]
    }
    async fn decide(&self, _: &str, _: serde_json::Value) -> Reply<app::domain::decision::Decision> {
        Err(Refusal::StoreUnavailable)
    }
    async fn try_prompt(
        &self,
        _: &app::domain::balancer::Balancer,
        _: &str,
    ) -> Reply<app::domain::decision::Decision> {
        Err(Refusal::StoreUnavailable)
    }
    async fn smoke_test(&self, _: &str, _: Option<String>) -> Reply<app::domain::view::SmokeReport> {
        Err(Refusal::StoreUnavailable)
    }
    async fn smoke_test_draft(
        &self,
        _: &app::domain::balancer::Balancer,
        _: Option<String>,
    ) -> Reply<app::domain::view::SmokeReport> {
        Err(Refusal::StoreUnavailable)
    }
    async fn test_instance(&self, _: &str, _: bool) -> Reply<app::domain::view::TestVerdict> {
        Err(Refusal::StoreUnavailable)
    }
    async fn play(
        &self,
        _: ports::PlayCall,
    ) -> Reply<futures_util::stream::BoxStream<'static, ports::PlayEvent>> {
        Err(Refusal::StoreUnavailable)
    }
}
