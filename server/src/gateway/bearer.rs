//! Bearer tokens of requests (RFC 6750), for every door that takes one.

use axum::http::{HeaderMap, header};

/// Returns the token of the `Authorization` header. Its scheme may be in any case and any number of spaces may follow.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_has_no_case_and_any_number_of_spaces_follows() {
        let found = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            token(&headers).map(str::to_owned)
        };
        for value in ["Bearer sb-a", "bearer sb-a", "BEARER sb-a", "Bearer   sb-a", "bEaReR  sb-a "] {
            assert_eq!(found(value).as_deref(), Some("sb-a"), "{value:?}");
        }
        for value in ["", "Bearer", "sb-a", "Basic sb-a", "Bearersb-a", "Token Bearer sb-a"] {
            assert_eq!(found(value), None, "{value:?}");
        }
        assert_eq!(token(&HeaderMap::new()), None);
    }
}
