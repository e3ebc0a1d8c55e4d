//! Removes hydration markers (`<!>`) from pages. Only islands are hydrated, so all other markers are dead weight: more
//! than half of a large page's nodes.

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use memchr::memchr;

const MARKER: &[u8] = b"<!>";
/// Elements that keep their markers, with their opening and closing tags.
const KEPT: [(&[u8], &[u8]); 2] = [(b"<leptos-island", b"</leptos-island>"), (b"<script", b"</script>")];

/// Removes markers outside islands and scripts, if the response is a page.
pub(super) async fn strip_markers(response: Response) -> Response {
    let is_page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    if !response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // Pages are rendered whole, so the body is complete.
    let Ok(page) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(without_markers(&page)))
}

fn without_markers(page: &Bytes) -> Vec<u8> {
    let mut lean = Vec::with_capacity(page.len());
    let mut rest = &page[..];
    let mut depth = 0_usize;
    while let Some(at) = memchr(b'<', rest) {
        lean.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let opens = |(open, _): &(&[u8], &[u8])| rest.starts_with(open);
        let closes = |(_, close): &(&[u8], &[u8])| rest.starts_with(close);
        if depth == 0 && rest.starts_with(MARKER) {
            rest = &rest[MARKER.len()..];
            continue;
        }
        depth += usize::from(KEPT.iter().any(opens));
        depth -= usize::from(depth > 0 && KEPT.iter().any(closes));
        lean.push(b'<');
        rest = &rest[1..];
    }
    lean.extend_from_slice(rest);
    lean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lean(page: &'static str) -> String {
        String::from_utf8_lossy(&without_markers(&Bytes::from_static(page.as_bytes()))).into_owned()
    }

    #[test]
    fn marks_go_and_all_else_stays() {
        assert_eq!(lean("<p>a<!>b<!></p><!><!>"), "<p>ab</p>");
        assert_eq!(lean("<!DOCTYPE html><p><!-- <!> x --></p>"), "<!DOCTYPE html><p><!--  x --></p>");
        assert_eq!(lean("a < b <!"), "a < b <!");
        assert_eq!(lean(""), "");
    }

    #[test]
    fn islands_and_scripts_keep_theirs() {
        let page = "<leptos-island><p>1<!></p><leptos-island>2<!></leptos-island>3<!></leptos-island>";
        assert_eq!(lean(page), page);
        assert_eq!(lean("<script>a = '<!>'</script>b<!>"), "<script>a = '<!>'</script>b");
        assert_eq!(lean("</leptos-island><!>a"), "</leptos-island>a");
    }
}
