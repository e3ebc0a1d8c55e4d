//! People: added by a link, given another role, reset and removed, as an admin does it in a browser without scripting.

use app::{domain::secret::Secret, ports::Role};
use reqwest::Method;

use crate::console::{Answer, Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";
const PAGE: &str = "/settings/people";

/// A server with the admin signed in; their cookie.
async fn server() -> (TestServer, String) {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    let server = home.start().await;
    let cookie = cookie(&sign_in(&server, "admin", PASSWORD).await);
    (server, cookie)
}

async fn sign_in(server: &TestServer, name: &str, password: &str) -> Answer {
    server.send(server.form("sign_in", &[("form[name]", name), ("form[password]", password)])).await
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn page(server: &TestServer, path: &str, cookie: &str) -> Answer {
    server.send(server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie)).await
}

async fn act(server: &TestServer, function: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    server.send(server.form(function, fields).header("cookie", cookie)).await
}

/// The page after an act, without what the browser half reads.
async fn shown(server: &TestServer, answer: &Answer, cookie: &str) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let shown = page(server, answer.header("location"), cookie).await;
    assert_eq!(shown.status, 200);
    shown.text.split_once("</main>").unwrap().0.replace("<!>", "")
}

/// The path of the link that a page shows once.
fn link(shown: &str) -> Option<String> {
    let (_, rest) = shown.split_once("/invitation?token=")?;
    Some(format!("/invitation?token={}", rest.split('<').next().unwrap()))
}

/// Adds somebody, who takes their link; answers with their cookie.
async fn join(server: &TestServer, admin: &str, name: &str, role: Role) -> String {
    let fields = [("form[name]", name), ("form[role]", role.as_str())];
    let added = act(server, "add_person", admin, &fields).await;
    let link = link(&shown(server, &added, admin).await).unwrap();
    let token = link.split_once('=').unwrap().1;
    let fields = [("form[token]", token), ("form[password]", PASSWORD)];
    let accepted = server.send(server.form("accept_invitation", &fields)).await;
    assert_eq!((accepted.status, accepted.header("location")), (302, "/"), "{}", accepted.text);
    cookie(&accepted)
}

#[tokio::test]
async fn an_invited_person_sets_a_password_with_a_one_time_link() {
    let (server, admin) = server().await;
    let fields = [("form[name]", " Edda "), ("form[role]", "editor")];
    let added = act(&server, "add_person", &admin, &fields).await;
    let first = shown(&server, &added, &admin).await;
    let link = link(&first).unwrap();
    assert!(first.contains("Invited") && first.contains(&format!("{}{link}", server.base)), "{first}");
    let again = shown(&server, &added, &admin).await;
    assert!(!again.contains("token=") && again.contains("shown once"), "{again}");

    // Without a password nobody is signed in, and nobody learns that they exist.
    for password in ["", PASSWORD] {
        assert!(sign_in(&server, "Edda", password).await.header("set-cookie").is_empty());
    }
    for _ in 0..2 {
        let opened = page(&server, &link, "").await;
        assert!(opened.status == 200 && opened.text.contains("“Edda”"), "{}", opened.text);
    }
    let token = link.split_once('=').unwrap().1;
    let accept = async |token: &str, password: &str| {
        let fields = [("form[token]", token), ("form[password]", password)];
        server.send(server.form("accept_invitation", &fields)).await
    };
    let short = accept(token, "short").await;
    assert!(page(&server, short.header("location"), "").await.text.contains("10 to 256 characters"));
    let cookie_of_edda = cookie(&accept(token, PASSWORD).await);
    assert_eq!(page(&server, "/keys", &cookie_of_edda).await.status, 200);
    assert_eq!(page(&server, PAGE, &cookie_of_edda).await.status, 403);

    let used = accept(token, "another long password").await;
    assert!(used.header("set-cookie").is_empty());
    for token in [token, "nonsense", ""] {
        let gone = page(&server, &format!("/invitation?token={token}"), "").await;
        assert!(gone.text.contains("no longer valid") && !gone.text.contains("Edda"), "{}", gone.text);
    }
    assert_eq!(sign_in(&server, "edda", PASSWORD).await.header("location"), "/");
    let audit = server.store().await.audit(None, 10).await.unwrap();
    let told: Vec<_> = audit.iter().map(|(_, it)| [&*it.by, &it.action, &it.id]).collect();
    assert_eq!(
        told,
        [["Edda", "set_password", "Edda"], ["admin", "create", "Edda"], ["system", "create", "admin"]]
    );
}

