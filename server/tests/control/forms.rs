//! Forms and REST are two doors to the same rules: what a form leaves out, and what it is told.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{group, instance, instances};
use crate::console::{Answer, TestServer};

/// A browser of an admin who is signed in.
struct Browser<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn open(server: &'a TestServer) -> Self {
        let now = server::clock::now();
        Self { server, cookie: server.session("ada", Role::Admin, [now, now]).await }
    }

    async fn page(&self, path: &str) -> Answer {
        let request = self.server.bare(Method::GET, path).header("cookie", &self.cookie);
        self.server.send(request.header("accept", "text/html")).await
    }

    /// Sends a form and answers with the address that it leads to.
    async fn post(&self, function: &str, fields: &[(&str, &str)]) -> String {
        let answer =
            self.server.send(self.server.form(function, fields).header("cookie", &self.cookie)).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Opens a page and presses a button of its form to that function, with all controls as the page shows them.
    async fn press(&self, path: &str, function: &str, act: &str) -> String {
        let page = self.page(path).await;
        assert_eq!(page.status, 200, "{path}");
        let mut fields = controls(&page.text, function);
        fields.push(("act".to_owned(), act.to_owned()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(function, &fields).await
    }
}

/// What a browser sends of the form that posts to a server function, the pressed button aside.
fn controls(page: &str, function: &str) -> Vec<(String, String)> {
    let form = page.split("<form").find(|it| it.contains(&format!("action=\"/fn/{function}\"")));
    let form = form.unwrap_or_else(|| panic!("no form to {function}: {page}"));
    let form = form.split("</form>").next().unwrap();
    let mut fields = Vec::new();
    let mut select = None;
    for piece in form.split('<').skip(1) {
        // What is no tag, such as a mark in the data of an island, is no control.
        let Some((tag, text)) = piece.split_once('>') else { continue };
        let kind = tag.split_whitespace().next().unwrap_or_default();
        let is =
            |name: &str| tag.split_whitespace().any(|it| it == name || it.starts_with(&format!("{name}=")));
        let name = attribute(tag, "name");
        match (kind, attribute(tag, "type").as_deref()) {
            ("input", Some("radio" | "checkbox")) if !is("checked") => {}
            ("input", _) => {
                fields.extend(name.map(|name| (name, attribute(tag, "value").unwrap_or_default())))
            }
            ("textarea", _) => fields.extend(name.map(|name| (name, text.to_owned()))),
            ("select", _) => select = name,
            ("option", _) if is("selected") => {
                fields.extend(select.clone().map(|name| (name, attribute(tag, "value").unwrap_or_default())));
            }
            _ => {}
        }
    }
    fields
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&"))
}

/// An object without what is its own.
fn common(mut object: Value) -> Value {
    for own in ["id", "name", "serving_name", "created_at", "updated_at"] {
        object.as_object_mut().unwrap().remove(own);
    }
    object
}

#[tokio::test]
async fn a_pasted_target_group_takes_the_defaults_of_rest() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    instances(&server, &["a", "b"]).await;
    let whole = json!({
        "name": "pool", "display_name": "Pool", "description": "Words.", "workload_kind": "chat",
        "selection_policy": "lowest_latency", "enabled": false,
        "members": [
            { "instance_id": "inst_a", "weight": 5, "enabled": false, "priority": 3 },
            { "instance_id": "inst_b" },
        ],
    });
    let mut bodies = vec![whole.clone(), json!({ "members": [{ "instance_id": "inst_b" }] })];
    for left_out in ["display_name", "description", "workload_kind", "selection_policy", "enabled"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(left_out);
        bodies.push(body);
    }
    for (at, mut body) in bodies.into_iter().enumerate() {
        body["name"] = json!(format!("rest-{at}"));
        let by_rest = server.make("/target-groups", &body).await;
        body["name"] = json!(format!("form-{at}"));
        let pasted = [("form[paste]", &*body.to_string()), ("act", "fill")];
        let filled = browser.post("save_target_group", &pasted).await;
        let shown = browser.page(&filled).await.text;
        assert!(!shown.contains("aria-invalid=\"true\""), "{body}: {shown}");
        let saved = browser.press(&filled, "save_target_group", "save").await;
        assert!(saved.starts_with("/target-groups?note="), "{body}: {saved}");
        let by_form = server.get(&format!("/target-groups/tg_form-{at}")).await.expect(200);
        assert_eq!(common(by_form), common(by_rest), "{body}");
    }
}

/// What cannot be read stays beside its fault, and what is required is still missed.
#[tokio::test]
async fn a_pasted_target_group_that_rest_refuses_is_refused() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    instances(&server, &["a"]).await;
    for (body, words) in [
        (
            json!({ "name": "g", "workload_kind": null, "members": [{ "instance_id": "inst_a" }] }),
            "Send a text here.",
        ),
        (
            json!({ "name": "g", "selection_policy": "best", "members": [{ "instance_id": "inst_a" }] }),
            "Use one of",
        ),
        (
            json!({ "name": "g", "odd": 1, "members": [{ "instance_id": "inst_a" }] }),
            "Remove the unknown field “odd”",
        ),
        (json!({ "members": [{ "instance_id": "inst_a" }] }), "Add the field “name”"),
        (json!({ "name": "g" }), "Add the field “members”"),
    ] {
        assert_eq!(server.post("/target-groups", &body).await.status, 422, "{body}");
        let pasted = [("form[paste]", &*body.to_string()), ("act", "fill")];
        let filled = browser.post("save_target_group", &pasted).await;
        assert!(browser.page(&filled).await.text.contains(words), "{body}");
    }
}

