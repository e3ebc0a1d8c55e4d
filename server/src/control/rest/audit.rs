//! The audit log.

use app::{
    api::ports::{Actor, ControlPlane as _},
    domain::revision::AuditEntry,
};
use axum::{Extension, Json, extract::State};

use super::{
    RestState,
    error::{ErrorBody, RestResult},
    page::{Page, PastQuery},
};

/// Lists who changed what, when and from where, newest first; for admins.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(PastQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn list(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    query: PastQuery,
) -> RestResult<Json<Page<AuditEntry>>> {
    let (limit, before) = query.read()?;
    // One more than the page, which tells whether there is another.
    let found = state.control.audit(&who, before, limit as u32 + 1).await?;
    let page = Page::of_found(found, limit, |(place, _)| place.to_string());
    Ok(Json(Page { data: page.data.into_iter().map(|(_, entry)| entry).collect(), next: page.next }))
}
