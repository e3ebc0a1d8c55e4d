//! `check`, `export` and `import`, by running the binary itself on a real SQLite file and on a real Postgres.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/console.rs"]
#[expect(dead_code, reason = "the console's tests use more of it")]
mod console;
#[path = "store/home.rs"]
#[expect(dead_code, reason = "the store's tests use more of it")]
mod home;

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use console::TestServer;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    /// What it printed, where it ended with this code.
    fn printed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.out
    }
}

/// Runs the binary with nothing of this process' environment.
fn run(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smart-balancer"));
    command.args(arguments).env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What has not read all of it may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A data folder of its own.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> String {
        self.0.path().join("data").to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str], input: &str) -> Ended {
        let data = self.data();
        run(&[arguments, &["--data-dir", &data]].concat(), &[], input)
    }

    /// Imports a document from standard input.
    fn import(&self, document: &Value, more: &[&str]) -> Ended {
        self.run(&[&["import", "-"], more].concat(), &document.to_string())
    }
}

fn document() -> Value {
    json!({
        "format": "smart-balancer-configuration", "version": 1,
        "instances": [
            { "name": "a", "base_url": "http://127.0.0.1:9/v1", "model": "m", "api_key": "sk-canary-0123456789" },
            { "name": "b", "base_url": "http://127.0.0.1:9/v1" },
        ],
        "target_groups": [{ "name": "pool", "members": [{ "instance_id": "inst_a" }] }],
        "balancers": [{
            "name": "desk", "routing_mode": "ordered",
            "routes": [{
                "name": "all", "intent": "Any prompt is welcome here.", "is_default": true,
                "destination": { "type": "target_group", "ref": "pool" },
            }],
        }],
    })
}

#[test]
fn exported_configuration_imports_elsewhere_unchanged() {
    let (one, other) = (Folder::new(), Folder::new());
    let told = one.import(&document(), &[]).printed(0);
    assert!(told.contains("create instance inst_b (b)") && told.contains("has no upstream key"), "{told}");
    assert!(told.ends_with("4 changes made.\n") && !told.contains("canary"), "{told}");
    let exported = one.run(&["export"], "");
    assert_eq!(exported.err, "");
    let exported = exported.printed(0);
    assert!(!exported.contains("canary") && !exported.contains("api_key"), "{exported}");
    let read: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(read["balancers"][0]["routes"][0]["destination"]["ref"], "tg_pool");

    let file = other.0.path().join("document.json");
    std::fs::write(&file, &exported).unwrap();
    other.run(&["import", file.to_str().unwrap()], "").printed(0);
    assert_eq!(other.run(&["export"], "").printed(0), exported);
    let again = other.run(&["import", file.to_str().unwrap()], "").printed(0);
    assert_eq!(again, "0 changes made.\n");
}

#[test]
fn a_dry_run_and_an_invalid_document_change_nothing() {
    let folder = Folder::new();
    let told = folder.import(&document(), &["--dry-run"]).printed(0);
    assert!(told.ends_with("4 changes would be made; nothing was changed.\n"), "{told}");
    assert!(!Path::new(&folder.data()).exists(), "nothing was made");
    folder.import(&document(), &[]).printed(0);
    let before = folder.run(&["export"], "").printed(0);
    let mut changed = document();
    changed["instances"][1]["max_in_flight"] = json!(3);
    let told = folder.import(&changed, &["--dry-run"]).printed(0);
    assert!(told.contains("update instance inst_b (b): max_in_flight"), "{told}");
    assert!(told.ends_with("would be made; nothing was changed.\n"), "{told}");
    changed["balancers"][0]["routes"][0]["is_default"] = json!(false);
    changed["instances"][1]["base_url"] = json!("http://127.0.0.1:3000");
    for more in [&["--dry-run"][..], &[]] {
        let told = folder.import(&changed, more).printed(1);
        assert!(
            told.contains("error: balancers[0].routes: ") && told.contains("error: instances[1].base_url: "),
            "{told}"
        );
        assert!(told.ends_with("2 errors; nothing was changed.\n"), "{told}");
    }
    assert_eq!(folder.run(&["export"], "").printed(0), before);
    let same: Value = serde_json::from_str(&before).unwrap();
    let policy = folder.import(&same, &["--egress", "public-only"]);
    assert_eq!(policy.code, 0, "what does not change is not validated again: {policy:?}");
}

