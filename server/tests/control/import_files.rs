//! Whole files of other gateways, imported by the pages: what comes of them is stored and stands a second import, and
//! no key is ever shown.

use app::ports::Role;
use serde_json::{Value, json};

use super::import_pages::{apply, id, led_to, session, upload};
use crate::console::TestServer;

const LITELLM: [&str; 7] = [
    include_str!("../../src/import/tests/cases/azure_bedrock_fallbacks.yaml"),
    include_str!("../../src/import/tests/cases/anchors_merge_keys.yaml"),
    include_str!("../../src/import/tests/cases/wildcards.yaml"),
    include_str!("../../src/import/tests/cases/order_weight_gaps.yaml"),
    include_str!("../../src/import/tests/cases/helm_values.yaml"),
    include_str!("../../src/import/tests/cases/automatic_routers.yaml"),
    include_str!("../../src/import/tests/cases/kinds_of_models.yaml"),
];
const PORTKEY: &str = include_str!("../../src/import/tests/cases/portkey_fallback_of_pools.json");

/// A file as editors on Windows save it.
fn with_windows_ends(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

async fn all(server: &TestServer, path: &str) -> Vec<Value> {
    server.get(&format!("{path}?limit=200")).await.expect(200)["data"].as_array().unwrap().clone()
}

/// Imports a file, and returns what is configured then.
async fn imported(server: &TestServer, cookie: &str, from: &str, file: &str) -> Value {
    let answer = upload(server, cookie, from, "", file).await;
    let shown = led_to(server, cookie, &answer).await;
    assert!(!shown.contains("and upload the document again"), "{shown}");
    let done = apply(server, cookie, &id(&answer)).await;
    led_to(server, cookie, &done).await;
    server.get("/config/export").await.expect(200)
}

#[tokio::test]
async fn a_file_is_imported_whole_and_a_second_import_of_it_changes_nothing() {
    let files = LITELLM.map(|it| ("litellm", it)).into_iter().chain([("portkey", PORTKEY)]);
    for (from, file) in files {
        let server = TestServer::start().await;
        let cookie = session(&server, "ada", Role::Admin).await;
        let first = imported(&server, &cookie, from, file).await;
        let (instances, balancers) =
            (all(&server, "/instances").await, all(&server, "/smart-balancers").await);
        assert!(!instances.is_empty() && !balancers.is_empty(), "{file}");
        let again = imported(&server, &cookie, from, &with_windows_ends(file)).await;
        assert_eq!(again, first, "{file}");
        let after = all(&server, "/instances").await;
        let revisions = after.iter().map(|it| (&it["id"], &it["revision"], &it["api_key_set"]));
        assert!(
            revisions.eq(instances.iter().map(|it| (&it["id"], &it["revision"], &it["api_key_set"]))),
            "{file}"
        );
        // What is configured is valid, and nothing in it is a wildcard or a reference.
        for instance in &instances {
            let text = instance.to_string();
            for odd in ["*", "os.environ", "${", "{{", "<REPLACE"] {
                assert!(!text.contains(odd), "{odd}: {text}");
            }
        }
        assert!(instances.iter().all(|it| it["revision"] == json!(1)), "{file}");
        let answered = server.answered();
        assert!(!answered.contains("canary"), "a key is shown: {file}");
        let report = server.post("/config/import?dry_run=true", &first).await.expect(200);
        assert_eq!((&report["changes"], &report["errors"]), (&json!([]), &json!([])), "{file}");
    }
}
