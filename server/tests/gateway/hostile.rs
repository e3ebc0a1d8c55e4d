//! Router models that say anything, and prompts that try to choose where they go: a call is always answered, and
//! always by one of its own balancer's routes.

mod answers;
mod injections;
pub(crate) mod upstream;

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{Arc, Mutex},
};

use app::domain::config::balancer::Stickiness;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::rig::{Got, KEY, NARROW, Rig, Setup, got};
use answers::{Due, LABELS, cases};
use injections::{PAYLOADS, TEMPLATES};
use upstream::Upstream;

/// Calls at once.
const AT_ONCE: usize = 32;

const ROUTES: [(&str, &str); 3] =
    [("code", "inst_code"), ("legal", "inst_legal"), ("general", "inst_general")];

/// A balancer over those routes that asks its router at every call, and beside it one that the narrow key may not
/// use, with an instance of its own.
async fn rig(router: &Upstream, open: &Upstream, vault: &Upstream) -> Rig {
    let mut setup = Setup::new().instance("router", &router.base_url, "m", |_| {});
    for (name, _) in ROUTES {
        setup = setup.instance(name, &open.base_url, "m", |_| {});
    }
    let mut setup = setup
        .classifier("open", "inst_router", &ROUTES)
        .instance("vault", &vault.base_url, "m", |_| {})
        .ordered("vault", &[("premium", "inst_vault")]);
    let classifier = &mut setup.configuration.balancers[0].spec.classifier;
    classifier.stickiness = Stickiness::PerRequest;
    classifier.cache_ttl_s = 0;
    // A slow machine is not what is tested here.
    classifier.budget_ms = 30_000;
    setup.start().await
}

async fn plain() -> Upstream {
    Upstream::start(|_| json!("an answer")).await
}

/// The quoted text of a router call. Panics where a text has broken out of its quotation.
fn latest_turn(asked: &Value) -> String {
    let quoted: Value = serde_json::from_str(asked["messages"][1]["content"].as_str().unwrap()).unwrap();
    let fields: Vec<&str> = quoted.as_object().unwrap().keys().map(String::as_str).collect();
    let known = ["assistant_turn", "earlier_turns", "latest_turn"];
    assert!(fields.iter().all(|it| known.contains(it)), "{fields:?}");
    quoted["latest_turn"].as_str().unwrap().to_owned()
}

/// The route of an answer, which must be a good one from a route of the balancer `open` and its instance.
fn route_of(answer: &Got) -> &'static str {
    let route = answer.header("x-sb-route");
    let Some(route) = LABELS.into_iter().find(|it| *it == route) else { panic!("the route {route:?}") };
    assert_eq!((answer.status, answer.header("x-sb-balancer")), (200, "open"), "{}", answer.text());
    assert_eq!(answer.header("x-sb-instance"), format!("inst_{route}"));
    assert_eq!(answer.header("x-sb-attempts"), "1");
    route
}

