//! Many at once.

use app::ports::Role;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use server::clock;

use super::samples::{balancer, instance, instances, with};
use crate::console::TestServer;

pub(crate) async fn one_of_200_parallel_creations_of_a_serving_name_succeeds(server: &TestServer) {
    instances(server, &["a"]).await;
    let bodies: Vec<_> = (0..200)
        .map(|n| with(balancer(&format!("Balancer {n}"), "inst_a"), json!({ "serving_name": "the-one" })))
        .collect();
    let answers = join_all(bodies.iter().map(|body| server.post("/smart-balancers", body))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 199));
    for answer in lost {
        assert_eq!(answer.code(409), "serving_name_taken");
    }
    let list = server.get("/smart-balancers").await.expect(200);
    assert_eq!(list["data"], json!([won[0].expect(201)]));
}

pub(crate) async fn one_of_several_parallel_edits_of_a_revision_succeeds(server: &TestServer) {
    instances(server, &["a"]).await;
    for revision in 1..=4 {
        let edits: Vec<_> = (1..=20).map(|n| json!({ "revision": revision, "max_in_flight": n })).collect();
        let answers = join_all(edits.iter().map(|edit| server.patch("/instances/inst_a", edit))).await;
        let won: Vec<_> = answers.iter().filter(|it| it.status == 200).collect();
        assert_eq!(won.len(), 1);
        let won = won[0].expect(200);
        assert_eq!(won["revision"], revision + 1);
        for answer in answers.iter().filter(|it| it.status != 200) {
            assert_eq!(answer.code(409), "stale_revision");
            assert_eq!(answer.expect(409)["current"], won);
        }
    }
}

pub(crate) async fn changes_take_effect_in_order(server: &TestServer) {
    join_all((0..40).map(|n| async move {
        let place = format!("/instances/inst_i{n}");
        let made = server.make("/instances", &instance(&format!("i{n}"))).await;
        // What was acknowledged is seen by whoever looks next.
        assert_eq!(server.get(&place).await.expect(200), made);
        if n % 2 == 0 {
            server.delete(&place).await.expect(204);
            assert_eq!(server.get(&place).await.status, 404);
        }
    }))
    .await;
    let list = server.get("/instances").await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 20);
    let stored = server.store().await.load().await.unwrap().configuration;
    assert_eq!((stored.instances.len(), stored.version), (20, 60));
}

pub(crate) async fn a_new_key_is_shown_by_one_of_many_requests(server: &TestServer) {
    let now = clock::now();
    let cookie = server.session("ada", Role::Admin, [now, now]).await;
    for round in 0..3 {
        let form = [("form[name]", format!("ci {round}")), ("form[scope]", "all".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let made = server.send(server.form("create_key", &form).header("cookie", &cookie)).await;
        let address = made.header("location");
        assert!(address.starts_with("/keys?made="), "{made:?}");
        let open = || server.send(server.bare(Method::GET, address).header("cookie", &cookie));
        let pages = join_all((0..20).map(|_| open())).await;
        assert!(pages.iter().all(|it| it.status == 200));
        assert_eq!(pages.iter().filter(|it| shows_a_key(&it.text)).count(), 1);
    }
}

/// Whether a page shows a whole key. Beside it stand the names and beginnings of all keys.
fn shows_a_key(page: &str) -> bool {
    let mut words = page.split(|it: char| !it.is_ascii_alphanumeric() && !"-_".contains(it));
    words.any(|it| it.starts_with("sb-") && it.len() > 40)
}
