//! The reason for the health of an instance in words that operators can act on.

use super::{HealthState, HealthView};

impl HealthView {
    /// The state in a few words.
    pub fn label(&self) -> &'static str {
        match self.state {
            HealthState::Healthy => "Healthy",
            HealthState::Unknown => "Not called yet",
            HealthState::Ejected => "Ejected after failures",
            HealthState::Cooling => "At its rate limit",
            HealthState::Misconfigured => match self.reason.as_deref().unwrap_or_default() {
                // A secret was dropped with its address, or cannot be opened with the current master key.
                "key_needs_reentry" => "Key needs re-entry",
                "header_needs_reentry" => "Header needs re-entry",
                "address_refused" => "Address not allowed",
                "unusable" => "Address or key unusable",
                reason if reason.starts_with("is out of credit") => "Out of credit",
                reason if reason.starts_with("refused its account") => "Account refused",
                _ => "Refuses the key or model",
            },
        }
    }

    /// The reason as sentences; `None` if there is none.
    pub fn sentence(&self) -> Option<String> {
        self.reason.as_deref().filter(|it| !it.is_empty()).map(sentence)
    }
}

/// A reason as sentences: what happened, and what to do about it. A reason that it does not know stays as it is.
fn sentence(reason: &str) -> String {
    if let Some(sentence) = of_code(reason) {
        return sentence.to_owned();
    }
    if let Some(sentence) = of_refusal(reason) {
        return sentence;
    }
    format!("{}.", reason.replace('_', " "))
}

/// The sentences for the name of an outcome, or for the cause why an instance is never called.
fn of_code(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "connect_failed" => "No connection to its address. Check that it runs, and its base URL.",
        "connect_timeout" => {
            "No connection in time. Check its address, and the network and firewalls on the way."
        }
        "reset" => "It closes connections before it answers. It may have crashed or been restarted.",
        "first_byte_timeout" => {
            "It takes calls and then sends nothing. It may be overloaded, or its model is being loaded."
        }
        "answer_timeout" => {
            "It was at work but had no answer in time. It may be overloaded, or the time for an answer is too short."
        }
        "idle_timeout" => {
            "Its answers stop half-way. It may be overloaded, or a proxy on the way holds them back."
        }
        "total_timeout" => {
            "Its answers take longer than its total timeout. Raise it, or allow shorter answers only."
        }
        "bad_status" => "It answers with errors. Its own log says more.",
        "rate_limited" => {
            "It takes no more calls for now. Its limit may be raised, or traffic moved elsewhere."
        }
        "misconfigured" => "It refuses its key or its model. Check both.",
        "api_not_supported" => "It does not speak the API of the calls. Set which APIs it speaks.",
        "response_not_found" => "It does not know the responses that calls continue.",
        "rejected" => "It refuses calls as invalid. Test it to see its message.",
        "redirect" => "It redirects, which is not followed. Set the base URL to where it leads.",
        "wrong_content_type" => "It answers with something else than an API does. Check its base URL.",
        "empty_stream" => "Its streams end without content. Its own log may say why.",
        "empty_answer" => "Its answers have nothing in them. Its own log may say why.",
        "error_event" => "It reports errors inside its answers. Its own log says more.",
        "truncated" => "Its answers break off. It may have crashed, or a proxy on the way ends them.",
        "too_large" => "Its answers are larger than this server takes.",
        "bad_body" => "Its answers are not in the form of the API. Check its base URL.",
        "dimension_mismatch" => {
            "Its vectors do not have the length that is set. Check its model and its dimensions."
        }
        "cancelled" => "The caller left before it answered.",
        "deadline_exceeded" => "It had not answered when the time of the call was over.",
        "key_needs_reentry" => "Its key is not stored or can no longer be decrypted. Enter it again.",
        "header_needs_reentry" => {
            "The value of one of its headers is not stored or can no longer be decrypted. Enter it again."
        }
        "address_refused" => {
            "This server may not call its address. Change its base URL, or have the address allowed on this server."
        }
        "unusable" => "Its address or key cannot be used in a request. Check both.",
        _ => return None,
    })
}

/// The sentences for what an instance refuses, which ends with the status.
fn of_refusal(reason: &str) -> Option<String> {
    let (what, status) = reason.trim_end_matches(')').rsplit_once(' ')?;
    let status = status.trim_start_matches('(');
    Some(match what {
        "refused its key" => format!("It refused its key with {status}. Enter a valid one."),
        "is out of credit" => format!("Its account is out of credit ({status}). Pay at its provider."),
        "refused its account" => {
            format!("It refused the account of its key with {status}. Its provider can say why.")
        }
        "refuses calls:" => {
            format!(
                "It refuses calls with {status}. Check its model, its base URL, and what its key may use."
            )
        }
        "refuses some calls:" => {
            format!(
                "It refused some calls with {status}, but not all. Its model or its key may not allow them."
            )
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::routing::outcome::Outcome;

    #[test]
    fn every_outcome_has_its_sentences() {
        let outcomes = [
            Outcome::ConnectFailed,
            Outcome::ConnectTimeout,
            Outcome::Reset,
            Outcome::FirstByteTimeout,
            Outcome::AnswerTimeout,
            Outcome::IdleTimeout,
            Outcome::TotalTimeout,
            Outcome::Status(500),
            Outcome::RateLimited { retry_after_ms: None },
            Outcome::from_status(401, None),
            Outcome::ApiNotSupported(404),
            Outcome::ResponseNotFound,
            Outcome::Rejected(400),
            Outcome::Redirect(302),
            Outcome::WrongContentType,
            Outcome::EmptyStream,
            Outcome::EmptyAnswer,
            Outcome::ErrorEvent,
            Outcome::Truncated,
            Outcome::TooLarge,
            Outcome::BadBody,
            Outcome::DimensionMismatch,
            Outcome::Cancelled,
            Outcome::DeadlineExceeded,
        ];
        for name in outcomes.iter().map(Outcome::name) {
            assert!(of_code(name).is_some_and(|it| it.ends_with('.') && !it.contains('_')), "{name}");
        }
    }

    #[test]
    fn what_is_refused_and_what_blocks_an_instance_has_its_sentences() {
        for (reason, expected) in [
            ("refused its key (401)", "It refused its key with 401. Enter a valid one."),
            ("is out of credit (402)", "Its account is out of credit (402). Pay at its provider."),
            ("refuses calls: 404", "It refuses calls with 404. Check its model,"),
            ("refuses some calls: 403", "It refused some calls with 403, but not all."),
            ("refused its account (403)", "It refused the account of its key with 403."),
            ("key_needs_reentry", "Its key is not stored"),
            ("header_needs_reentry", "The value of one of its headers"),
            ("address_refused", "This server may not call its address."),
            ("unusable", "Its address or key cannot be used"),
            ("something_new", "something new."),
        ] {
            assert!(sentence(reason).starts_with(expected), "{reason}: {}", sentence(reason));
        }
        assert_eq!(HealthView::default().sentence(), None);
    }

    #[test]
    fn the_label_names_what_is_wrong() {
        let label = |reason: &str| {
            let view = HealthView {
                state: HealthState::Misconfigured,
                reason: Some(reason.to_owned()),
                ..HealthView::default()
            };
            view.label()
        };
        assert_eq!(label("key_needs_reentry"), "Key needs re-entry");
        assert_eq!(label("address_refused"), "Address not allowed");
        assert_eq!(label("is out of credit (402)"), "Out of credit");
        assert_eq!(label("refused its key (401)"), "Refuses the key or model");
    }
}
