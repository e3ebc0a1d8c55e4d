//! The request log.

use app::{
    domain::{
        console::request_log::{RequestDetail, RequestFilter, RequestLine, RequestQuery},
        ids::RequestId,
        routing::decision::Reason,
    },
    ports::{Actor, RequestLogReader as _},
    refusal::Refusal,
};
use axum::{
    Extension, Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use url::form_urlencoded;

use super::{
    RestState,
    error::{ErrorBody, RestError, RestResult},
    id::Id,
    page::{self, Page},
};

/// Parameters of the list. If a parameter is repeated, the last one counts; empty and unknown ones are ignored.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestsQuery {
    /// Only calls of the balancer with this id or serving name.
    pub balancer: Option<String>,
    /// Only calls of routes with this name.
    pub route: Option<String>,
    /// Only calls routed for this reason.
    #[param(value_type = Option<Reason>)]
    pub reason: Option<String>,
    /// Only calls with this status, such as 502, or status class, such as 5xx.
    pub status: Option<String>,
    /// Maximum number of rows, 1–500; 100 by default.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
    /// The `next` value of the previous page.
    pub cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for RequestsQuery {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> RestResult<Self> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            let field = match name.as_ref() {
                "balancer" => &mut query.balancer,
                "route" => &mut query.route,
                "reason" => &mut query.reason,
                "status" => &mut query.status,
                "limit" => &mut query.limit,
                "cursor" => &mut query.cursor,
                _ => continue,
            };
            *field = Some(value.into_owned());
        }
        Ok(query)
    }
}

/// The parsed parameters.
struct ListParams {
    filter: RequestFilter,
    before: Option<RequestId>,
    limit: usize,
}

impl RequestsQuery {
    /// Parses the parameters; all errors at once.
    fn parse(self) -> RestResult<ListParams> {
        let [balancer, route, reason, status, cursor] =
            [self.balancer, self.route, self.reason, self.status, self.cursor].map(Option::unwrap_or_default);
        let query = RequestQuery { balancer, route, reason, status, cursor };
        match (query.read(), page::parse_limit(self.limit.as_deref())) {
            (Ok((filter, before)), Ok(limit)) => Ok(ListParams { filter, before, limit }),
            (read, limit) => {
                let mut errors = read.err().unwrap_or_default();
                errors.extend(limit.err());
                Err(Refusal::Invalid(errors).into())
            }
        }
    }
}

/// Lists calls, newest first, with decision, outcome and timing; without prompts and answers.
#[utoipa::path(get, path = "/requests", tag = "requests", operation_id = "list_requests", params(RequestsQuery),
    responses((status = 200, body = Page<RequestLine>), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub async fn list(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    query: RequestsQuery,
) -> RestResult<Json<Page<RequestLine>>> {
    let ListParams { filter, before, limit } = query.parse()?;
    // One row more than the page tells whether there is another.
    let found = state.operations.requests(&who, filter, before, limit as u32 + 1).await?;
    Ok(Json(Page::from_rows(found, limit, |it| it.facts.id.to_string())))
}

/// Reads one call with its decision and every attempt.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", operation_id = "read_request", params(Id),
    responses((status = 200, body = RequestDetail), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub async fn one(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    Id { id }: Id,
) -> RestResult<Json<RequestDetail>> {
    Ok(Json(state.operations.request(&who, &id).await?))
}
