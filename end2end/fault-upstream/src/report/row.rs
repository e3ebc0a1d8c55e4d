//! What the report can ask of a gateway, as values: a fault, the calls that meet it, and what must come of each.

use serde::Serialize;

/// One fault of the report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Name in the report; [`Row::gateway_model`] is made of it.
    pub(super) name: &'static str,
    /// The model id that is asked of the first upstream.
    pub(super) upstream_model: &'static str,
    pub(super) at: At,
    pub(super) kind: Kind,
    /// Whether the healthy upstream comes second.
    pub(super) fallback: bool,
    /// Whether the first upstream is called with the upstream key.
    pub(super) key: bool,
    /// Members of the request body beyond the usual ones, each with a comma before it.
    pub(super) more: &'static str,
    /// The same for streams alone.
    pub(super) stream_more: &'static str,
    /// Whether the fault is that nothing happens: the gateway's timeouts for the first upstream are short then.
    pub(super) hangs: bool,
    /// Bytes of text beyond the usual ones in a chat call.
    pub(super) text: usize,
    pub(super) steps: &'static [Step],
}

/// Where the first upstream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    /// The fault upstream.
    Faulty,
    /// An address that lets nobody connect and refuses nobody.
    BlackHole,
    /// A port on which nobody listens.
    Closed,
    /// The fault upstream, asked for TLS, which it has not.
    NoTls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Chat,
    Embeddings,
}

/// One call of a fault and what must come of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) call: Call,
    pub(super) expect: Expect,
    /// Time between the step before and this one.
    pub(super) after_ms: u64,
}

/// The shape of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Plain,
    Stream,
    /// Embeddings in base64.
    Base64,
    /// A call to the endpoint of the other kind.
    OtherEndpoint,
}

/// What must come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// The first upstream's answer with this status, byte for byte; the second is not called.
    Passes(u16),
    /// The same with 200, and the request came as it was sent but for its model.
    PassesRequest,
    /// The second upstream's answer, whole; the first was called once.
    FailsOver,
    /// The same, and the first is left alone.
    Skips,
    /// A whole answer of either.
    Answers,
    /// Every byte that the first upstream sent, then an error event, no `[DONE]`, and the connection closes; the second
    /// is not called.
    BreaksOff,
    /// The first upstream's own error event is the last one, and the connection closes; the second is not called.
    PassesError,
    /// An error with this status before anybody is called.
    Refuses(u16),
    /// An error with this status and in the gateway's own words.
    Fails(u16),
    /// The caller leaves in the middle, and the upstream sees it in time; the second is not called.
    Cancels,
    /// The caller stops reading, and so the upstream can write no more; then it reads on.
    HoldsBack,
}

const fn row(kind: Kind, upstream_model: &'static str, steps: &'static [Step]) -> Row {
    Row {
        name: upstream_model,
        upstream_model,
        at: At::Faulty,
        kind,
        fallback: true,
        key: true,
        more: "",
        stream_more: "",
        hangs: false,
        text: 0,
        steps,
    }
}

pub(super) const fn chat(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Kind::Chat, upstream_model, steps)
}

pub(super) const fn embeddings(upstream_model: &'static str, steps: &'static [Step]) -> Row {
    row(Kind::Embeddings, upstream_model, steps)
}

pub(super) const fn plain(expect: Expect) -> Step {
    Step { call: Call::Plain, expect, after_ms: 0 }
}

pub(super) const fn stream(expect: Expect) -> Step {
    Step { call: Call::Stream, expect, after_ms: 0 }
}

pub(super) const fn base64(expect: Expect) -> Step {
    Step { call: Call::Base64, expect, after_ms: 0 }
}

pub(super) const fn astray(expect: Expect) -> Step {
    Step { call: Call::OtherEndpoint, expect, after_ms: 0 }
}

impl Row {
    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(super) const fn at(self, at: At) -> Self {
        Self { at, ..self }
    }

    pub(super) const fn alone(self) -> Self {
        Self { fallback: false, ..self }
    }

    pub(super) const fn without_key(self) -> Self {
        Self { key: false, ..self }
    }

    pub(super) const fn with(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(super) const fn with_options(self, stream_more: &'static str) -> Self {
        Self { stream_more, ..self }
    }

    pub(super) const fn hangs(self) -> Self {
        Self { hangs: true, ..self }
    }

    pub(super) const fn with_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    /// The model that the gateway must have for this fault: a legal name wherever `A-Z a-z 0-9 . _ - :` are.
    pub(super) fn gateway_model(&self) -> String {
        let kind = if self.kind == Kind::Embeddings { "embeddings-" } else { "" };
        let name = self.name.replace('@', ":").replace('+', ".").replace(' ', "-");
        format!("fault-{kind}{name}")
    }

    /// The name with its kind, where that is not the common one.
    pub(super) fn title(&self) -> String {
        let kind = if self.kind == Kind::Embeddings { "embeddings " } else { "" };
        format!("{kind}{}", self.name)
    }

    /// Whether it measures times, and so wants no other call beside it.
    pub(super) fn measures_time(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.expect, Expect::Cancels | Expect::HoldsBack))
    }
}

impl Step {
    pub(super) const fn after(self, after_ms: u64) -> Self {
        Self { after_ms, ..self }
    }
}

impl Kind {
    /// The path below the base URL.
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

impl Call {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Stream => "streamed",
            Self::Base64 => "base64",
            Self::OtherEndpoint => "to the other endpoint",
        }
    }
}

impl Expect {
    pub(super) fn words(self) -> String {
        match self {
            Self::Passes(200) => "passed on byte for byte".to_owned(),
            Self::Passes(status) => format!("{status} passed on as it is, nobody else called"),
            Self::PassesRequest => "the request's fields reach the upstream as written".to_owned(),
            Self::FailsOver => "fails over, one call to each".to_owned(),
            Self::Skips => "left alone, the fallback answers".to_owned(),
            Self::Answers => "a whole answer".to_owned(),
            Self::BreaksOff => "every byte, then an error event, no [DONE], closed".to_owned(),
            Self::PassesError => "every byte up to the upstream's error event, no [DONE], closed".to_owned(),
            Self::Refuses(status) => format!("{status} before any upstream call"),
            Self::Fails(status) => format!("{status} in the gateway's own words"),
            Self::Cancels => "the upstream sees the caller leave within 250 ms".to_owned(),
            Self::HoldsBack => "the upstream waits for a caller that does not read".to_owned(),
        }
    }
}
