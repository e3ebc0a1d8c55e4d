//! Embeddings, rerankers, speech and pictures, mostly without a stated mode.

use super::*;

#[test]
fn kinds_are_told_apart_and_vectors_never_mix() {
    let (document, left) = converted(ImportFormat::Litellm, KINDS);
    assert_eq!(
        serving_names(&document),
        ["both", "embedded-expert", "minilm", "old", "think-off", "vec", "vec-1536"]
    );
    for (name, kind) in [
        ("vec", "embeddings"),
        ("vec-1536", "embeddings"),
        ("minilm", "embeddings"),
        ("embedded-expert", "chat"),
        ("both", "chat"),
        ("think-off", "chat"),
        ("old", "chat"),
    ] {
        assert_eq!(served(&document, name)["workload_kind"], kind, "{name}");
        assert_eq!(destinations(served(&document, name)).len(), 1, "{name}");
    }
    assert_eq!(destinations(served(&document, "vec")), ["tg_vec"]);
    assert_eq!(members(&document, "vec").len(), 2, "two spellings are one model");
    let target = |name: &str| {
        let id = destinations(served(&document, name))[0];
        items(&document, "instances").iter().find(|it| it["id"] == id).unwrap()
    };
    assert_eq!(target("vec-1536")["model"], "text-embedding-3-small");
    assert_eq!(target("both")["model"], "acme/chat-8b");
    assert_eq!(target("think-off")["base_url"], "http://10.20.6.1:11434/");
    assert_eq!(target("old")["apis"], json!({ "chat_completions": "no", "completions": "yes" }));

    let model = |place: usize| format!("model_list[{place}].litellm_params.model");
    let mode = |place: usize| format!("model_list[{place}].model_info.mode");
    assert_words(
        &left,
        &[
            (&model(0), "states no mode"),
            (&model(4), "embeddings model"),
            ("model_list[3]", "must not mix"),
            ("model_list[3].litellm_params.dimensions", "no counterpart"),
            ("model_list[4].litellm_params.input_type", "no counterpart"),
            (&mode(6), "left out"),
            (&model(7), "neither chat nor embeddings"),
            (&mode(8), "left out"),
            (&model(9), "neither chat nor embeddings"),
            (&model(10), "neither chat nor embeddings"),
            (&mode(11), "left out"),
            (&mode(12), "left out"),
            ("model_list[14]", "another kind"),
            ("model_list[15].litellm_params.keep_alive", "no counterpart"),
            ("model_list[15].litellm_params.extra_body.think", "answers may change"),
            (&mode(16), "/v1/completions"),
            ("router_settings.fallbacks[0]", "left out"),
            ("router_settings.fallbacks[1]", "left out"),
        ],
    );
}

#[test]
fn names_of_known_families_are_recognised() {
    let embeddings = [
        "BAAI/bge-large-en-v1.5",
        "intfloat/multilingual-e5-large",
        "Alibaba-NLP/gte-Qwen2-7B-instruct",
        "sentence-transformers/all-MiniLM-L6-v2",
        "all-mpnet-base-v2",
        "mxbai-embed-large",
        "nomic-embed-text:v1.5",
        "nomic-ai/nomic-v2",
        "jina-embeddings-v3",
        "snowflake-arctic-embed2",
        "embeddinggemma:300m",
        "voyage-3-large",
        "Qwen3-Embedding-8B",
    ];
    let chat =
        ["embedded-c-coder", "embeddedllm", "snowflake-arctic-instruct", "phi-3.5", "gemma3:4b", "e50-chat"];
    let others = [
        "bge-reranker-v2-m3",
        "jina-reranker-v2",
        "whisper-large-v3",
        "kokoro-tts",
        "dall-e-3",
        "stable-diffusion-xl",
    ];
    let kinds = embeddings.map(|it| (it, Some("embeddings"))).into_iter();
    let kinds = kinds.chain(chat.map(|it| (it, Some("chat")))).chain(others.map(|it| (it, None)));
    for (model, kind) in kinds {
        let entry = json!({ "model": format!("hosted_vllm/{model}"), "api_base": "http://10.0.0.1/v1" });
        let (document, left) = converted(ImportFormat::Litellm, &litellm_of(&[entry]));
        let found = items(&document, "instances").first().and_then(|it| it["workload_kind"].as_str());
        assert_eq!(found, kind, "{model}");
        assert_eq!(left.is_empty(), kind == Some("chat"), "{model}: {left:?}");
    }
}

