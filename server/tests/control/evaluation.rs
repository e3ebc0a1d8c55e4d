//! Evaluating through the front door, as a browser without scripting does it.

use std::time::{Duration, Instant};

use app::ports::Role;
use reqwest::Method;
use serde_json::json;

use super::desk::{Desk, SOON};
use crate::console::{Answer, TestServer};

const PROMPTS: &str = "prompt,expected route\nPlease fix my code,code\nHello there,general\n\
                       \"Some code, again\",general\n";
pub(super) const PAGE: &str = "/balancers/sb_sorts/evaluate";

pub(super) async fn editor(server: &TestServer) -> String {
    let now = server::clock::now();
    server.session("edda", Role::Editor, [now, now]).await
}

async fn page(server: &TestServer, cookie: &str, path: &str) -> String {
    let request = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
    let answer = server.send(request).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.text.split_once("</main>").unwrap().0.replace("<!>", "")
}

pub(super) async fn press(server: &TestServer, cookie: &str, act: &str, fields: &[(&str, &str)]) -> Answer {
    let fields = [&[("act", act)], fields].concat();
    let answer = server.send(server.form("evaluate", &fields).header("cookie", cookie)).await;
    assert_eq!(answer.status, 302, "{}", answer.text);
    answer
}

/// The page once it holds these words.
pub(super) async fn shows(server: &TestServer, cookie: &str, path: &str, words: &str) -> String {
    let begun = Instant::now();
    loop {
        let shown = page(server, cookie, path).await;
        if shown.contains(words) {
            return shown;
        }
        assert!(begun.elapsed() < SOON, "{words}: {shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) const SUBJECT: (&str, &str) = ("form[balancer]", "sb_sorts");

pub(crate) async fn an_evaluation_runs_in_the_background_and_is_scored(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "router-pick").await;
    let cookie = editor(server).await;
    let shown = page(server, &cookie, PAGE).await;
    assert!(shown.contains("None are saved yet") && shown.contains("No run yet"), "{shown}");

    let saved = press(server, &cookie, "save", &[SUBJECT, ("form[prompts]", PROMPTS)]).await;
    let shown = page(server, &cookie, saved.header("location")).await;
    assert!(shown.contains("Saved “Labelled prompts”") && shown.contains("3 prompts, saved"), "{shown}");
    let begun = press(server, &cookie, "run", &[SUBJECT]).await;
    assert!(begun.header("location").starts_with(PAGE), "{}", begun.header("location"));
    let shown = shows(server, &cookie, PAGE, "Results of the run").await;
    for words in ["66.7 %", "2 of 3", "Some code, again", "revision 1", "started by edda", "matched"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("Previous run"));

    press(server, &cookie, "save", &[SUBJECT, ("form[prompts]", "my code,code")]).await;
    press(server, &cookie, "run", &[SUBJECT]).await;
    let shown = shows(server, &cookie, PAGE, "Previous run").await;
    assert!(shown.contains("1 prompt, saved"), "{shown}");
    assert!(shown.contains("33.3 points better than the previous run"), "{shown}");
    assert!(shown.contains("No prompt was missed."), "{shown}");
    // "my code" is no prompt of the first run.
    for words in
        ["The runs have no prompt in common", "No answer of this run has a confidence", "2 of 3 correct"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }

    // Nothing but the router model was called, and nothing of it is in the request log.
    assert_eq!(server.get("/requests").await.expect(200)["data"], json!([]));
    let health = server.get("/instances/inst_router").await.expect(200)["health"]["state"].clone();
    assert_eq!(health, "unknown");
}

pub(crate) async fn invalid_prompts_are_returned_with_their_line_numbers(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "router-pick").await;
    let cookie = editor(server).await;
    let typed = "a <b> prompt,nowhere\none, two, code\n";
    let answer = press(server, &cookie, "save", &[SUBJECT, ("form[prompts]", typed)]).await;
    let shown = page(server, &cookie, answer.header("location")).await;
    for words in
        ["were not saved", "Line 1 names a route", "Line 2 has 3 fields", "a &lt;b&gt; prompt,nowhere"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let answer = press(server, &cookie, "run", &[SUBJECT]).await;
    let shown = page(server, &cookie, answer.header("location").split('#').next().unwrap()).await;
    assert!(shown.contains("Save some labelled prompts first."), "{shown}");
}

/// The numbers of a table's row.
fn row(page: &str, head: &str) -> Vec<String> {
    let (_, row) = page
        .split_once(&format!("<th scope=\"row\">{head}</th>"))
        .unwrap_or_else(|| panic!("{head}: {page}"));
    let cells = row.split("</tr>").next().unwrap().split("</td>");
    cells.filter_map(|it| Some(it.rsplit_once('>')?.1.to_owned())).filter(|it| !it.is_empty()).collect()
}

pub(crate) async fn confidence_is_scored_and_runs_are_compared_prompt_by_prompt(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "router-pick").await;
    for (name, model) in [("never", "sure@60+router@none"), ("sure", "sure@90")] {
        let body = json!({
            "name": name, "base_url": desk.upstream.base_url(), "model": model, "workload_kind": "decision",
        });
        server.make("/instances", &body).await;
    }
    let cookie = editor(server).await;
    let mut prompts: String = (0..9).map(|it| format!("Please fix my code {it},code\n")).collect();
    prompts += "Hello there,general\nSome code again,general\n";
    press(server, &cookie, "save", &[SUBJECT, ("form[prompts]", &prompts)]).await;
    for (revision, router, result) in [(1, "inst_never", "2 of 11"), (2, "inst_sure", "10 of 11")] {
        let router = json!({ "type": "instance", "ref": router });
        let change = json!({ "revision": revision, "router_model": router });
        server.patch("/smart-balancers/sb_sorts", &change).await.expect(200);
        press(server, &cookie, "run", &[SUBJECT]).await;
        shows(server, &cookie, PAGE, result).await;
    }
    let shown = page(server, &cookie, PAGE).await;
    assert_eq!(row(&shown, "All routes but the default"), ["9", "100.0 %", "10", "90.0 %"]);
    assert_eq!(row(&shown, "Default route (general)"), ["2", "50.0 %", "1", "100.0 %"]);
    assert_eq!(row(&shown, "0.8–0.9"), ["10", "1"], "right and wrong");
    assert_eq!(row(&shown, "0.000"), ["90.9 %", "9.1 %"], "accuracy, and sent to the default");
    for words in [
        "Threshold 0.000: accuracy 90.9 % (10 of 11), 9.1 % sent to the default route",
        "This run is clearly better: 9 against 1 (p = 0.021)",
        "never, revision 2: 2 of 11 correct",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let shown = page(server, &cookie, &format!("{PAGE}?threshold=0.95")).await;
    let words = "Threshold 0.950: accuracy 18.2 % (2 of 11), 100.0 % sent to the default route";
    assert!(shown.contains(words), "{words}: {shown}");
    let shown = page(server, &cookie, &format!("{PAGE}?threshold=nonsense&with=eval_gone")).await;
    assert!(shown.contains("Threshold 0.000: ") && shown.contains("9 against 1"), "{shown}");
}

pub(crate) async fn a_stopped_run_keeps_its_results(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "slow:100+router-pick").await;
    let cookie = editor(server).await;
    let many = "my code,code\n".repeat(1_000);
    press(server, &cookie, "save", &[SUBJECT, ("form[prompts]", &many)]).await;
    press(server, &cookie, "run", &[SUBJECT]).await;
    let shown = shows(server, &cookie, PAGE, "of 1000 classified").await;
    assert!(shown.contains(">Stop</button>") && shown.contains(">Refresh</a>"), "{shown}");
    let again = press(server, &cookie, "run", &[SUBJECT]).await;
    let shown = page(server, &cookie, again.header("location")).await;
    assert!(shown.contains("A run is under way."), "{shown}");
    shows(server, &cookie, PAGE, "8 correct").await;
    press(server, &cookie, "stop", &[SUBJECT]).await;
    let shown = shows(server, &cookie, PAGE, "It was stopped").await;
    assert!(shown.contains("of 1000 prompts were classified") && shown.contains("100.0 %"), "{shown}");
    shows(server, &cookie, PAGE, "Run evaluation").await;
}

pub(crate) async fn a_draft_can_be_evaluated_by_its_owner_only(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "router-pick").await;
    let cookie = editor(server).await;
    let step = |act: &'static str| {
        let fields = [("act", act), ("step", "router"), ("form[router_model][ref]", "instance:inst_router")];
        server.form("wizard_step", &fields).header("cookie", &cookie)
    };
    let answer = server.send(step("next")).await;
    let address = answer.header("location").to_owned();
    let Some((_, draft)) = address.split_once("draft=") else { panic!("{address}: {}", answer.text) };
    let page_of_draft = format!("/evaluate?draft={draft}");
    let shown = page(server, &cookie, &page_of_draft).await;
    assert!(shown.contains("Evaluate the draft") && shown.contains("Back to the wizard"), "{shown}");
    let subject = ("form[draft]", draft);
    press(server, &cookie, "save", &[subject, ("form[prompts]", "my code,code")]).await;
    press(server, &cookie, "run", &[subject]).await;
    let shown = shows(server, &cookie, &page_of_draft, "Results of the run").await;
    assert!(shown.contains("a draft") && shown.contains("1 of 1"), "{shown}");

    let now = server::clock::now();
    let stranger = server.session("eve", Role::Admin, [now, now]).await;
    let request = server.bare(Method::GET, &page_of_draft).header("accept", "text/html");
    let answer = server.send(request.header("cookie", stranger)).await;
    let shown = &answer.text;
    assert_eq!(answer.status, 404);
    assert!(!shown.contains("my code") && shown.contains("saved or thrown away already"), "{shown}");
}

pub(crate) async fn viewers_cannot_evaluate(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("sorts", "router-pick").await;
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    let shown = page(server, &cookie, PAGE).await;
    assert!(!shown.contains("Run evaluation") && !shown.contains("Save prompts"), "{shown}");
    for act in ["save", "run", "stop"] {
        let fields = [("act", act), SUBJECT, ("form[prompts]", "my code,code")];
        let answer = server.send(server.form("evaluate", &fields).header("cookie", &cookie)).await;
        assert_eq!(answer.status, 403, "{act}: {}", answer.text);
    }
}
