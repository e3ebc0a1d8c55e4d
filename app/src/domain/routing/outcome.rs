//! Outcomes of upstream calls and their consequences: whether another instance may be tried, and whether it was a
//! timeout. No other module interprets an upstream status.

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A complete answer, or a stream with a proper end.
    Ok,
    /// No connection: DNS, refused, TLS.
    ConnectFailed,
    /// No connection in time.
    ConnectTimeout,
    /// The connection broke before an answer.
    Reset,
    /// Silence before the first content.
    FirstByteTimeout,
    /// No content within the time for an answer, in spite of signs of life, or no plain answer.
    AnswerTimeout,
    /// The answer stalled.
    IdleTimeout,
    /// The attempt exceeded the instance's total timeout.
    TotalTimeout,
    /// A status that indicates a problem of the upstream: 408, 5xx, and all others without another meaning.
    Status(u16),
    /// 429.
    RateLimited {
        /// Wait requested by `Retry-After` in milliseconds, capped.
        retry_after_ms: Option<u64>,
    },
    /// The upstream refuses this server (its key, its credit) or the model, not the request.
    Refused {
        /// The status, 200 for an error inside an answer.
        status: u16,
        /// What it refuses.
        cause: RefusalCause,
        /// How that is known.
        proof: Proof,
    },
    /// 404, 405 or 501 on the path of an API that the instance has never answered: it does not speak it.
    ApiNotSupported(u16),
    /// The instance does not know the response or conversation that the call continues.
    ResponseNotFound,
    /// 400, 409, 413, 415 or 422: the request is invalid, so other instances would refuse it as well.
    Rejected(u16),
    /// A redirect; redirects are never followed.
    Redirect(u16),
    /// A 200 with an unexpected content type.
    WrongContentType,
    /// A stream that ended before its first content.
    EmptyStream,
    /// A plain 200 without an answer in it, or with fewer vectors than were asked for.
    EmptyAnswer,
    /// An error within a 200.
    ErrorEvent,
    /// An incomplete answer.
    Truncated,
    /// An answer over the size limit.
    TooLarge,
    /// A plain 200 whose body is not an answer.
    BadBody,
    /// An embedding with an unexpected length.
    DimensionMismatch,
    /// The caller disconnected.
    Cancelled,
    /// The deadline of the caller or the balancer passed.
    DeadlineExceeded,
}

/// What an upstream refuses, when it does not refuse the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCause {
    /// The key.
    Key,
    /// To work unpaid: no credit, no quota, no billing.
    Credit,
    /// The account, or its location.
    Account,
    /// Something that a 403 or 404 does not name, often the model.
    Access,
}

/// How it is known what a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// By a code, which nothing but the upstream writes.
    Code,
    /// By the words of a message, which may quote the prompt, or by a status that may depend on the request.
    Words,
    /// By the status alone.
    Status,
}

