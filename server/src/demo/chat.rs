//! `POST /demo/v1/chat/completions`: the chat models and the router model, plain or streamed.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{Model, answer::Answer, classifier, error::DemoError, request::ChatRequest, stream, voice};

pub(super) async fn complete(State(pace): State<Duration>, body: Bytes) -> Result<Response, DemoError> {
    let request: ChatRequest = serde_json::from_slice(&body)
        .map_err(|why| DemoError::request(format!("The body cannot be read: {why}.")))?;
    let messages = request.messages();
    if messages.is_empty() {
        return Err(DemoError::request("The request has no messages."));
    }
    let (model, text) = match Model::from_id(&request.model) {
        Some(Model::Router) => (Model::Router, classifier::answer(&messages, request.wants_schema())),
        Some(model @ (Model::Coder | Model::Editor | Model::Helper)) => {
            (model, voice::answer(model, &messages))
        }
        Some(Model::Embedder | Model::Decider) | None => return Err(DemoError::model()),
    };
    let answer = Answer::new(model, &text, &messages, request.max_tokens());
    if request.is_streamed() {
        Ok(stream::response(&answer, request.wants_usage(), pace))
    } else {
        Ok(Json(answer.plain()).into_response())
    }
}
