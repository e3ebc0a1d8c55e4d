//! REST under `/api/v1`: JSON, with a bearer admin token or a session. The OpenAPI document is generated from the
//! routes that serve.

use std::sync::Arc;

use app::ports::DataPlane;
use axum::{Router, body::Bytes, extract::DefaultBodyLimit, http::header::CONTENT_TYPE, routing::get};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::error::RestError;
use crate::operations::Operations;

pub mod api_keys;
pub mod audit;
pub mod balancers;
pub mod body;
pub mod collection;
pub mod document;
pub mod endpoints;
pub mod error;
pub mod id;
pub mod instances;
pub mod page;
pub mod requests;
pub mod schema;
pub mod transfer;

/// State of the REST handlers.
#[derive(Clone)]
pub struct RestState {
    /// The operations of the control plane.
    pub operations: Operations,
    /// The data plane, for dry runs and tests.
    pub gateway: Arc<dyn DataPlane>,
}

/// All routes under `/api/v1`. The caller adds the guard.
pub fn router(state: RestState) -> Router {
    let (router, mut document) = OpenApiRouter::with_openapi(document::without_routes())
        .routes(routes!(collection::instances::list, collection::instances::create))
        .routes(routes!(
            collection::instances::read,
            collection::instances::replace,
            collection::instances::patch,
            collection::instances::delete
        ))
        .routes(routes!(collection::instances::revisions))
        .routes(routes!(instances::test))
        .routes(routes!(instances::discover))
        .routes(routes!(collection::target_groups::list, collection::target_groups::create))
        .routes(routes!(
            collection::target_groups::read,
            collection::target_groups::replace,
            collection::target_groups::patch,
            collection::target_groups::delete
        ))
        .routes(routes!(collection::target_groups::revisions))
        .routes(routes!(collection::balancers::list, collection::balancers::create))
        .routes(routes!(balancers::validate))
        .routes(routes!(
            collection::balancers::read,
            collection::balancers::replace,
            collection::balancers::patch,
            collection::balancers::delete
        ))
        .routes(routes!(collection::balancers::revisions))
        .routes(routes!(balancers::roll_back))
        .routes(routes!(balancers::decide))
        .routes(routes!(balancers::smoke_test))
        .routes(routes!(endpoints::list))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(requests::list))
        .routes(routes!(requests::one))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(transfer::export))
        .routes(routes!(transfer::import))
        .layer(DefaultBodyLimit::max(body::BODY_BYTES))
        .with_state(state)
        .split_for_parts();
    document::complete(&mut document);
    // It is plain data, which always has a JSON form.
    let document = Bytes::from(document.to_json().unwrap_or_default());
    let router = router
        .route("/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], document.clone())))
        .method_not_allowed_fallback(async || RestError::method_not_allowed())
        .fallback(async || RestError::not_found());
    Router::new().nest("/api/v1", router)
}
