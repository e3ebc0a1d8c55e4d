//! What pages offer to each role: nothing that it may not use, and everything to read.

use std::collections::BTreeSet;

use app::{
    domain::{
        console::draft::{Draft, Editing, Step},
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::Role,
    web::access,
};
use reqwest::Method;
use serde_json::json;

use super::samples::{balancer, group, instance, instances, with};
use crate::{
    console::{Answer, TestServer},
    html::{Form, Offers, offers},
};

/// Everybody who signs in here.
const PEOPLE: [(&str, Role); 3] = [("vera", Role::Viewer), ("edda", Role::Editor), ("ada", Role::Admin)];

/// Somebody's browser.
struct Browser<'a> {
    server: &'a TestServer,
    name: &'static str,
    role: Role,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn all(server: &'a TestServer) -> Vec<Self> {
        let now = server::clock::now();
        let mut browsers = Vec::new();
        for (name, role) in PEOPLE {
            let cookie = server.session(name, role, [now, now]).await;
            browsers.push(Self { server, name, role, cookie });
        }
        browsers
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.server.bare(Method::GET, path).header("accept", "text/html");
        self.server.send(request.header("cookie", &self.cookie)).await
    }

    /// The pages that open, each with what it offers.
    async fn walk(&self, pages: &[String]) -> Vec<(String, Offers)> {
        let mut opened = Vec::new();
        for page in pages {
            let answer = self.get(page).await;
            let path = page.split('?').next().unwrap();
            let may = access::of_page(path) <= self.role;
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{page} by {}", self.name);
            assert!(!answer.text.contains("This page cannot be shown"), "{page} by {}", self.name);
            opened.push((page.clone(), offers(&answer.text)));
        }
        opened
    }

    /// Holds what a page offers against the table of roles.
    fn judge(&self, page: &str, offers: &Offers) {
        let name = self.name;
        for link in &offers.links {
            let takes = match link.strip_prefix("/api/v1") {
                Some(rest) => access::of_rest(&Method::GET, rest),
                None => access::of_page(link),
            };
            assert!(takes <= self.role, "{page} leads {name} to {link}");
        }
        for form in &offers.forms {
            let takes = match form.action.strip_prefix("/fn/") {
                Some(_) if access::is_open(&form.action) => Role::Viewer,
                Some(function) => access::of_function(function),
                None => access::of_page(&form.action),
            };
            assert!(takes <= self.role, "{page} offers {} to {name}", form.action);
            // What the object decides.
            for (field, _, by_hand) in &form.fields {
                let address = field == "form[base_url]" || field.starts_with("form[new_instance]");
                assert!(
                    !(address && *by_hand) || self.role == access::OF_ADDRESSES,
                    "{page}: {field} for {name}"
                );
            }
        }
    }

    /// Presses a button and follows it; answers with the page that it leads to.
    async fn press(&self, form: &Form, button: &(String, String)) -> Answer {
        let confirmed = |field: &str, value: &str| {
            // A deletion wants the name.
            let value = if field == "form[confirm]" { "spare" } else { value };
            (field.to_owned(), value.to_owned())
        };
        let mut fields: Vec<_> =
            form.fields.iter().map(|(field, value, _)| confirmed(field, value)).collect();
        fields.extend(Some(button.clone()).filter(|(name, _)| !name.is_empty()));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let function = form.action.trim_start_matches("/fn/");
        let answer =
            self.server.send(self.server.form(function, &fields).header("cookie", &self.cookie)).await;
        match answer.header("location").split('#').next().unwrap() {
            "" => answer,
            page => self.get(page).await,
        }
    }
}

