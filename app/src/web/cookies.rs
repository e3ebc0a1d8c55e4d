//! The session cookie, the only cookie of the application.

use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{context, server_error::ServerError};
use crate::domain::secret::Secret;
use crate::ports::{Cookies, NewSession};

/// The name of the session cookie.
pub const COOKIE: &str = "sb_session";

/// Returns the session cookie of a request, the first if there are several.
pub fn session(headers: &HeaderMap) -> Option<Secret> {
    // Other applications on the same host may set cookies that are not ASCII. They must not hide ours.
    let lines = headers.get_all(header::COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == COOKIE)
        .map(|cookie| Secret::new(cookie.value()))
}

/// Returns the session cookie that came with the current request.
pub(crate) fn sent() -> Option<Secret> {
    session(&use_context::<Parts>()?.headers)
}

/// Sets the session cookie.
pub(crate) fn set(session: &NewSession) -> Result<(), ServerError> {
    let max_age = i64::try_from(session.max_age_s).map_or(Duration::MAX, Duration::seconds);
    write(Cookie::build((COOKIE, session.token.reveal())).max_age(max_age))
}

/// Deletes the session cookie.
pub(crate) fn clear() -> Result<(), ServerError> {
    write(Cookie::build((COOKIE, "")).max_age(Duration::ZERO))
}

fn write(cookie: CookieBuilder<'_>) -> Result<(), ServerError> {
    let is_secure = context::cookies()? == Cookies::Secure;
    let cookie = cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(is_secure).build();
    let value = HeaderValue::from_str(&cookie.to_string()).map_err(|_| ServerError::Internal)?;
    use_context::<ResponseOptions>().ok_or(ServerError::Internal)?.append_header(header::SET_COOKIE, value);
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let found = |lines: &[&[u8]]| {
            let lines = lines.iter().map(|line| (header::COOKIE, HeaderValue::from_bytes(line).unwrap()));
            session(&HeaderMap::from_iter(lines)).map(|it| it.reveal().to_owned())
        };
        let sent: [&[&[u8]]; 7] = [
            &[b"sb_session=a-b_c"],
            &[b"other=1;sb_session=a-b_c; more=2"],
            &[b"other=1", b"sb_session=a-b_c"],
            &[b"utf8=J\xc3\xbcrgen; sb_session=a-b_c"],
            &[b"latin1=J\xfcrgen; sb_session=a-b_c"],
            &[b"; =; nothing; =empty; json={\"a\":\"b\"}; sb_session=a-b_c"],
            &[b"sb_session=a-b_c; sb_session=another"],
        ];
        for lines in sent {
            assert_eq!(found(lines).as_deref(), Some("a-b_c"), "{lines:?}");
        }
        let absent: [&[&[u8]]; 5] =
            [&[], &[b"sb_session"], &[b"xsb_session=a"], &[b"SB_SESSION=a"], &[b"a=sb_session=b"]];
        for lines in absent {
            assert_eq!(found(lines), None, "{lines:?}");
        }
    }
}
