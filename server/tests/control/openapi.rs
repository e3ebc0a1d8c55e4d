//! The OpenAPI document: valid 3.1, and true.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, instances};
use crate::console::TestServer;

/// What this release answers to, by the contract.
const CALLS: [&str; 37] = [
    "get /instances",
    "post /instances",
    "get /instances/{id}",
    "put /instances/{id}",
    "patch /instances/{id}",
    "delete /instances/{id}",
    "get /instances/{id}/revisions",
    "post /instances/{id}/test",
    "post /instances/discover",
    "get /target-groups",
    "post /target-groups",
    "get /target-groups/{id}",
    "put /target-groups/{id}",
    "patch /target-groups/{id}",
    "delete /target-groups/{id}",
    "get /target-groups/{id}/revisions",
    "get /smart-balancers",
    "post /smart-balancers",
    "post /smart-balancers/validate",
    "get /smart-balancers/{id}",
    "put /smart-balancers/{id}",
    "patch /smart-balancers/{id}",
    "delete /smart-balancers/{id}",
    "get /smart-balancers/{id}/revisions",
    "post /smart-balancers/{id}/rollback",
    "post /smart-balancers/{id}/decide",
    "post /smart-balancers/{id}/smoke-test",
    "get /serving-endpoints",
    "get /api-keys",
    "post /api-keys",
    "delete /api-keys/{id}",
    "get /requests",
    "get /requests/{id}",
    "get /audit",
    "get /audit/export",
    "get /config/export",
    "post /config/import",
];

/// Every operation: method, path and what the document says of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.as_str(), path.as_str(), operation));
        }
    }
    found
}

/// Every `$ref` at any depth.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(target) if name == "$ref" => found.push(target),
                    field => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| references(it, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_lists_every_call() {
    let server = TestServer::start().await;
    let document = server.get("/openapi.json").await.expect(200);
    let told: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(told, CALLS.map(str::to_owned).into());
    assert_eq!(document["servers"][0]["url"], "/api/v1");
}

#[tokio::test]
async fn the_document_is_valid() {
    let server = TestServer::start().await;
    let document = server.get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for field in ["title", "version"] {
        assert!(document["info"][field].as_str().is_some_and(|it| !it.is_empty()));
    }
    let mut refs = Vec::new();
    references(&document, &mut refs);
    assert!(refs.len() > 50);
    for target in refs {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    for requirement in document["security"].as_array().unwrap() {
        assert!(requirement.as_object().unwrap().keys().all(|it| schemes.contains_key(it)));
    }

    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} twice");
        assert!(operation["summary"].as_str().is_some_and(|it| it.ends_with('.')), "{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("401"), "{method} {path}");
        for (status, response) in responses {
            assert!(response["description"].is_string(), "{method} {path} {status}");
        }
        let parameters = operation["parameters"].as_array();
        let named: Vec<_> = parameters.into_iter().flatten().filter(|it| it["in"] == "path").collect();
        assert_eq!(named.len(), path.matches('{').count(), "{method} {path}");
        for parameter in named {
            assert!(path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())));
            assert_eq!(parameter["required"], true);
        }
        assert_eq!(operation.get("requestBody").is_some(), takes_a_body(method, path), "{method} {path}");
    }
}

fn takes_a_body(method: &str, path: &str) -> bool {
    matches!(method, "post" | "put" | "patch") && path != "/instances/{id}/test"
}

/// The names that a schema of the document lists, those of `allOf` included.
fn fields<'a>(document: &'a Value, schema: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Some(target) = schema["$ref"].as_str() {
        fields(document, document.pointer(target.trim_start_matches('#')).unwrap(), found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields(document, part, found);
    }
    found.extend(schema["properties"].as_object().into_iter().flat_map(|it| it.keys().map(String::as_str)));
}

#[tokio::test]
async fn answers_have_the_documented_fields() {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    let members = json!([{ "instance_id": "inst_a" }]);
    server.make("/target-groups", &json!({ "name": "pool", "members": members })).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    server.make("/api-keys", &json!({ "name": "ci" })).await;
    let document = server.get("/openapi.json").await.expect(200);
    for path in ["/instances", "/target-groups", "/smart-balancers", "/api-keys", "/serving-endpoints"] {
        let shown = server.get(path).await.expect(200);
        let rows =
            &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let page =
            rows["$ref"].as_str().map_or(rows, |it| document.pointer(it.trim_start_matches('#')).unwrap());
        let mut named = BTreeSet::new();
        fields(&document, &page["properties"]["data"]["items"], &mut named);
        let shown: BTreeSet<_> = shown["data"][0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(named, shown, "{path}");
    }
    let made = server.send(server.rest(Method::GET, "/instances/none")).await.expect(404);
    let mut named = BTreeSet::new();
    fields(&document, &document["components"]["schemas"]["ErrorBody"], &mut named);
    assert!(made.as_object().unwrap().keys().all(|it| named.contains(it.as_str())));
    assert!(named.contains("current") && named.contains("used_by"));
}
