//! The page that shows every component: debug builds have it, such as the one that these tests run in.

use app::{pages::components::ADDRESS, ports::Role};
use reqwest::Method;

use crate::console::TestServer;

#[tokio::test]
async fn the_components_page_requires_a_session_and_loads_no_webassembly() {
    let server = TestServer::start().await;
    let ask = || server.bare(Method::GET, ADDRESS).header("accept", "text/html");
    let answer = server.send(ask()).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in?next=%2Fdev%2Fcomponents"));
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    let answer = server.send(ask().header("cookie", cookie)).await;
    assert_eq!(answer.status, 200);
    let text = answer.text.replace("<!>", "");
    assert!(text.contains("<h1>Components</h1>") && !text.contains("/pkg/smart-balancer.js"), "{text}");
    assert!(answer.header("content-security-policy").contains("'nonce-"));
}
