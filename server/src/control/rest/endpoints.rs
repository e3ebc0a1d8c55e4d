//! Serving endpoints: the names that clients can send as the model id.

use app::{
    domain::{console::view::ServingEndpoint, ids::ObjectKind},
    ports::ControlPlane as _,
};
use axum::{Json, extract::State};

use super::{
    RestState,
    error::{ErrorBody, RestResult},
    page::{Page, PageQuery, page},
};

/// Lists the serving names with their targets.
#[utoipa::path(get, path = "/serving-endpoints", tag = "serving endpoints",
    operation_id = "list_serving_endpoints", params(PageQuery),
    responses((status = 200, body = Page<ServingEndpoint>),
        (status = 422, body = ErrorBody)))]
pub async fn list(
    State(state): State<RestState>,
    query: PageQuery,
) -> RestResult<Json<Page<ServingEndpoint>>> {
    let configuration = state.operations.configuration();
    let rows = configuration.balancers.iter().map(|it| ServingEndpoint {
        serving_name: it.spec.serving_name.clone(),
        kind: ObjectKind::SmartBalancer,
        target: it.id.to_string(),
        workload_kind: it.spec.workload_kind,
        enabled: it.spec.enabled,
    });
    Ok(Json(page(rows.collect(), &query, |it| &it.target, |it| vec![it.serving_name.clone()])?))
}
