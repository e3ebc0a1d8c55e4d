//! Ports to the data plane.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::{
    domain::{
        config::balancer::Balancer,
        console::{
            feed::RouteCalls,
            play::{DryRun, PlayCall, PlayEvent},
            spoken_apis::LearnedApis,
            view::{SmokeReport, SmokeRequest, TestVerdict},
        },
        routing::{
            decision::{Decision, RouterMessage},
            health::HealthView,
        },
    },
    refusal::Reply,
};

/// The data plane as pages use it, with the same engine that serves clients.
#[async_trait]
pub trait DataPlane: Send + Sync {
    /// Current health of an instance.
    fn health(&self, instance_id: &str) -> HealthView;
    /// What calls to an instance taught about the APIs that it speaks.
    fn apis_learned(&self, instance_id: &str) -> LearnedApis;
    /// Duration of the last classification by this instance; `None` if there was none since the start.
    fn classified(&self, instance_id: &str) -> Option<Duration>;
    /// Each member's current share of a group's traffic, 0.0–1.0, in the stored order of members.
    fn shares(&self, target_group_id: &str) -> Vec<f64>;
    /// The exact messages to the router model of this balancer for `prompt`.
    fn router_prompt(&self, balancer: &Balancer, prompt: &str) -> Vec<RouterMessage>;
    /// Decides a `/v1` call without calling a destination or changing health, cache or pins.
    async fn decide(&self, balancer_id: &str, call: DryRun) -> Reply<Decision>;
    /// Decides a user message for an unsaved balancer.
    async fn try_prompt(&self, balancer: &Balancer, prompt: &str) -> Reply<Decision>;
    /// Makes a small real call.
    async fn smoke_test(&self, balancer_id: &str, request: SmokeRequest) -> Reply<SmokeReport>;
    /// Like [`Self::smoke_test`], for an unsaved balancer.
    async fn smoke_test_draft(&self, balancer: &Balancer, request: SmokeRequest) -> Reply<SmokeReport>;
    /// Asks the router model of an unsaved balancer a question with a known answer, and finds out which requests it
    /// takes.
    async fn check_router(&self, balancer: &Balancer) -> Reply<TestVerdict>;
    /// Checks whether an instance answers; with `call`, by a real one-token call. One that is used as a router model
    /// gets a routing question as well.
    async fn test_instance(&self, instance_id: &str, call: bool) -> Reply<TestVerdict>;
    /// Makes a call from the playground. The first event is the decision; dropping the stream cancels the call.
    async fn play(&self, call: PlayCall) -> Reply<BoxStream<'static, PlayEvent>>;
}

/// Calls of the last five minutes, counted by this process.
pub trait Recent: Send + Sync {
    /// Finished calls by balancer and route; routes without calls are left out.
    fn calls(&self) -> Vec<RouteCalls>;
}