#[tokio::test]
async fn an_instance_form_that_leaves_fields_out_takes_the_defaults_of_rest() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    let by_rest =
        server.make("/instances", &json!({ "name": "rest", "base_url": "http://127.0.0.1:9/v1" })).await;
    // A box that is not ticked is not sent.
    let fields =
        [("form[name]", "form"), ("form[base_url]", "http://127.0.0.1:9/v1"), ("form[enabled]", "true")];
    let saved = browser.post("save_instance", &fields).await;
    assert!(saved.starts_with("/instances?note="), "{saved}");
    let by_form = server.get("/instances/inst_form").await.expect(200);
    assert_eq!(common(by_form), common(by_rest.clone()));

    // A form that was refused shows the defaults, and they are what is saved then.
    let refused = browser.post("save_instance", &[("form[name]", "again"), ("form[enabled]", "true")]).await;
    let mut fields = controls(&browser.page(&refused).await.text, "save_instance");
    let base_url = fields.iter_mut().find(|it| it.0 == "form[base_url]").unwrap();
    base_url.1 = "http://127.0.0.1:9/v1".to_owned();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(fields.contains(&("form[workload_kind]", "chat")), "{fields:?}");
    let saved = browser.post("save_instance", &fields).await;
    assert!(saved.starts_with("/instances?note="), "{saved}");
    let again = server.get("/instances/inst_again").await.expect(200);
    assert_eq!(common(again), common(by_rest));
}

#[tokio::test]
async fn a_pasted_balancer_takes_the_defaults_of_rest() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    instances(&server, &["a"]).await;
    let route = |name: &str, more: Value| {
        let route = json!({
            "name": name, "intent": "Any prompt is welcome here.",
            "destination": { "type": "instance", "ref": "inst_a" },
        });
        super::samples::with(route, more)
    };
    let routes = json!([route("one", json!({})), route("two", json!({ "weight": 7, "is_default": true }))]);
    let router = json!({ "type": "instance", "ref": "inst_a" });
    for (at, more) in [
        json!({ "router_model": router }),
        json!({ "router_model": router, "classifier": { "budget_ms": 900 } }),
        json!({ "routing_mode": "ordered" }),
        json!({ "routing_mode": "ordered", "ordered_strategy": "weighted", "max_attempts": 5 }),
    ]
    .into_iter()
    .enumerate()
    {
        let body =
            |name: String| super::samples::with(json!({ "name": name, "routes": routes }), more.clone());
        let by_rest = server.make("/smart-balancers", &body(format!("rest {at}"))).await;
        let pasted = body(format!("form {at}")).to_string();
        let fields = [("step", "name"), ("form[paste]", &*pasted), ("act", "fill")];
        let filled = browser.post("wizard_step", &fields).await;
        let filled = filled.split('#').next().unwrap();
        // The step of the routes posts all of its numbers; they are those that were filled in.
        let routes = filled.replace("/name?", "/routes?");
        let review = browser.press(&routes, "wizard_step", "go:review").await;
        let saved = browser.press(&review, "wizard_step", "save").await;
        let id = saved.strip_prefix("/balancers/").unwrap_or_else(|| panic!("{more}: {saved}"));
        let by_form = server.get(&format!("/smart-balancers/{id}")).await.expect(200);
        assert_eq!(common(by_form), common(by_rest), "{more}");
    }
}

#[tokio::test]
async fn a_key_form_that_leaves_fields_out_takes_the_defaults_of_rest() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    server.make("/api-keys", &json!({ "name": "rest" })).await;
    let made = browser.post("create_key", &[("form[name]", "form")]).await;
    assert!(made.starts_with("/keys?made="), "{made}");
    let keys = server.get("/api-keys").await.expect(200);
    let of = |name: &str| {
        let mut key = keys["data"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
        for own in ["prefix", "made_by"] {
            key.as_object_mut().unwrap().remove(own);
        }
        common(key)
    };
    assert_eq!(of("form"), of("rest"));
}

/// Says of a form's page what is wrong with it: the stale notice, or nothing but these words.
fn assert_told(page: &str, stale: bool, words: &[&str]) {
    assert_eq!(page.contains("Someone else saved this"), stale, "{page}");
    assert!(!page.contains("revision”"), "{page}");
    assert_eq!(page.contains("aria-invalid=\"true\""), !words.is_empty(), "{page}");
    assert!(words.iter().all(|it| page.contains(it)), "{page}");
}

