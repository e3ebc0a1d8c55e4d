#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use app::domain::config::{configuration::Configuration, transfer};
use serde_json::json;

use super::*;

mod addresses;
mod cases;
mod litellm;
mod litellm_models;
mod portkey;
mod references;

/// The document of a conversion, which must be one that can be imported, and what was left.
fn converted(from: ImportFormat, text: &str) -> (Value, Vec<(String, String)>) {
    let Conversion { document, left } = convert(from, text).unwrap();
    let import = transfer::import(&Configuration::default(), &document, &[]);
    assert_eq!(import.report.errors, [], "{document:#}");
    let mut again = transfer::import(&import.after, &document, &[]);
    again.drop_known_secrets(&import.after, |_, _, _| true);
    assert_eq!(again.items, [], "a second import changes something");
    assert!(left.iter().all(|it| it.words.ends_with('.')), "{left:?}");
    (document, left.into_iter().map(|it| (it.path, it.words)).collect())
}

fn paths(left: &[(String, String)]) -> Vec<&str> {
    left.iter().map(|it| it.0.as_str()).collect()
}

/// The items of one of the document's lists.
fn items<'d>(document: &'d Value, list: &str) -> &'d [Value] {
    document[list].as_array().unwrap()
}

/// The item of that name.
fn named<'d>(document: &'d Value, list: &str, name: &str) -> &'d Value {
    let found = items(document, list).iter().find(|it| it["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {document:#}"))
}

/// The balancer that clients call by that name.
fn served<'d>(document: &'d Value, serving_name: &str) -> &'d Value {
    let found = items(document, "balancers").iter().find(|it| it["serving_name"] == serving_name);
    found.unwrap_or_else(|| panic!("{serving_name} is not served in {document:#}"))
}

fn serving_names(document: &Value) -> Vec<&str> {
    items(document, "balancers").iter().map(|it| it["serving_name"].as_str().unwrap()).collect()
}

/// Where a balancer's calls go, route by route.
fn destinations(balancer: &Value) -> Vec<&str> {
    items(balancer, "routes").iter().map(|it| it["destination"]["ref"].as_str().unwrap()).collect()
}

/// The members of a group: instance, weight and priority.
fn members<'d>(document: &'d Value, group: &str) -> Vec<(&'d str, u64, u64)> {
    let group = named(document, "target_groups", group);
    let member = |it: &'d Value| {
        let number = |name: &str| it[name].as_u64().unwrap();
        (it["instance_id"].as_str().unwrap(), number("weight"), number("priority"))
    };
    items(group, "members").iter().map(member).collect()
}

/// An object with the fields of another put over it.
fn with(mut object: Value, more: Value) -> Value {
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

/// A LiteLLM file of these parameters, one `model_name` each.
fn litellm_of(entries: &[Value]) -> String {
    let entry =
        |(place, it): (usize, &Value)| json!({ "model_name": format!("m{place}"), "litellm_params": it });
    json!({ "model_list": entries.iter().enumerate().map(entry).collect::<Vec<_>>() }).to_string()
}

/// The instances of a document, each with address and key.
fn endpoints(document: &Value) -> Vec<(&str, Option<&str>)> {
    let found = items(document, "instances").iter();
    found.map(|it| (it["base_url"].as_str().unwrap(), it["api_key"].as_str())).collect()
}

/// Fails unless each of these paths was told.
fn assert_told(left: &[(String, String)], expected: &[&str]) {
    for path in expected {
        assert!(paths(left).contains(path), "{path}: {left:#?}");
    }
}

/// What was told of a path.
fn words_at(left: &[(String, String)], path: &str) -> String {
    let words: Vec<_> = left.iter().filter(|it| it.0 == path).map(|it| it.1.as_str()).collect();
    assert!(!words.is_empty(), "{path}: {left:#?}");
    words.join(" ")
}

/// Fails unless each of these was told at its path.
fn assert_words(left: &[(String, String)], expected: &[(&str, &str)]) {
    for (path, words) in expected {
        let told = words_at(left, path);
        assert!(told.contains(words), "{path}: {told}");
    }
}

#[test]
fn the_same_file_makes_the_same_document() {
    let [one, other] = [(); 2].map(|()| convert(ImportFormat::Litellm, litellm::WHOLE).unwrap().document);
    assert_eq!(one, other);
}

#[test]
fn what_is_no_configuration_is_told_and_makes_nothing() {
    for (from, text) in [
        (ImportFormat::Litellm, "just words"),
        (ImportFormat::Litellm, "model_list: 7"),
        (ImportFormat::Litellm, "[]"),
        (ImportFormat::Portkey, "{}"),
        (ImportFormat::Portkey, r#"{"targets": 5, "strategy": []}"#),
    ] {
        let (document, left) = converted(from, text);
        assert_eq!(document["balancers"], json!([]), "{text}");
        assert!(!left.is_empty(), "{text}");
    }
}

#[test]
fn malformed_text_is_refused_without_quoting_it() {
    for (from, text) in [
        (ImportFormat::Litellm, "model_list: [canary"),
        (ImportFormat::Litellm, "a: canary\n\tb: canary"),
        (ImportFormat::Portkey, "{\"api_key\": canary"),
    ] {
        let error = convert(from, text).err().unwrap();
        assert!(!error.message.contains("canary") && error.message.contains("line"), "{error:?}");
    }
    assert_eq!(
        convert(ImportFormat::Litellm, &" ".repeat(limits::PASTE_BYTES + 1)).err().unwrap().code,
        "too_long"
    );
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*l{}, ", level - 1).repeat(10);
        bomb += &format!("l{level}: &l{level} [{below}]\n");
    }
    let begun = std::time::Instant::now();
    assert_eq!(convert(ImportFormat::Litellm, &bomb).err().unwrap().code, "malformed");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(convert(ImportFormat::Litellm, &deep).is_err());
}