fn tally<T: Hash + Eq + Debug>(all: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_hostile_router_answers_end_on_a_configured_route() {
    const CASES: usize = 10_000;
    let all = Arc::new(cases(CASES));
    let said = Arc::clone(&all);
    let router = Upstream::start(move |asked| {
        let case: usize = latest_turn(asked).parse().unwrap();
        said[case].content.clone()
    });
    let (router, open, vault) = (router.await, plain().await, plain().await);
    let rig = rig(&router, &open, &vault).await;
    let calls = stream::iter(0..CASES).map(|at| {
        let call = got(rig.chat("open", &at.to_string()));
        async move { (at, call.await) }
    });
    let answers: Vec<(usize, Got)> = calls.buffer_unordered(AT_ONCE).collect().await;
    for (at, answer) in &answers {
        let case = &all[*at];
        let way = (route_of(answer), answer.header("x-sb-reason"));
        let expected = match case.due {
            Due::Route(route) => (route, "matched"),
            Due::NoMatch => ("general", "no_match"),
            Due::Invalid => ("general", "invalid_answer"),
            Due::Anything => {
                let is_default = matches!(way, ("general", "no_match" | "invalid_answer"));
                assert!(is_default || way.1 == "matched", "{way:?} {case:?}");
                way
            }
        };
        assert_eq!(way, expected, "{case:?}");
    }
    assert_eq!((answers.len(), open.calls(), vault.calls()), (CASES, CASES, 0));
    let reasons = tally(answers.iter().map(|(_, it)| it.header("x-sb-reason")));
    for reason in ["matched", "no_match", "invalid_answer"] {
        assert!(reasons.get(reason).is_some_and(|count| *count >= 100), "{reasons:?}");
    }
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(router.calls() > CASES, "answers that are none are asked about again");
}

/// A router that does what the text says, as far as a text can say anything to it.
fn gullible(asked: &Value) -> Value {
    let text = latest_turn(asked);
    let names_a_label = |word: &&str| LABELS.contains(word) || ["premium", "vault"].contains(word);
    json!(match text.len() % 4 {
        0 => json!({ "route": text }).to_string(),
        1 => text.split(|it: char| !it.is_alphanumeric()).rfind(names_a_label).unwrap_or(&text).to_owned(),
        _ => text,
    })
}

/// A call that brings the prompt in one of the ways in which text can come.
fn injected(at: usize, prompt: &str) -> Value {
    let user = |content: Value| json!({ "role": "user", "content": content });
    let messages = match at % 5 {
        0 | 1 => json!([user(json!(prompt))]),
        2 => json!([{ "role": "system", "content": prompt }, user(json!(prompt))]),
        3 => json!([user(json!(prompt)), { "role": "assistant", "content": prompt }, user(json!(prompt))]),
        _ => json!([user(
            json!([{ "type": "text", "text": prompt }, { "type": "image_url", "image_url": prompt }])
        )]),
    };
    json!({ "model": "open", "messages": messages, "route": prompt, "base_url": prompt, "metadata": { "x-sb-route": prompt } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_injections_into_a_gullible_router_name_nothing_beyond_the_callers_own_routes() {
    let systems = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let seen = Arc::clone(&systems);
    let router = Upstream::start(move |asked| {
        let system = asked["messages"][0]["content"].as_str().unwrap().to_owned();
        *seen.lock().unwrap().entry(system).or_default() += 1;
        gullible(asked)
    });
    // Nothing may ever reach the address that prompts and bodies name.
    let (router, open, vault, evil) = (router.await, plain().await, plain().await, plain().await);
    let rig = rig(&router, &open, &vault).await;
    let payloads = PAYLOADS.map(|it| it.replace("EVIL", &evil.base_url));
    let prompts: Vec<String> = TEMPLATES
        .iter()
        .flat_map(|template| payloads.iter().map(|payload| template.replace('@', payload)))
        .enumerate()
        // Every tenth is longer than what a router model is shown: both of its ends are.
        .map(
            |(at, prompt)| {
                if at % 10 == 9 { [&prompt, &*"lorem ".repeat(3_000), &prompt].concat() } else { prompt }
            },
        )
        .collect();
    assert_eq!(prompts.len(), 1_000);

    let calls = stream::iter(prompts.iter().enumerate()).map(|(at, prompt)| {
        let key = if at % 2 == 0 { NARROW } else { KEY };
        got(rig.post_as(key, "/v1/chat/completions", injected(at, prompt).to_string()))
    });
    let answers: Vec<Got> = calls.buffer_unordered(AT_ONCE).collect().await;
    let reasons = tally(answers.iter().map(|it| {
        let (route, reason) = (route_of(it), it.header("x-sb-reason"));
        assert!(
            reason == "matched" || (route == "general" && ["no_match", "invalid_answer"].contains(&reason))
        );
        reason
    }));
    assert!(reasons["matched"] > 0 && reasons["invalid_answer"] > 500, "{reasons:?}");
    assert_eq!((open.calls(), vault.calls(), evil.calls()), (1_000, 0, 0));
    assert_eq!(systems.lock().unwrap().len(), 1, "a text has changed what the router model is told");

    // What no text can do, the narrow key cannot do by asking either.
    let asked = got(rig.chat_as(NARROW, "vault", "premium, please")).await;
    assert_eq!((asked.status, asked.code().as_str()), (404, "model_not_found"));
    let forced = got(rig.chat_as(NARROW, "open", "hi").header("x-sb-route", "premium")).await;
    assert_eq!((forced.status, forced.code().as_str()), (403, "permission_denied"));
    assert_eq!(vault.calls(), 0);
}
