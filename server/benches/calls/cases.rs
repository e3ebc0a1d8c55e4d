//! The cases: what is called, by how many callers, and how the balancer is configured.

use std::time::Duration;

/// What callers send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) embeddings: bool,
    pub(crate) stream: bool,
    /// Bytes of the body.
    pub(crate) bytes: usize,
    /// All calls have the same text, so that one classification serves all.
    pub(crate) same_text: bool,
}

/// What the upstream answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// A plain chat answer.
    Chat,
    /// One vector.
    Embeddings,
    /// Events, so many milliseconds apart.
    Stream { gap_ms: u64 },
    /// A router model's choice, after so many milliseconds.
    Label { delay_ms: u64 },
}

impl Answer {
    /// All that the upstream knows.
    pub(crate) const ALL: [Self; 7] = [
        Self::Chat,
        Self::Embeddings,
        Self::Stream { gap_ms: 0 },
        Self::Stream { gap_ms: 10 },
        Self::Stream { gap_ms: 50 },
        Self::Label { delay_ms: 0 },
        Self::Label { delay_ms: 20 },
    ];

    /// The first segment of the paths where the upstream answers so.
    pub(crate) fn segment(self) -> String {
        match self {
            Self::Chat => "chat".to_owned(),
            Self::Embeddings => "embeddings".to_owned(),
            Self::Stream { gap_ms } => format!("stream-{gap_ms}"),
            Self::Label { delay_ms } => format!("label-{delay_ms}"),
        }
    }

    /// The pause before each of its pieces but the first; before the only one of a label.
    pub(crate) fn pause(self) -> Duration {
        match self {
            Self::Stream { gap_ms: ms } | Self::Label { delay_ms: ms } => Duration::from_millis(ms),
            Self::Chat | Self::Embeddings => Duration::ZERO,
        }
    }
}

/// How a balancer decides.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// `ordered`: its default route answers.
    Ordered,
    /// `intent_classifier` with a router model that takes so many milliseconds; `reason` must be in every answer.
    Classified { delay_ms: u64, reason: &'static str },
}

/// One configuration of the measured server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    /// Added to the contender's name; empty if the case has one variant.
    pub(crate) name: &'static str,
    pub(crate) balancers: usize,
    pub(crate) routes: usize,
    pub(crate) mode: Mode,
}

/// A case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) question: Question,
    pub(crate) answer: Answer,
    /// Callers, each with one call at a time.
    pub(crate) callers: usize,
    /// How long new calls are begun in a round.
    pub(crate) slot: Duration,
    pub(crate) variants: &'static [Variant],
}

const PLAIN: Question = Question { embeddings: false, stream: false, bytes: 1_024, same_text: false };
const STREAM: Question = Question { stream: true, ..PLAIN };
const ONE: Variant = Variant { name: "", balancers: 1, routes: 1, mode: Mode::Ordered };
const MATCHED: Mode = Mode::Classified { delay_ms: 0, reason: "matched" };
const CACHED: Mode = Mode::Classified { delay_ms: 0, reason: "cached" };
const CHAT: Case = Case {
    name: "chat_c32",
    about: "chat, 1 KiB, concurrency 32",
    question: PLAIN,
    answer: Answer::Chat,
    callers: 32,
    slot: Duration::from_millis(900),
    variants: &[ONE],
};

/// All cases, in the order in which they are run.
pub(crate) const CASES: [Case; 16] = [
    Case { name: "chat_c1", about: "chat, 1 KiB, concurrency 1", callers: 1, ..CHAT },
    CHAT,
    Case { name: "chat_c256", about: "chat, 1 KiB, concurrency 256", callers: 256, ..CHAT },
    Case {
        name: "chat_64k",
        about: "chat, request of 64 KiB, concurrency 16",
        question: Question { bytes: 64 * 1_024, ..PLAIN },
        callers: 16,
        ..CHAT
    },
    Case {
        name: "chat_4m",
        about: "chat, request of 4 MiB, concurrency 4",
        question: Question { bytes: 4 * 1_024 * 1_024, ..PLAIN },
        callers: 4,
        ..CHAT
    },
    Case {
        name: "stream_paced",
        about: "64 concurrent streams of 64 chunks 10 ms apart",
        question: STREAM,
        answer: Answer::Stream { gap_ms: 10 },
        callers: 64,
        ..CHAT
    },
    Case {
        name: "stream_unpaced",
        about: "32 concurrent streams of 64 chunks without a pause",
        question: STREAM,
        answer: Answer::Stream { gap_ms: 0 },
        ..CHAT
    },
    Case {
        name: "stream_512",
        about: "512 concurrent streams of 64 chunks 50 ms apart",
        question: STREAM,
        answer: Answer::Stream { gap_ms: 50 },
        callers: 512,
        ..CHAT
    },
    Case {
        name: "embeddings",
        about: "one vector of 1 536 numbers, concurrency 32",
        question: Question { embeddings: true, ..PLAIN },
        answer: Answer::Embeddings,
        ..CHAT
    },
    Case {
        name: "router_0ms",
        about: "classified by a router model that answers immediately, concurrency 32",
        variants: &[Variant { routes: 3, mode: MATCHED, ..ONE }],
        ..CHAT
    },
    Case {
        name: "router_20ms",
        about: "classified by a router model that takes 20 ms, concurrency 32",
        variants: &[Variant { routes: 3, mode: Mode::Classified { delay_ms: 20, reason: "matched" }, ..ONE }],
        ..CHAT
    },
    Case {
        name: "router_cached",
        about: "classified before, concurrency 32",
        question: Question { same_text: true, ..PLAIN },
        variants: &[Variant { routes: 3, mode: CACHED, ..ONE }],
        ..CHAT
    },
    Case {
        name: "router_c1",
        about: "unclassified, and classified by a router model of 0 ms, concurrency 1",
        callers: 1,
        variants: &[
            Variant { name: "unclassified", ..ONE },
            Variant { name: "classified", routes: 3, mode: MATCHED, ..ONE },
        ],
        ..CHAT
    },
    Case {
        name: "cached_c1",
        about: "unclassified, and classified before, concurrency 1",
        question: Question { same_text: true, ..PLAIN },
        callers: 1,
        variants: &[
            Variant { name: "unclassified", ..ONE },
            Variant { name: "cached", routes: 3, mode: CACHED, ..ONE },
        ],
        ..CHAT
    },
    Case {
        name: "balancers",
        about: "chat, 1 KiB, concurrency 32, in front of 1, 100 and 10 000 balancers",
        variants: &[
            Variant { name: "1 balancer", ..ONE },
            Variant { name: "100 balancers", balancers: 100, ..ONE },
            Variant { name: "10 000 balancers", balancers: 10_000, ..ONE },
        ],
        ..CHAT
    },
    Case {
        name: "routes",
        about: "classified among 3 and 64 routes, router model of 0 ms, concurrency 32",
        variants: &[
            Variant { name: "3 routes", routes: 3, mode: MATCHED, ..ONE },
            Variant { name: "64 routes", routes: 64, mode: MATCHED, ..ONE },
        ],
        ..CHAT
    },
];
