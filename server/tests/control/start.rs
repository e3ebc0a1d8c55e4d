//! Starting: what is printed, and what keeps it from coming up.

use app::domain::secret::Secret;
use serde_json::json;

use crate::console::{Home, TestServer};

/// Why it does not start, in one sentence.
async fn refused(home: Home) -> String {
    let Err((_, error)) = home.try_start().await else { panic!("it starts") };
    error.with_causes()
}

#[tokio::test]
async fn bad_settings_are_told_in_a_sentence() {
    let mut home = Home::new();
    home.secrets.admin_token = Some(Secret::new("short"));
    assert!(refused(home).await.contains("SMART_BALANCER_ADMIN_TOKEN must have 32 characters"));
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new("short"));
    let told = refused(home).await;
    assert!(
        told.contains("SMART_BALANCER_ADMIN_PASSWORD") && told.contains("10 to 256 characters"),
        "{told}"
    );
    let mut home = Home::new();
    home.secrets.master_key = Some(Secret::new("canary"));
    let told = refused(home).await;
    assert!(told.contains("SMART_BALANCER_MASTER_KEY") && !told.contains("canary"), "{told}");
    let mut home = Home::new();
    home.settings.public_url = Some("https://a.example/path".to_owned());
    assert!(refused(home).await.contains("--public-url"));
    let mut home = Home::new();
    home.settings.store.database_url = Some("postgres://nobody:canary@127.0.0.1:1/none".to_owned());
    let told = refused(home).await;
    assert!(told.contains("refused") && !told.contains("canary"), "the cause is told: {told}");
    let server = TestServer::start().await;
    let mut home = Home::new();
    home.settings.listen = server.base.trim_start_matches("http://").parse().unwrap();
    assert!(refused(home).await.contains("cannot listen on 127.0.0.1:"));
}

#[tokio::test]
async fn the_demo_comes_with_instances_and_a_key_shown_once() {
    let mut home = Home::new();
    home.settings.demo = true;
    let server = home.start().await;
    let line =
        server.greeting.iter().find_map(|it| it.trim().strip_prefix("export SMART_BALANCER_API_KEY=sb-"));
    assert!(line.is_some_and(|it| it.len() > 50), "{:?}", server.greeting);
    let list = server.get("/instances").await.expect(200);
    let rows = list["data"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        assert_eq!((&row["demo"], &row["revision"]), (&json!(true), &json!(1)));
        assert_eq!(row["base_url"], json!(format!("{}/demo/v1", server.base)));
    }
    // They can be edited, but not moved; and what was read can be put back.
    let place = format!("/instances/{}", rows[0]["id"].as_str().unwrap());
    assert_eq!(server.put(&place, &rows[0]).await.expect(200)["demo"], true);
    let moved =
        server.patch(&place, &json!({ "revision": 2, "base_url": "http://127.0.0.1:9", "enabled": 1 })).await;
    assert_eq!(moved.faults(), super::samples::faults(&[("enabled", "type"), ("base_url", "read_only")]));
    let audit = server.store().await.audit(None, 20).await.unwrap();
    assert_eq!(audit.iter().filter(|(_, it)| it.by == "system" && it.action == "create").count(), 7);

    // The address is this start's own and is not stored.
    let server = server.stop().await.start().await;
    assert!(server.greeting.iter().all(|it| !it.contains("API_KEY")), "{:?}", server.greeting);
    let shown = server.get(&place).await.expect(200);
    assert_eq!(shown["base_url"], json!(format!("{}/demo/v1", server.base)));
    let stored = format!("{:?}", server.store().await.audit(None, 20).await.unwrap());
    assert!(!stored.contains("/demo/v1"), "{stored}");
    assert_eq!(server.get("/instances").await.expect(200)["data"].as_array().unwrap().len(), 6);
}
