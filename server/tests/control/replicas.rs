//! Several replicas that start at once on one empty Postgres: all of them serve, and what start-up writes is written once.

use std::time::{Duration, Instant};

use app::{domain::secret::Secret, ports::Role};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use server::{clock, operations::access::tokens};

use super::{
    desk::{Desk, SOON},
    evaluation::{PAGE, SUBJECT, editor, press, shows},
    feed::Tab,
    set_up::{page, set_up, token},
};
use crate::{
    console::{Home, TestServer},
    home::on_postgres,
};

/// Replicas of a round.
const REPLICAS: usize = 5;
/// Rounds, each on a database of its own.
const ROUNDS: usize = 3;

const PASSWORD: &str = "correct horse battery staple";

/// Starts replicas at once: one database and one master key, and a data folder for each.
async fn start_at_once(url: &str, change: impl Fn(&mut Home)) -> Vec<TestServer> {
    let starts = (0..REPLICAS).map(|_| {
        let mut home = Home::new();
        home.settings.store.database_url = Some(url.to_owned());
        home.secrets.master_key = Some(Secret::new("07".repeat(32)));
        change(&mut home);
        tokio::spawn(home.start())
    });
    let servers: Vec<_> = join_all(starts).await.into_iter().map(Result::unwrap).collect();
    for server in &servers {
        assert_eq!(server.send(server.bare(Method::GET, "/readyz")).await.status, 200);
        server.get("/instances").await.expect(200);
    }
    servers
}

/// Who may sign in.
async fn people(server: &TestServer) -> Vec<(String, Role)> {
    server.store().await.people().await.unwrap().into_iter().map(|it| (it.name, it.role)).collect()
}

