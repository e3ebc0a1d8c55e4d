//! What came of one upstream call, and what follows from it: may another instance be tried, does it count against
//! the instance, was it a timeout. Nothing else in the house interprets an upstream status.

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A whole answer, or a stream that ended as streams should.
    Ok,
    /// No connection: DNS, refused, TLS.
    ConnectFailed,
    /// No connection in time.
    ConnectTimeout,
    /// The connection broke before an answer.
    Reset,
    /// No first content in time.
    FirstByteTimeout,
    /// The answer stalled.
    IdleTimeout,
    /// The answer took longer than its instance may.
    TotalTimeout,
    /// A status that says that the upstream is in trouble: 408, 5xx, and every other that has no meaning here.
    Status(u16),
    /// 429.
    RateLimited {
        /// What its `Retry-After` asks for, in milliseconds, capped.
        retry_after_ms: Option<u64>,
    },
    /// 401, 403 or 404: our key or our model, not the caller's request.
    Refused(u16),
    /// 400, 409, 413, 415 or 422: the caller's request; any other instance would say the same.
    Rejected(u16),
    /// A redirect; none is followed.
    Redirect(u16),
    /// A 200 with another content type than was asked for.
    WrongContentType,
    /// A stream that ended before its first event.
    EmptyStream,
    /// An error inside of a 200.
    ErrorEvent,
    /// An answer that broke off.
    Truncated,
    /// An answer beyond the bound.
    TooLarge,
    /// A plain 200 whose body is no answer.
    BadBody,
    /// An embedding whose length is not the instance's.
    DimensionMismatch,
    /// The caller left.
    Cancelled,
    /// The caller's or the balancer's time was over.
    DeadlineExceeded,
}

impl Outcome {
    /// What an upstream status means; `retry_after_ms` is read for 429 alone.
    pub fn from_status(status: u16, retry_after_ms: Option<u64>) -> Self {
        match status {
            200..=299 => Self::Ok,
            300..=399 => Self::Redirect(status),
            401 | 403 | 404 => Self::Refused(status),
            400 | 409 | 413 | 415 | 422 => Self::Rejected(status),
            429 => Self::RateLimited { retry_after_ms },
            _ => Self::Status(status),
        }
    }

    /// The fixed name that errors, logs and metrics use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::Reset => "reset",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::Status(_) => "bad_status",
            Self::RateLimited { .. } => "rate_limited",
            Self::Refused(_) => "misconfigured",
            Self::Rejected(_) => "rejected",
            Self::Redirect(_) => "redirect",
            Self::WrongContentType => "wrong_content_type",
            Self::EmptyStream => "empty_stream",
            Self::ErrorEvent => "error_event",
            Self::Truncated => "truncated",
            Self::TooLarge => "too_large",
            Self::BadBody => "bad_body",
            Self::DimensionMismatch => "dimension_mismatch",
            Self::Cancelled => "cancelled",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }

    /// The upstream's status, where the outcome is one; whoever saw a 200 knows it.
    pub fn status(&self) -> Option<u16> {
        match *self {
            Self::Status(status)
            | Self::Refused(status)
            | Self::Rejected(status)
            | Self::Redirect(status) => Some(status),
            Self::RateLimited { .. } => Some(429),
            _ => None,
        }
    }

    /// Whether one of our own clocks ended it. A status 408 or 504 is the upstream's word, not a clock of ours.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout
                | Self::FirstByteTimeout
                | Self::IdleTimeout
                | Self::TotalTimeout
                | Self::DeadlineExceeded
        )
    }

    /// Whether it is one of the failures that eject an instance when they come in a row. 429 cools and 401, 403 and
    /// 404 mark it misconfigured instead; neither the caller's errors nor the caller's leaving count.
    pub fn counts_against_instance(&self) -> bool {
        !matches!(
            self,
            Self::Ok
                | Self::RateLimited { .. }
                | Self::Refused(_)
                | Self::Rejected(_)
                | Self::Cancelled
                | Self::DeadlineExceeded
        )
    }

    /// Whether another instance may be tried, as long as nothing was sent to the caller.
    pub fn may_try_elsewhere(&self) -> bool {
        !matches!(self, Self::Ok | Self::Rejected(_) | Self::Cancelled | Self::DeadlineExceeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_own_errors_are_final_and_without_penalty() {
        for status in [400, 409, 413, 415, 422] {
            let outcome = Outcome::from_status(status, None);
            assert_eq!(outcome, Outcome::Rejected(status));
            assert!(!outcome.may_try_elsewhere() && !outcome.counts_against_instance());
        }
    }

    #[test]
    fn trouble_upstream_counts_and_is_tried_elsewhere() {
        for status in [408, 500, 502, 503, 504, 529] {
            let outcome = Outcome::from_status(status, None);
            assert_eq!(outcome.status(), Some(status));
            assert!(outcome.may_try_elsewhere() && outcome.counts_against_instance(), "{status}");
        }
    }

    #[test]
    fn our_key_or_model_and_rate_limits_go_elsewhere_without_counting_as_failures() {
        for status in [401, 403, 404, 429] {
            let outcome = Outcome::from_status(status, Some(1));
            assert!(outcome.may_try_elsewhere() && !outcome.counts_against_instance(), "{status}");
        }
        assert_eq!(Outcome::from_status(429, Some(7)), Outcome::RateLimited { retry_after_ms: Some(7) });
    }

    #[test]
    fn a_redirect_is_a_failed_attempt() {
        assert!(Outcome::from_status(302, None).counts_against_instance());
        assert!(Outcome::from_status(302, None).may_try_elsewhere());
    }

    #[test]
    fn nobody_is_blamed_when_the_caller_leaves_or_runs_out_of_time() {
        for outcome in [Outcome::Cancelled, Outcome::DeadlineExceeded] {
            assert!(!outcome.may_try_elsewhere() && !outcome.counts_against_instance());
        }
    }
}
