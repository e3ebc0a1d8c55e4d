//! Export and import by the pages, as a browser without scripting does it; and pasting a balancer into the wizard.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, instance, instances, with};
use crate::console::{Answer, TestServer};

const BOUNDARY: &str = "the-boundary-of-this-form";

fn document(lists: Value) -> String {
    with(json!({ "format": "smart-balancer-configuration", "version": 1 }), lists).to_string()
}

/// Uploads a document, pasted or as a file.
pub(super) async fn upload(
    server: &TestServer,
    cookie: &str,
    from: &str,
    pasted: &str,
    file: &str,
) -> Answer {
    let part = |name: &str, more: &str, text: &str| {
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let mut body = part("form[from]", "", from) + &part("form[document]", "", pasted);
    body += &part("file", "; filename=\"config\"\r\ncontent-type: application/octet-stream", file);
    body += &format!("--{BOUNDARY}--\r\n");
    let request = server
        .bare(Method::POST, "/settings/import")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("accept", "text/html")
        .header("origin", &server.base)
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie);
    server.send(request.body(body)).await
}

/// The page that an answer leads to.
pub(super) async fn led_to(server: &TestServer, cookie: &str, answer: &Answer) -> String {
    assert!([302, 303].contains(&answer.status), "{}", answer.text);
    page(server, cookie, answer.header("location").split('#').next().unwrap()).await
}