#[test]
fn spellings_of_two_owners_are_two_models() {
    let at = |place: usize, model: &str| {
        let params = json!({ "model": format!("hosted_vllm/{model}"), "api_base": format!("http://10.0.0.{place}/v1") });
        json!({ "model_name": "vec", "litellm_params": params, "model_info": { "mode": "embedding" } })
    };
    let list = [at(1, "bge-m3"), at(2, "BAAI/bge-m3"), at(3, "acme/bge-m3"), at(4, "BAAI/BGE-M3:latest")];
    let other = with(at(5, "acme/bge-m3"), json!({ "model_name": "other" }));
    let bare = with(at(6, "bge-m3"), json!({ "model_name": "bare" }));
    let fallbacks = json!({ "vec": ["other"], "bare": ["other", "vec"] });
    let list: Vec<_> = list.into_iter().chain([other, bare]).collect();
    let file = json!({ "model_list": list, "router_settings": { "fallbacks": fallbacks } });
    let (document, left) = converted(ImportFormat::Litellm, &file.to_string());
    assert_eq!(members(&document, "vec").len(), 3);
    let [vec, bare] = ["vec", "bare"].map(|it| destinations(served(&document, it)).len());
    assert_eq!((vec, bare), (1, 2), "no order of routes joins two owners either");
    assert_told(&left, &["model_list[2]", "router_settings.fallbacks.vec", "router_settings.fallbacks.bare"]);
}

#[test]
fn a_base_model_says_more_than_the_name_of_a_deployment() {
    let entry = json!({ "model_name": "m", "litellm_params": { "model": "openai/prod-7", "api_base": "http://10.0.0.1/v1" },
        "model_info": { "base_model": "azure/text-embedding-3-large" } });
    let (document, left) = converted(ImportFormat::Litellm, &json!({ "model_list": [entry] }).to_string());
    assert_eq!(document["instances"][0]["workload_kind"], "embeddings");
    assert_words(&left, &[("model_list[0].litellm_params.model", "embeddings model")]);
}

#[test]
fn a_model_of_one_api_is_called_by_it_alone() {
    let entry = |model: &str, mode: Value| json!({ "model_name": "m", "litellm_params": { "model": model }, "model_info": { "mode": mode } });
    for (model, mode, api) in [
        ("openai/babbage-002", json!("completion"), Some("completions")),
        ("text-completion-openai/babbage-002", json!(null), Some("completions")),
        ("openai/o1-pro", json!("responses"), Some("responses")),
        ("openai/responses/gpt-5-pro", json!(null), Some("responses")),
        ("openai/responses/gpt-5-pro", json!("responses"), Some("responses")),
        ("openai/gpt-4o", json!("chat"), None),
        ("openai/gpt-4o", json!(null), None),
    ] {
        let file = json!({ "model_list": [entry(model, mode.clone())] }).to_string();
        let (document, left) = converted(ImportFormat::Litellm, &file);
        let instance = &document["instances"][0];
        let named = instance["model"].as_str().unwrap_or_default();
        assert!(!named.is_empty() && !named.contains('/'), "{model}: {instance}");
        let apis = &instance["apis"];
        let expected = api.map(|it| json!({ "chat_completions": "no", it: "yes" }));
        assert_eq!(*apis, expected.unwrap_or_default(), "{model} {mode}");
        assert_eq!(api.is_some(), left.iter().any(|it| it.1.contains("alone")), "{left:?}");
    }
}
