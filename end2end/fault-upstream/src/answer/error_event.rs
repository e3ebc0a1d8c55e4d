//! Errors inside an answer with status 200, in a stream and in place of a plain answer.

use serde_json::{Value, json};

use super::{
    Call, chat, completions,
    events::{Event, EventStream, type_first},
    refusal, responses,
    stream::StreamShape,
};
use crate::{api::Api, fault::ErrorForm, socket::PeerClosed};

/// An error without the shape of an API.
#[derive(Debug)]
pub(super) struct ErrorDetail {
    pub(super) message: String,
    /// The status that the error names as its code.
    code: Option<u16>,
}

impl ErrorDetail {
    pub(super) fn new(call: &Call<'_>, message: String) -> Self {
        Self { message, code: call.fault.error.code }
    }

    /// An error whose message repeats the received credential.
    pub(super) fn careless(call: &Call<'_>) -> Self {
        let message = refusal::message(call, call.fault.error.code.unwrap_or(500));
        Self::new(call, message)
    }

    pub(super) fn status(&self) -> u16 {
        self.code.unwrap_or(500)
    }

    /// The error object; its code is a number if the fault selects one, as vLLM writes it.
    pub(super) fn object(&self) -> Value {
        let (kind, name) = refusal::names(self.status());
        let code = self.code.map_or_else(|| json!(name), |code| json!(code));
        json!({ "message": self.message, "type": kind, "param": null, "code": code })
    }

    /// The code in words.
    pub(super) fn words(&self) -> &'static str {
        match self.status() {
            429 => "rate_limit_exceeded",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        }
    }
}

/// Sends an error event.
pub(super) async fn send(
    events: &mut EventStream<'_>,
    shape: &mut impl StreamShape,
    form: ErrorForm,
    detail: &ErrorDetail,
) -> Result<(), PeerClosed> {
    let event = match form {
        ErrorForm::Field => Event::in_field("error", &detail.object()),
        ErrorForm::Event => Event::named("error", &detail.object()),
        ErrorForm::Json => {
            let error = json!({ "error": detail.object() }).to_string();
            return events.send_bytes(error.as_bytes()).await;
        }
        ErrorForm::Object | ErrorForm::Choice | ErrorForm::Finish | ErrorForm::Failed => {
            shape.error(form, detail)
        }
    };
    events.send(&event).await
}

/// The error in place of a plain answer.
pub(super) fn plain_body(call: &Call<'_>) -> Vec<u8> {
    let (detail, form) = (ErrorDetail::careless(call), call.fault.error.form);
    let body = match (call.api(), form) {
        (Some(Api::ChatCompletions), ErrorForm::Choice | ErrorForm::Finish) => {
            return chat::failed_completion(call, form, &detail);
        }
        (Some(Api::Completions), ErrorForm::Choice | ErrorForm::Finish) => {
            return completions::failed_completion(call, form, &detail);
        }
        (Some(Api::Responses), ErrorForm::Failed) => responses::failed(call, &detail),
        (Some(Api::Messages), _) => refusal::value(call.api(), &detail.message, detail.status()),
        _ => json!({ "error": detail.object() }),
    };
    type_first(&body).into_bytes()
}
