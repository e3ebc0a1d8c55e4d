//! The rows of the report as values: a fault, the calls that meet it, and the expectation for each call.

use serde::Serialize;

/// One fault of the report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Name in the report; [`Row::gateway_model`] is derived from it.
    pub(super) name: &'static str,
    /// The model id that the gateway requests from the first upstream.
    pub(super) upstream_model: &'static str,
    pub(super) first_upstream: FirstUpstream,
    pub(super) workload: Workload,
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
}

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    Plain,
    Stream,
    /// Embeddings in base64.
    Base64,
    /// A call to the other endpoint than the model's.
    OtherEndpoint,
}

/// The expected result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The first upstream's answer with this status, byte for byte; the second is not called.
    Passes(u16),
    /// The same with 200, and the request arrived unchanged except for its model.
    PassesRequest,
    /// The second upstream's complete answer after one call to the first.
    FailsOver,
    /// The second upstream's complete answer without a call to the first.
    Skips,
    /// A complete answer from either upstream.
    Answers,
    /// Every byte that the first upstream sent, then an error event and no `[DONE]`, and the connection closes; the
    /// second is not called.
    Truncates,
    /// The first upstream's own error event comes last, and the connection closes; the second is not called.
    PassesError,
    /// An error with this status without any upstream call.
    Refuses(u16),
    /// An error with this status in the gateway's own words.
    Fails(u16),
    /// The caller disconnects mid-call, and the upstream notices in time; the second is not called.
    Cancels,
    /// The caller stops reading, so the upstream cannot write, and then reads on.
    HoldsBack,
}

const fn row(workload: Workload, upstream_model: &'static str, steps: &'static [Step]) -> Row {
    Row {
        name: upstream_model,
        upstream_model,
        first_upstream: FirstUpstream::Faulty,
        workload,
        fallback: true,
        key: true,
        extra_fields: "",
        extra_stream_fields: "",
        hangs: false,
        text: 0,
        steps,
    }
}

pub(super) const fn chat(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Workload::Chat, upstream_model, steps)
}

pub(super) const fn embeddings(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Workload::Embeddings, upstream_model, steps)
}

pub(super) const fn plain(expectation: Expectation) -> Step {
    Step { call: CallKind::Plain, expectation, after_ms: 0 }
}

pub(super) const fn stream(expectation: Expectation) -> Step {
    Step { call: CallKind::Stream, expectation, after_ms: 0 }
}

pub(super) const fn base64(expectation: Expectation) -> Step {
    Step { call: CallKind::Base64, expectation, after_ms: 0 }
}

pub(super) const fn other_endpoint(expectation: Expectation) -> Step {
    Step { call: CallKind::OtherEndpoint, expectation, after_ms: 0 }
}

impl Row {
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(super) const fn first(self, first_upstream: FirstUpstream) -> Self {
        Self { first_upstream, ..self }
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

    pub(super) const fn with_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    /// The model that the gateway must serve for this fault, made of `A-Z a-z 0-9 . _ - :`.
    pub(super) fn gateway_model(&self) -> String {
        let prefix = if self.workload == Workload::Embeddings { "embeddings-" } else { "" };
        let name = self.name.replace('@', ":").replace('+', ".").replace(' ', "-");
        format!("fault-{prefix}{name}")
    }

    /// The name, with its workload unless that is chat.
    pub(super) fn title(&self) -> String {
        let prefix = if self.workload == Workload::Embeddings { "embeddings " } else { "" };
        format!("{prefix}{}", self.name)
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
}

impl Workload {
    /// The endpoint's path below the base URL.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Embeddings => "/embeddings",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Chat => Self::Embeddings,
            Self::Embeddings => Self::Chat,
        }
    }
}

impl CallKind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Stream => "streamed",
            Self::Base64 => "base64",
            Self::OtherEndpoint => "to the other endpoint",
        }
    }
}

impl Expectation {
    pub(super) fn words(self) -> String {
        match self {
            Self::Passes(200) => "passed through byte for byte".to_owned(),
            Self::Passes(status) => format!("{status} passed through unchanged, no failover"),
            Self::PassesRequest => "the request reaches the upstream unchanged".to_owned(),
            Self::FailsOver => "fails over, one call to each".to_owned(),
            Self::Skips => "skipped, the fallback answers".to_owned(),
            Self::Answers => "a complete answer".to_owned(),
            Self::Truncates => "every byte, then an error event, no [DONE], closed".to_owned(),
            Self::PassesError => "every byte up to the upstream's error event, no [DONE], closed".to_owned(),
            Self::Refuses(status) => format!("{status} before any upstream call"),
            Self::Fails(status) => format!("{status} in the gateway's own words"),
            Self::Cancels => "the upstream notices the disconnect within 250 ms".to_owned(),
            Self::HoldsBack => "the upstream waits while the caller does not read".to_owned(),
        }
    }
}
