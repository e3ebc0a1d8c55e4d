//! Static files of the site: WebAssembly, script, style sheet and pictures, each also compressed. Release builds carry
//! them, debug builds read them from disk. Negotiation, validators and ranges are `ServeDir`'s; nothing is compressed
//! here.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use rust_embed::RustEmbed;
use sha2::{Digest as _, Sha256};
use tower_http::services::{ServeDir, fs::DefaultServeDirFallback};

use self::embedded::Embedded;

mod embedded;

/// The folder that the site builder writes.
#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Site;

/// The folder of the site, and of addresses, that holds its files.
const PACKAGE: &str = "pkg";

/// `Cache-Control` of a file whose address changes with its content (RFC 8246).
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// `Cache-Control` of a file whose content may change at the same address: caches ask each time.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A hash of all files, which is a part of their addresses. Debug builds have none: their files may change at any time.
static VERSION: LazyLock<Option<String>> = LazyLock::new(|| {
    if cfg!(debug_assertions) {
        return None;
    }
    let mut names: Vec<_> = Site::iter().collect();
    names.sort();
    let mut all = Sha256::new();
    for file in names.iter().filter_map(|name| Site::get(name)) {
        all.update(file.metadata.sha256_hash());
    }
    Some(hex::encode(&all.finalize()[..8]))
});

/// Returns the folder that pages load the site's files from, without slashes around it.
pub fn folder() -> String {
    match &*VERSION {
        Some(version) => format!("{PACKAGE}/{version}"),
        None => PACKAGE.to_owned(),
    }
}

/// Builds the routes of static files, which need no credentials.
pub fn router() -> Router {
    files::<Site>(VERSION.as_deref()).route(
        "/robots.txt",
        get(|| async { "User-agent: *\nDisallow: /api/\nDisallow: /fn/\nDisallow: /v1/\n" }),
    )
}

/// Returns whether the site was built in. Pages work without it, unstyled and without scripting.
pub fn present() -> bool {
    Site::get("pkg/smart-balancer.css").is_some()
}

/// Routes to the files of a site: under the version, if there is one, to be cached for good, and without it.
fn files<E: RustEmbed + 'static>(version: Option<&str>) -> Router {
    let current = Router::new()
        // Not as a nested service, which would take `/pkg` itself from the pages.
        .route_service("/pkg/{*path}", serve_dir::<E>(""))
        .route_service("/favicon.svg", serve_dir::<E>(PACKAGE))
        .layer(from_fn_with_state(REVALIDATE, add_caching));
    let Some(version) = version else { return current };
    let versioned = Router::new()
        .nest_service(&format!("/{PACKAGE}/{version}"), serve_dir::<E>(PACKAGE))
        .layer(from_fn_with_state(IMMUTABLE, add_caching));
    current.merge(versioned)
}

fn serve_dir<E: RustEmbed + 'static>(base: &str) -> ServeDir<DefaultServeDirFallback, Embedded<E>> {
    let files = ServeDir::with_backend(base, Embedded::new());
    // A client that asks for several ranges gets the whole file, instead of an error.
    files.precompressed_br().precompressed_gzip().ignore_multi_range_requests(true)
}

/// Adds what `ServeDir` leaves out: the wildcard of `Accept-Encoding`, `If-Range`, and the headers that caches go by.
async fn add_caching(State(caching): State<HeaderValue>, mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    name_wildcard(headers);
    if headers.contains_key(header::IF_RANGE) {
        // The rest of another version must not be appended to the beginning of this one. The whole is always right.
        headers.remove(header::RANGE);
    }
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, caching);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// Adds the encodings that `*` stands for, with its weight, to `Accept-Encoding`: `ServeDir` only knows encodings by
/// their names.
fn name_wildcard(headers: &mut HeaderMap) {
    let accepted: Vec<_> = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| item.split_at(item.find(';').unwrap_or(item.len())))
        .map(|(name, weight)| (name.trim().to_ascii_lowercase(), weight.to_owned()))
        .collect();
    let Some((_, weight)) = accepted.iter().find(|(name, _)| name == "*") else { return };
    for encoding in ["br", "gzip"] {
        if !accepted.iter().any(|(name, _)| name == encoding)
            && let Ok(value) = HeaderValue::from_str(&format!("{encoding}{weight}"))
        {
            headers.append(header::ACCEPT_ENCODING, value);
        }
    }
}

#[cfg(test)]
mod tests;