impl Outcome {
    /// Classifies an upstream status; `retry_after_ms` is used for 429 only.
    pub fn from_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        match status {
            200..=299 => Self::Ok,
            300..=399 => Self::Redirect(status),
            401 => Self::Refused { status, cause: RefusalCause::Key, proof: Proof::Code },
            402 => Self::Refused { status, cause: RefusalCause::Credit, proof: Proof::Words },
            403 | 404 => Self::Refused { status, cause: RefusalCause::Access, proof: Proof::Status },
            400 | 409 | 413 | 415 | 422 => Self::Rejected(status),
            429 => Self::RateLimited { retry_after_ms },
            _ => Self::Status(status),
        }
    }

    /// The fixed name in errors, logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::Reset => "reset",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::AnswerTimeout => "answer_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::Status(_) => "bad_status",
            Self::RateLimited { .. } => "rate_limited",
            Self::Refused { .. } => "misconfigured",
            Self::ApiNotSupported(_) => "api_not_supported",
            Self::ResponseNotFound => "response_not_found",
            Self::Rejected(_) => "rejected",
            Self::Redirect(_) => "redirect",
            Self::WrongContentType => "wrong_content_type",
            Self::EmptyStream => "empty_stream",
            Self::EmptyAnswer => "empty_answer",
            Self::ErrorEvent => "error_event",
            Self::Truncated => "truncated",
            Self::TooLarge => "too_large",
            Self::BadBody => "bad_body",
            Self::DimensionMismatch => "dimension_mismatch",
            Self::Cancelled => "cancelled",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }

    /// The upstream's status, if it caused the outcome. For failures within a 200 the caller of this function knows
    /// the status.
    pub fn status(&self) -> Option<u16> {
        match *self {
            Self::Status(status)
            | Self::Refused { status, .. }
            | Self::ApiNotSupported(status)
            | Self::Rejected(status)
            | Self::Redirect(status) => Some(status),
            Self::RateLimited { .. } => Some(429),
            Self::ResponseNotFound => Some(404),
            _ => None,
        }
    }

    /// Whether one of this server's own timers ended the attempt. A status 408 or 504 comes from the upstream and is
    /// not a timeout in this sense.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout
                | Self::FirstByteTimeout
                | Self::AnswerTimeout
                | Self::IdleTimeout
                | Self::TotalTimeout
                | Self::DeadlineExceeded
        )
    }

    /// Whether another instance may be tried, provided that nothing was sent to the caller. An instance that takes
    /// longer than an answer may take is at work, and another one would take as long.
    pub fn may_try_elsewhere(&self) -> bool {
        !matches!(
            self,
            Self::Ok
                | Self::Rejected(_)
                | Self::ResponseNotFound
                | Self::Cancelled
                | Self::DeadlineExceeded
                | Self::AnswerTimeout
        )
    }

    /// Whether the failure is in what the instance answered, so the request may have caused it. It counts against
    /// the instance only if another one answers the same call, or none was asked.
    pub fn is_in_answer(&self) -> bool {
        matches!(
            self,
            Self::Status(_)
                | Self::Redirect(_)
                | Self::Refused { .. }
                | Self::ErrorEvent
                | Self::EmptyStream
                | Self::EmptyAnswer
                | Self::BadBody
                | Self::WrongContentType
                | Self::DimensionMismatch
        )
    }

    /// Whether the failure is of a kind that passes, so the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Status(503 | 529)
                | Self::RateLimited { .. }
                | Self::ConnectFailed
                | Self::ConnectTimeout
                | Self::Reset
                | Self::FirstByteTimeout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_own_errors_are_final() {
        for status in [400, 409, 413, 415, 422] {
            let outcome = Outcome::from_status(status, None);
            assert_eq!(outcome, Outcome::Rejected(status));
            assert!(!outcome.may_try_elsewhere());
        }
    }

    #[test]
    fn trouble_upstream_is_tried_elsewhere() {
        for status in [408, 500, 502, 503, 504, 529] {
            let outcome = Outcome::from_status(status, None);
            assert_eq!(outcome.status(), Some(status));
            assert!(outcome.may_try_elsewhere(), "{status}");
        }
    }

    #[test]
    fn our_key_or_model_and_rate_limits_go_elsewhere() {
        for status in [401, 403, 404, 429] {
            let outcome = Outcome::from_status(status, Some(1));
            assert!(outcome.may_try_elsewhere(), "{status}");
        }
        assert_eq!(Outcome::from_status(429, Some(7)), Outcome::RateLimited { retry_after_ms: Some(7) });
    }

    #[test]
    fn a_redirect_is_a_failed_attempt() {
        assert!(Outcome::from_status(302, None).may_try_elsewhere());
    }

    #[test]
    fn a_caller_that_leaves_or_runs_out_of_time_is_not_served_elsewhere() {
        for outcome in [Outcome::Cancelled, Outcome::DeadlineExceeded] {
            assert!(!outcome.may_try_elsewhere());
        }
    }
}