/// Every page, with something to see on it: objects that are used and such that are not, and a draft of everybody.
async fn furnish(server: &TestServer) {
    instances(server, &["kept", "spare"]).await;
    server.make("/target-groups", &group("kept", "inst_kept")).await;
    server.make("/target-groups", &group("spare", "inst_kept")).await;
    let router = json!({
        "routing_mode": "intent_classifier",
        "router_model": { "type": "instance", "ref": "inst_kept" },
    });
    server.make("/smart-balancers", &with(balancer("kept", "inst_kept"), router)).await;
    server.make("/smart-balancers", &balancer("spare", "inst_kept")).await;
    let edit = json!({ "revision": 1, "description": "Changed." });
    server.patch("/smart-balancers/sb_kept", &edit).await.expect(200);
    server.make("/api-keys", &json!({ "name": "spare" })).await;
    for (name, _) in PEOPLE {
        let of_new = (format!("draft_new_{name}"), None);
        let of_edit = (format!("draft_edit_{name}"), Some(Editing { id: "sb_kept".to_owned(), revision: 1 }));
        let mut write = server.store().await.write().await.unwrap();
        for (id, editing) in [of_new, of_edit] {
            let body = balancer("Drafted", "inst_kept");
            let draft = Draft {
                id,
                revision: 0,
                kind: ObjectKind::SmartBalancer,
                editing,
                body,
                updated_at: Timestamp::default(),
            };
            write.keep_draft(name, &draft).await.unwrap();
        }
        write.commit().await.unwrap();
    }
}

/// The pages of somebody who has drafts.
fn pages(name: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for page in server::control::pages::addresses().filter(|it| !access::OPEN_PAGES.contains(it)) {
        let id = match page.split('/').nth(1).unwrap() {
            "balancers" => "sb_kept",
            "target-groups" => "tg_kept",
            "instances" => "inst_kept",
            // No call was made.
            "requests" if page != "/requests" => continue,
            _ => "",
        };
        let page = page.replace(":id", id).replace("{id}", id);
        if page.ends_with("step}") || page.ends_with(":step") {
            let (before, _) = page.rsplit_once('/').unwrap();
            let draft = if page.contains("/new/") { "new" } else { "edit" };
            for step in Step::ALL {
                all.push(format!("{before}/{}", step.as_str()));
                all.push(format!("{before}/{}?draft=draft_{draft}_{name}", step.as_str()));
            }
        } else if page == "/evaluate" {
            all.push(format!("/evaluate?draft=draft_new_{name}"));
        } else {
            all.push(page);
        }
    }
    all.extend(["routes", "decisions", "json"].map(|it| format!("/balancers/sb_kept?tab={it}")));
    all.extend(
        ["/instances/inst_spare", "/target-groups/tg_spare", "/balancers/sb_spare"].map(str::to_owned),
    );
    all
}

/// Whether a form does more than what everybody may do.
fn changes_something(form: &Form) -> bool {
    form.posts && form.action.strip_prefix("/fn/").is_some_and(|it| access::of_function(it) > Role::Viewer)
}

/// Pages and what they offer are found by themselves, so that a new page, form or button cannot be forgotten.
#[tokio::test]
async fn no_page_offers_what_a_role_may_not_do() {
    let server = TestServer::start().await;
    let browsers = Browser::all(&server).await;
    let empty = ["/", "/instances", "/target-groups", "/playground", "/requests", "/keys"].map(str::to_owned);
    for browser in &browsers {
        for (page, offers) in browser.walk(&empty).await {
            browser.judge(&page, &offers);
        }
    }
    furnish(&server).await;
    let mut pressable = Vec::new();
    for browser in &browsers {
        let mut presses = BTreeSet::new();
        for (page, offers) in browser.walk(&pages(browser.name)).await {
            browser.judge(&page, &offers);
            for form in offers.forms.into_iter().filter(changes_something) {
                presses.extend(form.buttons.clone().into_iter().map(|button| (form.clone(), button)));
            }
        }
        pressable.push(presses);
    }
    let [by_viewer, by_editor, by_admin] = pressable.as_slice() else { panic!("three people") };
    assert!(by_viewer.is_empty(), "{by_viewer:?}");
    assert!(
        by_editor.len() > 60 && by_admin.len() > by_editor.len(),
        "{} {}",
        by_editor.len(),
        by_admin.len()
    );
    // What is decided only together with the object. Deletions come last, for the others need what they delete.
    let (last, first): (Vec<_>, Vec<_>) =
        by_editor.iter().partition(|(form, _)| form.action == "/fn/delete_object");
    for (form, button) in first.into_iter().chain(last) {
        let page = browsers[1].press(form, button).await;
        let refused = page.status == 403 || page.text.contains("requires the role of");
        assert!(!refused, "{form:?}: {}", page.text);
    }
    let left =
        |kind: &'static str| async { server.get(kind).await.expect(200)["data"].as_array().unwrap().len() };
    assert_eq!(left("/target-groups").await, 1, "the editor deleted the spare one");
    assert_eq!(left("/instances").await, 2, "and was not offered to delete an instance");
}

