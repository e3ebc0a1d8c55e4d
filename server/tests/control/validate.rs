//! Judging a balancer without saving it.

use serde_json::json;

use super::samples::{balancer, faults, instances, with};
use crate::console::{TestServer, told};

const VALIDATE: &str = "/smart-balancers/validate";

pub(crate) async fn validate_reports_what_saving_would_and_saves_nothing(server: &TestServer) {
    instances(server, &["a"]).await;
    let good = balancer("Desk", "inst_a");
    let report = server.post(VALIDATE, &good).await.expect(200);
    assert_eq!(report, json!({ "valid": true, "errors": [], "warnings": [] }));

    let mut bad = with(good.clone(), json!({ "max_attempts": 0, "colour": 1 }));
    bad["routes"][0]["is_default"] = json!(false);
    let report = server.post(VALIDATE, &bad).await.expect(200);
    assert_eq!(report["valid"], false);
    let mut fields = report["errors"].as_array().unwrap()[0].as_object().unwrap().keys();
    assert_eq!(fields.by_ref().collect::<Vec<_>>(), ["code", "message", "path"]);
    assert_eq!(told(&report["errors"]), server.post("/smart-balancers", &bad).await.faults());
    assert_eq!(
        told(&report["errors"]),
        faults(&[
            ("colour", "unknown_field"),
            ("max_attempts", "out_of_range"),
            ("routes", "default_route_required")
        ])
    );
    // Warnings do not stand in the way.
    server.patch("/instances/inst_a", &json!({ "revision": 1, "enabled": false })).await.expect(200);
    let report = server.post(VALIDATE, &good).await.expect(200);
    assert_eq!((&report["valid"], &report["errors"]), (&json!(true), &json!([])));
    assert_eq!(told(&report["warnings"]), faults(&[("routes[0].destination.ref", "destination_disabled")]));

    assert_eq!(server.get("/smart-balancers").await.expect(200)["data"], json!([]));
    let stored = server.store().await.load().await.unwrap().configuration;
    assert_eq!((stored.balancers.len(), stored.version), (0, 2));
    server.make("/smart-balancers", &good).await;
    // What is taken is a fault here, and a conflict when saved.
    let taken = server.post(VALIDATE, &good).await.expect(200);
    let expected = [("name", "name_taken"), ("serving_name", "serving_name_taken")];
    assert_eq!(told(&taken["errors"]), faults(&expected));
}

pub(crate) async fn a_saved_balancer_is_validated_as_an_edit(server: &TestServer) {
    instances(server, &["a"]).await;
    let made = server.make("/smart-balancers", &balancer("Desk", "inst_a")).await;
    let report = server.post(VALIDATE, &made).await.expect(200);
    assert_eq!(report, json!({ "valid": true, "errors": [], "warnings": [] }));
    let report = server.post(VALIDATE, &with(made, json!({ "serving_name": "no good" }))).await.expect(200);
    assert_eq!(told(&report["errors"]), faults(&[("serving_name", "invalid_serving_name")]));
}
