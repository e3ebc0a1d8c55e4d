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
    /// No content in time.
    FirstByteTimeout,
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
    /// 401, 403 or 404: the upstream refuses the key or the model, not the request.
    Refused(u16),
    /// 400, 409, 413, 415 or 422: the request is invalid, so other instances would refuse it as well.
    Rejected(u16),
    /// A redirect; redirects are never followed.
    Redirect(u16),
    /// A 200 with an unexpected content type.
    WrongContentType,
    /// A stream that ended before its first event.
    EmptyStream,
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

impl Outcome {
    /// Classifies an upstream status; `retry_after_ms` is used for 429 only.
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

    /// The fixed name in errors, logs and metrics.
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

    /// The upstream's status, if it caused the outcome. For failures within a 200 the caller of this function knows
    /// the status.
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

    /// Whether one of this server's own timers ended the attempt. A status 408 or 504 comes from the upstream and is
    /// not a timeout in this sense.
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

    /// Whether another instance may be tried, provided that nothing was sent to the caller.
    pub fn may_try_elsewhere(&self) -> bool {
        !matches!(self, Self::Ok | Self::Rejected(_) | Self::Cancelled | Self::DeadlineExceeded)
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