#[tokio::test]
async fn a_stale_save_is_told_and_nothing_else() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    instances(&server, &["a"]).await;
    server.make("/target-groups", &group("pool", "inst_a")).await;
    for (function, path) in
        [("save_instance", "/instances/inst_a"), ("save_target_group", "/target-groups/tg_pool")]
    {
        let shown = browser.page(path).await;
        assert_told(&shown.text, false, &[]);
        let mut fields = controls(&shown.text, function);
        server.patch(path, &json!({ "revision": 1, "enabled": false })).await.expect(200);
        fields.push(("act".to_owned(), "save".to_owned()));
        let mut send = async |change: &[(&str, &str)]| {
            for (name, value) in change {
                fields.iter_mut().find(|it| it.0 == *name).unwrap().1 = (*value).to_owned();
            }
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            browser.post(function, &fields).await
        };
        let back = send(&[]).await;
        assert!(back.contains("draft=") && back.contains("check=1"), "{back}");
        let page = browser.page(&back).await;
        assert_told(&page.text, true, &[]);
        // A form that is stale and wrong says both, and one that is only wrong says that.
        let name = send(&[("form[name]", "")]).await;
        assert_told(&browser.page(&name).await.text, true, &["Enter a name."]);
        let name = send(&[("form[revision]", "2")]).await;
        assert_told(&browser.page(&name).await.text, false, &["Enter a name."]);
        // Without a revision nothing can be saved, but it is no field that anybody could fill in.
        let none = send(&[("form[name]", "pool"), ("form[revision]", "")]).await;
        assert_told(&browser.page(&none).await.text, true, &[]);
        assert_told(&browser.page(&format!("{path}?check=1")).await.text, false, &[]);

        // What the page of the stale save shows can be saved.
        let saved = browser.press(&back, function, "save").await;
        assert!(saved.contains("note="), "{saved}");
        assert_eq!(server.get(path).await.expect(200)["revision"], 3);
    }
}

/// The same body by both doors: a fault that one tells, the other tells.
#[tokio::test]
async fn an_edit_by_form_is_told_the_faults_of_rest_and_no_others() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    instances(&server, &["a"]).await;
    let edit =
        super::samples::with(instance("a"), json!({ "revision": 1, "max_in_flight": "many", "model": "m" }));
    let faults = server.put("/instances/inst_a", &edit).await.faults();
    assert_eq!(faults, super::samples::faults(&[("max_in_flight", "type")]));
    let fields = [
        ("form[id]", "inst_a"),
        ("form[revision]", "1"),
        ("form[name]", "a"),
        ("form[base_url]", "http://127.0.0.1:9/v1"),
        ("form[max_in_flight]", "many"),
        ("form[enabled]", "true"),
    ];
    let back = browser.post("save_instance", &fields).await;
    let page = browser.page(&back).await.text;
    assert_told(&page, false, &["Send a whole number here."]);
    assert_eq!(page.matches("aria-invalid=\"true\"").count(), 1, "{page}");
}

#[tokio::test]
async fn the_live_checks_of_a_draft_that_is_gone_say_so() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    let request = server.script("wizard_checks", &[("which[draft]", "draft_gone")]);
    let answer = server.send(request.header("cookie", &browser.cookie)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let frame: Value = serde_json::from_str(answer.text.trim()).unwrap();
    assert_eq!(frame["id"], "checks-status");
    assert_eq!(frame["text"], "This draft was saved or thrown away already.");
}

#[tokio::test]
async fn a_step_that_was_changed_elsewhere_is_not_overwritten() {
    let server = TestServer::start().await;
    let browser = Browser::open(&server).await;
    let keep = async |draft: &str, base: &str, name: &str| {
        let fields = [
            ("step", "name"),
            ("act", "keep"),
            ("which[draft]", draft),
            ("which[base]", base),
            ("form[name]", name),
        ];
        let request = server.script("wizard_step", &fields).header("cookie", &browser.cookie);
        let kept = server.send(request).await.expect(200)["Ok"].clone();
        [&kept["draft"], &kept["base"]].map(|it| it.as_str().unwrap().to_owned())
    };
    let shows = async |draft: &str, name: &str| {
        let page = browser.page(&format!("/balancers/new/name?draft={draft}")).await;
        page.text.contains(&format!("value=\"{name}\""))
    };
    let [draft, base] = keep("", "", "First").await;
    let [same, newer] = keep(&draft, &base, "Second").await;
    assert_eq!(same, draft);
    assert_ne!(newer, base);

    // A page that shows the first and changes nothing leaves the second.
    let [unchanged, _] = keep(&draft, &base, "First").await;
    assert_eq!(unchanged, draft);
    assert!(shows(&draft, "Second").await);
    // One that was changed becomes a draft of its own.
    let [copy, _] = keep(&draft, &base, "Third").await;
    assert_ne!(copy, draft);
    assert!(shows(&draft, "Second").await && shows(&copy, "Third").await);
}
