//! Pages of what is not there answer 404, as REST does.

use app::ports::Role;
use reqwest::Method;

use super::samples::{balancer, group, instances};
use crate::console::{Answer, TestServer};

/// A server with one object of each kind.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    server.make("/target-groups", &group("pool", "inst_a")).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    server
}

async fn page(server: &TestServer, cookie: &str, path: &str) -> Answer {
    let request = server.bare(Method::GET, path).header("cookie", cookie).header("accept", "text/html");
    server.send(request).await
}

#[tokio::test]
async fn every_page_of_something_answers_404_where_that_is_not_there() {
    let server = server().await;
    let now = server::clock::now();
    let cookie = server.session("ada", Role::Admin, [now, now]).await;
    let mut seen = 0;
    for address in server::control::pages::addresses() {
        let address = address.replace(":id", "{id}").replace(":step", "name").replace("{step}", "name");
        if !address.contains("{id}") {
            continue;
        }
        let of = |id: &str| address.replace("{id}", id);
        for id in ["nothing-here", "inst_nothing", "a%20b"] {
            let answer = page(&server, &cookie, &of(id)).await;
            assert_eq!(answer.status, 404, "{}", of(id));
            assert!(
                answer.text.contains("There is no") || answer.text.contains("holds no call"),
                "{}",
                answer.text
            );
            assert!(answer.text.contains("<h1"), "{}", answer.text);
        }
        let known = match address.as_str() {
            it if it.starts_with("/balancers") => "sb_desk",
            it if it.starts_with("/target-groups") => "tg_pool",
            it if it.starts_with("/instances") => "inst_a",
            _ => continue,
        };
        assert_eq!(page(&server, &cookie, &of(known)).await.status, 200, "{}", of(known));
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
    for path in
        ["/balancers/sb_nothing?tab=routes", "/balancers/sb_nothing?tab=json", "/balancers/new/nothing"]
    {
        assert_eq!(page(&server, &cookie, path).await.status, 404, "{path}");
    }
    // A step that is none, of a balancer that is there.
    assert_eq!(page(&server, &cookie, "/balancers/sb_desk/edit/nothing").await.status, 404);
}

#[tokio::test]
async fn a_draft_that_is_not_there_is_told_with_a_way_on() {
    let server = server().await;
    let now = server::clock::now();
    let cookie = server.session("ada", Role::Admin, [now, now]).await;
    let forms = [
        "/balancers/new/name",
        "/balancers/sb_desk/edit/name",
        "/instances/new",
        "/instances/inst_a",
        "/target-groups/new",
        "/target-groups/tg_pool",
    ];
    for form in forms {
        let gone = page(&server, &cookie, &format!("{form}?draft=draft_aaaaaaaaaaaa&check=1")).await;
        assert_eq!(gone.status, 404, "{form}");
        assert!(gone.text.contains("saved or thrown away already"), "{}", gone.text);
        assert!(
            gone.text.contains("href=\"?\"") && gone.text.contains("Open this page without the draft"),
            "{form}"
        );
        let without = page(&server, &cookie, form).await;
        assert_eq!(without.status, 200, "{form}");
    }
    let evaluated = page(&server, &cookie, "/evaluate?draft=draft_aaaaaaaaaaaa").await;
    assert!(evaluated.status == 404 && !evaluated.text.contains("href=\"?\""), "{}", evaluated.text);

    // A draft belongs to one page, and to one user.
    let begun = server.form("wizard_step", &[("step", "name"), ("form[name]", "Mine"), ("act", "keep_it")]);
    let begun = server.send(begun.header("cookie", &cookie)).await;
    let (_, draft) = begun.header("location").split_once("draft=").unwrap();
    let draft = draft.split(['&', '#']).next().unwrap();
    assert_eq!(page(&server, &cookie, &format!("/balancers/new/name?draft={draft}")).await.status, 200);
    for form in ["/balancers/sb_desk/edit/name", "/balancers/sb_nothing/edit/name", "/instances/inst_a"] {
        assert_eq!(page(&server, &cookie, &format!("{form}?draft={draft}")).await.status, 404, "{form}");
    }
    let stranger = server.session("eve", Role::Admin, [now, now]).await;
    let theirs = page(&server, &stranger, &format!("/balancers/new/name?draft={draft}")).await;
    assert!(theirs.status == 404 && !theirs.text.contains("Mine"), "{}", theirs.text);
}
