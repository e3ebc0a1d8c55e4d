//! Instances that the binary serves itself, so that a newcomer sees routing work with no key and no network.
//!
//! They are called over HTTP like any other instance and know nothing of balancers. Three answer chats in a voice of
//! their own that says at once that it is demo text; one makes real, if simple, embeddings; one reads the prompt that
//! any router model gets and answers by lexical similarity. None of them passes for a language model.

mod answer;
mod chat;
mod concepts;
mod embed;
mod likeness;
mod refusal;
mod request;
mod sort;
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

use refusal::Refused;

use crate::gateway::bearer;

/// The largest body that is read, in bytes: as much as the data plane lets through by default.
const BODY_BYTES: usize = 32 * 1024 * 1024;
/// The time between two pieces of a streamed answer, so that one sees it stream.
const PACE: Duration = Duration::from_millis(12);

/// One demo model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    Coder,
    Editor,
    Helper,
    Embedder,
    Router,
}

impl Model {
    const ALL: [Self; 5] = [Self::Coder, Self::Editor, Self::Helper, Self::Embedder, Self::Router];

    /// The id that callers send.
    fn id(self) -> &'static str {
        match self {
            Self::Coder => "demo-coder",
            Self::Editor => "demo-editor",
            Self::Helper => "demo-helper",
            Self::Embedder => "demo-embedder",
            Self::Router => "demo-router",
        }
    }

    /// What people see.
    fn name(self) -> &'static str {
        match self {
            Self::Coder => "Demo: coder",
            Self::Editor => "Demo: editor",
            Self::Helper => "Demo: helper",
            Self::Embedder => "Demo: embedder",
            Self::Router => "Demo: router",
        }
    }

    fn workload_kind(self) -> WorkloadKind {
        if self == Self::Embedder { WorkloadKind::Embeddings } else { WorkloadKind::Chat }
    }

    fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.id() == id)
    }
}

/// The instances to add for the demo. Their address is this server's own and is filled in at start, so it is empty.
pub fn instances() -> Vec<(InstanceId, Instance)> {
    let instance = |model: Model| Instance {
        name: model.name().to_owned(),
        model: model.id().to_owned(),
        workload_kind: model.workload_kind(),
        dimensions: (model == Model::Embedder).then_some(vector::DIMENSIONS as u64),
        demo: true,
        ..Instance::default()
    };
    Model::ALL.map(|it| (InstanceId(format!("{}{}", InstanceId::PREFIX, it.id())), instance(it))).to_vec()
}

/// Everything under `/demo/v1`, open to those who send `key`.
pub fn router(key: Secret) -> Router {
    paced(key, PACE)
}

fn paced(key: Secret, pace: Duration) -> Router {
    let endpoints = Router::new()
        .route("/chat/completions", post(chat::complete).with_state(pace))
        .route("/embeddings", post(embed::embed))
        .route("/models", get(models))
        .fallback(async || Refused::not_found())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(Arc::new(key), authenticate));
    Router::new().nest(DEMO_PATH, endpoints)
}

async fn authenticate(
    State(key): State<Arc<Secret>>,
    request: Request,
    next: Next,
) -> Result<Response, Refused> {
    let sent = bearer::token(request.headers()).unwrap_or_default();
    if bool::from(sent.as_bytes().ct_eq(key.reveal().as_bytes())) {
        Ok(next.run(request).await)
    } else {
        Err(Refused::key())
    }
}

async fn models() -> Json<Value> {
    let data =
        Model::ALL.map(|it| json!({"id": it.id(), "object": "model", "created": 0, "owned_by": "demo"}));
    Json(json!({"object": "list", "data": data}))
}

#[cfg(test)]
mod tests;
