//! Addresses: a literal key of the file stands in the document only on an instance whose address its own entry names,
//! or the vendor that its prefix names.

use super::*;

/// How a model is written, the vendor's address that this names, if any, and whether a server at another address can
/// be called as the entry says.
const MODELS: [(&str, Option<&str>, bool); 24] = [
    ("openai/m", Some("https://api.openai.com/v1"), true),
    ("groq/m", Some("https://api.groq.com/openai/v1"), true),
    ("mistral/m", Some("https://api.mistral.ai/v1"), true),
    ("anthropic/claude-m", Some("https://api.anthropic.com/v1"), true),
    ("gemini/gemini-m", Some("https://generativelanguage.googleapis.com/v1beta/openai"), true),
    ("hosted_vllm/m", None, true),
    ("ollama/m", None, true),
    ("gpt-4o", Some("https://api.openai.com/v1"), true),
    ("o3-mini", Some("https://api.openai.com/v1"), true),
    ("text-embedding-3-small", Some("https://api.openai.com/v1"), true),
    ("claude-haiku", None, true),
    ("gemini-flash", None, true),
    ("qwen3-8b", None, true),
    ("openai", None, true),
    ("omni", None, true),
    ("acme/m", None, false),
    ("azure/deployment", None, false),
    ("bedrock/eu.m", None, false),
    ("vertex_ai/m", None, false),
    ("openai/*", None, false),
    ("*", None, false),
    ("openai/", None, false),
    ("hosted_vllm/${MODEL}", None, false),
    ("anthropic/os.environ/MODEL", None, false),
];

/// Addresses that cannot be read, or must not be called.
fn unusable_addresses() -> Vec<Value> {
    let texts = [
        "os.environ/LMSTUDIO_URL",
        "http://os.environ/HOST:8000/v1",
        "${URL}",
        "http://vllm.${NAMESPACE:-llm}.svc:8000/v1",
        "http://10.0.0.9/${PATH_OF_IT}/v1",
        "{{ .Values.url }}",
        "http://{{ host }}:8000/v1",
        "http://{host}/v1",
        "$URL",
        "http://10.0.0.9/$VERSION/v1",
        "%LMSTUDIO_URL%",
        "file:///run/secrets/url",
        "<REPLACE_ME>",
        "https://<resource>.example.test/v1",
        "https://your-resource-name.example.test/v1",
        "",
        "  ",
        "10.0.0.9:8000",
        "ftp://10.0.0.9/v1",
        "http://user:password@10.0.0.9/v1",
        "http://10.0.0.9/v1?key=1",
        "http://169.254.169.254/v1",
        "http://[fd20:ce::254]/v1",
        "not an address",
    ];
    let others =
        [json!(7), json!(true), json!(["http://10.0.0.9/v1"]), json!({ "url": "http://10.0.0.9/v1" })];
    texts.map(Value::from).into_iter().chain(others).collect()
}

#[test]
fn a_literal_key_is_only_ever_at_an_address_that_its_entry_names() {
    let mut entries = Vec::new();
    // Each key with where it must be, and those that must not be anywhere.
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (model, vendor, elsewhere) in MODELS {
        for name in ["api_base", "base_url"] {
            let key = format!("sk-canary-{}-end", entries.len());
            let address = format!("http://10.0.{}.{}:8000/v1", entries.len() / 200, entries.len() % 200 + 1);
            entries.push(json!({ "model": model, name: address, "api_key": key }));
            if elsewhere {
                kept.push((key, address))
            } else {
                dropped.push(key)
            }

            for address in unusable_addresses() {
                let key = format!("sk-canary-{}-end", entries.len());
                entries.push(json!({ "model": model, name: address, "api_key": key }));
                dropped.push(key);
            }
        }
        for absent in [json!({ "model": model }), json!({ "model": model, "api_base": null })] {
            let key = format!("sk-canary-{}-end", entries.len());
            entries.push(with(absent, json!({ "api_key": key })));
            match vendor {
                Some(vendor) => kept.push((key, vendor.to_owned())),
                None => dropped.push(key),
            }
        }
    }
    for chunk in entries.chunks(500) {
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(chunk));
        let text = chunk.iter().map(Value::to_string).collect::<String>();
        for (key, address) in kept.iter().filter(|it| text.contains(&it.0)) {
            let at: Vec<_> = endpoints(&document).into_iter().filter(|it| it.1 == Some(key)).collect();
            assert_eq!(at, [(address.as_str(), Some(key.as_str()))]);
        }
        let document = document.to_string();
        for key in dropped.iter().filter(|it| text.contains(it.as_str())) {
            assert!(!document.contains(key.as_str()), "{key} of {text}");
        }
        assert!(!format!("{left:?}").contains("canary"));
    }
}

