//! Paginated lists: `{"data": […], "next": cursor or null}`.

use app::{domain::field_error::FieldError, refusal::Refusal};
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use url::form_urlencoded;

use super::error::{RestError, RestResult};

/// Default number of rows.
const DEFAULT_LIMIT: usize = 100;
/// Maximum number of rows.
const MAX_LIMIT: usize = 500;

/// Parameters of a list. If a parameter is repeated, the last one counts; unknown ones are ignored.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Maximum number of rows, 1–500; 100 by default.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
    /// The `next` value of the previous page.
    pub cursor: Option<String>,
    /// Only objects with this text in their id or a name, without regard to case.
    pub q: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> RestResult<Self> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "limit" => query.limit = Some(value.into_owned()),
                "cursor" => query.cursor = Some(value.into_owned()),
                "q" => query.q = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(query)
    }
}

/// Parameters of a chronological list, newest first. The cursor is a number.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Maximum number of rows, 1–500; 100 by default.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
    /// The `next` value of the previous page.
    pub cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for HistoryQuery {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> RestResult<Self> {
        let PageQuery { limit, cursor, .. } = PageQuery::from_request_parts(parts, state).await?;
        Ok(Self { limit, cursor })
    }
}

impl HistoryQuery {
    /// The number of rows, and the number that all of them are below.
    ///
    /// # Errors
    /// All errors at once.
    pub fn parse(self) -> RestResult<(usize, Option<u64>)> {
        let cursor = self.cursor.filter(|it| !it.is_empty());
        let before = cursor.map(|it| it.parse().ok().filter(|it| i64::try_from(*it).is_ok())).map_or(
            Ok(None),
            |it: Option<u64>| {
                let words = "Use the `next` value of the previous page.";
                it.map(Some).ok_or_else(|| FieldError::new("cursor", "unknown_value", words))
            },
        );
        match (before, parse_limit(self.limit.as_deref())) {
            (Ok(before), Ok(limit)) => Ok((limit, before)),
            (before, limit) => {
                let errors = before.err().into_iter().chain(limit.err()).collect();
                Err(Refusal::Invalid(errors).into())
            }
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required = true)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page from up to `limit` + 1 rows.
    pub fn from_rows(mut data: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = data.len() > limit;
        data.truncate(limit);
        let next = data.last().filter(|_| more).map(cursor);
        Self { data, next }
    }
}

/// Creates a page of rows in any order, because databases order text differently. The cursor is a row's id, so rows
/// that are added or deleted between two pages neither repeat nor hide others.
pub fn page<T>(
    mut rows: Vec<T>,
    query: &PageQuery,
    id: impl Fn(&T) -> &str,
    names: impl Fn(&T) -> Vec<String>,
) -> RestResult<Page<T>> {
    let limit = parse_limit(query.limit.as_deref()).map_err(|it| Refusal::Invalid(vec![it]))?;
    let wanted = query.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let after = query.cursor.as_deref().unwrap_or_default();
    rows.sort_by(|a, b| id(a).cmp(id(b)));
    let found: Vec<T> = rows
        .into_iter()
        .filter(|row| id(row) > after)
        .filter(|row| {
            wanted.is_empty() || names(row).iter().any(|name| name.to_lowercase().contains(&wanted))
        })
        .take(limit + 1)
        .collect();
    Ok(Page::from_rows(found, limit, |row| id(row).to_owned()))
}

/// Parses the number of rows of a page.
///
/// # Errors
/// If the text is not a number in the range.
pub fn parse_limit(text: Option<&str>) -> Result<usize, FieldError> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    text.parse().ok().filter(|it| (1..=MAX_LIMIT).contains(it)).ok_or_else(|| {
        let words = format!("Use a whole number from 1 to {MAX_LIMIT} as the limit.");
        FieldError::new("limit", "out_of_range", words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(limit: &str, cursor: Option<&str>, q: Option<&str>) -> (Vec<&'static str>, Option<String>) {
        let query = PageQuery {
            limit: Some(limit.to_owned()),
            cursor: cursor.map(str::to_owned),
            q: q.map(str::to_owned),
        };
        let page = page(vec!["b", "c", "a"], &query, |it| it, |it| vec![it.to_uppercase()]);
        page.map(|it| (it.data, it.next)).unwrap_or_default()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        assert_eq!(ids("2", None, None), (vec!["a", "b"], Some("b".to_owned())));
        assert_eq!(ids("2", Some("b"), None), (vec!["c"], None));
        assert_eq!(ids("3", None, None).1, None);
    }

    #[test]
    fn a_search_ignores_case() {
        assert_eq!(ids("9", None, Some("B")).0, vec!["b"]);
    }
}
