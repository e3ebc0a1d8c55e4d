//! Instances that the binary serves itself, so that newcomers see routing work without a key and without a network.
//!
//! They are called over HTTP like any other instance and know nothing of balancers. Three answer chats in a style of
//! their own and say at once that it is demo text; one makes real, if simple, embeddings; one reads the prompt of any
//! router model and answers by lexical similarity; one is a decision model that turns the same scores into probabilities. None of them pretends to be a language model.

mod answer;
mod chat;
mod classifier;
mod concepts;
mod decisions;
mod embed;
mod error;
mod request;
mod similarity;
mod stream;
mod vector;
mod voice;

use std::{sync::Arc, time::Duration};

use app::domain::{
    config::{
        base_url::DEMO_PATH,
        instance::{Instance, WorkloadKind},
    },
    ids::InstanceId,
    secret::Secret,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use error::DemoError;

use crate::gateway::bearer;

/// Maximum size of a body, in bytes: the data plane's default.
const BODY_BYTES: usize = 32 * 1024 * 1024;
/// Delay between two pieces of a streamed answer, so that people see it stream.
const PACE: Duration = Duration::from_millis(12);

/// One demo model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    Coder,
    Editor,
    Helper,
    Embedder,
    Router,
    Decider,
}

impl Model {
    const ALL: [Self; 6] =
        [Self::Coder, Self::Editor, Self::Helper, Self::Embedder, Self::Router, Self::Decider];

    /// The model id.
    fn id(self) -> &'static str {
        match self {
            Self::Coder => "demo-coder",
            Self::Editor => "demo-editor",
            Self::Helper => "demo-helper",
            Self::Embedder => "demo-embedder",
            Self::Router => "demo-router",
            Self::Decider => "demo-decider",
        }
    }

    /// The name of the instance.
    fn name(self) -> &'static str {
        match self {
            Self::Coder => "Demo: coder",
            Self::Editor => "Demo: editor",
            Self::Helper => "Demo: helper",
            Self::Embedder => "Demo: embedder",
            Self::Router => "Demo: router",
            Self::Decider => "Demo: decision model",
        }
    }

    fn workload_kind(self) -> WorkloadKind {
        match self {
            Self::Embedder => WorkloadKind::Embeddings,
            Self::Decider => WorkloadKind::Decision,
            _ => WorkloadKind::Chat,
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.id() == id)
    }
}

/// The instances to add for the demo. Their address is this server's own, which is filled in at start, so it is empty
/// here.
pub fn instances() -> Vec<(InstanceId, Instance)> {
    let instance = |model: Model| Instance {
        name: model.name().to_owned(),
        model: model.id().to_owned(),
        workload_kind: model.workload_kind(),
        dimensions: (model == Model::Embedder).then_some(vector::DIMENSIONS as u64),
        demo: true,
        ..Instance::default()
    };
    Model::ALL
        .map(|it| (InstanceId::from(format!("{}{}", InstanceId::PREFIX, it.id())), instance(it)))
        .to_vec()
}

/// The routes under `/demo/v1`, for callers with this key.
pub fn router(key: Secret) -> Router {
    paced(key, PACE)
}

fn paced(key: Secret, pace: Duration) -> Router {
    let endpoints = Router::new()
        .route("/chat/completions", post(chat::complete).with_state(pace))
        .route("/embeddings", post(embed::embed))
        .route("/systemone", post(decisions::decide))
        .route("/models", get(models))
        .fallback(async || DemoError::not_found())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(Arc::new(key), authenticate));
    Router::new().nest(DEMO_PATH, endpoints)
}

async fn authenticate(
    State(key): State<Arc<Secret>>,
    request: Request,
    next: Next,
) -> Result<Response, DemoError> {
    let sent = bearer::token(request.headers()).unwrap_or_default();
    if bool::from(sent.as_bytes().ct_eq(key.reveal().as_bytes())) {
        Ok(next.run(request).await)
    } else {
        Err(DemoError::key())
    }
}

async fn models() -> Json<Value> {
    let data =
        Model::ALL.map(|it| json!({"id": it.id(), "object": "model", "created": 0, "owned_by": "demo"}));
    Json(json!({"object": "list", "data": data}))
}

#[cfg(test)]
mod tests;
