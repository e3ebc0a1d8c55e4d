//! Changing the master key with the real program: whole, killed at any moment, and beside a server that runs.

use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use server::{
    seal::{KeySource, MasterKey, Place, Sealer},
    store::{SEALED, Store},
};

use super::samples::{instance, with};
use crate::console::{Home, TestServer};

const KEY: &str = "sk-canary-of-an-upstream-0123456789";

fn rotation(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smart-balancer"));
    command.args(["admin", "rotate-key", "--data-dir"]).arg(data_dir);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SMART_BALANCER_")) {
        command.env_remove(name);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder with so many instances that have a key.
async fn home(instances: usize) -> Home {
    let mut home = Home::new();
    home.settings.request_log_days = 0;
    let server = home.start().await;
    for n in 0..instances {
        let secrets = json!({ "api_key": KEY, "headers": { "X-Org": KEY } });
        server.make("/instances", &with(instance(&format!("a{n}")), secrets)).await;
    }
    server.stop().await
}

fn source(data_dir: &Path) -> KeySource {
    KeySource { given: None, file: None, data_dir: data_dir.to_owned() }
}

async fn store(data_dir: &Path) -> Store {
    Store::open(&format!("sqlite://{}/smart-balancer.db", data_dir.display())).await.unwrap()
}

/// How many instances have a key and a header that open with the key of a file.
async fn opens(store: &Store, sealer: &Sealer) -> usize {
    let loaded = store.load().await.unwrap();
    let opened =
        loaded.sealed_keys.iter().zip(&loaded.sealed_headers).filter(|((id, key), (same, headers))| {
            let headers = sealer.open_headers(same.as_str(), headers);
            id == same
                && headers.is_ok_and(|it| it["x-org"].reveal() == KEY)
                && sealer.open(Place::instance_key(id.as_str()), key).is_ok_and(|it| it.reveal() == KEY)
        });
    opened.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_reseals_everything_under_a_running_server() {
    let home = home(3).await;
    let data_dir = home.data_dir();
    let old = std::fs::read(data_dir.join("master.key")).unwrap();
    let before = store(&data_dir).await.load().await.unwrap().sealed_keys;
    let server = home.start().await;
    let done = rotation(&data_dir).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("Sealed 6 secrets"));

    let store = store(&data_dir).await;
    let after = store.load().await.unwrap().sealed_keys;
    assert!(before.iter().zip(&after).all(|(a, b)| a.0 == b.0 && a.1 != b.1));
    assert_ne!(std::fs::read(data_dir.join("master.key")).unwrap(), old);
    assert!(!data_dir.join("master.key.new").exists());
    let old = Sealer::new(&MasterKey::find(Some(&text(&old)), None, &data_dir).ok().unwrap());
    let new = source(&data_dir).sealer(None).ok().unwrap();
    assert_eq!((opens(&store, &old).await, opens(&store, &new).await), (0, 3));

    // The server that ran meanwhile seals under the new key from now on, and reads what it sealed.
    let body = with(instance("later"), json!({ "api_key": KEY, "headers": { "X-Org": KEY } }));
    server.make("/instances", &body).await;
    assert_eq!(opens(&store, &new).await, 4);
    let shown = server.get("/instances/inst_a0").await.expect(200);
    assert_eq!(shown["health"]["reason"], json!(null));
    let server = server.stop().await.start().await;
    for id in ["inst_a0", "inst_later"] {
        let shown = server.get(&format!("/instances/{id}")).await.expect(200);
        assert_eq!(shown["health"]["reason"], json!(null), "{id}");
    }
    let audit = server.get("/audit").await.expect(200);
    assert_eq!(audit["data"][1]["action"], "rotate");
}

fn text(bytes: &[u8]) -> app::domain::secret::Secret {
    app::domain::secret::Secret::new(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Kills it after a while, unless it is done. The moment is what is tried: whatever it meets, all is readable, and the
/// test counts how many were killed in time.
fn kill_after(child: &mut Child, while_: Duration) -> ExitStatus {
    let begun = Instant::now();
    while begun.elapsed() < while_ {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_rotation_leaves_everything_readable_with_one_key() {
    const SECRETS: usize = 40;
    let data_dir = home(SECRETS).await;
    let path = data_dir.data_dir();
    let begun = Instant::now();
    assert!(rotation(&path).output().unwrap().status.success());
    let whole = begun.elapsed();
    let (mut killed, mut versions) = (0, Vec::new());
    const ROUNDS: u32 = 40;
    for round in 0..ROUNDS {
        let mut child = rotation(&path).spawn().unwrap();
        let status = kill_after(&mut child, whole * round / (ROUNDS - 8));
        killed += u32::from(!status.success());

        let store = store(&path).await;
        let check = store.key_check().await.unwrap().unwrap();
        let keys = ["master.key", "master.key.new"].map(|name| {
            let text = std::fs::read_to_string(path.join(name)).ok()?;
            Some(Sealer::new(
                &MasterKey::find(Some(&app::domain::secret::Secret::new(text)), None, &path).ok()?,
            ))
        });
        let mut readers = 0;
        for key in keys.iter().flatten() {
            let opened = opens(&store, key).await;
            assert!(opened == 0 || opened == SECRETS, "round {round}: {opened} of {SECRETS}");
            assert_eq!(opened == SECRETS, key.recognises(&check), "round {round}");
            readers += usize::from(opened == SECRETS);
        }
        assert_eq!(readers, 1, "round {round}");
        // What the next start does.
        let found = source(&path).sealer(Some(&check)).ok().unwrap();
        assert_eq!(opens(&store, &found).await, SECRETS, "round {round}");
        versions.push(store.load().await.unwrap().configuration.version);
        store.close().await;
    }
    assert!(killed >= ROUNDS / 4, "{killed} were killed in time");
    versions.dedup();
    assert!(versions.len() > 1, "and some were done");
    data_dir.start().await;
}

/// The moment between the commit and the file: the store has the new key, its file has not.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_finishes_a_rotation_that_was_killed_between_commit_and_file() {
    let home = home(2).await;
    let path = home.data_dir();
    let old = std::fs::read(path.join("master.key")).unwrap();
    assert!(rotation(&path).output().unwrap().status.success());
    std::fs::rename(path.join("master.key"), path.join("master.key.new")).unwrap();
    std::fs::write(path.join("master.key"), old).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path.join("master.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let server = home.start().await;
    let shown = server.get("/instances/inst_a0").await.expect(200);
    assert_eq!(shown["health"]["reason"], json!(null));
    assert!(!path.join("master.key.new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provided_key_is_rotated_to_the_named_one() {
    let mut home = Home::new();
    home.secrets.master_key = Some(app::domain::secret::Secret::new("01".repeat(32)));
    let server = home.start().await;
    server.make("/instances", &with(instance("a"), json!({ "api_key": KEY }))).await;
    let mut home = server.stop().await;
    let path = home.data_dir();
    let refused = rotation(&path).env("SMART_BALANCER_MASTER_KEY", "01".repeat(32)).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--new-key-file"));
    let wrong = rotation(&path).env("SMART_BALANCER_MASTER_KEY", "03".repeat(32)).output().unwrap();
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("a different master key"));
    let file = path.join("operators");
    std::fs::write(&file, "02".repeat(32)).unwrap();
    let done = rotation(&path)
        .env("SMART_BALANCER_MASTER_KEY", "01".repeat(32))
        .arg("--new-key-file")
        .arg(&file)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    home.secrets.master_key = Some(app::domain::secret::Secret::new("02".repeat(32)));
    let server = home.start().await;
    let shown = server.get("/instances/inst_a").await.expect(200);
    assert_eq!(shown["health"]["reason"], json!(null));
}

/// What is sealed stands in the registry: every binary column of the schema is a hash, the id of a call, or in there.
#[tokio::test]
async fn every_sealed_column_is_registered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/sqlite");
    let migrations =
        std::fs::read_dir(folder).unwrap().map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap());
    let schema: String = migrations.collect();
    let mut table = "";
    let mut binary = Vec::new();
    for line in schema.lines().filter(|it| !it.starts_with("--")) {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            table = rest.split(' ').next().unwrap();
        }
        let mut column = line.trim();
        if let Some((altered, added)) =
            line.strip_prefix("ALTER TABLE ").and_then(|it| it.split_once(" ADD COLUMN "))
        {
            (table, column) = (altered, added);
        }
        if column.contains(" BLOB") {
            binary.push((table, column.split(' ').next().unwrap()));
        }
    }
    // Digests, ids and histograms hold no secret.
    let is_plain = |(table, column): &(&str, &str)| {
        matches!(*column, "sha256" | "digest")
            || matches!((*table, *column), ("calls", "id") | ("calls_by_minute" | "calls_by_hour", _))
    };
    binary.retain(|it| !is_plain(it));
    binary.sort_unstable();
    let mut registered = SEALED.map(|(table, _, column)| (table, column));
    registered.sort_unstable();
    assert_eq!(binary, registered);
}

#[tokio::test]
async fn reset_password_on_the_command_line_works_for_the_last_admin() {
    let mut home = Home::new();
    home.secrets.admin_password = Some(app::domain::secret::Secret::new("correct horse battery staple"));
    let server = home.start().await;
    let admin = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smart-balancer"));
        command.arg("admin").args(arguments).args(["--data-dir"]).arg(server.data_dir());
        command.output().unwrap()
    };
    let refused = admin(&["setup-link"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is an admin already"));
    let refused = admin(&["reset-password", "nobody"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no user named “nobody”"));
    let done = admin(&["reset-password", "Admin"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8(done.stdout).unwrap();
    let link = said.lines().last().unwrap().strip_prefix(&server.base).unwrap();
    let form = [("form[name]", "admin"), ("form[password]", "correct horse battery staple")];
    assert!(server.send(server.form("sign_in", &form)).await.header("set-cookie").is_empty());
    let opened = server.send(server.bare(Method::GET, link).header("accept", "text/html")).await;
    assert!(opened.text.contains("“admin”"), "{}", opened.text);
    let form = [("form[token]", link.split_once('=').unwrap().1), ("form[password]", "a new long password")];
    let accepted = server.send(server.form("accept_invitation", &form)).await;
    assert_eq!(accepted.header("location"), "/");
}

#[tokio::test]
async fn setup_link_on_the_command_line_works_until_there_is_an_admin() {
    let server = TestServer::start().await;
    let done = Command::new(env!("CARGO_BIN_EXE_smart-balancer"))
        .args(["admin", "setup-link", "--data-dir"])
        .arg(server.data_dir())
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let link = said.lines().last().unwrap().strip_prefix(&server.base).unwrap().to_owned();
    let form = [
        ("form[token]", link.split_once('=').unwrap().1),
        ("form[name]", "ada"),
        ("form[password]", "a new long password"),
    ];
    assert_eq!(server.send(server.form("set_up", &form)).await.header("location"), "/");
}