#[test]
fn a_link_local_address_is_imported_once_it_is_opened() {
    let folder = Folder::new();
    let mut pod = document();
    pod["instances"][1]["base_url"] = json!("http://169.254.1.2:11434/v1");
    let told = folder.import(&pod, &["--dry-run"]).printed(1);
    assert!(told.contains("Podman") && told.contains("`--egress-allow 169.254.1.2`"), "{told}");
    folder.import(&pod, &["--egress-allow", "169.254.1.2"]).printed(0);
    let told = folder.run(&["check"], "").printed(1);
    assert!(told.contains("--egress-allow 169.254.1.2"), "{told}");
    folder.run(&["check", "--egress-allow", "169.254.1.2"], "").printed(0);
}

#[test]
fn unreadable_input_is_reported_in_one_sentence() {
    let folder = Folder::new();
    for (arguments, input, words) in [
        (&["import", "-"][..], "{\n  \"a\": canary", "invalid JSON at line 2, column 8"),
        (&["import", "/nowhere/canary.json"], "", "/nowhere/canary.json cannot be read: No such file"),
        (&["import", "-", "--from", "litellm"], "a: [canary", "Invalid YAML at line"),
        (&["export"], "", "there is no database file"),
    ] {
        let ended = folder.run(arguments, input);
        assert!(
            ended.code == 1 && ended.out.is_empty() && ended.err.contains(words),
            "{arguments:?}: {ended:?}"
        );
        assert!(ended.err.starts_with("smart-balancer: ") && !ended.err.contains(": canary"), "{ended:?}");
    }
    assert!(!Path::new(&folder.data()).exists(), "nothing was made");
    assert_eq!(run(&["import"], &[], "").code, 2);
    assert_eq!(run(&["export", "--nothing"], &[], "").code, 2);
}

