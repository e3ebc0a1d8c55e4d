//! The rows of the report as values: a fault, the calls that meet it, and the expectation for each call.

use serde::Serialize;

use super::expectation::Expectation;
use crate::api::Api;

/// One fault of the report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Name in the report; [`Row::gateway_model`] is derived from it.
    pub(super) name: &'static str,
    /// The model id that the gateway requests from the first upstream.
    pub(super) upstream_model: &'static str,
    pub(super) first_upstream: FirstUpstream,
    pub(super) api: Api,
    /// The model of the router model that chooses between the upstreams; without one they are tried in order.
    pub(super) router: Option<&'static str>,
    /// Whether there is a second, healthy upstream.
    pub(super) fallback: bool,
    /// Whether the gateway calls the first upstream with the upstream key.
    pub(super) key: bool,
    /// Extra fields of the request body, each after a comma.
    pub(super) extra_fields: &'static str,
    /// Extra fields of streamed calls.
    pub(super) extra_stream_fields: &'static str,
    /// Whether the first upstream hangs; the gateway then gets short timeouts for it.
    pub(super) hangs: bool,
    /// Whether the gateway gets a short limit for whole answers of the first upstream.
    pub(super) expires: bool,
    /// Extra bytes of text in a chat call.
    pub(super) text: usize,
    pub(super) steps: &'static [Step],
}

/// What the first upstream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FirstUpstream {
    /// The fault upstream.
    Faulty,
    /// An address where connecting hangs.
    BlackHole,
    /// A port that refuses connections.
    Closed,
    /// The fault upstream, called over TLS, which it does not speak.
    NoTls,
}

/// What a gateway's model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Workload {
    Chat,
    Embeddings,
}

/// One call and its expectation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) call: CallKind,
    pub(super) expectation: Expectation,
    /// Pause before this step in ms.
    pub(super) after_ms: u64,
    /// Extra text of the prompt.
    pub(super) text: &'static str,
    /// Whether the body is that of the step before.
    pub(super) repeats: bool,
}

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    Plain,
    Stream,
    /// Embeddings in base64.
    Base64,
    /// A call to an endpoint of the other workload.
    OtherEndpoint,
    /// Counts the tokens of a request.
    Count,
    /// Continues the response that an earlier step made.
    Continuation,
    /// Continues a response that nobody made.
    UnknownContinuation,
    /// Reads the response that an earlier step made.
    Read,
    /// Reads a response that nobody made.
    UnknownRead,
}

const fn row(api: Api, upstream_model: &'static str, steps: &'static [Step]) -> Row {
    Row {
        name: upstream_model,
        upstream_model,
        first_upstream: FirstUpstream::Faulty,
        api,
        router: None,
        fallback: true,
        key: true,
        extra_fields: "",
        extra_stream_fields: "",
        hangs: false,
        expires: false,
        text: 0,
        steps,
    }
}

pub(super) const fn chat(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Api::ChatCompletions, upstream_model, steps)
}

pub(super) const fn completions(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Api::Completions, upstream_model, steps)
}

pub(super) const fn responses(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Api::Responses, upstream_model, steps)
}

pub(super) const fn messages(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Api::Messages, upstream_model, steps)
}

pub(super) const fn embeddings(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Api::Embeddings, upstream_model, steps)
}

pub(super) const fn step(call: CallKind, expectation: Expectation) -> Step {
    Step { call, expectation, after_ms: 0, text: "", repeats: false }
}

pub(super) const fn plain(expectation: Expectation) -> Step {
    step(CallKind::Plain, expectation)
}

pub(super) const fn stream(expectation: Expectation) -> Step {
    step(CallKind::Stream, expectation)
}

impl Row {
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(super) const fn first(self, first_upstream: FirstUpstream) -> Self {
        Self { first_upstream, ..self }
    }

    pub(super) const fn routed_by(self, router: &'static str) -> Self {
        Self { router: Some(router), ..self }
    }

    pub(super) const fn without_fallback(self) -> Self {
        Self { fallback: false, ..self }
    }

    pub(super) const fn without_key(self) -> Self {
        Self { key: false, ..self }
    }

    pub(super) const fn with_fields(self, extra_fields: &'static str) -> Self {
        Self { extra_fields, ..self }
    }

    pub(super) const fn with_stream_fields(self, extra_stream_fields: &'static str) -> Self {
        Self { extra_stream_fields, ..self }
    }

    pub(super) const fn hangs(self) -> Self {
        Self { hangs: true, ..self }
    }

    pub(super) const fn expires(self) -> Self {
        Self { expires: true, ..self }
    }

    pub(super) const fn with_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    /// The model that the gateway must serve for this fault, made of `A-Z a-z 0-9 . _ - :`.
    pub(super) fn gateway_model(&self) -> String {
        let name = self.title().replace('@', ":").replace('+', ".").replace(' ', "-");
        format!("fault-{name}")
    }

    /// The name, with its API unless that is chat completions.
    pub(super) fn title(&self) -> String {
        match self.api {
            Api::ChatCompletions => self.name.to_owned(),
            api => format!("{} {}", api.path().trim_start_matches('/'), self.name),
        }
    }

    pub(super) fn workload(&self) -> Workload {
        if self.api == Api::Embeddings { Workload::Embeddings } else { Workload::Chat }
    }

    /// Whether it measures time and must run alone.
    pub(super) fn measures_time(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.expectation, Expectation::Cancels | Expectation::HoldsBack))
    }
}

impl Step {
    pub(super) const fn after(self, after_ms: u64) -> Self {
        Self { after_ms, ..self }
    }

    pub(super) const fn with_text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    pub(super) const fn repeated(self) -> Self {
        Self { repeats: true, ..self }
    }
}

impl CallKind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Stream => "streamed",
            Self::Base64 => "base64",
            Self::OtherEndpoint => "to the other endpoint",
            Self::Count => "token count",
            Self::Continuation => "continued",
            Self::UnknownContinuation => "continuing an unknown response",
            Self::Read => "read again",
            Self::UnknownRead => "reading an unknown response",
        }
    }

    /// Whether it is about a response and has no body.
    pub(super) fn reads(self) -> bool {
        matches!(self, Self::Read | Self::UnknownRead)
    }
}
