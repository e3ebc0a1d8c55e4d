//! The OpenAPI document: the documentation of the routes, completed with what holds for all of them.

use app::web::cookies::COOKIE;
use axum::http::StatusCode;
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, ServerBuilder,
    path::{Operation, PathItem},
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

/// The document without the routes.
pub fn without_routes() -> OpenApi {
    let words = "The control plane. Errors are {\"error\": {\"code\", \"message\", \"fields\"}}; PUT and PATCH carry \
                 the revision that they were made from.";
    let info = InfoBuilder::new()
        .title("Smart Balancer")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(words))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/api/v1").build()]))
        .build()
}

/// Adds what holds for every call: authentication, errors of bodies, and a description of each status.
pub fn complete(document: &mut OpenApi) {
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)));
    let components = document.components.get_or_insert_with(Default::default);
    components.add_security_scheme("admin_token", token);
    components.add_security_scheme("session", session);
    let nothing: [String; 0] = [];
    document.security =
        Some(["admin_token", "session"].map(|it| SecurityRequirement::new(it, nothing.clone())).to_vec());
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            complete_operation(operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn complete_operation(operation: &mut Operation) {
    let mut refusals = vec![StatusCode::UNAUTHORIZED];
    if operation.request_body.is_some() {
        refusals.extend([
            StatusCode::BAD_REQUEST,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    let responses = &mut operation.responses.responses;
    for status in refusals {
        responses.entry(status.as_str().to_owned()).or_insert_with(refusal);
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = status_description(status).to_owned();
        }
    }
}

fn refusal() -> RefOr<Response> {
    let schema = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    RefOr::T(ResponseBuilder::new().content("application/json", schema).build())
}

/// The description of a status, which the document requires.
fn status_description(status: &str) -> &'static str {
    match status {
        "200" => "OK.",
        "201" => "Created.",
        "204" => "Deleted.",
        "400" => "The body is not valid JSON.",
        "401" => "The admin token or session is missing or invalid.",
        "403" => "The role does not allow it.",
        "404" => "The object does not exist.",
        "409" => "The revision is stale, a name is taken, or the object is in use; see the code.",
        "413" => "The body is too large.",
        "415" => "The content type is not JSON.",
        "422" => "Validation failed; all errors are listed.",
        "503" => "The store is unavailable.",
        _ => "See the error.",
    }
}
