//! The shortest way from the listener to a call: requests to the exact paths of the APIs skip the router and its layers.

use std::{panic::AssertUnwindSafe, sync::Arc};

use app::domain::api::Endpoint;
use axum::http::Method;
use futures_util::{FutureExt as _, future::Either};

use super::{CorsOrigins, Gateway, call, listener::DirectCalls, panic_response, paths};

impl Gateway {
    /// Serves calls of the APIs without the router; `None` where each answer needs headers for pages of other origins.
    pub fn direct_calls(gateway: &Arc<Self>) -> Option<DirectCalls> {
        if !matches!(gateway.settings.cors_origins, CorsOrigins::None) {
            return None;
        }
        let gateway = Arc::clone(gateway);
        Some(DirectCalls::new(move |request, connection| {
            let Some(endpoint) = endpoint(request.method(), request.uri().path()) else {
                return Either::Right(request);
            };
            let gateway = Arc::clone(&gateway);
            let connection = connection.clone();
            Either::Left(Box::pin(async move {
                let response = call::serve(gateway, endpoint, request, Some(connection));
                AssertUnwindSafe(response).catch_unwind().await.unwrap_or_else(panic_response)
            }))
        }))
    }
}

/// The endpoint of a call, if its path is spelled exactly.
fn endpoint(method: &Method, path: &str) -> Option<Endpoint> {
    let below = path.strip_prefix(paths::ROOT)?.strip_prefix('/')?;
    let mut served = Endpoint::ALL.into_iter().filter(|it| *it != Endpoint::StoredResponse);
    served.find(|it| it.path() == below).filter(|_| *method == Method::POST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_with_an_exact_path_are_direct() {
        let direct = |path| endpoint(&Method::POST, path);
        assert_eq!(direct("/v1/chat/completions"), Some(Endpoint::ChatCompletions));
        assert_eq!(direct("/v1/messages/count_tokens"), Some(Endpoint::CountTokens));
        for path in
            ["/v1/chat/completions/", "//v1/chat/completions", "/v1/models", "/v1", "/", "/v1/responses/a"]
        {
            assert_eq!(direct(path), None, "{path}");
        }
        assert_eq!(endpoint(&Method::OPTIONS, "/v1/chat/completions"), None);
        assert_eq!(endpoint(&Method::GET, "/v1/chat/completions"), None);
    }
}