/// What a viewer may not change can still be read.
#[tokio::test]
async fn a_viewer_reads_what_an_editor_changes() {
    let server = TestServer::start().await;
    let more = json!({ "max_in_flight": 7, "timeouts": { "idle_ms": 12345 }, "api_key": "sk-canary-of-a-viewer-9876" });
    server.make("/instances", &with(instance("kept"), more)).await;
    let members = json!([{ "instance_id": "inst_kept", "weight": 41, "priority": 3 }]);
    let pool = json!({ "name": "pool", "description": "For nights.", "members": members });
    server.make("/target-groups", &pool).await;
    let router = json!({
        "routing_mode": "intent_classifier",
        "router_model": { "type": "instance", "ref": "inst_kept" },
    });
    server.make("/smart-balancers", &with(balancer("desk", "inst_kept"), router)).await;
    let browsers = Browser::all(&server).await;
    let [viewer, editor, _] = browsers.as_slice() else { panic!("three people") };
    let prompts = [("form[balancer]", "sb_desk"), ("form[prompts]", "hello there,all"), ("act", "save")];
    let saved = server.send(server.form("evaluate", &prompts).header("cookie", &editor.cookie)).await;
    assert_eq!(saved.status, 302, "{}", saved.text);
    let reads = async |page: &str, texts: &[&str]| {
        let shown = viewer.get(page).await;
        assert_eq!(shown.status, 200);
        for text in texts {
            assert!(shown.text.contains(text), "{page} without {text}: {}", shown.text);
        }
    };
    let instance = ["http://127.0.0.1:9/v1", "small", "Stored, ends in 9876", "12345 ms", ">7<", "pool"];
    reads("/instances/inst_kept", &instance).await;
    reads("/target-groups/tg_pool", &["For nights.", ">41<", ">3<", "Weighted round robin", "kept"]).await;
    reads(
        "/balancers/sb_desk",
        &["Sample call", "Connect a client", "ANTHROPIC_BASE_URL", "$SMART_BALANCER_API_KEY", "desk"],
    )
    .await;
    reads("/balancers/sb_desk/evaluate", &["hello there", "No run yet."]).await;
    reads("/balancers/sb_desk/history", &["Revision 1"]).await;
    // Somebody's draft from better days is not what is set.
    let body = with(super::samples::instance("kept"), json!({ "model": "never saved" }));
    let editing = Some(Editing { id: "inst_kept".to_owned(), revision: 1 });
    let draft = Draft {
        id: "old".to_owned(),
        revision: 0,
        kind: ObjectKind::Instance,
        editing,
        body,
        updated_at: Timestamp::default(),
    };
    let mut write = server.store().await.write().await.unwrap();
    write.keep_draft("vera", &draft).await.unwrap();
    write.commit().await.unwrap();
    let shown = viewer.get("/instances/inst_kept?draft=old&check=1").await;
    assert!(shown.text.contains("small") && !shown.text.contains("never saved"), "{}", shown.text);
}
