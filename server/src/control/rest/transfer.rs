//! The configuration as one document.

use app::{
    domain::{
        config::transfer::{FORMAT, ImportReport},
        field_error::FieldError,
    },
    ports::{Actor, Transfer as _},
    refusal::Refusal,
};
use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    http::header,
    response::IntoResponse,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    RestState,
    body::JsonBody,
    error::{ErrorBody, RestError, RestResult},
    schema::{BalancerBody, InstanceBody, TargetGroupBody},
};

/// A configuration document. Its objects replace existing ones with the same id, or without an id the same name; the
/// others are created. Objects that it does not contain stay unchanged.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationDocument {
    /// `smart-balancer-configuration`.
    pub format: String,
    /// The version of the format, 1.
    #[schema(minimum = 1, maximum = 1)]
    pub version: u64,
    /// At most 2 000; an export contains no keys.
    #[schema(required = false)]
    pub instances: Vec<InstanceBody>,
    /// At most 2 000.
    #[schema(required = false)]
    pub target_groups: Vec<TargetGroupBody>,
    /// At most 2 000.
    #[schema(required = false)]
    pub balancers: Vec<BalancerBody>,
}

/// Parameters of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Whether to report changes without making them; false by default.
    pub dry_run: Option<bool>,
}

/// Exports the whole configuration without secrets.
#[utoipa::path(get, path = "/config/export", tag = "configuration", operation_id = "export_configuration",
    responses((status = 200, body = ConfigurationDocument)))]
pub async fn export(State(state): State<RestState>) -> impl IntoResponse {
    let file = format!("attachment; filename=\"{FORMAT}.json\"");
    ([(header::CONTENT_DISPOSITION, file)], Json(state.operations.export()))
}

/// Imports a document in one transaction. A dry run answers 200 with its changes and errors.
#[utoipa::path(post, path = "/config/import", tag = "configuration", operation_id = "import_configuration",
    params(ImportQuery), request_body = ConfigurationDocument,
    responses((status = 200, body = ImportReport), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn import(
    State(state): State<RestState>,
    Extension(who): Extension<Actor>,
    RawQuery(query): RawQuery,
    JsonBody(document): JsonBody,
) -> RestResult<Json<ImportReport>> {
    let dry_run = is_dry_run(query.as_deref().unwrap_or_default())?;
    match state.operations.import(&who, document, dry_run).await {
        Err(Refusal::Invalid(errors)) => Err(RestError::of_import(errors)),
        done => Ok(Json(done?)),
    }
}

/// Parses `dry_run`. A typo must not start a real import.
fn is_dry_run(query: &str) -> RestResult<bool> {
    let mut dry_run = false;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        dry_run = match (name.as_ref(), value.as_ref()) {
            ("dry_run", "true") => true,
            ("dry_run", "false") => false,
            ("dry_run", _) => return Err(refused("dry_run", "unknown_value", "Send true or false.")),
            (name, _) => {
                let name: String = name.chars().take(80).collect();
                return Err(refused(&name, "unknown_field", "Send only the parameter `dry_run`."));
            }
        };
    }
    Ok(dry_run)
}

fn refused(path: &str, code: &str, message: &str) -> RestError {
    Refusal::Invalid(vec![FieldError::new(path, code, message)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_word_decides_about_a_dry_run() {
        for (query, dry) in [("", Some(false)), ("dry_run=true", Some(true)), ("dry_run=false", Some(false))]
        {
            assert_eq!(is_dry_run(query).ok(), dry);
        }
        for query in ["dry_run", "dry_run=1", "dry-run=true", "dry_run=TRUE"] {
            assert!(is_dry_run(query).is_err(), "{query}");
        }
    }
}