#[test]
fn an_own_address_that_cannot_be_read_is_never_replaced_by_a_vendors() {
    for address in unusable_addresses() {
        for name in ["api_base", "base_url"] {
            let entry = json!({ "model": "openai/qwen3-8b", name: address, "api_key": "a-literal-key" });
            let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
            assert_eq!(document["instances"], json!([]), "{address}");
            assert_told(&left, &[&format!("model_list[0].litellm_params.{name}")]);
        }
        for name in ["custom_host", "customHost"] {
            let config = json!({ "provider": "openai", name: address, "api_key": "a-literal-key" });
            let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
            assert_eq!(document["instances"], json!([]), "{address}");
            assert_told(&left, &[name]);
        }
    }
}

#[test]
fn what_may_be_an_address_under_another_name_is_not_passed_over() {
    for name in ["api_url", "apiBase", "API_BASE", "endpoint", "url", "host", "openai_api_base"] {
        let entry = json!({ "model": "openai/m", name: "http://10.0.0.9/v1", "api_key": "a-literal-key" });
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
        assert_eq!(document["instances"], json!([]), "{name}");
        assert_told(&left, &[&format!("model_list[0].litellm_params.{name}")]);
    }
    for name in ["custom_url", "base_url", "baseUrl", "host"] {
        let config = json!({ "provider": "openai", name: "http://10.0.0.9/v1", "api_key": "a-literal-key" });
        let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
        assert_eq!(document["instances"], json!([]), "{name}");
        assert_told(&left, &[name]);
    }
}

#[test]
fn two_addresses_that_differ_are_none() {
    let of = |one: &str, other: &str| {
        let entry =
            json!({ "model": "openai/m", "api_base": one, "base_url": other, "api_key": "a-literal-key" });
        converted(ImportFormat::Litellm, &litellm_of(&[entry]))
    };
    let (document, left) = of("http://10.0.0.1/v1", "http://10.0.0.2/v1");
    assert_eq!(document["instances"], json!([]));
    assert_told(&left, &["model_list[0].litellm_params.base_url"]);
    let (document, _) = of("http://10.0.0.1/v1", " http://10.0.0.1/v1");
    assert_eq!(endpoints(&document), [("http://10.0.0.1/v1", Some("a-literal-key"))]);
    let (document, _) = of("http://10.0.0.1/v1", "${URL}");
    assert_eq!(document["instances"], json!([]));
}

#[test]
fn the_stated_provider_counts_and_one_that_contradicts_the_prefix_is_no_address() {
    let of = |entry: Value| converted(ImportFormat::Litellm, &litellm_of(&[entry]));
    let stated = json!({ "model": "acme/m:Q4", "custom_llm_provider": "openai", "api_base": "http://10.0.0.9/v1",
        "api_key": "k" });
    let (document, _) = of(stated);
    assert_eq!(
        (&document["instances"][0]["model"], endpoints(&document)[0].1),
        (&json!("acme/m:Q4"), Some("k"))
    );
    for provider in [json!("openai"), json!("os.environ/PROVIDER"), json!(5)] {
        let (document, left) =
            of(json!({ "model": "groq/m", "custom_llm_provider": provider, "api_key": "k" }));
        assert_eq!(document["instances"], json!([]), "{provider}");
        assert_told(&left, &["model_list[0].litellm_params.custom_llm_provider"]);
    }
}

#[test]
fn a_server_that_speaks_its_vendors_protocol_is_imported_disabled() {
    for model in ["anthropic/claude-m", "claude-m", "gemini/gemini-m", "gemini-m"] {
        let entry = json!({ "model": model, "api_base": "http://10.0.0.9/v1", "api_key": "k" });
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
        assert_eq!(document["instances"][0]["enabled"], false, "{model}");
        assert_told(&left, &["model_list[0].litellm_params.api_base"]);
    }
    let entry =
        json!({ "model": "anthropic/claude-m", "api_base": "https://api.anthropic.com", "api_key": "k" });
    let (document, _) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
    assert_eq!(document["instances"][0]["enabled"], Value::Null);
    assert_eq!(endpoints(&document), [("https://api.anthropic.com/v1", Some("k"))]);
}

