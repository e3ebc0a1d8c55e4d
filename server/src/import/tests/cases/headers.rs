//! Additional headers of LiteLLM's deployments.

use super::*;

fn headers_of(entry: Value) -> (Value, Vec<(String, String)>) {
    let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
    (document["instances"][0]["headers"].clone(), left)
}

#[test]
fn a_value_is_stored_only_with_an_address_of_its_entry() {
    for field in ["extra_headers", "headers"] {
        let given = json!({ "HTTP-Referer": "https://example.test", "X-Team": " canary ", "X-Port": 7 });
        let own = json!({ "model": "openai/m", "api_base": "http://10.0.0.1/v1", field: given });
        let (headers, left) = headers_of(own);
        assert_eq!(
            headers,
            json!({ "HTTP-Referer": "https://example.test", "X-Team": "canary", "X-Port": "7" })
        );
        assert_eq!(left, []);

        let vendors = json!({ "model": "openrouter/m", field: given });
        let (headers, left) = headers_of(vendors);
        assert_eq!(headers, json!({ "HTTP-Referer": null, "X-Team": null, "X-Port": null }));
        for name in ["HTTP-Referer", "X-Team", "X-Port"] {
            let path = format!("model_list[0].litellm_params.{field}.{name}");
            assert_words(&left, &[(&path, "enter its value")]);
        }
        assert!(!format!("{left:?}").contains("canary"));
    }
}

#[test]
fn a_value_that_is_a_reference_must_be_entered() {
    for value in [
        json!("os.environ/TEAM"),
        json!("Bearer ${TEAM}"),
        json!(true),
        json!(["a"]),
        json!("a\nb"),
        json!(""),
    ] {
        let own = json!({ "model": "openai/m", "api_base": "http://10.0.0.1/v1", "extra_headers": { "X-Team": value } });
        let (headers, left) = headers_of(own);
        assert_eq!(headers, json!({ "X-Team": null }), "{value}");
        assert_words(&left, &[("model_list[0].litellm_params.extra_headers.X-Team", "enter its value")]);
    }
}

#[test]
fn a_header_that_cannot_be_added_is_told() {
    let azure = json!({ "model": "azure/d", "api_base": "https://e.example.test", "api_version": "preview" });
    let plain = json!({ "model": "openai/m", "api_base": "http://10.0.0.1/v1" });
    for (entry, name) in [
        (&plain, "Authorization"),
        (&plain, "Host"),
        (&plain, "Cookie"),
        (&plain, "x-sb-route"),
        (&plain, "a b"),
        (&plain, ""),
        (&azure, "API-Key"),
    ] {
        let (headers, left) = headers_of(with(entry.clone(), json!({ "extra_headers": { name: "canary" } })));
        assert_eq!(headers, Value::Null, "{name}");
        assert_words(&left, &[(&format!("model_list[0].litellm_params.extra_headers.{name}"), "left out")]);
    }
    let many = (0..20).map(|it| (format!("x-{it:02}"), json!("v"))).collect::<serde_json::Map<_, _>>();
    let (headers, left) =
        headers_of(with(plain.clone(), json!({ "headers": many, "extra_headers": { "X-00": "w" } })));
    assert_eq!((headers.as_object().unwrap().len(), &headers["X-00"]), (16, &json!("w")));
    assert_told(
        &left,
        &["model_list[0].litellm_params.headers.x-00", "model_list[0].litellm_params.headers.x-19"],
    );
    let (headers, left) = headers_of(with(plain, json!({ "extra_headers": "text" })));
    assert_eq!(headers, Value::Null);
    assert_told(&left, &["model_list[0].litellm_params.extra_headers"]);
}
