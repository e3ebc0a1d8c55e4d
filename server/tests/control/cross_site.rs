//! Requests that another site makes a browser send.

use app::domain::secret::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::samples::instance;
use crate::console::{Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";

async fn signed_in(home: Home) -> (TestServer, String) {
    let mut home = home;
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    let server = home.start().await;
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    let answer = server.send(server.form("sign_in", &form)).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    (server, cookie)
}

/// A request with no header but these, as a browser would send it.
fn from(request: RequestBuilder, cookie: &str, marks: &[(&str, &str)]) -> RequestBuilder {
    marks
        .iter()
        .fold(request.header("cookie", cookie), |request, (name, value)| request.header(*name, *value))
}

#[tokio::test]
async fn cross_site_requests_are_refused_everywhere() {
    let (server, cookie) = signed_in(Home::new()).await;
    let evil: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:1")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
    ];
    let place = "/api/v1/instances";
    for marks in evil {
        for (method, path) in [
            (Method::POST, place),
            (Method::PUT, "/api/v1/instances/x"),
            (Method::PATCH, "/api/v1/instances/x"),
            (Method::DELETE, "/api/v1/instances/x"),
            (Method::POST, "/fn/sign_in"),
            (Method::POST, "/fn/sign_out"),
            (Method::POST, "/fn/create_key"),
            (Method::POST, "/fn/save_instance"),
            (Method::POST, "/fn/set_up"),
            (Method::POST, "/instances"),
        ] {
            let request = server.bare(method, path).header("content-type", "application/json").body("{}");
            let answer = server.send(from(request, &cookie, marks)).await;
            assert_eq!(answer.code(403), "cross_site", "{path} {marks:?}");
        }
    }
    for path in ["/fn/sign_in", "/fn/sign_out", "/fn/create_key?form[name]=x", "/fn/send_play", "/fn/nothing"]
    {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let answer = server.send(from(server.bare(method.clone(), path), &cookie, evil[0])).await;
            assert_eq!(
                answer.status, 403,
                "{method} {path}: a server function is no address for another site"
            );
        }
    }
    let linked = server.bare(Method::GET, "/instances").header("accept", "text/html");
    assert_eq!(
        server.send(from(linked, &cookie, evil[4])).await.status,
        200,
        "another site may link to a page"
    );
    let read = server.send(from(server.bare(Method::GET, place), &cookie, evil[0])).await;
    assert_eq!(read.status, 200, "reading changes nothing");
    assert_eq!(server.get("/api-keys").await.expect(200)["data"], json!([]));

    let own: [&[(&str, &str)]; 3] =
        [&[("sec-fetch-site", "same-origin"), ("origin", &server.base)], &[("origin", &server.base)], &[]];
    for (n, marks) in own.into_iter().enumerate() {
        let request = server.bare(Method::POST, place).header("content-type", "application/json");
        let request = request.body(instance(&format!("a{n}")).to_string());
        assert_eq!(server.send(from(request, &cookie, marks)).await.status, 201, "{marks:?}");
    }
}

#[tokio::test]
async fn requests_from_the_public_url_are_same_site() {
    let mut home = Home::new();
    home.settings.public_url = Some("https://models.example.com/".to_owned());
    let (server, cookie) = signed_in(home).await;
    for (marks, status) in [
        ([("origin", "https://models.example.com")], 201),
        ([("origin", "https://models.example.com:444")], 403),
        ([("origin", "http://models.example.com")], 403),
    ] {
        let request =
            server.bare(Method::POST, "/api/v1/instances").header("content-type", "application/json");
        let answer = server.send(from(request.body(instance("a").to_string()), &cookie, &marks)).await;
        assert_eq!(answer.status, status, "{marks:?}");
    }
}
