//! Orders and weights with gaps, and names that are nearly equal.

use super::*;

/// The weight and the tier of each member of a balancer's own target, by model.
fn shares<'d>(document: &'d Value, serving_name: &str) -> Vec<(&'d str, u64, u64)> {
    let group = destinations(served(document, serving_name))[0];
    shares_of(document, group)
}

fn shares_of<'d>(document: &'d Value, group: &str) -> Vec<(&'d str, u64, u64)> {
    let group = items(document, "target_groups").iter().find(|it| it["id"] == group).unwrap();
    let model = |id: &Value| {
        let instance = items(document, "instances").iter().find(|it| it["id"] == *id).unwrap();
        instance["model"].as_str().unwrap()
    };
    let share = |it: &'d Value| {
        (model(&it["instance_id"]), it["weight"].as_u64().unwrap(), it["priority"].as_u64().unwrap())
    };
    items(group, "members").iter().map(share).collect()
}

#[test]
fn orders_and_shares_keep_their_meaning() {
    let (document, left) = converted(ImportFormat::Litellm, SHARES);
    assert_eq!(shares(&document, "Chat"), [("a1", 3, 2), ("a2", 1, 3), ("a3", 100, 1), ("a4", 0, 1)]);
    assert_eq!(shares_of(&document, "tg_chat-2"), [("b1", 10, 1), ("b2", 0, 1), ("b3", 0, 1)]);
    assert_eq!(shares(&document, "tiny"), [("c1", 1, 1), ("c2", 999, 1)]);
    assert_eq!(shares(&document, "huge"), [("d1", 1_000_000, 1), ("d2", 1, 1), ("d3", 0, 1)]);
    assert_eq!(
        serving_names(&document),
        ["Chat", "fine", "huge", "padded", "third", "tiny", "caf", "llama-3-3-70b", "ne"]
    );
    let [chat, tiny, huge] = ["Chat", "tiny", "huge"].map(|it| destinations(served(&document, it)));
    assert_eq!((chat[1], tiny[1], huge.len()), (tiny[0], huge[0], 1));
    let attempts = ["Chat", "tiny", "huge"].map(|it| served(&document, it)["max_attempts"].as_u64().unwrap());
    assert_eq!(attempts, [2, 2, 1]);
    let padded = named(&document, "instances", "padded at openai");
    assert_eq!((&padded["base_url"], &padded["api_key"]), (&json!("http://10.20.2.8/v1"), &json!("k")));

    assert_words(
        &left,
        &[
            ("model_list[2]", "shared equally"),
            ("model_list[3]", "weight is 0"),
            ("model_list[4].model_name", "“chat”"),
            ("model_list[5]", "no rpm"),
            ("model_list[6]", "no rpm"),
            ("model_list[6].weight", "no counterpart"),
            ("model_list[11].litellm_params.tpm", "not a number"),
            ("model_list[12].model_name", "clients send"),
            ("model_list[14].model_name", "clients send"),
            ("model_list[16].model_name", "clients send"),
            ("model_list[17].model_info.order", "no counterpart"),
            ("router_settings.routing_strategy", "no counterpart"),
        ],
    );
}

/// The weights of a group of these deployments, and how many of them were told.
fn group_of(params: &[Value]) -> (Vec<u64>, usize) {
    let entry = |(place, it): (usize, &Value)| {
        let server = json!({ "model": format!("groq/m{place}") });
        json!({ "model_name": "pool", "litellm_params": with(server, it.clone()) })
    };
    let list: Vec<_> = params.iter().enumerate().map(entry).collect();
    let (document, left) = converted(ImportFormat::Litellm, &json!({ "model_list": list }).to_string());
    let told =
        paths(&left).into_iter().filter(|it| it.ends_with(']')).collect::<std::collections::BTreeSet<_>>();
    (members(&document, "pool").iter().map(|it| it.1).collect(), told.len())
}

#[test]
fn a_tier_is_shared_by_what_its_first_deployment_states() {
    for (params, expected, told) in [
        ([json!({}), json!({})], [100, 100], 0),
        ([json!({ "weight": 2 }), json!({ "weight": 1 })], [2, 1], 0),
        ([json!({ "weight": 0.25 }), json!({ "weight": 0.125 })], [250, 125], 0),
        ([json!({ "weight": 2 }), json!({})], [2, 0], 1),
        ([json!({}), json!({ "weight": 2 })], [100, 100], 2),
        ([json!({ "rpm": 20 }), json!({ "weight": 2, "rpm": 10 })], [20, 10], 0),
        ([json!({ "rpm": "20" }), json!({ "rpm": 10, "weight": 0 })], [20, 0], 1),
        ([json!({ "weight": 0 }), json!({})], [0, 100], 2),
        ([json!({ "weight": 0 }), json!({ "weight": 0 })], [0, 0], 2),
        ([json!({ "tpm": 3_000_000 }), json!({ "tpm": 1_500_000 })], [1_000_000, 500_000], 0),
        ([json!({ "weight": -1 }), json!({ "weight": "many" })], [100, 100], 0),
    ] {
        assert_eq!(group_of(&params), (expected.to_vec(), told), "{params:?}");
    }
}

#[test]
fn a_limit_of_the_entry_itself_is_told_where_it_stands() {
    let file =
        json!({ "model_list": [{ "model_name": "m", "rpm": 5, "litellm_params": { "model": "groq/m" } }] });
    let (_, left) = converted(ImportFormat::Litellm, &file.to_string());
    assert_told(&left, &["model_list[0].rpm"]);
}
