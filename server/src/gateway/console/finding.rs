//! What a test of an instance found, in words for the person who set it up. Of the upstream's own words only the names
//! of its models are shown.

use std::borrow::Cow;

use app::domain::routing::outcome::{Outcome, RefusalCause};

use super::model_list::{self, ListError, ModelList};
use crate::{
    egress::Denied,
    gateway::upstream::{ConnectError, Obstacle, TlsError, Upstream},
};

/// Models that a sentence names.
const MAX_NAMED: usize = 5;

/// The finding of a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) ok: bool,
    /// The code of the reason; `None` if it has none of its own.
    pub(super) kind: Option<&'static str>,
    pub(super) message: Cow<'static, str>,
    /// The models that are there, if the one asked for is not.
    pub(super) models: Vec<String>,
}

impl Finding {
    pub(super) fn ok(message: &'static str) -> Self {
        Self { ok: true, kind: None, message: message.into(), models: Vec::new() }
    }

    fn failed(message: &'static str) -> Self {
        Self { ok: false, kind: None, message: message.into(), models: Vec::new() }
    }

    fn because(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { ok: false, kind: Some(kind), message: message.into(), models: Vec::new() }
    }

    /// The instance answers, but does not have its model.
    fn model_unknown(model: &str, list: ModelList) -> Self {
        let models = list.shown();
        let named = models.iter().take(MAX_NAMED).map(|it| format!("“{it}”")).collect::<Vec<_>>().join(", ");
        let more = models.len().saturating_sub(MAX_NAMED);
        let message = match (models.len(), more) {
            (0, _) => format!("It answers, but does not have the model “{model}”. It lists none."),
            (_, 0) => format!("It answers, but does not have the model “{model}”. It lists {named}."),
            _ => format!(
                "It answers, but does not have the model “{model}”. It lists {named} and {more} more."
            ),
        };
        Self { models, ..Self::because("model_unknown", message) }
    }
}

/// The finding of a test by the list of models.
pub(super) async fn of_model_list(upstream: &Upstream, list: Result<ModelList, ListError>) -> Finding {
    match (list, &upstream.model) {
        (Ok(list), Some(model)) if list.lacks(model) => Finding::model_unknown(model, list),
        (Ok(_), _) => Finding::ok("It answers."),
        (Err(ListError::Loading), _) => loading(),
        (Err(ListError::Failed(Outcome::Refused { status: 404, .. })), _) => {
            Finding::failed("It has no list of models. Test it with a real call.")
        }
        (Err(ListError::Failed(failed)), _) => of_outcome(upstream, &failed).await,
    }
}

/// The finding of a test by a real call.
pub(super) async fn of_call(upstream: &Upstream, outcome: &Outcome) -> Finding {
    // The list of models tells a missing model from a wrong path, and a model that is being loaded from an error.
    if let (None, Outcome::Refused { status: 404, .. } | Outcome::ApiNotSupported(_) | Outcome::Status(503)) =
        (upstream.health.blocked(), outcome)
    {
        match (model_list::fetch(upstream).await, &upstream.model) {
            (Ok(list), Some(model)) if list.lacks(model) => return Finding::model_unknown(model, list),
            (Err(ListError::Loading), _) => return loading(),
            _ => {}
        }
    }
    of_outcome(upstream, outcome).await
}

fn loading() -> Finding {
    Finding::because("loading", "It is still loading its model. Try again in a minute.")
}

