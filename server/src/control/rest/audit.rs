//! The audit log.

use app::{
    domain::config::revision::AuditEntry,
    ports::{Actor, ChangeHistory as _},
    refusal::Refusal,
};
use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::{
    RestState,
    error::{ErrorBody, RestResult},
    page::{HistoryQuery, Page},
};

/// Lists who changed what, when and from where, newest first; for admins.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(HistoryQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn list(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    query: HistoryQuery,
) -> RestResult<Json<Page<AuditEntry>>> {
    let (limit, before) = query.parse()?;
    // One row more than the page tells whether there is another.
    let found = state.operations.audit(&who, before, limit as u32 + 1).await?;
    let page = Page::from_rows(found, limit, |(place, _)| place.to_string());
    Ok(Json(Page { data: page.data.into_iter().map(|(_, entry)| entry).collect(), next: page.next }))
}

/// Rows read at a time for the export, which limits its memory.
const EXPORTED: u32 = 500;

/// Exports all rows as JSON lines, newest first, each as the list shows it.
#[utoipa::path(get, path = "/audit/export", tag = "audit", operation_id = "export_audit",
    responses((status = 200, content_type = "application/jsonl", body = String), (status = 403, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub async fn export(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
) -> RestResult<Response> {
    // The first rows decide the status. If later ones fail, the response breaks off and is visibly incomplete.
    let first = state.operations.audit(&who, None, EXPORTED).await?;
    let rest = stream::try_unfold(Some(first), move |rows| {
        let (state, who) = (state.clone(), who.clone());
        async move {
            let Some(rows) = rows.filter(|it| !it.is_empty()) else { return Ok(None) };
            let next = match rows.last() {
                Some((place, _)) if rows.len() == EXPORTED as usize => {
                    Some(state.operations.audit(&who, Some(*place), EXPORTED).await?)
                }
                _ => None,
            };
            Ok::<_, Refusal>(Some((lines(&rows), next)))
        }
    });
    let head = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((head, Body::from_stream(rest)).into_response())
}

fn lines(rows: &[(u64, AuditEntry)]) -> Bytes {
    let mut text = Vec::new();
    for (_, entry) in rows {
        // Plain data always has a JSON form, and writing to memory does not fail.
        let _ = serde_json::to_writer(&mut text, entry);
        text.push(b'\n');
    }
    text.into()
}