#[tokio::test]
async fn errors_in_a_new_person_are_shown_at_their_field() {
    let (server, admin) = server().await;
    for (name, role, words) in [
        ("", "editor", "1 to 80 characters"),
        ("ADMIN", "editor", "Another user has this name"),
        ("System", "viewer", "choose another one"),
        ("Edda", "owner", "Choose one of the roles"),
    ] {
        let answer = act(&server, "add_person", &admin, &[("form[name]", name), ("form[role]", role)]).await;
        let shown = shown(&server, &answer, &admin).await;
        assert!(shown.contains(words) && shown.contains("aria-invalid"), "{name}: {shown}");
    }
    assert_eq!(server.store().await.people().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_role_change_a_reset_and_a_removal_end_sessions_at_once() {
    let (server, admin) = server().await;
    let edda = join(&server, &admin, "Edda", Role::Editor).await;
    let rest = async |cookie: &str| {
        server.send(server.bare(Method::GET, "/api/v1/instances").header("cookie", cookie)).await.status
    };
    assert_eq!(rest(&edda).await, 200);
    let made = act(&server, "change_role", &admin, &[("form[name]", "Edda"), ("form[role]", "viewer")]).await;
    assert!(shown(&server, &made, &admin).await.contains("“Edda” is a viewer now"));
    assert_eq!(rest(&edda).await, 401);

    let edda = cookie(&sign_in(&server, "Edda", PASSWORD).await);
    assert_eq!(rest(&edda).await, 200);
    let reset = act(&server, "reset_person", &admin, &[("form[name]", "Edda")]).await;
    let link = link(&shown(&server, &reset, &admin).await).unwrap();
    assert_eq!(rest(&edda).await, 401);
    assert!(sign_in(&server, "Edda", PASSWORD).await.header("set-cookie").is_empty());
    let fields =
        [("form[token]", link.split_once('=').unwrap().1), ("form[password]", "another long password")];
    let edda = cookie(&server.send(server.form("accept_invitation", &fields)).await);
    assert_eq!(rest(&edda).await, 200);

    let draft = server.form("wizard_step", &[("act", "next")]).header("cookie", &edda);
    assert_eq!(server.send(draft).await.status, 403, "a viewer makes none");
    let removed = act(&server, "remove_person", &admin, &[("form[name]", "edda")]).await;
    assert!(shown(&server, &removed, &admin).await.contains("Removed “edda”"));
    assert_eq!(rest(&edda).await, 401);
    assert!(sign_in(&server, "Edda", "another long password").await.header("set-cookie").is_empty());
    let again = act(&server, "remove_person", &admin, &[("form[name]", "edda")]).await;
    assert!(shown(&server, &again, &admin).await.contains("There is no user named “edda”"));
    let audit = server.store().await.audit(None, 10).await.unwrap();
    let told: Vec<_> = audit.iter().map(|(_, it)| it.action.as_str()).collect();
    assert_eq!(told, ["delete", "set_password", "reset", "update", "set_password", "create", "create"]);
}

#[tokio::test]
async fn the_last_admin_who_can_sign_in_cannot_be_removed() {
    let (server, admin) = server().await;
    // An admin who has set no password cannot stand in.
    act(&server, "add_person", &admin, &[("form[name]", "Ada"), ("form[role]", "admin")]).await;
    for (function, fields) in [
        ("remove_person", [("form[name]", "admin"), ("form[role]", "")]),
        ("change_role", [("form[name]", "admin"), ("form[role]", "editor")]),
        ("reset_person", [("form[name]", "admin"), ("form[role]", "")]),
    ] {
        let answer = act(&server, function, &admin, &fields).await;
        assert!(shown(&server, &answer, &admin).await.contains("is the last admin"), "{function}");
    }
    join(&server, &admin, "Alma", Role::Admin).await;
    let answer = act(&server, "remove_person", &admin, &[("form[name]", "admin")]).await;
    assert_eq!(answer.status, 302);
    assert_eq!(page(&server, PAGE, &admin).await.status, 303, "they removed themselves");
}