/// The finding behind an outcome. If nothing was answered, the reason is looked for.
pub(super) async fn of_outcome(upstream: &Upstream, outcome: &Outcome) -> Finding {
    if let Some(blocked) = upstream.health.blocked() {
        return Finding::failed(blocked.message());
    }
    let may_be_met = matches!(
        outcome,
        Outcome::ConnectFailed | Outcome::Reset | Outcome::FirstByteTimeout | Outcome::Rejected(400)
    );
    if may_be_met && let Some(obstacle) = upstream.diagnose().await {
        return of_obstacle(&obstacle);
    }
    match outcome {
        Outcome::Ok => Finding::ok("It answers."),
        Outcome::ConnectFailed => Finding::failed("Nothing answers at its address. Check the base URL."),
        Outcome::ConnectTimeout => {
            Finding::because("connect_timeout", "Connecting to its address timed out.")
        }
        Outcome::Reset => Finding::failed("It closed the connection without an answer."),
        Outcome::FirstByteTimeout
        | Outcome::AnswerTimeout
        | Outcome::IdleTimeout
        | Outcome::TotalTimeout
        | Outcome::DeadlineExceeded => Finding::failed("It did not answer in time."),
        Outcome::Refused { cause: RefusalCause::Credit, .. } => {
            Finding::because("out_of_credit", "It is out of credit. Check the billing of its account.")
        }
        Outcome::Refused { cause: RefusalCause::Account, .. } => Finding::because(
            "account_refused",
            "It refuses the account. Check that it is active, and allowed where this server runs.",
        ),
        Outcome::Refused { status: 404, .. } | Outcome::ResponseNotFound | Outcome::ApiNotSupported(_) => {
            Finding::failed("It does not know the path or the model. Check both.")
        }
        Outcome::Refused { .. } if !upstream.has_key() => {
            Finding::because("key_refused", "It requires a key. Enter one.")
        }
        Outcome::Refused { .. } => Finding::because("key_refused", "It rejects the key. Enter a valid one."),
        Outcome::RateLimited { .. } => Finding::failed("Its rate limit is reached. Try again later."),
        Outcome::Rejected(_) => Finding::failed("It answers, but rejects the test call."),
        Outcome::Redirect(_) => Finding::failed("It redirects. Enter the address that it redirects to."),
        Outcome::Status(_) => Finding::failed("It answers with an error."),
        Outcome::DimensionMismatch => Finding::failed("Its embeddings have other dimensions than before."),
        Outcome::WrongContentType
        | Outcome::BadBody
        | Outcome::EmptyStream
        | Outcome::EmptyAnswer
        | Outcome::ErrorEvent
        | Outcome::TooLarge
        | Outcome::Truncated => {
            Finding::failed("It answers, but not in the format of an OpenAI-compatible server.")
        }
        Outcome::Cancelled => Finding::failed("The test was cancelled."),
    }
}

fn of_obstacle(obstacle: &Obstacle) -> Finding {
    let error = match obstacle {
        Obstacle::PlainHttp => {
            let message = "It speaks plain HTTP on this port, not TLS. Use http:// in the base URL, or its port for HTTPS.";
            return Finding::because("plain_http", message);
        }
        Obstacle::Tls => {
            let message = "It speaks TLS on this port, not plain HTTP. Use https:// in the base URL.";
            return Finding::because("tls_required", message);
        }
        Obstacle::Connect(error) => error,
    };
    let (kind, message) = match error {
        ConnectError::Refused => ("nothing_listens", "Nothing answers at its address. Check the base URL."),
        ConnectError::Unreachable => {
            ("unreachable", "No route leads to its address. Check the base URL and the network.")
        }
        ConnectError::NameUnknown => (
            "name_unknown",
            "Its host name has no address. Check the spelling, and the name server of this machine.",
        ),
        ConnectError::TimedOut => ("connect_timeout", "Connecting to its address timed out."),
        ConnectError::Denied(denied) => return of_denied(denied),
        ConnectError::Tls(error) => of_tls(*error),
        ConnectError::Other => {
            return Finding::failed("Connecting to its address failed. Check the base URL.");
        }
    };
    Finding::because(kind, message)
}

fn of_denied(denied: &Denied) -> Finding {
    let message = match denied {
        Denied::LinkLocal(_) => format!("Its host name leads to a refused address. {denied}"),
        _ => "Its host name leads to an address that the egress policy of this server denies.".to_owned(),
    };
    Finding::because("address_refused", message)
}

fn of_tls(error: TlsError) -> (&'static str, &'static str) {
    match error {
        TlsError::UnknownIssuer => (
            "unknown_issuer",
            "This machine does not trust the issuer of its certificate. Add the issuer's certificate to those of the \
             system, or name its file in SSL_CERT_FILE, and restart this server.",
        ),
        TlsError::WrongHostName => (
            "wrong_host_name",
            "Its certificate is for another host name. Use a name that the certificate lists in the base URL.",
        ),
        TlsError::Expired => ("certificate_expired", "Its certificate has expired. Renew it."),
        TlsError::NotYetValid => (
            "certificate_not_yet_valid",
            "Its certificate is not valid yet. Check the clocks of both machines.",
        ),
        TlsError::CaCertificate => (
            "ca_certificate",
            "Its certificate is a CA certificate, which cannot be a server's. Make one that is not: with `openssl req \
             -x509`, add `-addext basicConstraints=critical,CA:FALSE`.",
        ),
        TlsError::NotTls => ("not_tls", "It does not speak TLS on this port. Check the port."),
        TlsError::Closed => {
            ("tls_failed", "It closed the connection during the TLS handshake. Check the port.")
        }
        TlsError::Other => (
            "tls_failed",
            "The TLS handshake failed. Check its certificate and the TLS versions that it allows.",
        ),
    }
}
