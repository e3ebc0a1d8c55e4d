//! Router models that refuse a field of the request in the words of known servers: from the second call on each is
//! asked once, without that field and with everything else.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion};
use crate::rig::{Rig, Setup, got};

const MAX_TOKENS: &str = "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                          'max_completion_tokens' instead.";
const TEMPERATURE: &str = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) \
                           value is supported.";

/// OpenAI's refusal.
fn openai(message: &str, param: &Value, code: &str) -> Value {
    json!({ "error": { "message": message, "type": "invalid_request_error", "param": param, "code": code } })
}

fn of_max_tokens() -> Value {
    openai(MAX_TOKENS, &json!("max_tokens"), "unsupported_parameter")
}

fn of_temperature() -> Value {
    openai(TEMPERATURE, &json!("temperature"), "unsupported_value")
}

fn has_max_tokens(asked: &Value) -> bool {
    asked.get("max_tokens").is_some()
}

fn has_temperature(asked: &Value) -> bool {
    asked.get("temperature").is_some_and(|it| *it != 1)
}

fn has_schema(asked: &Value) -> bool {
    asked.get("response_format").is_some()
}

async fn rig(router: &Scripted) -> (FaultUpstream, Rig) {
    let answering = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("router", &router.base_url, "o", |_| {})
        .chat("a", &answering, "ok")
        .chat("b", &answering, "ok")
        .classifier("try", "inst_router", &[("code", "inst_a"), ("general", "inst_b")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = 10_000;
    let rig = setup.start().await;
    (answering, rig)
}

/// Calls ten times through a router model that refuses as the test says, and returns the last request to it.
async fn settled(
    what: &str,
    refuse: impl Fn(&Value) -> Option<(u16, Value)> + Send + Sync + 'static,
) -> Value {
    let router = Scripted::start(move |asked| match refuse(asked) {
        Some((status, body)) => Step::Answer(status, body),
        None => completion("{\"route\":\"code\"}"),
    });
    let router = router.await;
    let (_answering, rig) = rig(&router).await;
    for number in 0..10 {
        let before = router.calls();
        let answer = got(rig.chat("try", &format!("Why does this Rust borrow fail? {number}"))).await;
        let way = (answer.status, answer.header("x-sb-route"), answer.header("x-sb-reason"));
        if number > 0 {
            assert_eq!(way, (200, "code", "matched"), "{what}, call {number}");
            assert_eq!(router.calls() - before, 1, "{what}, call {number}");
        }
    }
    assert_ne!(rig.gateway.health("inst_router").state, HealthState::Misconfigured, "{what}");
    router.requests().pop().unwrap()
}

#[tokio::test]
async fn a_refused_field_is_left_out_and_the_schema_stays() {
    type Script = Box<dyn Fn(&Value) -> Option<(u16, Value)> + Send + Sync>;
    let in_order = |status: u16, first_max_tokens: bool| -> Script {
        Box::new(move |asked| {
            let max_tokens = has_max_tokens(asked).then(|| (status, of_max_tokens()));
            let temperature = has_temperature(asked).then(|| (status, of_temperature()));
            if first_max_tokens { max_tokens.or(temperature) } else { temperature.or(max_tokens) }
        })
    };
    let scripts: [(&str, Script); 5] = [
        ("max_tokens first", in_order(400, true)),
        ("temperature first", in_order(400, false)),
        ("422", in_order(422, true)),
        (
            "no param",
            Box::new(|asked| {
                let refused = |message: &str| (400, openai(message, &Value::Null, "unsupported_parameter"));
                let max_tokens = has_max_tokens(asked).then(|| refused(MAX_TOKENS));
                max_tokens.or(has_temperature(asked).then(|| refused(TEMPERATURE)))
            }),
        ),
        (
            "both in one text",
            Box::new(|asked| {
                let message = format!("{MAX_TOKENS} {TEMPERATURE}");
                let is_refused = has_max_tokens(asked) || has_temperature(asked);
                is_refused.then(|| (400, openai(&message, &Value::Null, "unsupported_parameter")))
            }),
        ),
    ];
    for (what, script) in scripts {
        let last = settled(what, script).await;
        assert!(has_schema(&last), "{what}: {last}");
        assert!(!has_max_tokens(&last) && !has_temperature(&last), "{what}: {last}");
        assert!(last.get("max_completion_tokens").is_some(), "{what}: {last}");
    }
}

#[tokio::test]
async fn a_schema_and_a_limit_that_are_both_refused_are_both_left_out() {
    let schema = openai(
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        &json!("response_format"),
        "invalid_value",
    );
    let last = settled("schema and max_tokens", move |asked| {
        let schema = has_schema(asked).then(|| (400, schema.clone()));
        schema.or(has_max_tokens(asked).then(|| (400, of_max_tokens())))
    })
    .await;
    assert!(!has_schema(&last) && !has_max_tokens(&last), "{last}");
    assert_eq!(last.get("temperature"), Some(&json!(0)), "what it takes is still asked");
}

#[tokio::test]
async fn a_field_is_found_in_the_refusals_of_other_servers() {
    let named = |field: &str| {
        let camel = match field {
            "max_tokens" => "maxTokens",
            "response_format" => "responseFormat",
            other => other,
        };
        [
            ("under its name", 400, json!({ field: ["Unknown field."] })),
            (
                "under its name in a map",
                400,
                json!({ "title": "One or more validation errors occurred.", "status": 400, "errors": { field: ["Not supported."] } }),
            ),
            (
                "as keys",
                400,
                json!({ "error": { "issues": [{ "code": "unrecognized_keys", "keys": [field], "path": [], "message": "Unrecognized key" }] } }),
            ),
            (
                "as a path",
                400,
                json!({ "error": { "issues": [{ "code": "custom", "path": [field], "message": "Invalid input" }] } }),
            ),
            (
                "as a pointer",
                400,
                json!({ "error": "Bad Request", "message": "body is invalid", "errors": [{ "instancePath": format!("/{field}"), "keyword": "enum" }] }),
            ),
            (
                "as an additional property",
                400,
                json!({ "message": "body must NOT have additional properties", "errors": [{ "instancePath": "", "params": { "additionalProperty": field } }] }),
            ),
            ("in camel case", 400, json!({ "error": { "message": format!("Unknown field: {camel}") } })),
            (
                "as a list of faults",
                422,
                json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted", "input": 0 }] }),
            ),
            (
                "in a list",
                400,
                json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": format!("Invalid JSON payload received. Unknown name \"{field}\": Cannot find field.") } }]),
            ),
            ("as a text", 400, json!({ "error": format!("`{field}` is not supported") })),
            (
                "at the top",
                400,
                json!({ "object": "error", "type": "BadRequestError", "code": 400, "param": null, "message": format!("{field} is not supported by this model") }),
            ),
            (
                "as a sentence",
                400,
                json!({ "detail": format!("Unrecognized request argument supplied: {field}") }),
            ),
        ]
    };
    for field in ["max_tokens", "temperature", "response_format"] {
        for (form, status, body) in named(field) {
            let what = format!("{field} {form}");
            let last =
                settled(&what, move |asked| asked.get(field).is_some().then(|| (status, body.clone()))).await;
            let kept = ["max_tokens", "temperature", "response_format"].into_iter().filter(|it| *it != field);
            for kept in kept {
                assert!(last.get(kept).is_some(), "{what}: {kept} is left out too: {last}");
            }
            assert!(last.get(field).is_none(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_test_names_the_fields_that_are_refused() {
    let router = Scripted::start(|asked| match (has_max_tokens(asked), has_temperature(asked)) {
        (true, _) => Step::Answer(400, of_max_tokens()),
        (_, true) => Step::Answer(400, of_temperature()),
        _ => completion("{\"route\":\"code\"}"),
    });
    let router = router.await;
    let (_answering, rig) = rig(&router).await;
    let verdict = rig.gateway.test_instance("inst_router", false).await.unwrap();
    let says = "It does not take `max_tokens` and does not take `temperature`.";
    assert!(verdict.ok && verdict.message.contains(says), "{}", verdict.message);
}
