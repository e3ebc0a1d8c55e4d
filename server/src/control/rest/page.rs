//! Lists, a page at a time: `{"data": […], "next": cursor or null}`.

use app::{api::refusal::Refusal, domain::fault::Fault};
use serde::{Deserialize, Serialize};

use super::error::{RestError, RestResult};

/// Rows of a page where the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// The most rows of a page.
const MAX_LIMIT: usize = 500;

/// What to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows at most, 1–500; 100 where absent.
    pub limit: Option<String>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Only objects whose id or a name holds this text, without regard to case.
    pub q: Option<String>,
}

/// One page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; absent on the last.
    pub next: Option<String>,
}

/// A row's cursor is its id, so that rows that come and go between two pages neither repeat nor hide others.
pub fn page<T>(
    rows: Vec<T>,
    query: &PageQuery,
    id: impl Fn(&T) -> &str,
    names: impl Fn(&T) -> Vec<String>,
) -> RestResult<Page<T>> {
    let limit = limit(query)?;
    let wanted = query.q.as_deref().unwrap_or_default().trim().to_lowercase();
    let after = query.cursor.as_deref().unwrap_or_default();
    let mut data: Vec<T> = rows
        .into_iter()
        .filter(|row| id(row) > after)
        .filter(|row| {
            wanted.is_empty() || names(row).iter().any(|name| name.to_lowercase().contains(&wanted))
        })
        .take(limit + 1)
        .collect();
    let more = data.len() > limit;
    data.truncate(limit);
    let next = data.last().filter(|_| more).map(|row| id(row).to_owned());
    Ok(Page { data, next })
}

fn limit(query: &PageQuery) -> RestResult<usize> {
    let Some(text) = query.limit.as_deref() else { return Ok(DEFAULT_LIMIT) };
    match text.parse() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        _ => Err(RestError(Refusal::Invalid(vec![Fault::new(
            "limit",
            "out_of_range",
            "The limit is a whole number from 1 to 500.",
        )]))),
    }
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
        let page = page(vec!["a", "b", "c"], &query, |it| it, |it| vec![it.to_uppercase()]);
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