/// How many rows the audit log has of a kind of thing.
async fn made(server: &TestServer, kind: &str) -> usize {
    let audit = server.store().await.audit(None, 100).await.unwrap();
    audit.iter().filter(|(_, it)| it.kind == kind && it.action == "create").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_link_that_a_replica_prints_is_good_and_one_of_them_makes_the_admin() {
    for _ in 0..ROUNDS {
        on_postgres(|home| async move {
            let servers = start_at_once(&home.url, |_| {}).await;
            let tokens: Vec<_> = servers.iter().map(token).collect();
            let store = servers[0].store().await;
            for (server, token) in servers.iter().zip(&tokens) {
                let sha256 = tokens::sha256(&Secret::new(token.as_str()));
                assert!(store.has_setup_token(&sha256, clock::now()).await.unwrap());
                let shown = page(server, &format!("/setup?token={token}")).await;
                assert!(shown.text.contains("Create the first admin"), "{}", shown.text);
            }
            // Each link is used at another replica than the one that printed it.
            let names: Vec<_> = (0..REPLICAS).map(|it| format!("user {it}")).collect();
            let uses = (0..REPLICAS)
                .map(|at| set_up(&servers[(at + 1) % REPLICAS], &tokens[at], &names[at], PASSWORD));
            let answers = join_all(uses).await;
            let won: Vec<_> =
                (0..REPLICAS).filter(|at| !answers[*at].header("set-cookie").is_empty()).collect();
            assert_eq!(won.len(), 1, "{answers:?}");
            assert_eq!(people(&servers[0]).await, [(names[won[0]].clone(), Role::Admin)]);
            assert_eq!(made(&servers[0], "user").await, 1);
            for (server, token) in servers.iter().zip(&tokens) {
                assert!(set_up(server, token, "eve", PASSWORD).await.header("set-cookie").is_empty());
            }
            assert_eq!(people(&servers[0]).await.len(), 1);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_headless_admin_is_made_once_and_signs_in_at_every_replica() {
    for _ in 0..ROUNDS {
        on_postgres(|home| async move {
            let headless = |home: &mut Home| home.secrets.admin_password = Some(Secret::new(PASSWORD));
            let servers = start_at_once(&home.url, headless).await;
            assert_eq!(people(&servers[0]).await, [("admin".to_owned(), Role::Admin)]);
            assert_eq!(made(&servers[0], "user").await, 1);
            for server in &servers {
                assert!(
                    server.greeting.iter().any(|it| it.starts_with("Sign in at")),
                    "{:?}",
                    server.greeting
                );
                let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
                let signed_in = server.send(server.form("sign_in", &form)).await;
                assert!(!signed_in.header("set-cookie").is_empty());
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn demo_instances_and_the_demo_key_are_made_once() {
    for _ in 0..ROUNDS {
        on_postgres(|home| async move {
            let demo = |home: &mut Home| {
                home.settings.demo = true;
                home.secrets.admin_password = Some(Secret::new(PASSWORD));
            };
            let servers = start_at_once(&home.url, demo).await;
            let printed = |server: &TestServer| {
                let line =
                    server.greeting.iter().find_map(|it| it.trim().split_once("SMART_BALANCER_API_KEY="));
                line.map(|it| it.1.to_owned())
            };
            let keys: Vec<_> = servers.iter().filter_map(printed).collect();
            assert_eq!(keys.len(), 1, "one replica made the key and prints it");
            assert_eq!((made(&servers[0], "instance").await, made(&servers[0], "api_key").await), (6, 1));
            for server in &servers {
                // Each may have read the configuration before another one added to it.
                let began = Instant::now();
                loop {
                    let listed = server.get("/instances").await.expect(200)["data"].as_array().unwrap().len();
                    let models = server.bare(Method::GET, "/v1/models").bearer_auth(&keys[0]);
                    if listed == 6 && server.send(models).await.status == 200 {
                        break;
                    }
                    assert!(began.elapsed() < SOON, "{listed} instances");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_one_replica_seals_the_others_open() {
    on_postgres(|home| async move {
        let servers = start_at_once(&home.url, |_| {}).await;
        for (at, server) in servers.iter().enumerate() {
            let body = json!({ "name": format!("i{at}"), "base_url": "http://127.0.0.1:9", "api_key": "sk-canary-0123" });
            server.make("/instances", &body).await;
        }
        let fresh = start_at_once(&home.url, |_| {}).await;
        for (at, server) in fresh.iter().enumerate() {
            let shown = server.get(&format!("/instances/inst_i{at}")).await.expect(200);
            assert_eq!(shown["health"]["state"], "unknown", "{shown}");
        }
    })
    .await;
}

/// Where a form sends the browser.
async fn sent_to(server: &TestServer, cookie: &str, function: &str, fields: &[(&str, &str)]) -> String {
    let answer = server.send(server.form(function, fields).header("cookie", cookie)).await;
    assert_eq!(answer.status, 302, "{}", answer.text);
    answer.header("location").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn what_a_form_leads_to_is_shown_by_whichever_replica_is_asked_next() {
    on_postgres(|home| async move {
        let servers = start_at_once(&home.url, |_| {}).await;
        let [one, other] = [&servers[0], &servers[1]];
        let now = clock::now();
        let cookie = one.session("ada", Role::Admin, [now, now]).await;
        let shown = async |server: &TestServer, path: &str| {
            server.send(server.bare(Method::GET, path).header("cookie", &cookie)).await.text
        };

        // A key that is shown once, and not again anywhere.
        let made = sent_to(one, &cookie, "create_key", &[("form[name]", "ci"), ("form[scope]", "all")]).await;
        assert!(made.starts_with("/keys?made="), "{made}");
        let text = shown(other, &made).await;
        let mut words = text.split(|it: char| !it.is_ascii_alphanumeric() && !"-_".contains(it));
        let key = words.find(|it| it.starts_with("sb-") && it.len() > 40).unwrap();
        assert!(!shown(one, &made).await.contains(key), "shown once");

        // An invitation, whose link is shown at one replica and opened at another.
        let person = [("form[name]", "edda"), ("form[role]", "viewer")];
        let made = sent_to(other, &cookie, "add_person", &person).await;
        let text = shown(one, &made).await;
        let (_, token) = text.split_once("/invitation?token=").unwrap();
        let token = token.split(['<', '"']).next().unwrap();
        assert!(page(other, &format!("/invitation?token={token}")).await.text.contains("edda"));

        // A form that was refused, with what was typed.
        let refused = sent_to(one, &cookie, "create_key", &[("form[name]", ""), ("form[rpm]", "many")]).await;
        assert!(shown(other, &refused).await.contains("many"), "{refused}");

        // Signing in with a wrong password; nobody is signed in there.
        let form = [("form[name]", "nobody here"), ("form[password]", "wrong")];
        let refused = sent_to(one, "", "sign_in", &form).await;
        assert!(page(other, &refused).await.text.contains("nobody here"), "{refused}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_page_shows_what_another_replica_saved_a_moment_ago() {
    on_postgres(|home| async move {
        let servers = start_at_once(&home.url, |_| {}).await;
        let now = clock::now();
        let cookie = servers[0].session("ada", Role::Admin, [now, now]).await;
        for at in 0..2 * REPLICAS {
            let (one, other) = (&servers[at % REPLICAS], &servers[(at + 1) % REPLICAS]);
            let shown = async |path: &str| {
                let request = other.bare(Method::GET, path).header("accept", "text/html");
                other.send(request.header("cookie", &cookie)).await
            };
            let path = format!("/instances/inst_i{at}");
            let body = json!({ "name": format!("i{at}"), "base_url": "http://127.0.0.1:9" });
            one.make("/instances", &body).await;
            assert_eq!(shown(&path).await.status, 200, "{path}");

            let renamed = format!("renamed-{at}");
            one.patch(&path, &json!({ "name": renamed, "revision": 1 })).await.expect(200);
            assert!(shown("/instances").await.text.contains(&renamed), "{path}");

            assert_eq!(one.delete(&path).await.status, 204);
            assert_eq!(shown(&path).await.status, 404, "{path}");
        }
    })
    .await;
}

/// Prompts whose routes a slow router model needs half a minute for.
fn many_prompts() -> String {
    "my code,code\n".repeat(1_000)
}

/// The balancer that is evaluated, made at one replica and known to another one.
async fn sorts<'a>(one: &'a TestServer, other: &TestServer, fault: &str) -> Desk<'a> {
    let desk = Desk::open(one).await;
    desk.classifier("sorts", fault).await;
    let began = Instant::now();
    while other.get("/smart-balancers/sb_sorts").await.status != 200 {
        assert!(began.elapsed() < SOON, "the other replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    desk
}

/// How many prompts a page says are classified, as soon as it is at least this many.
async fn classified(server: &TestServer, cookie: &str, at_least: usize) -> usize {
    let began = Instant::now();
    loop {
        let shown = shows(server, cookie, PAGE, "of 1000 classified").await;
        let (before, _) = shown.split_once(" of 1000 classified").unwrap();
        let done = before.rsplit('>').next().unwrap().parse().unwrap();
        if done >= at_least {
            return done;
        }
        assert!(began.elapsed() < SOON, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Where a press leads to, as the replica shows it.
async fn pressed(server: &TestServer, cookie: &str, act: &str) -> String {
    let answer = press(server, cookie, act, &[SUBJECT]).await;
    let address = answer.header("location").split('#').next().unwrap().to_owned();
    server.send(server.bare(Method::GET, &address).header("cookie", cookie)).await.text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn an_evaluation_is_followed_and_stopped_at_any_replica() {
    on_postgres(|home| async move {
        let servers = start_at_once(&home.url, |_| {}).await;
        let [one, other] = [&servers[0], &servers[1]];
        let desk = sorts(one, other, "slow:100+router-pick").await;
        let cookie = editor(one).await;
        press(one, &cookie, "save", &[SUBJECT, ("form[prompts]", &many_prompts())]).await;
        let mut tab = Tab::open(other, &cookie).await;
        let begun = pressed(one, &cookie, "run").await;
        assert!(begun.contains(">Stop</button>"), "{begun}");

        // It is under way at once, and goes on.
        assert_eq!(tab.topic("evaluation").await, json!({ "topic": "evaluation", "subject": "sb_sorts" }));
        let done = classified(other, &cookie, 1).await;
        classified(other, &cookie, done + 1).await;
        let again = pressed(other, &cookie, "run").await;
        assert!(again.contains("A run is under way."), "{again}");

        let stopping = pressed(other, &cookie, "stop").await;
        assert!(stopping.contains("; stopping") || stopping.contains("It was stopped"), "{stopping}");
        for server in [other, one] {
            let shown = shows(server, &cookie, PAGE, "It was stopped").await;
            assert!(shown.contains("of 1000 prompts were classified") && shown.contains("Run evaluation"));
        }
        let asked = desk.upstream.requests().iter().filter(|it| it.path.ends_with("/completions")).count();
        assert!(asked < 1_000, "{asked}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_tab_at_another_replica_hears_of_a_run_that_ends_at_once() {
    on_postgres(|home| async move {
        let servers = start_at_once(&home.url, |_| {}).await;
        let [one, other] = [&servers[0], &servers[1]];
        let _desk = sorts(one, other, "router-pick").await;
        let cookie = editor(one).await;
        press(one, &cookie, "save", &[SUBJECT, ("form[prompts]", "my code,code")]).await;
        let mut tab = Tab::open(other, &cookie).await;
        press(one, &cookie, "run", &[SUBJECT]).await;
        // However many times it is told, the last time is after the end.
        loop {
            tab.topic("evaluation").await;
            let request = other.bare(Method::GET, PAGE).header("cookie", &cookie);
            if other.send(request).await.text.contains("Results of the run") {
                break;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_run_whose_replica_died_is_interrupted_and_blocks_no_other() {
    on_postgres(|home| async move {
        let mut servers = start_at_once(&home.url, |_| {}).await;
        let (one, other) = (servers.remove(0), &servers[0]);
        let desk = sorts(&one, other, "slow:100+router-pick").await;
        let cookie = editor(&one).await;
        press(&one, &cookie, "save", &[SUBJECT, ("form[prompts]", &many_prompts())]).await;
        press(&one, &cookie, "run", &[SUBJECT]).await;
        classified(other, &cookie, 1).await;
        let upstream = desk.upstream;
        one.stop().await;

        // It may still be alive, for all that others know.
        let again = pressed(other, &cookie, "run").await;
        assert!(again.contains("A run is under way."), "{again}");
        // What half a minute does.
        home.sql("UPDATE evaluation_progress SET touched_at = touched_at - 31000").await;
        let shown = shows(other, &cookie, PAGE, "The latest run was interrupted after").await;
        assert!(
            shown.contains("of 1000 prompts and has no result") && shown.contains("Run evaluation"),
            "{shown}"
        );
        assert!(!shown.contains(">Stop</button>"), "{shown}");

        let fresh = pressed(other, &cookie, "run").await;
        assert!(fresh.contains(">Stop</button>") && !fresh.contains("was interrupted"), "{fresh}");
        pressed(other, &cookie, "stop").await;
        shows(other, &cookie, PAGE, "It was stopped").await;
        upstream.stop().await;
    })
    .await;
}
