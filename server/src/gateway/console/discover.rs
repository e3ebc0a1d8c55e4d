//! Discovery of what a server offers before it becomes an instance: its list of models, and which paths it knows.
//! Every request is free: the list, and an empty object to each path, which no server can answer.

use std::{sync::Arc, time::Duration};

use app::{
    domain::{
        api::{Api, Endpoint},
        config::{configuration::StoredInstance, instance::Instance},
        console::{
            discovery::{self, Discovery},
            spoken_apis::{SpeaksApi, SpokenApis},
        },
        field_error::FieldError,
        routing::{
            blame,
            outcome::{Outcome, RefusalCause},
        },
    },
    refusal::{Refusal, Reply},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;

use super::finding;
use crate::{
    clock::now,
    gateway::{
        Gateway, UpstreamSecrets,
        call::headers,
        state::clock,
        upstream::{Target, Upstream, UpstreamResponse},
    },
};

/// Limit of each request; those to the paths are sent together.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest list of models that is read, in bytes.
const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;
/// Largest error body that is looked at, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

impl Gateway {
    /// Asks the server of a connection for its models and APIs, within the limit of instance tests.
    ///
    /// # Errors
    /// [`Refusal::Throttled`]; [`Refusal::Invalid`] if the server cannot be reached or refuses the key.
    pub(crate) async fn discover(&self, connection: Instance, secrets: UpstreamSecrets) -> Reply<Discovery> {
        self.check_test_limit()?;
        let at = now();
        let stored = StoredInstance {
            id: "inst_discovery".into(),
            spec: connection,
            revision: 0,
            created_at: at,
            updated_at: at,
        };
        let upstream = Arc::new(Upstream::new(&stored, secrets, None, &self.upstream_deps()));
        let mut found = list(&upstream).await?;
        found.apis = Box::pin(apis(&upstream)).await;
        Ok(found)
    }
}

/// The models, and a guess at the server. A server without a list has no models.
async fn list(upstream: &Upstream) -> Reply<Discovery> {
    let request = async {
        let response = send(upstream, Target::Models, &[]).await?;
        let status = response.head.status.as_u16();
        let server = response.head.server;
        match Outcome::from_status(status, None) {
            Outcome::Ok => {}
            refused @ Outcome::Refused { status: 401 | 403, .. } => return Err(refused),
            Outcome::Redirect(status) => return Err(Outcome::Redirect(status)),
            _ => {
                let body = Limited::new(response.body, MAX_ERROR_BYTES).collect().await;
                let body = body.map(|it| it.to_bytes()).unwrap_or_default();
                return match blame::judge_status(status, None, &String::from_utf8_lossy(&body)) {
                    Outcome::Refused { cause: RefusalCause::Access, .. } => {
                        Ok(discovery::read(&[], server.as_deref()))
                    }
                    refused @ Outcome::Refused { .. } => Err(refused),
                    _ => Ok(discovery::read(&[], server.as_deref())),
                };
            }
        }
        let body = Limited::new(response.body, MAX_LIST_BYTES).collect().await;
        let body = body.map_err(|_| Outcome::Truncated)?.to_bytes();
        Ok(discovery::read(&upstream.redact_key(body), server.as_deref()))
    };
    let found = timeout(REQUEST_TIMEOUT, request).await.unwrap_or(Err(Outcome::FirstByteTimeout));
    match found {
        Ok(found) => Ok(found),
        Err(outcome) => {
            let (path, code) = match outcome {
                Outcome::Refused { .. } => ("api_key", "key_refused"),
                _ => ("base_url", "unreachable"),
            };
            let message = finding::of_outcome(upstream, &outcome).await.message;
            Err(Refusal::Invalid(vec![FieldError::new(path, code, message)]))
        }
    }
}

async fn apis(upstream: &Upstream) -> SpokenApis {
    let finding = |api| finding(upstream, Endpoint::of(api));
    let (chat_completions, completions, responses, messages, embeddings) = tokio::join!(
        finding(Api::ChatCompletions),
        finding(Api::Completions),
        finding(Api::Responses),
        finding(Api::Messages),
        finding(Api::Embeddings),
    );
    SpokenApis { chat_completions, completions, responses, messages, embeddings }
}

async fn finding(upstream: &Upstream, endpoint: Endpoint) -> SpeaksApi {
    let empty = [Bytes::from_static(b"{}")];
    match timeout(REQUEST_TIMEOUT, send(upstream, Target::Endpoint(endpoint), &empty)).await {
        // The body is not read: its connection closes.
        Ok(Ok(response)) => SpeaksApi::from_status(response.head.status.as_u16()),
        Ok(Err(_)) | Err(_) => SpeaksApi::Unknown,
    }
}

async fn send(upstream: &Upstream, target: Target<'_>, body: &[Bytes]) -> Result<UpstreamResponse, Outcome> {
    let api = match target {
        Target::Endpoint(endpoint) => endpoint.api(),
        Target::Stored(_) | Target::Models => Api::default(),
    };
    let headers = headers::upstream_headers(None, api, clock::new_request_id().as_str(), 1);
    upstream.send(target, &headers, body, None).await
}
