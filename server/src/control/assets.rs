//! The site that the binary carries: WebAssembly, script, style sheet, each also compressed. It only serves bytes
//! that were built in.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

/// The folder that the site builder writes. A debug build reads it at run time instead of carrying it.
#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Site;

/// Of a file whose address changes with it (RFC 8246).
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Of a file that may be another one at the same address.
const ASK_AGAIN: &str = "no-cache";

/// What the site's files are, all of them: a part of their address, so that browsers keep them until one changes.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut files: Vec<_> = Site::iter().collect();
    files.sort();
    let mut all = Sha256::new();
    for file in files.iter().filter_map(|it| Site::get(it)) {
        all.update(file.metadata.sha256_hash());
    }
    hex(&all.finalize()[..8])
});

/// The folder that pages fetch the site's files from.
pub fn folder() -> String {
    // Files that are read at run time may change while the server runs.
    if cfg!(debug_assertions) { "pkg".to_owned() } else { format!("pkg/{}", *VERSION) }
}

/// The routes of static files; they are the same for everybody and need no credentials.
pub fn router() -> Router {
    Router::new()
        .route(
            "/pkg/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move {
                match path.strip_prefix(VERSION.as_str()).and_then(|it| it.strip_prefix('/')) {
                    Some(path) => serve(&format!("pkg/{path}"), FOREVER, &headers),
                    None => serve(&format!("pkg/{path}"), ASK_AGAIN, &headers),
                }
            }),
        )
        .route(
            "/favicon.svg",
            get(|headers: HeaderMap| async move { serve("favicon.svg", ASK_AGAIN, &headers) }),
        )
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /api/\nDisallow: /fn/\nDisallow: /v1/\n" }),
        )
}

/// Whether the site was built in; without it pages still work, unstyled and without scripting.
pub fn present() -> bool {
    Site::get("pkg/smart-balancer.css").is_some()
}

/// One file in the best form that the client takes, with a validator, so that an unchanged file costs a 304.
fn serve(path: &str, caching: &'static str, headers: &HeaderMap) -> Response {
    let Some(plain) = Site::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, file) = best_form(path, plain, accepted(headers));
    let tag = etag(&file, encoding);
    let unchanged = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|it| it.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|it| it.trim() == tag));

    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match file.data {
            Cow::Borrowed(built_in) => Body::from(built_in).into_response(),
            Cow::Owned(read) => Body::from(read).into_response(),
        }
    };
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let out = response.headers_mut();
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(value) = HeaderValue::from_str(mime.as_ref()) {
        out.insert(header::CONTENT_TYPE, value);
    }
    if let Ok(value) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, value);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn best_form(path: &str, plain: EmbeddedFile, accepted: &str) -> (Option<&'static str>, EmbeddedFile) {
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        let takes =
            accepted.split(',').any(|it| it.split(';').next().is_some_and(|it| it.trim() == encoding));
        if takes && let Some(file) = Site::get(&format!("{path}.{ending}")) {
            return (Some(encoding), file);
        }
    }
    (None, plain)
}

fn accepted(headers: &HeaderMap) -> &str {
    headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

fn etag(file: &EmbeddedFile, encoding: Option<&str>) -> String {
    format!("\"{}{}\"", hex(&file.metadata.sha256_hash()[..12]), encoding.unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
