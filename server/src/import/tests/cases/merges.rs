//! Anchors, merge keys, a byte order mark, and words that YAML 1.1 reads as something else.

use super::*;

#[test]
fn merged_fields_are_read_as_the_file_means_them() {
    let (document, left) = converted(ImportFormat::Litellm, &with_windows_ends(MERGES));
    assert_eq!(
        serving_names(&document),
        ["claude-haiku-4", "claude-opus-4", "claude-sonnet-4", "flash", "flash-slow", "yes"]
    );
    let box_address = "http://10.20.0.4:8000/v1";
    let claude =
        ["claude-haiku-4", "claude-opus-4", "claude-sonnet-4"].map(|it| destinations(served(&document, it)));
    assert_eq!(claude[0], claude[1], "one server is one instance");
    assert_eq!(claude[1], claude[2]);
    let instance =
        |model: &str| items(&document, "instances").iter().find(|it| it["model"] == model).unwrap();
    let (shared, zeros) = (instance("acme/coder-30b"), instance("007"));
    for it in [shared, zeros] {
        assert_eq!((&it["base_url"], &it["api_key"]), (&json!(box_address), &json!("canary-03-box")));
    }
    assert_eq!(shared["name"], "acme/coder-30b at hosted_vllm");
    let flash = instance("gemini-2.5-flash");
    assert_eq!(flash["base_url"], "https://generativelanguage.googleapis.com/v1beta/openai");
    let slow = instance("gemini-2.5-pro");
    assert_eq!(
        slow["base_url"], box_address,
        "the list's first entry names no address, so the second's counts"
    );
    let waits = [flash, slow].map(|it| it["timeouts"]["answer_ms"].as_u64());
    assert_eq!(waits, [Some(45_000), Some(180_000)], "own fields win");
    assert_eq!((flash["api_key"].as_str(), slow["api_key"].as_str()), (None, None));
    let order = destinations(served(&document, "flash"));
    assert_eq!(order[1..], [slow["id"].as_str().unwrap(), shared["id"].as_str().unwrap()]);
    assert_eq!(served(&document, "flash")["max_attempts"], 3);

    assert!(!document.to_string().contains("os.environ") && !document.to_string().contains("4.1"));
    assert_words(
        &left,
        &[
            ("model_list[3].litellm_params.api_key", "GEMINI_KEY"),
            ("model_list[4].litellm_params.api_key", "GEMINI_KEY"),
            ("model_list[4].litellm_params.api_base", "disabled"),
            ("model_list[5].litellm_params.model", "reference"),
            ("model_list[7].model_name", "in quotes"),
            ("model_list[7].litellm_params.model", "in quotes"),
            ("model_list[3].litellm_params.rpm", "no counterpart"),
            ("litellm_settings.drop_params", "no counterpart"),
        ],
    );
    assert_eq!(paths(&left).iter().filter(|it| it.starts_with("_shared")).count(), 1);
}

/// The parameters of one deployment, below these definitions.
fn merged(definitions: &str, params: &str) -> (Value, Vec<(String, String)>) {
    let good = "{model_name: good, litellm_params: {model: groq/m}}";
    let list = format!("model_list: [{{model_name: m, litellm_params: {params}}}, {good}]");
    converted(ImportFormat::Litellm, &format!("{definitions}\n{list}\n"))
}

#[test]
fn the_first_that_has_a_field_counts() {
    let definitions = "
a: &a {model: hosted_vllm/a, api_base: \"http://10.0.0.1/v1\", api_key: canary-a}
b: &b {model: hosted_vllm/b, api_base: \"http://10.0.0.2/v1\", api_key: canary-b}
keyless: &keyless {api_key: null}
nested: &nested {<<: *b, model: hosted_vllm/nested}";
    let [first, second] =
        [("http://10.0.0.1/v1", Some("canary-a")), ("http://10.0.0.2/v1", Some("canary-b"))];
    for (params, model, expected) in [
        ("{<<: *a}", "a", first),
        ("{<<: [*a, *b]}", "a", first),
        ("{<<: [*b, *a]}", "b", second),
        ("{<<: *b, <<: *a}", "b", second),
        ("{model: hosted_vllm/own, <<: *a}", "own", first),
        ("{<<: *a, model: hosted_vllm/own}", "own", first),
        ("{<<: [*nested, *a]}", "nested", second),
        ("{!!merge <<: *a}", "a", first),
        (
            "{<<: {model: hosted_vllm/in-place}, api_base: \"http://10.0.0.1/v1\", api_key: canary-a}",
            "in-place",
            first,
        ),
        ("{<<: [*keyless, *a]}", "a", (first.0, None)),
        ("{<<: , model: hosted_vllm/own, api_base: \"http://10.0.0.2/v1\"}", "own", (second.0, None)),
    ] {
        let (document, _) = merged(definitions, params);
        let instance = named(&document, "instances", "m at hosted_vllm");
        assert_eq!(instance["model"], model, "{params}");
        assert_eq!(endpoints(&document)[0], expected, "{params}");
    }
}

#[test]
fn what_cannot_be_merged_refuses_its_entry_alone() {
    let definitions =
        "text: &text some words\nlist: &list [1, 2]\nbox: &box {api_base: \"http://10.0.0.1/v1\"}";
    for merge in ["*text", "*list", "5", "[*box, *text]", "[5]", "yes", "!include box.yaml"] {
        let params = format!("{{<<: {merge}, model: openai/m, api_key: sk-canary}}");
        let (document, left) = merged(definitions, &params);
        assert_eq!(serving_names(&document), ["good"], "{merge}");
        assert!(!document.to_string().contains("canary"), "{merge}");
        assert_told(&left, &["model_list[0].litellm_params"]);
    }
}

#[test]
fn a_place_is_counted_in_characters_behind_the_mark() {
    for text in ["a: [x", "a: {b", "ä: 'x\n  y"] {
        let place = |text: &str| convert(ImportFormat::Litellm, text).err().unwrap().message;
        assert_eq!(place(text), place(&format!("\u{feff}{text}")), "{text}");
        assert_eq!(place(text), place(&text.replace('\n', "\r\n")), "{text}");
    }
}
