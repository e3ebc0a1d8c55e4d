//! References and placeholders: they are told, and never stored as what they stand for.

use super::*;

/// Keys that stand for one which the file does not hold, and what can be none.
fn references() -> Vec<Value> {
    let texts = [
        "os.environ/KEY",
        "Bearer os.environ/KEY",
        "${KEY}",
        "${KEY:-sk-default}",
        "sk-${KEY}",
        "$KEY",
        "sk-$KEY-x",
        "$(cat /run/secrets/key)",
        "{{ .Values.key }}",
        "{{KEY}}",
        "sk-{{ key }}",
        "{KEY}",
        "%OPENAI_KEY%",
        "file:///run/secrets/key",
        "vault://secret/data/key",
        "arn:aws:secretsmanager:eu-west-1:0:secret:key",
        "oidc/google/audience",
        "<REPLACE_ME>",
        "sk-<your key>",
        "REPLACE_ME",
        "change-me",
        "your-api-key-here",
        "your-openai-key",
        "env.OPENAI_KEY",
        "ENV['OPENAI_KEY']",
        "getenv:OPENAI_KEY",
        "[[KEY]]",
        "sk-xxxxxxxxxxxx",
        "sk-...",
        "sk-****abcd",
        "ENC[AES256_GCM,data:abc,type:str]",
        "__OPENAI_KEY__",
        "!env OPENAI_KEY",
        "a key with spaces",
        "schlüssel",
    ];
    let long = "k".repeat(limits::API_KEY_CHARS + 1);
    let others = [json!(12_345), json!(["k"]), json!({ "secret": "k" }), json!(long)];
    texts.map(Value::from).into_iter().chain(others).collect()
}

#[test]
fn a_reference_is_never_stored_as_a_key() {
    for key in references() {
        for address in [json!(null), json!("http://10.0.0.9/v1")] {
            let entry = json!({ "model": "groq/m", "api_base": address, "api_key": key });
            let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
            assert_eq!(endpoints(&document).iter().map(|it| it.1).collect::<Vec<_>>(), [None], "{key}");
            assert_told(&left, &["model_list[0].litellm_params.api_key"]);
        }
        for name in ["api_key", "apiKey"] {
            let config = json!({ "provider": "groq", name: key });
            let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
            assert_eq!(endpoints(&document).iter().map(|it| it.1).collect::<Vec<_>>(), [None], "{key}");
            assert_told(&left, &[name]);
        }
    }
}

#[test]
fn what_merely_looks_odd_is_a_key() {
    for key in
        ["none", "sk-none", "EMPTY", "k", "sk-1234", "anything", "a$1b", "p%2F%3D", "sk_live_x-y.z/+=", "x<y"]
    {
        let entry =
            json!({ "model": "openai/m", "api_base": "http://10.0.0.9/v1", "api_key": format!(" {key} ") });
        let (document, _) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
        assert_eq!(endpoints(&document), [("http://10.0.0.9/v1", Some(key))]);
    }
}

#[test]
fn a_tag_of_its_own_makes_a_value_a_reference() {
    for key in [
        "!env OPENAI_KEY",
        "!ENV ${OPENAI_KEY}",
        "!!python/name:os.environ 'x'",
        "!!binary aGk=",
        "!secret [k]",
        "!vault {k: v}",
    ] {
        let text = format!(
            "model_list:\n- model_name: m\n  litellm_params:\n    model: openai/m\n    \
             api_base: http://10.0.0.9/v1\n    api_key: {key}\n"
        );
        let (document, left) = converted(ImportFormat::Litellm, &text);
        assert_eq!(endpoints(&document), [("http://10.0.0.9/v1", None)], "{key}");
        assert_told(&left, &["model_list[0].litellm_params.api_key"]);
    }
    let text =
        "model_list: [{model_name: m, litellm_params: {model: openai/m, api_base: !env URL, api_key: k}}]";
    assert_eq!(converted(ImportFormat::Litellm, text).0["instances"], json!([]));
    let typed =
        "model_list: [{model_name: m, litellm_params: {model: !!str openai/m, api_key: !!str sk-literal}}]";
    let (document, _) = converted(ImportFormat::Litellm, typed);
    assert_eq!(endpoints(&document), [("https://api.openai.com/v1", Some("sk-literal"))]);
}
