//! Security headers of the console. The content security policy names the nonce of the rendered page, so pages set it
//! themselves (see [`content_security_policy`]); all others are set here.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Headers that are the same on every response of the console.
const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// The policy of responses that are not pages: nothing may load.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of a page: scripts by nonce, WebAssembly, our own styles, fonts and images, nothing inline.
pub fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// HSTS: browsers use only HTTPS for this host for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the fixed headers, and the strictest policy if the response has none. Pages and REST responses must not be
/// cached, because they show the current state.
pub async fn add_security_headers(State(only_https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if only_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
