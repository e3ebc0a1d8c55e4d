//! Query parameters of the request log, shared by pages and REST.

use serde::{Deserialize, Serialize};

use super::{RequestFilter, StatusFilter};
use crate::domain::{field_error::FieldError, ids::RequestId, routing::decision::Reason};

/// Query parameters of the request log; empty if absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestQuery {
    /// Id or serving name of a balancer.
    pub balancer: String,
    /// Name of a route.
    pub route: String,
    /// A reason by its name on the wire.
    pub reason: String,
    /// A status such as `502` or a class such as `5xx`.
    pub status: String,
    /// Cursor of the page: the id of the call before it.
    pub cursor: String,
}

impl RequestQuery {
    /// Parses the filter and the position before which calls are listed.
    ///
    /// # Errors
    /// All errors at once.
    pub fn read(&self) -> Result<(RequestFilter, Option<RequestId>), Vec<FieldError>> {
        let mut errors = Vec::new();
        let reason = "Use a reason code such as matched.";
        let reason = read(&self.reason, "reason", reason, Reason::parse, &mut errors);
        let status = "Use a status such as 502, or a class such as 5xx.";
        let status = read(&self.status, "status", status, StatusFilter::parse, &mut errors);
        let cursor = "Use the “next” value of the previous page.";
        let before = read(&self.cursor, "cursor", cursor, RequestId::parse, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let [balancer, route] =
            [&self.balancer, &self.route].map(|it| (!it.is_empty()).then(|| it.to_owned()));
        Ok((RequestFilter { balancer, route, reason, status }, before))
    }

    /// Whether any filter is set.
    pub fn filters(&self) -> bool {
        [&self.balancer, &self.route, &self.reason, &self.status].into_iter().any(|it| !it.is_empty())
    }
}

/// Parses a non-empty text.
fn read<T>(
    text: &str,
    path: &str,
    words: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let read = parse(text);
    if read.is_none() && !text.is_empty() {
        errors.push(FieldError::new(path, "unknown_value", words));
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_does_not_matter_and_nonsense_is_told_at_once() {
        assert_eq!(RequestQuery::default().read(), Ok((RequestFilter::default(), None)));
        let nonsense = || "x".to_owned();
        let query = RequestQuery {
            reason: nonsense(),
            status: nonsense(),
            cursor: nonsense(),
            ..RequestQuery::default()
        };
        let errors = query.read().err().unwrap_or_default();
        assert_eq!(
            errors.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
            ["reason", "status", "cursor"]
        );
    }

    #[test]
    fn a_cursor_alone_leaves_nothing_out() {
        let query = RequestQuery { cursor: RequestId::default().to_string(), ..RequestQuery::default() };
        assert!(!query.filters());
        assert!(RequestQuery { route: "code".to_owned(), ..query }.filters());
    }
}
