//! The address of a call on a stored response: what follows `responses/`, and the query.

use axum::http::{Method, Uri};

/// A call on a stored response, as it goes to the instance that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPath {
    method: Method,
    /// The id and what follows it, as received.
    rest: String,
    query: Option<String>,
}

impl StoredPath {
    /// From the address that the caller used.
    pub(crate) fn new(method: &Method, uri: &Uri) -> Self {
        let path = uri.path();
        let rest = path.split_once("/responses/").map_or("", |(_, rest)| rest).trim_end_matches('/');
        // The head alone is made here, from the whole answer.
        let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
        Self { method, rest: rest.to_owned(), query: uri.query().map(str::to_owned) }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// The id of the response.
    pub(crate) fn id(&self) -> &str {
        self.rest.split('/').next().unwrap_or_default()
    }

    /// The address at an instance whose responses are at `base`; the query of `base` comes first. `None` if it is no
    /// address.
    pub(super) fn uri_below(&self, base: &Uri) -> Option<Uri> {
        let queries: Vec<&str> = [base.query(), self.query.as_deref()].into_iter().flatten().collect();
        let separator = if queries.is_empty() { "" } else { "?" };
        format!("{}/{}{separator}{}", base.path(), self.rest, queries.join("&")).parse().ok()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_path_and_both_queries_are_kept() {
        let called = "http://sb/v1/responses/resp_1/input_items?limit=2&after=a".parse().unwrap();
        let path = StoredPath::new(&Method::GET, &called);
        assert_eq!(path.id(), "resp_1");
        let at = |base: &str| path.uri_below(&base.parse().unwrap()).unwrap().to_string();
        assert_eq!(at("/v1/responses"), "/v1/responses/resp_1/input_items?limit=2&after=a");
        assert_eq!(at("/o/responses?v=1"), "/o/responses/resp_1/input_items?v=1&limit=2&after=a");
        let plain = StoredPath::new(&Method::DELETE, &"/v1/responses/resp_1".parse().unwrap());
        assert_eq!(
            plain.uri_below(&"/v1/responses".parse().unwrap()).unwrap().to_string(),
            "/v1/responses/resp_1"
        );
    }
}