async fn page(server: &TestServer, cookie: &str, path: &str) -> String {
    let request = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
    let answer = server.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

pub(super) async fn session(server: &TestServer, name: &str, role: Role) -> String {
    let now = server::clock::now();
    server.session(name, role, [now, now]).await
}

/// What names the document that waits.
pub(super) fn id(answer: &Answer) -> String {
    let location = answer.header("location");
    location.strip_prefix("/settings?import=").unwrap().trim_end_matches("#transfer-title").to_owned()
}

pub(super) async fn apply(server: &TestServer, cookie: &str, id: &str) -> Answer {
    server.send(server.form("apply_import", &[("id", id)]).header("cookie", cookie)).await
}

#[tokio::test]
async fn an_uploaded_document_is_previewed_and_imported() {
    let server = TestServer::start().await;
    let cookie = session(&server, "ada", Role::Admin).await;
    let lists = json!({
        "instances": [with(instance("a"), json!({ "api_key": "sk-canary-in-a-document" })), instance("b")],
        "balancers": [balancer("desk", "a")],
    });
    for (pasted, file) in [(document(lists.clone()), String::new()), ("ignored".to_owned(), document(lists))]
    {
        let answer = upload(&server, &cookie, "smart-balancer", &pasted, &file).await;
        let shown = led_to(&server, &cookie, &answer).await;
        assert!(shown.contains("3 objects would change") && shown.contains("sb_desk"), "{shown}");
        assert!(shown.contains("It has no upstream key"), "{shown}");
        assert_eq!(
            server.get("/instances").await.expect(200)["data"],
            json!([]),
            "nothing is changed by looking"
        );
    }
    let answer =
        upload(&server, &cookie, "smart-balancer", &document(json!({ "instances": [instance("a")] })), "")
            .await;
    let waiting = id(&answer);
    // Nobody else can import it, or look at it.
    let eve = session(&server, "eve", Role::Admin).await;
    assert!(led_to(&server, &eve, &answer).await.contains("upload has expired"));
    assert!(
        led_to(&server, &eve, &apply(&server, &eve, &waiting).await).await.contains("upload has expired")
    );
    let done = apply(&server, &cookie, &waiting).await;
    assert!(led_to(&server, &cookie, &done).await.contains("Imported: one object changed."));
    assert_eq!(server.get("/instances/inst_a").await.expect(200)["revision"], 1);
    assert!(
        led_to(&server, &cookie, &apply(&server, &cookie, &waiting).await)
            .await
            .contains("upload has expired")
    );
    assert!(!server.answered().contains("canary"));
}

#[tokio::test]
async fn a_document_with_errors_shows_them_and_cannot_be_imported() {
    let server = TestServer::start().await;
    let cookie = session(&server, "ada", Role::Admin).await;
    let bad = document(json!({ "balancers": [balancer("desk", "gone")] }));
    let answer = upload(&server, &cookie, "smart-balancer", &bad, "").await;
    let shown = led_to(&server, &cookie, &answer).await;
    assert!(
        shown.contains("Fix 1 error and upload the document again.")
            && shown.contains("balancers[0].routes[0].destination.ref")
    );
    assert!(!shown.contains(">Import</button>"), "{shown}");
    let tried = apply(&server, &cookie, &id(&answer)).await;
    assert!(led_to(&server, &cookie, &tried).await.contains("there is no instance “gone”"));
    for (text, words) in [
        ("{\"api_key\": canary", "Invalid JSON at line 1, column"),
        ("  ", "Paste a document or choose a file."),
        (&"x".repeat(2 * 1024 * 1024 + 1), "Upload a document of at most 2 MiB."),
    ] {
        let answer = upload(&server, &cookie, "smart-balancer", text, "").await;
        let shown = led_to(&server, &cookie, &answer).await;
        assert!(shown.contains(words) && !shown.contains("canary"), "{words}");
    }
}

#[tokio::test]
async fn another_gateways_file_shows_what_is_not_carried_over() {
    let server = TestServer::start().await;
    let cookie = session(&server, "ada", Role::Admin).await;
    let file = "model_list:\n- model_name: fast\n  litellm_params: {model: hosted_vllm/m, \
                api_base: 'http://127.0.0.1:9/v1', api_key: sk-canary-litellm, temperature: 1}\n";
    let answer = upload(&server, &cookie, "litellm", "", file).await;
    let shown = led_to(&server, &cookie, &answer).await;
    assert!(shown.contains("Not imported") && shown.contains("model_list[0].litellm_params.temperature"));
    let done = apply(&server, &cookie, &id(&answer)).await;
    assert!(led_to(&server, &cookie, &done).await.contains("Imported: 2 objects changed."));
    let made = server.get("/smart-balancers/sb_fast").await.expect(200);
    assert_eq!(made["serving_name"], "fast");
    let instance = made["routes"][0]["destination"]["ref"].as_str().unwrap();
    assert_eq!(server.get(&format!("/instances/{instance}")).await.expect(200)["api_key_set"], true);
    assert!(!server.answered().contains("canary"));
}

#[tokio::test]
async fn importing_requires_an_admin_on_the_same_site() {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    for (name, role) in [("vera", Role::Viewer), ("edda", Role::Editor)] {
        let cookie = session(&server, name, role).await;
        let shown =
            server.bare(Method::GET, "/settings").header("accept", "text/html").header("cookie", &cookie);
        assert_eq!(server.send(shown).await.status, 403);
        assert_eq!(upload(&server, &cookie, "smart-balancer", &document(json!({})), "").await.status, 403);
    }
    let cookie = session(&server, "ada", Role::Admin).await;
    assert!(page(&server, &cookie, "/settings").await.contains("Download export"));
    let elsewhere = server
        .bare(Method::POST, "/settings/import")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", &cookie);
    assert_eq!(server.send(elsewhere).await.status, 403);
}

#[tokio::test]
async fn pasted_json_fills_the_wizard() {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    let cookie = session(&server, "edda", Role::Editor).await;
    let fill = async |text: &str| {
        let fields = [("step", "name"), ("act", "fill"), ("form[paste]", text)];
        server.send(server.form("wizard_step", &fields).header("cookie", &cookie)).await
    };
    let pasted = with(balancer("Desk", "a"), json!({ "description": "Kept.", "odd": 1 }));
    let answer = fill(&pasted.to_string()).await;
    let shown = led_to(&server, &cookie, &answer).await;
    assert!(
        shown.contains("value=\"Desk\"") && shown.contains("odd: Remove the unknown field “odd”"),
        "{shown}"
    );
    let draft = answer.header("location").split("draft=").nth(1).unwrap().split(['#', '&']).next().unwrap();
    let fields = [("step", "review"), ("act", "save"), ("which[draft]", draft)];
    let saved = server.send(server.form("wizard_step", &fields).header("cookie", &cookie)).await;
    assert_eq!(saved.header("location"), "/balancers/sb_desk", "{}", saved.text);
    let made = server.get("/smart-balancers/sb_desk").await.expect(200);
    assert_eq!(
        (&made["description"], &made["routes"][0]["destination"]["ref"]),
        (&json!("Kept."), &json!("inst_a"))
    );
    let shown = led_to(&server, &cookie, &fill("{ nothing").await).await;
    assert!(shown.contains("Invalid JSON at line 1") && shown.contains("{ nothing"), "{shown}");
}