#[test]
fn addresses_that_stand_elsewhere_in_the_file_are_not_replaced_by_a_vendors() {
    let text = "
model_list:
  - {model_name: a, litellm_params: {model: openai/m, litellm_credential_name: box, api_key: sk-canary-a}}
  - {model_name: b, litellm_params: {model: openai/m, litellm_credential_name: box, api_base: 'http://10.0.0.9/v1'}}
  - {model_name: c, litellm_params: {model: groq/m, api_key: sk-canary-c}}
  - {model_name: d, litellm_params: {model: xai/m, use_litellm_proxy: true, api_key: sk-canary-d}}
  - {model_name: e, litellm_params: {model: mistral/m, api_key: sk-canary-e}}
credential_list:
  - {credential_name: box, credential_values: {api_base: 'http://10.0.0.8/v1', api_key: sk-canary-box}}
environment_variables:
  GROQ_API_BASE: http://10.0.0.7/v1
  UNRELATED: x
";
    let (document, left) = converted(ImportFormat::Litellm, text);
    assert_eq!(
        endpoints(&document),
        [("http://10.0.0.9/v1", None), ("https://api.mistral.ai/v1", Some("sk-canary-e"))]
    );
    assert_told(
        &left,
        &[
            "model_list[0].litellm_params.litellm_credential_name",
            "model_list[1].litellm_params.litellm_credential_name",
            "model_list[2].litellm_params.model",
            "model_list[3].litellm_params.use_litellm_proxy",
            "environment_variables.GROQ_API_BASE",
        ],
    );
    let (document, left) = converted(
        ImportFormat::Litellm,
        "model_list: [{model_name: a, litellm_params: {model: gpt-4o, api_key: k}}]\n\
         litellm_settings: {api_base: 'http://10.0.0.9/v1'}",
    );
    assert_eq!(document["instances"], json!([]));
    assert_told(&left, &["litellm_settings.api_base", "model_list[0].litellm_params.model"]);
}

#[test]
fn a_portkey_key_is_only_ever_at_an_address_that_its_target_names() {
    let groq = Some(("https://api.groq.com/openai/v1", None));
    let targets = [
        (
            json!({ "provider": "openai", "api_key": "canary-0" }),
            Some(("https://api.openai.com/v1", Some("canary-0"))),
        ),
        (
            json!({ "provider": "openai", "custom_host": "http://10.0.0.1/v1", "api_key": "canary-1" }),
            Some(("http://10.0.0.1/v1", Some("canary-1"))),
        ),
        (
            json!({ "custom_host": "http://10.0.0.2/v1", "api_key": "canary-2" }),
            Some(("http://10.0.0.2/v1", Some("canary-2"))),
        ),
        // The vendor is read from the name of a key that is kept elsewhere: no place for a key of the file.
        (json!({ "virtual_key": "groq-prod", "api_key": "canary-3" }), groq),
        (json!({ "provider": "@groq-eu", "api_key": "canary-4" }), groq),
        (json!({ "virtual_key": "azure-openai-eu", "api_key": "canary-5" }), None),
        (json!({ "virtual_key": "openai-on-azure", "api_key": "canary-6" }), None),
        (json!({ "provider": "azure-openai", "resource_name": "x", "api_key": "canary-7" }), None),
        (json!({ "provider": "bedrock", "custom_host": "http://10.0.0.3/v1", "api_key": "canary-8" }), None),
        (json!({ "provider": "${PROVIDER}", "api_key": "canary-9" }), None),
        (json!({ "provider": 5, "api_key": "canary-10" }), None),
        (json!({ "provider": "ollama", "api_key": "canary-11" }), None),
        (json!({ "api_key": "canary-12" }), None),
    ];
    for (more, expected) in targets {
        let target = with(json!({ "override_params": { "model": "m" } }), more);
        for config in [target.clone(), json!({ "targets": [target] })] {
            let (document, left) = converted(ImportFormat::Portkey, &config.to_string());
            assert_eq!(endpoints(&document), Vec::from_iter(expected), "{config}: {left:#?}");
            assert!(!left.is_empty() && !format!("{left:?}").contains("canary"), "{left:?}");
        }
    }
}

#[test]
fn an_address_that_a_target_takes_over_gets_no_key_of_the_target() {
    let config = |host: &str| {
        let targets = json!([
            { "provider": "openai", "api_key": "canary-0" },
            { "provider": "openai", "api_key": "canary-1", "custom_host": "http://10.0.0.1/v1" },
            { "strategy": { "mode": "loadbalance" }, "targets": [{ "provider": "groq", "api_key": "canary-2" }] },
        ]);
        json!({ "custom_host": host, "strategy": { "mode": "fallback" }, "targets": targets }).to_string()
    };
    let (document, left) = converted(ImportFormat::Portkey, &config("http://10.0.0.9/v1"));
    let above = ("http://10.0.0.9/v1", None);
    assert_eq!(endpoints(&document), [above, ("http://10.0.0.1/v1", Some("canary-1")), above]);
    assert_told(&left, &["targets[0].api_key", "targets[2].targets[0].api_key"]);
    let (document, left) = converted(ImportFormat::Portkey, &config("${HOST}"));
    assert_eq!(endpoints(&document), [("http://10.0.0.1/v1", Some("canary-1"))]);
    assert_told(&left, &["custom_host", "targets[0]"]);
}
