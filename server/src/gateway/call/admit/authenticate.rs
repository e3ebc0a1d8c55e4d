//! Authentication of a call by its API key, under the key's limits. Cookies are never looked at.

use axum::http::{HeaderMap, HeaderName, header};

use crate::gateway::call::error::CallError;
use crate::gateway::{
    bearer,
    state::api_keys::{ApiKeyIndex, KeyPermit, KeyRefusal},
};

/// Longest key that is hashed, in bytes.
const MAX_KEY_BYTES: usize = 256;
/// How every key begins.
const KEY_PREFIX: &str = "sb-";
/// Headers that may hold a bare key, after `Authorization`.
const BARE_KEY_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-api-key"), HeaderName::from_static("api-key")];

/// Finds the API key of a call and acquires a permit under its limits.
///
/// # Errors
/// 401 if the key is missing, malformed, unknown or expired; 429 if it is over its limits.
pub(crate) fn authenticate(headers: &HeaderMap, keys: &ApiKeyIndex) -> Result<KeyPermit, CallError> {
    let Some(key) = sent_key(headers) else {
        return Err(if has_key_without_scheme(headers) {
            CallError::api_key_without_scheme()
        } else {
            CallError::invalid_api_key()
        });
    };
    let key = keys.find(key).ok_or_else(CallError::invalid_api_key)?;
    key.acquire(crate::clock::now()).map_err(|refusal| match refusal {
        KeyRefusal::Expired => CallError::invalid_api_key(),
        KeyRefusal::TooManyInFlight => CallError::key_concurrency_exceeded(),
        KeyRefusal::RateExceeded { retry_after_ms } => CallError::key_rate_exceeded(retry_after_ms),
    })
}

/// The first text that looks like one of our keys: the bearer token, or the value of a header for bare keys. A token for
/// somebody else, such as a proxy in front, does not hide a key.
fn sent_key(headers: &HeaderMap) -> Option<&str> {
    let bare =
        BARE_KEY_HEADERS.into_iter().filter_map(|name| headers.get(name)?.to_str().ok()).map(str::trim);
    let mut sent = bearer::token(headers).into_iter().chain(bare);
    sent.find(|key| key.starts_with(KEY_PREFIX)).filter(|key| key.len() <= MAX_KEY_BYTES)
}

fn has_key_without_scheme(headers: &HeaderMap) -> bool {
    headers.get(header::AUTHORIZATION).is_some_and(|it| it.as_bytes().starts_with(KEY_PREFIX.as_bytes()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use app::domain::{config::api_key::ApiKeyScope, timestamp::Timestamp};
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::gateway::state::api_keys::ApiKeyRecord;

    fn index(scope: ApiKeyScope) -> ApiKeyIndex {
        ApiKeyIndex::new(vec![record(scope)], &ApiKeyIndex::default())
    }

    fn record(scope: ApiKeyScope) -> ApiKeyRecord {
        ApiKeyRecord { id: "a".to_owned(), sha256: Sha256::digest(b"sb-a-secret").into(), scope }
    }

    fn headers(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, text.parse().unwrap())])
    }

    #[test]
    fn only_the_whole_key_authenticates() {
        let index = index(ApiKeyScope::default());
        assert!(authenticate(&headers("Bearer sb-a-secret"), &index).is_ok());
        assert!(authenticate(&headers("bearer  sb-a-secret"), &index).is_ok());
        for wrong in ["Bearer sb-a-secre", "Bearer sb-a-secret2", "Basic sb-a-secret", "Bearer "] {
            let refused = authenticate(&headers(wrong), &index).unwrap_err();
            assert_eq!(refused, CallError::invalid_api_key(), "{wrong}");
        }
        let bare = authenticate(&headers("sb-a-secret"), &index).unwrap_err();
        assert_eq!(bare, CallError::api_key_without_scheme());
        assert_eq!((bare.status.as_u16(), bare.code), (401, "invalid_api_key"));
        assert!(authenticate(&HeaderMap::new(), &index).is_err());
        assert!(index.last_used("a").is_some());
    }

    #[test]
    fn the_first_header_that_holds_a_key_of_ours_counts() {
        let index = index(ApiKeyScope::default());
        let is_accepted = |pairs: &[(&'static str, &str)]| {
            let pairs =
                pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            authenticate(&pairs.collect(), &index).is_ok()
        };
        let right = "sb-a-secret";
        assert!(is_accepted(&[("x-api-key", right)]) && is_accepted(&[("api-key", " sb-a-secret ")]));
        assert!(is_accepted(&[("authorization", "Bearer sk-other"), ("x-api-key", right)]));
        assert!(is_accepted(&[("authorization", "Basic dTpw"), ("x-api-key", "sk-ant"), ("api-key", right)]));
        assert!(is_accepted(&[("authorization", "Bearer sb-a-secret"), ("x-api-key", "sb-wrong")]));
        assert!(!is_accepted(&[("authorization", "Bearer sb-wrong"), ("x-api-key", right)]));
        assert!(!is_accepted(&[("x-api-key", "sb-wrong"), ("api-key", right)]));
        assert!(!is_accepted(&[("x-api-key", "Bearer sb-a-secret")]));
        assert!(!is_accepted(&[("x-goog-api-key", right), ("cookie", right)]));
    }

    #[test]
    fn an_expired_key_is_no_key() {
        let scope = ApiKeyScope { expires_at: Some(Timestamp(1)), ..ApiKeyScope::default() };
        assert!(authenticate(&headers("Bearer sb-a-secret"), &index(scope)).is_err());
    }

    #[test]
    fn concurrent_calls_are_limited_and_permits_outlive_a_change_of_the_configuration() {
        let scope = ApiKeyScope { max_in_flight: Some(1), ..ApiKeyScope::default() };
        let before = index(scope.clone());
        let headers = headers("Bearer sb-a-secret");
        let first = authenticate(&headers, &before).unwrap();
        assert_eq!(authenticate(&headers, &before).unwrap_err().code, "concurrency_limit_exceeded");
        let after = ApiKeyIndex::new(vec![record(scope)], &before);
        assert!(authenticate(&headers, &after).is_err());
        drop(first);
        assert!(authenticate(&headers, &after).is_ok());
    }

    #[test]
    fn calls_per_minute_are_limited() {
        let index = index(ApiKeyScope { rpm: Some(2), ..ApiKeyScope::default() });
        let headers = headers("Bearer sb-a-secret");
        assert!(authenticate(&headers, &index).is_ok() && authenticate(&headers, &index).is_ok());
        assert_eq!(authenticate(&headers, &index).unwrap_err().code, "rate_limit_exceeded");
    }
}
