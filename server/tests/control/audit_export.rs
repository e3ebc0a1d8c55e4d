//! The audit log as a file.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::instance;
use crate::console::TestServer;

#[tokio::test]
async fn the_audit_log_is_exported_completely_as_json_lines() {
    let server = TestServer::start().await;
    server.make("/instances", &instance("a")).await;
    // More than are read at a time.
    let store = server.store().await;
    let (_, row) = store.audit(None, 1).await.unwrap().remove(0);
    let mut write = store.write().await.unwrap();
    for n in 0..1_200 {
        let id = format!("inst_{n}\n\u{2028}");
        write.put_audit(&server::store::AuditRow { id, ..row.clone() }).await.unwrap();
    }
    write.commit().await.unwrap();

    let answer = server.get("/audit/export").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/jsonl"));
    assert!(answer.header("content-disposition").contains("audit.jsonl"));
    let rows: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 1_201);
    assert_eq!(rows[0]["id"], "inst_1199\n\u{2028}");
    let list = server.get("/audit?limit=1").await.expect(200);
    assert_eq!(rows[0], list["data"][0]);
    assert_eq!((&rows[1_200]["id"], &rows[1_200]["action"]), (&json!("inst_a"), &json!("create")));

    let now = server::clock::now();
    for (name, role, status) in [("edda", Role::Editor, 403), ("ada", Role::Admin, 200)] {
        let cookie = server.session(name, role, [now, now]).await;
        let request = server.bare(Method::GET, "/api/v1/audit/export").header("cookie", cookie);
        assert_eq!(server.send(request).await.status, status, "{name}");
    }
}