#[test]
fn importing_another_gateways_file_lists_what_is_not_carried_over() {
    let folder = Folder::new();
    let file = "model_list:\n  - model_name: fast\n    litellm_params:\n      model: hosted_vllm/m\n      \
                api_base: http://127.0.0.1:9/v1\n      api_key: os.environ/VLLM_KEY\n      temperature: 0\n";
    let told = folder.run(&["import", "-", "--from", "litellm", "--dry-run"], file).printed(0);
    for words in [
        "not carried over: model_list[0].litellm_params.api_key: It names the environment variable VLLM_KEY",
        "not carried over: model_list[0].litellm_params.temperature: ",
        "create balancer sb_fast (fast)",
        "2 changes would be made; nothing was changed.",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let config = r#"{"provider": "openai", "api_key": "sk-canary", "override_params": {"model": "gpt-4o"}}"#;
    let told = folder.run(&["import", "-", "--from", "portkey"], config).printed(0);
    assert!(told.contains("create instance inst_gpt-4o-at-openai") && !told.contains("canary"), "{told}");
}

#[test]
fn a_second_import_of_another_gateways_file_changes_nothing() {
    let folder = Folder::new();
    let litellm = "model_list:
  - model_name: fast
    litellm_params: {model: hosted_vllm/m, api_base: \"http://127.0.0.1:9/v1\", api_key: sk-canary-literal}
  - model_name: fast
    litellm_params: {model: openai/m, api_base: os.environ/LMSTUDIO_URL, api_key: sk-canary-elsewhere}
  - model_name: slow
    litellm_params: {model: groq/m, api_key: os.environ/GROQ_KEY}
  - model_name: cloud
    litellm_params:
      model: azure/d
      api_base: http://127.0.0.1:9
      api_version: 2024-10-21
      api_key: sk-canary-azure
      extra_headers: {X-Team: canary-team, X-Unit: os.environ/UNIT}
router_settings: {fallbacks: {fast: [slow]}}
";
    let portkey = json!({ "strategy": { "mode": "fallback" }, "targets": [
        { "provider": "groq", "api_key": "sk-canary-groq", "override_params": { "model": "m" } },
        { "provider": "openai", "api_key": "{{KEY}}", "override_params": { "model": "m" } },
    ] });
    for (from, text, count) in
        [("litellm", litellm, "6 changes"), ("portkey", &*portkey.to_string(), "3 changes")]
    {
        let told = folder.run(&["import", "-", "--from", from], text).printed(0);
        assert!(told.ends_with(&format!("{count} made.\n")) && !told.contains("canary"), "{told}");
        let before = folder.run(&["export"], "").printed(0);
        for (more, words) in [
            (&["--dry-run"][..], "0 changes would be made; nothing was changed.\n"),
            (&[], "0 changes made.\n"),
        ] {
            let told = folder.run(&[&["import", "-", "--from", from], more].concat(), text).printed(0);
            assert!(told.ends_with(words) && !told.contains("canary"), "{told}");
        }
        assert_eq!(folder.run(&["export"], "").printed(0), before);
    }
}

#[test]
fn whole_files_of_other_gateways_are_imported_once() {
    for (from, text) in [
        ("litellm", include_str!("../src/import/tests/cases/azure_bedrock_fallbacks.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/anchors_merge_keys.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/wildcards.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/order_weight_gaps.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/helm_values.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/automatic_routers.yaml")),
        ("litellm", include_str!("../src/import/tests/cases/kinds_of_models.yaml")),
        ("portkey", include_str!("../src/import/tests/cases/portkey_fallback_of_pools.json")),
    ] {
        let folder = Folder::new();
        let import = |more: &[&str]| folder.run(&[&["import", "-", "--from", from], more].concat(), text);
        let told = import(&["--dry-run"]).printed(0);
        let made = import(&[]).printed(0);
        assert_eq!(told.replace(" would be made; nothing was changed.", " made."), made);
        assert!(made.contains("not carried over: ") && made.contains("create balancer "), "{made}");
        assert!(!made.contains("canary") && !made.contains("\n0 changes"), "{made}");
        let before = folder.run(&["export"], "").printed(0);
        let again = import(&[]).printed(0);
        assert!(again.ends_with("0 changes made.\n") && !again.contains("canary"), "{again}");
        assert_eq!(folder.run(&["export"], "").printed(0), before);
        assert!(!before.contains("canary") && !before.contains("os.environ"), "{before}");
    }
}

#[test]
fn check_reports_every_error_and_changes_nothing() {
    let folder = Folder::new();
    let told = folder.run(&["check"], "").printed(0);
    assert!(told.contains("note: there is no database file") && told.contains("No errors."), "{told}");
    assert!(!Path::new(&folder.data()).exists(), "nothing was made");

    folder.import(&document(), &[]).printed(0);
    let told = folder.run(&["check"], "").printed(0);
    assert!(
        told.ends_with("No errors. The store holds 2 instances, 1 target group and 1 balancer.\n"),
        "{told}"
    );

    let data = folder.data();
    let arguments =
        ["check", "--data-dir", &data, "--public-url", "https://a.example/path", "--listen", "127.0.0.1:9"];
    let environment = [
        ("SMART_BALANCER_ADMIN_TOKEN", "canary"),
        ("SMART_BALANCER_ADMIN_PASSWORD", "canary"),
        ("SMART_BALANCER_MASTER_KEY", "00000000000000000000000000000000000000000000000000000000000000aa"),
        ("SMART_BALANCER_EGRESS", "public-only"),
    ];
    let told = run(&arguments, &environment, "").printed(1);
    for words in [
        "error: --public-url",
        "error: SMART_BALANCER_ADMIN_TOKEN must have 32 characters",
        "error: SMART_BALANCER_ADMIN_PASSWORD must have 10 to 256 characters",
        "error: the store is sealed under a different master key",
        "error: instance inst_a: its upstream key does not open",
        "error: instance inst_a: base_url: Use another address; this server would call itself in a loop",
        "error: instance inst_b: base_url: ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("canary"), "{told}");

    std::fs::remove_file(Path::new(&data).join("master.key")).unwrap();
    let told = folder.run(&["check"], "").printed(1);
    assert!(told.contains("error: the master key is missing"), "{told}");
    assert!(!Path::new(&data).join("master.key").exists());
    let bad = run(&["check", "--data-dir", &data, "--database-url", "mysql://x"], &[], "").printed(1);
    assert!(bad.contains("error: the store cannot be used: the database address must begin with"), "{bad}");
}

#[test]
fn a_key_is_never_sealed_under_another_master_key() {
    let folder = Folder::new();
    folder.import(&document(), &[]).printed(0);
    let data = folder.data();
    let key =
        [("SMART_BALANCER_MASTER_KEY", "00000000000000000000000000000000000000000000000000000000000000aa")];
    let ended = run(&["import", "-", "--data-dir", &data], &key, &document().to_string());
    assert!(
        ended.code == 1 && ended.err.contains("the store is sealed under a different master key"),
        "{ended:?}"
    );
    folder.run(&["check"], "").printed(0);
}

#[test]
fn help_names_every_command_and_its_settings() {
    let help = run(&["--help"], &[], "").printed(0);
    assert!(["serve", "check", "export", "import"].iter().all(|it| help.contains(it)), "{help}");
    for (command, words) in [
        ("check", &["--data-dir", "--database-url", "--listen", "--public-url", "exits with 1"][..]),
        ("export", &["--data-dir", "--database-url", "SMART_BALANCER_DATA_DIR"]),
        (
            "import",
            &["<FILE|->", "--dry-run", "--from", "litellm", "portkey", "--data-dir", "--database-url"],
        ),
    ] {
        let help = run(&[command, "--help"], &[], "").printed(0);
        assert!(words.iter().all(|it| help.contains(it)), "{command}: {help}");
    }
}

/// Waits until the server hands out what is expected.
async fn until_exported(server: &TestServer, expected: &Value) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while server.get("/config/export").await.expect(200) != *expected {
        assert!(Instant::now() < deadline, "the server has not noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_picks_up_an_import() {
    let server = TestServer::start().await;
    let data = server.data_dir().to_str().unwrap().to_owned();
    let told = run(&["import", "-", "--data-dir", &data], &[], &document().to_string()).printed(0);
    assert!(told.ends_with("4 changes made.\n"), "{told}");
    let exported = run(&["export", "--data-dir", &data], &[], "").printed(0);
    until_exported(&server, &serde_json::from_str(&exported).unwrap()).await;
    let instance = server.get("/instances/inst_a").await.expect(200);
    assert_eq!((&instance["api_key_set"], &instance["api_key_last4"]), (&json!(true), &json!("6789")));
    let audit = server.get("/audit").await.expect(200);
    assert_eq!((&audit["data"][0]["by"], &audit["data"][0]["action"]), (&json!("system"), &json!("create")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_work_on_postgres() {
    home::on_postgres(|home| async move {
        let folder = Folder::new();
        let on = |command: &[&str], input: &str| {
            folder.run(&[command, &["--database-url", &home.url]].concat(), input)
        };
        let told = on(&["check"], "").printed(0);
        assert!(told.contains("note: the database is empty"), "{told}");
        assert_eq!(on(&["export"], "").code, 1);
        on(&["import", "-"], &document().to_string()).printed(0);
        let told = on(&["check"], "").printed(0);
        assert!(told.contains("The store holds 2 instances"), "{told}");
        let server = TestServer::start_on(&home.url).await;
        let exported: Value = serde_json::from_str(&on(&["export"], "").printed(0)).unwrap();
        assert_eq!(server.get("/config/export").await.expect(200), exported);
        let mut changed = exported.clone();
        changed["balancers"][0]["serving_name"] = json!("renamed");
        // The server has its own master key, and what seals must know it.
        let refused = on(&["import", "-"], &changed.to_string());
        assert!(
            refused.code == 1 && refused.err.contains("the store is sealed under a different master key"),
            "{refused:?}"
        );
        let data = server.data_dir().to_str().unwrap().to_owned();
        let arguments = ["import", "-", "--data-dir", &data, "--database-url", &home.url];
        run(&arguments, &[], &changed.to_string()).printed(0);
        until_exported(&server, &changed).await;
    })
    .await;
}
