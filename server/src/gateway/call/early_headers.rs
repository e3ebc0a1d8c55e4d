//! The headers of a response that are known before an instance has answered.

use app::domain::{api::Api, confidence::Confidence, ids::RequestId, routing::decision::Reason};
use axum::http::{HeaderMap, HeaderValue};

use super::{header_names, headers};

/// The values of these headers. Cloning allocates nothing, because most responses need only the final ones.
#[derive(Clone, Debug)]
pub(crate) struct EarlyHeaders {
    pub(crate) id: RequestId,
    pub(crate) api: Api,
    pub(crate) balancer: Option<HeaderValue>,
    pub(crate) route: Option<HeaderValue>,
    pub(crate) reason: Option<Reason>,
    pub(crate) confidence: Option<Confidence>,
    /// Time to decide, in milliseconds; `None` if it is left out.
    pub(crate) route_ms: Option<f64>,
}

impl EarlyHeaders {
    /// Writes them to a response whose first byte is sent `first_byte_ms` milliseconds after the call arrived.
    pub(crate) fn write(&self, first_byte_ms: f64, headers: &mut HeaderMap) {
        let mut insert = |name, value: Option<HeaderValue>| {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        };
        let id = HeaderValue::from_str(self.id.as_str()).ok();
        if self.api == Api::Messages {
            insert(header_names::ANTHROPIC_REQUEST_ID, id.clone());
        }
        insert(header_names::REQUEST_ID, id);
        insert(header_names::DECISION, HeaderValue::try_from(self.id.decision_id()).ok());
        insert(header_names::BALANCER, self.balancer.clone());
        insert(header_names::ROUTE, self.route.clone());
        insert(header_names::REASON, self.reason.map(|it| HeaderValue::from_static(it.as_str())));
        let confidence = self.confidence.and_then(|it| HeaderValue::try_from(it.to_string()).ok());
        insert(header_names::CONFIDENCE, confidence);
        let timing = headers::server_timing(self.route_ms, first_byte_ms);
        insert(header_names::SERVER_TIMING, HeaderValue::try_from(timing).ok());
    }
}
