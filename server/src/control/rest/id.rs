//! The id in a path.

use std::collections::HashMap;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::error::{RestError, RestResult};

/// The `{id}` of a path. A value that is not UTF-8 is not found.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Id {
    /// The object's id.
    pub id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> RestResult<Self> {
        let found = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let id = found.ok().and_then(|Path(mut names)| names.remove("id"));
        id.map(|id| Self { id }).ok_or_else(RestError::not_found)
    }
}
